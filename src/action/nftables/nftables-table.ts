// The table that holds the bans: the sets, chains and rules of each scope in it, and which set a network belongs in. Language: nft(8).
import { type Family, type IpNetwork, isSingleAddress } from '../../core/ip-network.ts';
import { describeScope, type NftablesScope, portsOf, protocolsOf, rejectionOf, rejections, scopeKey } from './nftables-scope.ts';

export const tableName = 'ringjail';

/** One of the five sets that a scope has. */
export interface BanSet {
  /** Its name in the default scope. */
  readonly name: string;
  /** Its name's end in every other scope. */
  readonly suffix: string;
  readonly family: Family;
  /** What a rule compares with the set. */
  readonly match: string;
  /** The prefix of all its networks; undefined for an interval set, which takes any. */
  readonly prefix: number | undefined;
  readonly comment: string;
}

// Why not one interval set a family: libnftables reads all of an interval set before it adds to it (20 ms at 10,000 elements,
// 850 ms at 100,000; a hash set takes 0.05 ms at either), and the kernel finds an address in a hash set in one step.
export const banSets: readonly BanSet[] = [
  { name: 'banned4', suffix: '4', family: 4, match: 'ip saddr', prefix: 32, comment: 'single IPv4 addresses' },
  { name: 'banned6', suffix: '6', family: 6, match: 'ip6 saddr', prefix: 128, comment: 'single IPv6 addresses' },
  {
    name: 'banned6_64',
    suffix: '6_64',
    family: 6,
    match: 'ip6 saddr & ffff:ffff:ffff:ffff::',
    prefix: 64,
    comment: 'IPv6 networks of 64 bits by their first address',
  },
  { name: 'banned4_net', suffix: '4_net', family: 4, match: 'ip saddr', prefix: undefined, comment: 'other IPv4 networks' },
  { name: 'banned6_net', suffix: '6_net', family: 6, match: 'ip6 saddr', prefix: undefined, comment: 'other IPv6 networks' },
];

const [single4, single6, half6, wide4, wide6] = banSets as readonly [BanSet, BanSet, BanSet, BanSet, BanSet];

export function setOf({ family, prefix }: IpNetwork): BanSet {
  if (family === 4) return prefix === 32 ? single4 : wide4;
  if (prefix === 128) return single6;
  return prefix === 64 ? half6 : wide6;
}

/** The network as an element of its set. */
export function elementOf(network: IpNetwork): string {
  const isFirstAddress = setOf(network).prefix !== undefined && !isSingleAddress(network);
  return isFirstAddress ? network.text.slice(0, network.text.indexOf('/')) : network.text;
}

// A drop ends it whatever other tables say, and an accept elsewhere cannot overrule it; so the place matters for two things only:
// before mangle (-150), so that the log rules of ufw, docker and firewalld (all later) do not tell of the banned any more, and after
// conntrack's own work (-200).
const priority = -160;

const hooks = ['input', 'forward'] as const;

// nft's limit for a comment is 128 bytes.
const maxCommentBytes = 120;

/**
 * What one scope has in the table: names of its own for everything, so that no scope is touched with another. Its chains are base chains:
 * there is no jump that could be missing. Counters stand beside the rules, as these are written anew whenever something is wrong.
 */
export class ScopeTable {
  readonly scope: NftablesScope;
  readonly counter: string;
  readonly chains: readonly string[];
  /** In the order of `banSets`. */
  readonly sets: readonly string[];
  /** In each of the chains. */
  readonly rules: readonly string[];

  constructor(scope: NftablesScope) {
    this.scope = scope;
    const key = scopeKey(scope);
    this.counter = key === undefined ? 'banned' : `banned_${key}`;
    this.chains = key === undefined ? hooks : hooks.map((hook) => `${hook}_${key}`);
    this.sets = banSets.map(({ name, suffix }) => (key === undefined ? name : `s_${key}_${suffix}`));
    const verdict = ({ family }: BanSet) => {
      const rejection = rejectionOf(scope);
      return rejection === undefined ? 'drop' : `reject with ${rejections[rejection][family]}`;
    };
    this.rules = banSets.flatMap(
      (set) => `${trafficOf(scope)}${set.match} @${this.nameOf(set)} counter name "${this.counter}" ${verdict(set)}`,
    );
  }

  nameOf(set: BanSet): string {
    return this.sets[banSets.indexOf(set)] ?? set.name;
  }

  owns(kind: string, name: string): boolean {
    if (kind === 'chain' || kind === 'rule') return this.chains.includes(name);
    return kind === 'set' ? this.sets.includes(name) : kind === 'counter' && name === this.counter;
  }

  /** Make the scope's part what it shall be, whether it is missing, older or whole; keep the elements and the counter. */
  commands(): string[] {
    const sets = banSets.map((set) => {
      const flags = set.prefix === undefined ? 'timeout, interval' : 'timeout';
      const comment = this.#comment(set.comment);
      return `add set inet ${tableName} ${this.nameOf(set)} { type ipv${set.family}_addr; flags ${flags}; comment "${comment}"; }`;
    });
    const chains = this.chains.flatMap((chain, index) => [
      `add chain inet ${tableName} ${chain} { type filter hook ${hooks[index]} priority ${priority}; policy accept; }`,
      `flush chain inet ${tableName} ${chain}`,
      ...this.rules.map((rule) => `add rule inet ${tableName} ${chain} ${rule}`),
    ]);
    return [`add table inet ${tableName}`, `add counter inet ${tableName} ${this.counter}`, ...sets, ...chains];
  }

  /** Take away what is there of the scope: rules first, as what a rule names cannot go. */
  removal(isThere: (kind: 'chain' | 'set' | 'counter', name: string) => boolean): string[] {
    const chains = this.chains.filter((name) => isThere('chain', name));
    return [
      ...chains.map((name) => `flush chain inet ${tableName} ${name}`),
      ...chains.map((name) => `delete chain inet ${tableName} ${name}`),
      ...this.sets.filter((name) => isThere('set', name)).map((name) => `delete set inet ${tableName} ${name}`),
      ...(isThere('counter', this.counter) ? [`delete counter inet ${tableName} ${this.counter}`] : []),
    ];
  }

  #comment(comment: string): string {
    const text = scopeKey(this.scope) === undefined ? comment : `${describeScope(this.scope)}: ${comment}`;
    return text.length <= maxCommentBytes ? text : `${text.slice(0, maxCommentBytes - 3)}...`;
  }
}

/** The packets that the scope is about, as the beginning of a rule: before the set, as it is cheaper to look at. */
function trafficOf(scope: NftablesScope): string {
  const protocols = protocolsOf(scope)?.flatMap((protocol) => (protocol === 'icmp' ? ['icmp', 'ipv6-icmp'] : [protocol]));
  if (protocols === undefined) return '';
  const ports = portsOf(scope).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return `meta l4proto { ${protocols.join(', ')} } ${ports.length === 0 ? '' : `th dport { ${ports.join(', ')} } `}`;
}
