// What stands in brackets in a netfilter record: `INCOMPLETE [20 bytes] `, and the packet that an ICMP error quotes,
// `[SRC=192.0.2.1 DST=... PROTO=TCP SPT=1 DPT=2 ] `. The functions return where it ends, `end` if the line is cut in it, or -1 where the
// bracket is none of the kernel's.
import { depthOf, dumpKey, frameKey, headerKey, keyAt, noKey, stateAfterLetters } from './netfilter-key.ts';
import { closeBracket, endOfToken, equals, isDumpToken, openBracket, space } from './netfilter-token.ts';

const isDigit = (byte = 0): boolean => byte >= 0x30 && byte <= 0x39;

/** Whether the bracket at `at` opens a number of bytes, or is the last of a cut line. */
export const isByteCount = (bytes: Buffer, at: number, end: number): boolean => at + 1 >= end || isDigit(bytes[at + 1]);

const byteCountEnd = Buffer.from(' bytes]');

export function afterByteCount(bytes: Buffer, at: number, end: number): number {
  at++;
  while (at < end && isDigit(bytes[at])) at++;
  for (const byte of byteCountEnd) {
    if (at >= end) return end;
    if (bytes[at++] !== byte) return -1;
  }
  return at === end || bytes[at] === space ? at : -1;
}

const quoteStart = Buffer.from('SRC=');
// Where not even the quoted packet's header was there.
const missingQuote = Buffer.from('TRUNCATED]');

/** Nothing in a quote is the logged packet's own. What no quoted packet has is refused, so that no bracket hides a whole record. */
export function afterQuote(bytes: Buffer, at: number, end: number): number {
  const start = at + 1;
  if (!beginsWith(bytes, start, end, quoteStart) && !beginsWith(bytes, start, end, missingQuote)) return -1;
  at = start;
  while (at < end && at !== -1) {
    if (bytes[at] === space) at++;
    else if (bytes[at] === openBracket) at = isByteCount(bytes, at, end) ? afterByteCount(bytes, at, end) : -1;
    else {
      const tokenEnd = endOfToken(bytes, at, end);
      const isClosing = bytes[tokenEnd - 1] === closeBracket;
      const textEnd = isClosing ? tokenEnd - 1 : tokenEnd;
      if (textEnd > at && !isQuoteToken(bytes, at, textEnd, at === start)) return -1;
      if (isClosing) return tokenEnd;
      at = tokenEnd;
    }
  }
  return at;
}

/** Also where the line is cut within `literal`. */
function beginsWith(bytes: Buffer, at: number, end: number, literal: Buffer): boolean {
  for (let index = 0; index < literal.length && at + index < end; index++) if (bytes[at + index] !== literal[index]) return false;
  return true;
}

const outsideKeys = new Set<number>([...Object.values(headerKey), frameKey.IN, frameKey.OUT, dumpKey.UID, dumpKey.GID, dumpKey.MARK]);

function isQuoteToken(bytes: Buffer, at: number, end: number, isFirst: boolean): boolean {
  const state = stateAfterLetters(bytes, at, end);
  const afterLetters = at + (depthOf[state] ?? 0);
  const key = afterLetters < end && bytes[afterLetters] === equals ? (keyAt[state] ?? noKey) : noKey;
  return !outsideKeys.has(key) && (isFirst || key !== frameKey.SRC) && isDumpToken(bytes, at, end);
}
