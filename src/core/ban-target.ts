// Whom a ban is about: an address, a network, or what only a program knows: a user, a session, a host and port (fail2ban's <F-ID>, and host
// names with `usedns = raw`).
import { type IpNetwork, isSingleAddress, parseIpNetwork } from './ip-network.ts';
import { printable } from './printable.ts';

/** A text that reads as no address or network, so that its text is never that of one. Hostile: whoever writes the log has chosen it. */
export interface RawIdentity {
  readonly family: undefined;
  /** 1 to 256 bytes of UTF-8, without control characters, not blank. Compared as it stands. */
  readonly text: string;
}

export type BanTarget = IpNetwork | RawIdentity;

const maxIdentityBytes = 256;

export const isNetwork = (target: BanTarget): target is IpNetwork => target.family !== undefined;

/** Undefined for what reads as an address or network, is longer than maxIdentityBytes, blank, or holds what must not be shown. */
export function parseRawIdentity(text: string): RawIdentity | undefined {
  if (text.length > maxIdentityBytes || text.trim() === '' || printable(text) !== text) return undefined;
  const bytes = Buffer.from(text);
  // A text of its own: a part of a log line would keep all of the line for as long as it is remembered.
  const own = bytes.toString();
  // Half a surrogate pair is no text.
  if (bytes.length > maxIdentityBytes || own !== text || parseNetwork(text) !== undefined) return undefined;
  return { family: undefined, text: own };
}

/** Of a person or another program. */
export const parseBanTarget = (text: string): BanTarget | undefined => parseNetwork(text) ?? parseRawIdentity(text);

/** Of a log, where a client may have chosen the text: no network, which would hold others than who failed. */
export function parseLoggedTarget(text: string): BanTarget | undefined {
  const target = parseBanTarget(text);
  return target === undefined || !isNetwork(target) || isSingleAddress(target) ? target : undefined;
}

/** For people: in quotes, with those in it escaped, where it is no address, so that it cannot be taken for one or for words around it. */
export const shownTarget = (text: string): string => (parseIpNetwork(text) === undefined ? JSON.stringify(text) : text);

/** [2001:db8::7] is an address, too, as fail2ban has it. */
const parseNetwork = (text: string): IpNetwork | undefined => parseIpNetwork(/^\[(.*)\]$/s.exec(text)?.[1] ?? text);
