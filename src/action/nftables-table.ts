// The table that holds the bans: its sets, its two chains, and which set a network belongs in. Language: nft(8).
import { type Family, type IpNetwork, isSingleAddress } from '../core/ip-network.ts';

export const tableName = 'ringjail';

export interface BanSet {
  readonly name: string;
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
  { name: 'banned4', family: 4, match: 'ip saddr', prefix: 32, comment: 'single IPv4 addresses' },
  { name: 'banned6', family: 6, match: 'ip6 saddr', prefix: 128, comment: 'single IPv6 addresses' },
  {
    name: 'banned6_64',
    family: 6,
    match: 'ip6 saddr & ffff:ffff:ffff:ffff::',
    prefix: 64,
    comment: 'IPv6 networks of 64 bits by their first address',
  },
  { name: 'banned4_net', family: 4, match: 'ip saddr', prefix: undefined, comment: 'other IPv4 networks' },
  { name: 'banned6_net', family: 6, match: 'ip6 saddr', prefix: undefined, comment: 'other IPv6 networks' },
];

export function setOf(network: IpNetwork): BanSet {
  const set = banSets.find(({ family, prefix }) => family === network.family && (prefix === undefined || prefix === network.prefix));
  if (set === undefined) throw new Error(`no set for ${network.text}`);
  return set;
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

/** Makes the table what it shall be, whether it is missing, older or whole; keeps the elements. One transaction. */
export function tableCommands(): string {
  const sets = banSets.map(({ name, family, prefix, comment }) => {
    const flags = prefix === undefined ? 'timeout, interval' : 'timeout';
    return `add set inet ${tableName} ${name} { type ipv${family}_addr; flags ${flags}; comment "${comment}"; }`;
  });
  const chains = ['input', 'forward'].flatMap((hook) => [
    `add chain inet ${tableName} ${hook} { type filter hook ${hook} priority ${priority}; policy accept; }`,
    `flush chain inet ${tableName} ${hook}`,
    ...banSets.map(({ name, match }) => `add rule inet ${tableName} ${hook} ${match} @${name} counter drop`),
  ]);
  return [`add table inet ${tableName}`, ...sets, ...chains].join('\n');
}
