// How to ask for the bans that a command has made, where its definition does not tell (actionlist): known from what its actionban adds to.
// Of rules only those that shut out as the actionban does: an owner's rule for a network around a ban is no ban.
// Written from the manuals of these programs: iptables(8), ipset(8), nft(8), ip-route(8), ufw(8), shorewall(8), hosts_access(5).
import { type Family, parseIpNetwork } from '../core/ip-network.ts';

const ufwPrograms = { 4: ['iptables', 'ufw'], 6: ['ip6tables', 'ufw6'] } as const;
const shorewallChains = { 4: 'iptables -w 5 -S dynamic', 6: 'ip6tables -w 5 -S dynamic' } as const;

/** Lines of `iptables -S`; `conditions`, in its words: of the rule, between the address and the verdict. A list that fails is told as that. */
const rules = (list: string, chain: string, conditions: string, verdict: string) =>
  `list=$(${list}) || exit\nprintf "%s\\n" "$list" | sed -n -E '/^-A ${chain} -s [^ ]+ ${conditions}-j ${verdict}( |$)/p'`;

/** Where nobody knows how they are written. */
const anyConditions = '(.* )?';

const ports: readonly (readonly [RegExp, (...found: string[]) => string])[] = [
  [/^$/, () => ''],
  [/^-p (tcp|udp)$/, (_, protocol) => `-p ${protocol} `],
  [/^-p (tcp|udp) (?:-m \1 )?--dport (\d+(?::\d+)?)$/, (_, protocol, port) => `-p ${protocol} (-m ${protocol} )?--dport ${port} `],
  [/^-p (tcp|udp) (?:-m \1 )?-m multiport --dports ([\d,:]+)$/, (_, protocol, list) => `-p ${protocol} -m multiport --dports ${list} `],
];

/** `rest`: of a command that adds a rule, behind the address. */
function chainList(program: string, chain: string, rest: string): string {
  const list = `${program} -S ${chain}`;
  const [, given = '', verdict] = /^(.*?) ?-j ([A-Za-z][\w-]*)(?= |$)/.exec(rest.trim()) ?? [];
  if (verdict === undefined) return rules(list, chain, anyConditions, '[^ ]+');
  for (const [shape, conditionsOf] of ports) {
    const found = shape.exec(given);
    if (found !== null) return rules(list, chain, conditionsOf(...found), verdict);
  }
  return rules(list, chain, anyConditions, verdict);
}

function ufwList(family: Family, verb: string, destination: string, rest: string): string {
  const [program, ufw] = ufwPrograms[family];
  // Where nothing leads to it, what is in it is not in force.
  const list = `${program} -w 5 -C INPUT -j ${ufw}-before-input && ${program} -w 5 -S ${ufw}-user-input`;
  const isPlain = /^(?: comment .*)?$/.test(rest);
  const network = parseIpNetwork(destination);
  const to = network && `-d ${network.text.replaceAll('.', '\\.').replace('/', '\\/')}(\\/(32|128))? `;
  const conditions = isPlain && destination === 'any' ? '' : (isPlain && to) || anyConditions;
  return rules(list, `${ufw}-user-input`, conditions, verb === 'deny' ? 'DROP' : 'REJECT');
}

// Where others have removed the file, it has no ban.
const hostsDeny = (daemons: string, file: string) => `test ! -e ${file} || grep '^${daemons}: ' ${file}`;

type ListOf = (family: Family, ...found: string[]) => string;

// Only names and options of a narrow alphabet are taken over: the list is a command of its own.
const shapes: readonly (readonly [RegExp, ListOf])[] = [
  [
    /^(ip6?tables(?:-legacy|-nft)?(?: -w(?: \d+)?)?) -[AI] ([\w-]+)(?: 1)? -s <ip>(?=\s|$)([^\n;&|]*)/,
    (_, program = '', chain = '', rest = '') => chainList(program, chain, rest),
  ],
  [/^ipset(?: -exist)? add ([\w-]+) <ip>(?: |$)/, (_, set) => `ipset save ${set}`],
  [/^nft add element (\w+) ([\w-]+) ([\w-]+) \\?\{ <ip> \\?\}$/, (_, family, table, set) => `nft list set ${family} ${table} ${set}`],
  [/^ip route add (\w+) <ip>$/, (family, type) => `ip -${family} route show type ${type}`],
  [/^shorewall6? (?:drop|reject) <ip>$/, (family) => shorewallChains[family]],
  [
    /^\s*ufw (?:prepend|insert \d+) (deny|reject) from <ip> to (\S+)(.*)$/m,
    (family, verb = '', destination = '', rest = '') => ufwList(family, verb, destination, rest),
  ],
  [/^printf %b "(\w+): (?:<ip>|\[<ip>\])\\n" >> (\/[\w./-]+)$/, (_, daemons = '', file = '') => hostsDeny(daemons, file)],
];

/** `actionban`: with its tags of the ban still in it. Undefined for what nobody here knows. */
export function knownList(actionban: string, family: Family): string | undefined {
  for (const [shape, listOf] of shapes) {
    const found = shape.exec(actionban.trim());
    if (found !== null) return listOf(family, ...found.slice(1));
  }
  return undefined;
}
