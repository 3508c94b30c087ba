// Who a failure is counted against: what <F-ID>, <HOST> and the other address tags captured.
import { isNetwork, parseLoggedTarget } from '../core/ban-target.ts';
import { type IpNetwork, networkOf, parseIpAddress } from '../core/ip-network.ts';
import { identityGroups } from './failregex-group.ts';
import { type LineGroups, textOf } from './line-groups.ts';

export interface LineIdentity {
  /**
   * `address`: an address or, by <SUBNET> and <F-ID>, a network; `name`: a host name, never resolved here; `id`: what <F-ID> captured, if no
   * address.
   */
  readonly kind: 'address' | 'name' | 'id';
  /** Canonical for an address, otherwise as the log has it. */
  readonly text: string;
  /** Of an `address`. */
  readonly network: IpNetwork | undefined;
}

const hostGroups = identityGroups.filter((name) => name !== 'fid');

/** <F-ID> first, then <IP4>, <IP6>, <DNS>; undefined where none of them captured anything. */
export function identityOfGroups(groups: LineGroups): LineIdentity | undefined {
  return identityOfId(groups) ?? identityOfHost(groups);
}

function identityOfId(groups: LineGroups): LineIdentity | undefined {
  const text = textOf(groups.get('fid'));
  if (text === '') return undefined;
  const target = parseLoggedTarget(text);
  if (target === undefined || !isNetwork(target)) return { kind: 'id', text, network: undefined };
  return { kind: 'address', text: target.text, network: target };
}

/** The host alone, where <F-ID> is something else: `<ip>` of an action. */
export function identityOfHost(groups: LineGroups): LineIdentity | undefined {
  const name = hostGroups.find((group) => textOf(groups.get(group)) !== '');
  if (name === undefined) return undefined;
  const text = textOf(groups.get(name));
  const address = parseIpAddress(text);
  if (address === undefined) return { kind: 'name', text, network: undefined };
  const network = name === 'dns' ? address : withPrefix(address, textOf(groups.get('cidr')));
  return { kind: 'address', text: network.text, network };
}

/** A prefix that is none, or one of 0, which would mean everybody, is passed over. */
function withPrefix(address: IpNetwork, digits: string): IpNetwork {
  const prefix = /^\d{1,3}$/.test(digits) ? Number(digits) : 0;
  return prefix === 0 ? address : networkOf(address, prefix);
}
