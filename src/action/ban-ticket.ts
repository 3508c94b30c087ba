// What an action is told of a ban: plain data, fit to be sent to the helper, and the values of the tags. Pure.
import { type BanTarget, isNetwork, parseRawIdentity } from '../core/ban-target.ts';
import { type Family, type IpNetwork, parseIpNetwork } from '../core/ip-network.ts';

export interface BanTicket {
  /** An address, or `address/prefix`, in the form of `IpNetwork.text`; with `isRaw`, what is neither. */
  readonly network: string;
  readonly isRaw?: true;
  readonly jail: string;
  readonly failures: number;
  /** The lines that led to the ban, the oldest first. */
  readonly matches: readonly string[];
  readonly sinceUsec: number;
  /** Undefined for good: JSON has no Infinity. */
  readonly untilUsec: number | undefined;
  /** How often the address was banned, this time counted. */
  readonly bancount: number;
  /** Whether it was in force before the daemon started. */
  readonly restored: boolean;
  /** By tag, what the filter found (`F-USER`), and whatever else the jail knows: `ipmatches`, `ipfailures`, `jail.banned`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The tags of a ticket that `fields` may set; the others follow from the ticket itself. */
const fieldTags = /^(?:F-[A-Z0-9_-]{1,64}|ip-host|ipmatches|ipjailmatches|ipfailures|ipjailfailures|jail\.(?:banned|found)(?:_total)?)$/;

export interface HostNames {
  /** With its domain, and without. */
  readonly full: string;
  readonly short: string;
}

/** Whom it is about; undefined where it does not say so as it should. */
export const targetOfTicket = ({ network, isRaw }: Pick<BanTicket, 'network' | 'isRaw'>): BanTarget | undefined =>
  isRaw === true ? parseRawIdentity(network) : parseIpNetwork(network);

/** Of a ban of which only the network's text is known any more. */
export const bareTicket = (network: string, jail: string): BanTicket => ({
  network,
  ...(parseIpNetwork(network) === undefined ? { isRaw: true } : {}),
  jail,
  failures: 0,
  matches: [],
  sinceUsec: 0,
  untilUsec: undefined,
  bancount: 0,
  restored: true,
  fields: {},
});

/** Of the commands that are told of it: what is no address is told as IPv4 is. */
export const familyOf = (network: string): Family => parseIpNetwork(network)?.family ?? 4;

/** By tag, for `renderShellTemplate`; without <ip> and its like where it is no address. Throws where the ticket's network is none. */
export function ticketValues(ticket: BanTicket, hostNames: HostNames): Map<string, string> {
  const network = targetOfTicket(ticket);
  if (network === undefined) throw new RangeError('the ticket names no address');
  const matches = ticket.matches.join('\n');
  const failures = String(Math.trunc(ticket.failures));
  const bantimeSec = ticket.untilUsec === undefined ? -1 : Math.max(1, Math.round((ticket.untilUsec - ticket.sinceUsec) / 1e6));
  const own: [string, string][] = [
    ...tagsOfAddress(network),
    ['fid', network.text],
    ['failures', failures],
    ['ipfailures', failures],
    ['ipjailfailures', failures],
    ['matches', matches],
    ['ipmatches', matches],
    ['ipjailmatches', matches],
    ['bancount', String(Math.trunc(ticket.bancount))],
    ['restored', ticket.restored ? '1' : '0'],
    ['time', (ticket.sinceUsec / 1e6).toFixed(0)],
  ];
  const values = new Map([...commonValues(network.family, hostNames), ...own]);
  for (const [tag, value] of Object.entries(ticket.fields)) if (fieldTags.test(tag)) values.set(tag, value);
  // fail2ban's word for good is -1, which no command may take for an option.
  values.set('bantime', String(bantimeSec));
  return values;
}

const tagsOfAddress = (target: BanTarget): [string, string][] =>
  isNetwork(target)
    ? [
        ['ip', target.text],
        ['ip-rev', reversed(target)],
      ]
    : [['F-ID', target.text]];

/** Of the tags that mean something without a ban: at start and stop. */
export function commonValues(family: Family | undefined, { full, short }: HostNames): Map<string, string> {
  return new Map([
    ['fq-hostname', full],
    ['sh-hostname', short],
    ['family', family === undefined ? '' : `inet${family}`],
    ...['jail.banned', 'jail.banned_total', 'jail.found', 'jail.found_total'].map((tag) => [tag, '0'] as const),
  ]);
}

/** As names in in-addr.arpa and ip6.arpa begin, with the dot behind it: `7.2.0.192.`; of a network, its first address. */
function reversed({ family, bytes }: IpNetwork): string {
  const parts = family === 4 ? Array.from(bytes, String) : Array.from(Buffer.from(bytes).toString('hex'));
  return `${parts.toReversed().join('.')}.`;
}
