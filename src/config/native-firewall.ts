// fail2ban's stock firewall actions (iptables*, nftables*: its action.d) as scopes of our own nftables action. Pure.
import {
  hasPorts,
  type NftablesScope,
  type PortRange,
  type Protocol,
  portsOf,
  protocols,
  protocolsOf,
  type Rejection,
  type Verdict,
} from '../action/nftables/nftables-scope.ts';
import { quoteText } from './config-error.ts';
import { suggestName } from './nearest-name.ts';
import type { Services } from './services.ts';

/** `refusal`: why only the definition's own commands can do it. `mistake`: what nothing could do. Both are the end of a sentence. */
export type NativeFirewall = { readonly scope: NftablesScope } | { readonly refusal: string } | { readonly mistake: string };

interface Definition {
  readonly dialect: 'iptables' | 'nftables';
  readonly isAllPorts: boolean;
}

// Each as Debian's fail2ban 1.0.2 has it. What they differ in besides (ipset or chain, log line, only new connections) is how, not whom.
const definitions: ReadonlyMap<string, Definition> = new Map([
  ...['iptables', 'iptables-multiport', 'iptables-multiport-log', 'iptables-new'].map((name) => [name, iptables(false)] as const),
  ...['iptables-ipset', 'iptables-ipset-proto4', 'iptables-ipset-proto6'].map((name) => [name, iptables(false)] as const),
  ...['iptables-allports', 'iptables-ipset-proto6-allports'].map((name) => [name, iptables(true)] as const),
  ...['nftables', 'nftables-multiport'].map((name) => [name, { dialect: 'nftables', isAllPorts: false }] as const),
  ['nftables-allports', { dialect: 'nftables', isAllPorts: true }],
]);

function iptables(isAllPorts: boolean): Definition {
  return { dialect: 'iptables', isAllPorts };
}

export const isNativeFirewall = (name: string): boolean => definitions.has(name);

// Names of sets, chains and tables, timeouts and programs: how it is done there, and no concern of ours.
const withoutEffect: ReadonlySet<string> = new Set([
  ...['name', 'chain', 'lockingopt', 'iptables', 'nftables', 'ipmset', 'familyopt', 'ipsettime', 'default-ipsettime', 'timeout-bantime'],
  ...['table', 'table_family', 'chain_priority', 'addr_type', 'addr_family', 'addr_set', 'actname', 'bantime', 'actionstart_on_demand'],
]);
const understood: ReadonlySet<string> = new Set(['port', 'protocol', 'blocktype', 'type']);

/** Arguments that are served with one value only: any other makes it another action. */
const fixed: ReadonlyMap<string, readonly string[]> = new Map([
  ['returntype', ['RETURN']],
  ['pre-rule', ['']],
  ['chain_type', ['filter']],
  ['chain_hook', ['input', 'forward', 'prerouting']],
]);

/** `args`: what the jail names, with all interpolation done. */
export function mapNativeFirewall(name: string, args: ReadonlyMap<string, string>, services: Services): NativeFirewall {
  const definition = definitions.get(name);
  if (definition === undefined) return { refusal: `the action ${quoteText(name)} is none that ringjail does by itself` };
  for (const [key, value] of args) {
    if (withoutEffect.has(key) || understood.has(key) || fixed.get(key)?.includes(value.trim()) === true) continue;
    return { refusal: `its argument ${key} = ${quoteText(value)} makes it something else than the stock action` };
  }
  const type = args.get('type')?.trim() ?? (definition.isAllPorts ? 'allports' : 'multiport');
  if (!['oneport', 'multiport', 'allports'].includes(type)) return { refusal: `its type ${quoteText(type)} is not understood` };
  const verdict = parseVerdict(definition.dialect, args.get('blocktype'));
  if (verdict === undefined) return { refusal: `its blocktype ${quoteText(args.get('blocktype') ?? '')} is not understood` };
  const protocol = parseProtocols(args.get('protocol') ?? 'tcp');
  if (typeof protocol === 'object' && 'mistake' in protocol) return protocol;
  const ports = type === 'allports' ? [] : parsePorts(args.get('port') ?? 'ssh', services);
  if ('mistake' in ports) return ports;
  return checked({ protocol, ports, verdict });
}

function checked(scope: NftablesScope): NativeFirewall {
  const named = protocolsOf(scope);
  if (portsOf(scope).length > 0) {
    const without = named === undefined ? 'all' : named.find((protocol) => !hasPorts(protocol));
    if (without !== undefined) return { mistake: `protocol ${without} has no ports; name tcp or udp, or take an allports action` };
  }
  const isReset = typeof scope.verdict === 'object' && scope.verdict.reject === 'tcp-reset';
  const isTcp = named?.length === 1 && named[0] === 'tcp';
  return isReset && !isTcp ? { mistake: 'only tcp can be reset; take another blocktype, or protocol = tcp' } : { scope };
}

function parseProtocols(text: string): NftablesScope['protocol'] | { readonly mistake: string } {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('all')) return 'all';
  const known: readonly string[] = protocols;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    return { mistake: `protocol ${quoteText(unknown)} is not known${suggestName(unknown, ['all', ...protocols])}` };
  return names as Protocol[];
}

/** `ssh`, `22,2222:2230`, `http, https`, `0:65535`; a range is written with `-`, too. */
function parsePorts(text: string, services: Services): PortRange[] | { readonly mistake: string } {
  const ranges: PortRange[] = [];
  for (const item of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const single = portOf(item, services);
    const [, from = '', to = ''] = /^([^:]*):([^:]*)$/.exec(item) ?? /^(\d+)-(\d+)$/.exec(item) ?? [];
    // As iptables has it, an end that is left out is the first or the last of all.
    const first = single ?? (from === '' ? 0 : portOf(from, services));
    const last = single ?? (to === '' ? 65_535 : portOf(to, services));
    const isRange = single !== undefined || from !== '' || to !== '';
    if (!isRange || first === undefined || last === undefined) {
      const wrong = isRange ? ([from, to].find((end) => end !== '' && portOf(end, services) === undefined) ?? item) : item;
      return {
        mistake: `port ${quoteText(wrong)} is neither a number up to 65535 nor in /etc/services${suggestName(wrong, services.keys())}`,
      };
    }
    if (first > last) return { mistake: `the range of ports ${quoteText(item)} ends before it begins` };
    ranges.push([first, last]);
  }
  return ranges.length === 0 ? { mistake: 'no port is named; write a list such as ssh or 22,2222, or take an allports action' } : ranges;
}

function portOf(text: string, services: Services): number | undefined {
  if (!/^\d+$/.test(text)) return services.get(text);
  return text.length <= 5 && Number(text) <= 65_535 ? Number(text) : undefined;
}

// iptables-extensions(8), REJECT; the names of the IPv6 answers are from ip6tables.
const iptablesRejections: ReadonlyMap<string, Rejection> = new Map([
  ['icmp-net-unreachable', 'net-unreachable'],
  ['icmp-host-unreachable', 'host-unreachable'],
  ['icmp-port-unreachable', 'port-unreachable'],
  ['icmp-proto-unreachable', 'prot-unreachable'],
  ['icmp-net-prohibited', 'net-prohibited'],
  ['icmp-host-prohibited', 'host-prohibited'],
  ['icmp-admin-prohibited', 'admin-prohibited'],
  ['tcp-reset', 'tcp-reset'],
  ...['icmp6-no-route', 'no-route'].map((name) => [name, 'net-unreachable'] as const),
  ...['icmp6-adm-prohibited', 'adm-prohibited'].map((name) => [name, 'admin-prohibited'] as const),
  ...['icmp6-addr-unreachable', 'addr-unreach'].map((name) => [name, 'host-unreachable'] as const),
  ...['icmp6-port-unreachable', 'port-unreach'].map((name) => [name, 'port-unreachable'] as const),
]);

// nft(8), reject statement.
const nftablesRejections: ReadonlyMap<string, Rejection> = new Map([
  ...(['net-unreachable', 'host-unreachable', 'prot-unreachable', 'port-unreachable'] as const).map((name) => [name, name] as const),
  ...(['net-prohibited', 'host-prohibited', 'admin-prohibited'] as const).map((name) => [name, name] as const),
  ['no-route', 'net-unreachable'],
  ['addr-unreachable', 'host-unreachable'],
]);

function parseVerdict(dialect: Definition['dialect'], blocktype: string | undefined): Verdict | undefined {
  if (blocktype === undefined) return 'reject';
  const words = blocktype.trim().split(/\s+/);
  if (dialect === 'iptables') {
    const [target, option, answer = '', ...more] = words;
    if (target === 'DROP' && option === undefined) return 'drop';
    if (target !== 'REJECT' || more.length > 0) return undefined;
    return option === undefined ? 'reject' : option === '--reject-with' ? rejection(iptablesRejections.get(answer)) : undefined;
  }
  const statement = (words[0] === 'counter' ? words.slice(1) : words).join(' ');
  if (statement === 'drop' || statement === 'reject') return statement;
  if (statement === 'reject with tcp reset') return { reject: 'tcp-reset' };
  const [, answer = ''] = /^reject with icmp(?:x|v6)?(?: type)? ([\w-]+)$/.exec(statement) ?? [];
  return rejection(nftablesRejections.get(answer));
}

const rejection = (reject: Rejection | undefined): Verdict | undefined => (reject === undefined ? undefined : { reject });
