// The text before IN= in a netfilter record, which the firewall's rule chose, and what it says was done with the packet.
import { closeBracket, openBracket, space } from './netfilter-token.ts';

/** blocked: dropped, rejected or denied. accepted and audited packets are never failures. unknown: the prefix does not say. */
export type NetfilterVerdict = 'blocked' | 'accepted' | 'audited' | 'unknown';

export interface NetfilterPrefix {
  readonly text: string;
  readonly verdict: NetfilterVerdict;
}

// NF_LOG_PREFIXLEN less its final NUL (linux/netfilter/nf_log.h).
export const longestPrefix = 127;

export function readNetfilterPrefix(bytes: Buffer, start: number, end: number): NetfilterPrefix {
  const text = bytes.toString('utf8', start, end).trim();
  return { text, verdict: netfilterVerdict(text) };
}

const blockedWords = new Set(['BLOCK', 'BLOCKED', 'DROP', 'DROPPED', 'REJECT', 'REJECTED', 'DENY', 'DENIED']);
const acceptedWords = new Set(['ALLOW', 'ALLOWED', 'ACCEPT', 'ACCEPTED']);
const auditedWords = new Set(['AUDIT', 'AUDITED']);

/** By the whole words of `prefix` in any case; `AUDIT` and `ACCEPT` count for more than a `DROP` beside them. */
export function netfilterVerdict(prefix: string): NetfilterVerdict {
  // iptables' TRACE writes the names of the table and the chain: `TRACE: filter:ufw-logging-deny:rule:1` blocks nothing.
  if (prefix.startsWith('TRACE: ')) return 'audited';
  // Pathnames and quotation marks: text of other kernel messages, which quote names that local users chose (a cgroup's, a mount's).
  if (/["'`/]/.test(prefix)) return 'unknown';
  const words = prefix.toUpperCase().match(/\p{L}+/gu) ?? [];
  if (words.some((word) => auditedWords.has(word))) return 'audited';
  if (words.some((word) => acceptedWords.has(word))) return 'accepted';
  return words.some((word) => blockedWords.has(word)) ? 'blocked' : 'unknown';
}

/** Past the printk stamp `[   12.345678] ` and the caller `[   T45]` that may follow it (CONFIG_PRINTK_TIME, _CALLER); `start` where there is none. */
export function afterPrintkStamp(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== openBracket || start >= end) return start;
  let at = afterSpaces(bytes, start + 1, end);
  const seconds = at;
  at = afterDigits(bytes, at, end);
  if (at === seconds || at >= end || bytes[at] !== 0x2e) return start;
  const fraction = at + 1;
  at = afterDigits(bytes, fraction, end);
  if (at - fraction !== 6 || at >= end || bytes[at] !== closeBracket) return start;
  at++;
  if (at < end && bytes[at] === openBracket) {
    at = afterSpaces(bytes, at + 1, end);
    // T and a thread's number, or C and a processor's.
    if (at >= end || (bytes[at] !== 0x54 && bytes[at] !== 0x43)) return start;
    at = afterDigits(bytes, at + 1, end);
    if (at >= end || bytes[at] !== closeBracket) return start;
    at++;
  }
  return at < end && bytes[at] === space ? at + 1 : start;
}

function afterDigits(bytes: Buffer, at: number, end: number): number {
  while (at < end && (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39) at++;
  return at;
}

function afterSpaces(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at] === space) at++;
  return at;
}
