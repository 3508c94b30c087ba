// `aggregate = /24:5, /48:5`: when so many addresses of one network were banned within findtime, the network itself is. Pure.
import { type Family, type IpNetwork, networkOf, parseIpNetwork } from '../core/ip-network.ts';

export interface AggregateRule {
  readonly family: Family;
  readonly prefix: number;
  /** So many different addresses (for IPv6, networks of ipv6prefix bits). */
  readonly hosts: number;
}

/** The network that each rule would ban for one of its addresses, the narrowest first. */
export function aggregatesOf(rules: readonly AggregateRule[], identity: IpNetwork): { rule: AggregateRule; network: IpNetwork }[] {
  return rules
    .filter(({ family, prefix }) => family === identity.family && prefix < identity.prefix)
    .sort((a, b) => b.prefix - a.prefix)
    .map((rule) => ({ rule, network: networkOf(identity, rule.prefix) }));
}

/** The rule by which a window of that name counts; undefined for a window of failures. */
export function ruleOf(rules: readonly AggregateRule[], identity: string): AggregateRule | undefined {
  // A user may be called bob/24.
  const network = rules.length > 0 && identity.includes('/') ? parseIpNetwork(identity) : undefined;
  return network && rules.find((rule) => rule.family === network.family && rule.prefix === network.prefix);
}
