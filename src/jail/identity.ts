// Who is counted and banned for a failure: the address itself, or the IPv6 network that one host can choose its addresses from. What is no
// address is itself.
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { containsNetwork, type IpNetwork, networkOf, parseIpNetwork } from '../core/ip-network.ts';
import type { NetworkList } from './network-list.ts';

// Translators and tunnels: their networks hold everybody's IPv4 addresses (RFC 6052, RFC 8215) or many hosts behind one server (RFC 4380).
const shared = ['64:ff9b::/96', '64:ff9b:1::/48', '2001::/32'].map((text) => parseIpNetwork(text) as IpNetwork);

/** Where the network also holds a spared address (an attacker on the same link as a gateway), it is the single address. */
export function identityOf(address: BanTarget, ipv6prefix: number, spared: readonly NetworkList[]): BanTarget {
  if (!isNetwork(address) || address.family === 4) return address;
  if (shared.some((network) => containsNetwork(network, address))) return address;
  const network = networkOf(address, ipv6prefix);
  return spared.some((list) => list.find(network) !== undefined) ? address : network;
}
