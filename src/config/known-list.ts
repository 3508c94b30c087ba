// How to ask for the bans that a command has made, where its definition does not tell (actionlist): known from what its actionban adds to.
// Written from the manuals of these programs: iptables(8), ipset(8), nft(8), ip-route(8), ufw(8), shorewall(8), hosts_access(5).
import type { Family } from '../core/ip-network.ts';

// Where nothing leads to it, what is in it is not in force.
const ufwChain = (program: string, ufw: string) =>
  `${program} -w 5 -C INPUT -j ${ufw}-before-input && ${program} -w 5 -S ${ufw}-user-input`;
const ufwChains = { 4: ufwChain('iptables', 'ufw'), 6: ufwChain('ip6tables', 'ufw6') } as const;
const shorewallChains = { 4: 'iptables -w 5 -S dynamic', 6: 'ip6tables -w 5 -S dynamic' } as const;

// Where others have removed the file, it has no ban.
const hostsDeny = (daemons: string, file: string) => `test ! -e ${file} || grep '^${daemons}: ' ${file}`;

type ListOf = (family: Family, ...found: string[]) => string;

// Only names and options of a narrow alphabet are taken over: the list is a command of its own.
const shapes: readonly (readonly [RegExp, ListOf])[] = [
  [/^(ip6?tables(?:-legacy|-nft)?(?: -w(?: \d+)?)?) -[AI] ([\w-]+)(?: 1)? -s <ip>(?: |$)/, (_, program, chain) => `${program} -S ${chain}`],
  [/^ipset(?: -exist)? add ([\w-]+) <ip>(?: |$)/, (_, set) => `ipset save ${set}`],
  [/^nft add element (\w+) ([\w-]+) ([\w-]+) \\?\{ <ip> \\?\}$/, (_, family, table, set) => `nft list set ${family} ${table} ${set}`],
  [/^ip route add (\w+) <ip>$/, (family, type) => `ip -${family} route show type ${type}`],
  [/^shorewall6? (?:drop|reject) <ip>$/, (family) => shorewallChains[family]],
  [/^\s*ufw (?:prepend|insert \d+) (?:deny|reject) from <ip> to /m, (family) => ufwChains[family]],
  [/^printf %b "(\w+): (?:<ip>|\[<ip>\])\\n" >> (\/[\w./-]+)$/, (_, daemons, file) => hostsDeny(daemons, file)],
];

/** `actionban`: with its tags of the ban still in it. Undefined for what nobody here knows. */
export function knownList(actionban: string, family: Family): string | undefined {
  for (const [shape, listOf] of shapes) {
    const found = shape.exec(actionban.trim());
    if (found !== null) return listOf(family, ...found.slice(1));
  }
  return undefined;
}
