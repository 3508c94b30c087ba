// RFC 3164 as programs and rsyslog really send it, after its <PRI>: `Mmm dd hh:mm:ss HOST TAG: text`, or with an RFC 3339 time
// (RSYSLOG_ForwardFormat); the host is absent in what comes from local sockets. Times are passed over: when a record came, the receiver knows.
import type { SyslogRecord } from './syslog-record.ts';

const space = 0x20;
const colon = 0x3a;
const openingBracket = 0x5b;
const closingBracket = 0x5d;

/**
 * Reads what stands in bytes[start, end). Leaves host, program and process id empty where they are not there; then the message is all of it.
 * A word after the time is the host, unless it looks like a tag: rsyslog, and all who forward, send a host.
 */
export function parseSyslogRfc3164(bytes: Uint8Array, start: number, end: number, record: SyslogRecord): void {
  const timeEnd = skipTime(bytes, start, end);
  let at = timeEnd;
  // Some leave out the second space of ` 2`, some send two.
  while (at > start && at < end && bytes[at] === space) at++;
  record.textStart = at;
  record.messageStart = at;
  if (at > start) {
    const hostEnd = readHost(bytes, at, end);
    if (hostEnd > at) {
      record.hostStart = at;
      record.hostEnd = hostEnd;
      at = hostEnd + 1;
      record.messageStart = at;
    }
  }
  // Without a host and a colon, the first word is a word.
  readTag(bytes, at, end, record, record.hostEnd > record.hostStart);
}

/** The end of the word that names the host; `start` where it is a tag, or the last word. */
function readHost(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at < end && bytes[at] !== space; at++) {
    if (!isGraphic(bytes[at] ?? 0) || bytes[at] === openingBracket) return start;
  }
  if (at === end) return start;
  if (bytes[at - 1] !== colon) return at;
  // An IPv6 address may end so (`fd00::`); a tag does not.
  return at - start > 2 && bytes[at - 2] === colon ? at : start;
}

/** `program[123]: `, `program: `, and where `isColonOptional` `program[123] ` and `program `, as rsyslog cuts tags at 32 characters. */
function readTag(bytes: Uint8Array, start: number, end: number, record: SyslogRecord, isColonOptional: boolean): void {
  let at = start;
  while (at < end && isGraphic(bytes[at] ?? 0) && bytes[at] !== openingBracket && bytes[at] !== colon) at++;
  const programEnd = at;
  if (programEnd === start) return;
  let pidStart = start;
  let pidEnd = start;
  let isTag = isColonOptional;
  if (at < end && bytes[at] === openingBracket) {
    pidStart = at + 1;
    while (at < end && isGraphic(bytes[at] ?? 0) && bytes[at] !== closingBracket) at++;
    pidEnd = at;
    if (at < end && bytes[at] === closingBracket) {
      at++;
      isTag ||= at < end && bytes[at] === colon;
    }
  }
  if (at < end && bytes[at] === colon) {
    isTag = true;
    at++;
  } else if (at < end && bytes[at] !== space) {
    return;
  }
  if (!isTag) return;
  record.programStart = start;
  record.programEnd = programEnd;
  record.pidStart = pidStart;
  record.pidEnd = pidEnd;
  record.messageStart = at < end && bytes[at] === space ? at + 1 : at;
}

/** After the time; `start` where there is none. */
function skipTime(bytes: Uint8Array, start: number, end: number): number {
  if (isShaped(bytes, start, end, 'Aaa _9 99:99:99 ') && isMonth(bytes, start)) return start + 15;
  if (!isShaped(bytes, start, end, '9999-99-99T99:99:99')) return start;
  // Fraction and zone: `.123456+01:00`, `Z`, or none.
  let at = start + 19;
  for (; at < end && bytes[at] !== space; at++) {
    const byte = bytes[at] ?? 0;
    const isPart = (byte >= 0x30 && byte <= 0x3a) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x5a;
    if (!isPart) return start;
  }
  return at < end ? at : start;
}

/** `9`: a digit, `_`: a digit or a space, `A`, `a`: any byte (isMonth looks at these); all else itself. */
function isShaped(bytes: Uint8Array, start: number, end: number, shape: string): boolean {
  if (end - start < shape.length) return false;
  for (let index = 0; index < shape.length; index++) {
    const byte = bytes[start + index] ?? 0;
    const wanted = shape.charCodeAt(index);
    const isDigit = byte >= 0x30 && byte <= 0x39;
    if (wanted === 0x39 ? isDigit : wanted === 0x5f ? isDigit || byte === space : (wanted | 0x20) === 0x61 || wanted === byte) continue;
    return false;
  }
  return true;
}

const months = new Set(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name) =>
    threeBytes(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)),
  ),
);

function threeBytes(first: number, second: number, third: number): number {
  return (first << 16) | (second << 8) | third;
}

const isMonth = (bytes: Uint8Array, start: number): boolean =>
  months.has(threeBytes(bytes[start] ?? 0, bytes[start + 1] ?? 0, bytes[start + 2] ?? 0));

/** Neither a space nor a control character; bytes beyond ASCII are, for names are written in UTF-8, too. */
const isGraphic = (byte: number): boolean => byte > space && byte !== 0x7f;
