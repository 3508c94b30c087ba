// What a ban shuts: protocols, ports and the verdict. Scopes are compared by their canonical text; their names in the kernel come from it.
import { createHash } from 'node:crypto';

/** As the kernel's and nft's names; icmp stands for ICMPv6, too. */
export const protocols = ['tcp', 'udp', 'sctp', 'dccp', 'udplite', 'icmp', 'esp', 'ah'] as const;
export type Protocol = (typeof protocols)[number];

const protocolsWithPorts: ReadonlySet<Protocol> = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite']);
export const hasPorts = (protocol: Protocol): boolean => protocolsWithPorts.has(protocol);

export type PortRange = readonly [first: number, last: number];

/** For each family, how nft(8) calls the answer. What only one family knows is answered by the nearest in the other. */
export const rejections = {
  'port-unreachable': { 4: 'icmp type port-unreachable', 6: 'icmpv6 type port-unreachable' },
  'host-unreachable': { 4: 'icmp type host-unreachable', 6: 'icmpv6 type addr-unreachable' },
  'net-unreachable': { 4: 'icmp type net-unreachable', 6: 'icmpv6 type no-route' },
  'prot-unreachable': { 4: 'icmp type prot-unreachable', 6: 'icmpv6 type port-unreachable' },
  'net-prohibited': { 4: 'icmp type net-prohibited', 6: 'icmpv6 type admin-prohibited' },
  'host-prohibited': { 4: 'icmp type host-prohibited', 6: 'icmpv6 type admin-prohibited' },
  'admin-prohibited': { 4: 'icmp type admin-prohibited', 6: 'icmpv6 type admin-prohibited' },
  'tcp-reset': { 4: 'tcp reset', 6: 'tcp reset' },
} as const;
export type Rejection = keyof typeof rejections;

export type Verdict = 'drop' | 'reject' | { readonly reject: Rejection };

/** On input and forward alike. */
export interface NftablesScope {
  /** tcp-reset is for tcp alone. */
  readonly protocol: 'all' | Protocol | readonly Protocol[];
  /** 0 to 65535; empty: all ports. Only where every protocol has ports. */
  readonly ports: readonly (number | PortRange)[];
  /** `reject`: as port-unreachable. */
  readonly verdict: Verdict;
}

/** Everything, dropped. */
export const defaultScope: NftablesScope = { protocol: 'all', ports: [], verdict: 'drop' };

/**
 * Canonical: `protocol all, ports all, drop`; `protocol tcp+udp, ports 22,80-90, reject port-unreachable`. Scopes of equal effect have equal
 * texts.
 */
export function describeScope(scope: NftablesScope): string {
  const protocol = protocolsOf(scope)?.join('+') ?? 'all';
  const ports = portsOf(scope);
  const shown = ports.length === 0 ? 'all' : ports.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
  const rejection = rejectionOf(scope);
  return `protocol ${protocol}, ports ${shown}, ${rejection === undefined ? 'drop' : `reject ${rejection}`}`;
}

const defaultText = describeScope(defaultScope);

const actionPrefix = 'nftables: ';

/** How a jail, and every ban of it, names the action that shuts the scope. */
export function actionNameOf(scope: NftablesScope): string {
  const text = describeScope(scope);
  return text === defaultText ? 'nftables' : `${actionPrefix}${text}`;
}

/** The scope that an action of that name shuts; undefined where the name is another action's, or tells of no scope. */
export function scopeOfAction(name: string): NftablesScope | undefined {
  if (name === 'nftables') return defaultScope;
  return name.startsWith(actionPrefix) ? parseScope(name.slice(actionPrefix.length)) : undefined;
}

/** What the scope's sets and chains are named after: 10 hexadecimal digits; undefined for the default scope, whose names are older. */
export function scopeKey(scope: NftablesScope): string | undefined {
  const text = describeScope(scope);
  return text === defaultText ? undefined : createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/** In alphabetical order, each once; undefined: all. */
export function protocolsOf({ protocol }: NftablesScope): readonly Protocol[] | undefined {
  if (protocol === 'all') return undefined;
  return Array.from(new Set(typeof protocol === 'string' ? [protocol] : protocol)).sort();
}

/** In order, apart from each other; empty: all. */
export function portsOf({ ports }: NftablesScope): readonly PortRange[] {
  const ranges = ports.map((port): PortRange => (typeof port === 'number' ? [port, port] : port)).sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [first, last] of ranges) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  const [only] = merged;
  return only !== undefined && only[0] === 0 && only[1] === 65_535 ? [] : merged;
}

/** Undefined: drop. */
export function rejectionOf({ verdict }: NftablesScope): Rejection | undefined {
  if (verdict === 'drop') return undefined;
  return verdict === 'reject' ? 'port-unreachable' : verdict.reject;
}

/** The scope that `describeScope` tells of; undefined for any other text. */
export function parseScope(text: string): NftablesScope | undefined {
  const [, protocolText = '', portText = '', verdictText = ''] = /^protocol (\S+), ports (\S+), (drop|reject \S+)$/.exec(text) ?? [];
  const known: readonly string[] = protocols;
  const names = protocolText.split('+');
  const ports = portText === 'all' ? [] : portText.split(',').map((range) => range.split('-').map(Number));
  const rejection = verdictText.replace(/^reject /, '');
  if (protocolText !== 'all' && !names.every((name) => known.includes(name))) return undefined;
  if (verdictText !== 'drop' && !(rejection in rejections)) return undefined;
  const scope: NftablesScope = {
    protocol: protocolText === 'all' ? 'all' : (names as Protocol[]),
    ports: ports.map(([first = Number.NaN, last = first]): PortRange => [first, last]),
    verdict: verdictText === 'drop' ? 'drop' : { reject: rejection as Rejection },
  };
  const isInRange = portsOf(scope).every(([first, last]) => first <= last && last <= 65_535);
  return isInRange && describeScope(scope) === text ? scope : undefined;
}
