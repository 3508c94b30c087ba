// Who is counted and banned for a failure: the address itself, or the IPv6 network that one host can choose its addresses from. What is no
// address is itself.
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { networkOf } from '../core/ip-network.ts';
import type { NetworkList } from './network-list.ts';

/** Where the network also holds a spared address (an attacker on the same link as a gateway), it is the single address. */
export function identityOf(address: BanTarget, ipv6prefix: number, spared: readonly NetworkList[]): BanTarget {
  if (!isNetwork(address) || address.family === 4) return address;
  const network = networkOf(address, ipv6prefix);
  return spared.some((list) => list.find(network) !== undefined) ? address : network;
}
