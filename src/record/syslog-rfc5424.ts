// RFC 5424, section 6, after its <PRI>: `1 TIME HOST APP-NAME PROCID MSGID STRUCTURED-DATA MSG`, each of the middle ones `-` where absent.
import type { SyslogRecord } from './syslog-record.ts';

const space = 0x20;
const quote = 0x22;
const dash = 0x2d;
const backslash = 0x5c;
const openingBracket = 0x5b;
const closingBracket = 0x5d;

/** Reads what stands in bytes[start, end). False, and nothing changed, where it is no such message. */
export function parseSyslogRfc5424(bytes: Uint8Array, start: number, end: number, record: SyslogRecord): boolean {
  if (bytes[start] !== 0x31 || bytes[start + 1] !== space || start + 1 >= end) return false;
  const timeStart = start + 2;
  // A time or nothing: a text that begins with "1 " is none.
  const first = bytes[timeStart] ?? 0;
  if (first !== dash && (first < 0x30 || first > 0x39)) return false;
  const timeEnd = skipWord(bytes, timeStart, end);
  const hostEnd = skipWord(bytes, timeEnd + 1, end);
  const programEnd = skipWord(bytes, hostEnd + 1, end);
  const pidEnd = skipWord(bytes, programEnd + 1, end);
  const idEnd = skipWord(bytes, pidEnd + 1, end);
  if (idEnd >= end) return false;
  const dataEnd = skipStructuredData(bytes, idEnd + 1, end);
  if (dataEnd === -1 || (dataEnd < end && bytes[dataEnd] !== space)) return false;
  record.hostStart = timeEnd + 1;
  record.hostEnd = isNil(bytes, timeEnd + 1, hostEnd) ? timeEnd + 1 : hostEnd;
  record.programStart = hostEnd + 1;
  record.programEnd = isNil(bytes, hostEnd + 1, programEnd) ? hostEnd + 1 : programEnd;
  record.pidStart = programEnd + 1;
  record.pidEnd = isNil(bytes, programEnd + 1, pidEnd) ? programEnd + 1 : pidEnd;
  record.messageStart = Math.min(end, skipBom(bytes, dataEnd + 1, end));
  record.textStart = undefined;
  return true;
}

/** The end of the word that begins at `start`; `end` or more where it is empty, not ended by a space, or not printable ASCII. */
function skipWord(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] ?? 0) > space && (bytes[at] ?? 0) < 0x7f) at++;
  return at > start && at < end && bytes[at] === space ? at : end;
}

const isNil = (bytes: Uint8Array, start: number, end: number): boolean => end - start === 1 && bytes[start] === dash;

/** After `-` or all the `[id name="value" ...]`; -1 where it is neither. In a value, `\` makes `"`, `\` and `]` part of it. */
function skipStructuredData(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1;
  if (bytes[start] === dash) return start + 1;
  if (bytes[start] !== openingBracket) return -1;
  let at = start;
  while (at < end && bytes[at] === openingBracket) {
    let isQuoted = false;
    for (at++; at < end; at++) {
      const byte = bytes[at];
      if (isQuoted && byte === backslash) at++;
      else if (byte === quote) isQuoted = !isQuoted;
      else if (byte === closingBracket && !isQuoted) break;
    }
    if (at >= end) return -1;
    at++;
  }
  return at;
}

/** After the byte order mark that says the text is UTF-8, and after one space: rsyslog sends the one that stood between tag and text. */
function skipBom(bytes: Uint8Array, start: number, end: number): number {
  const at = start + 2 < end && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? start + 3 : start;
  return at < end && bytes[at] === space ? at + 1 : at;
}
