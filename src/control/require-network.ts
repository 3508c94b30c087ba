// An address that a person wrote, checked before anybody is asked about it, and once more by whoever is asked.
import { RingjailError } from '../core/errors.ts';
import { type IpNetwork, parseIpNetwork } from '../core/ip-network.ts';

/** Throws where the text is none. */
export function requireNetwork(text: string): IpNetwork {
  const network = parseIpNetwork(text);
  if (network === undefined)
    throw new RingjailError('usage', `"${text}" is no IP address or network; write 203.0.113.7, 2001:db8::7 or 203.0.113.0/24`);
  return network;
}
