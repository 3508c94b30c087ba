// The line of a syslog record, as fail2ban's filters expect one without its date: `host program[pid]: message`. Composed in place, in the
// buffer that the message came in, as it needs less room than what stood before the message.
import { fileTagPrefix } from './record-selector.ts';
import type { SyslogRecord } from './syslog-record.ts';

const space = 0x20;
const colon = 0x3a;
const lineFeed = 0x0a;
const openingBracket = 0x5b;
const closingBracket = 0x5d;

/** How many bytes before a message may be written over: the longest address (45 characters), a space, and what makes 48. */
export const roomBeforeMessage = 48;

const filePrefix = Buffer.from(fileTagPrefix);

/**
 * Composes the line of `record`, changing bytes before its message, and returns where it begins; it ends at messageEnd, where "\n" is
 * written. `sender` stands for a host that is not named: 46 characters of ASCII at most.
 *
 * Line feeds within become spaces. A log file could not hold them, so filters are not written for them: an attacker who can put one into
 * a datagram (a user name that a program logs as it is) would have the rest taken for a line of its own by expressions over several lines,
 * and would hide from those where `.` stops at it. As a space it is one more text with spaces in it, which filters must withstand anyway.
 */
export function composeSyslogLine(bytes: Buffer, record: SyslogRecord, sender: string): number {
  const lineStart = isOfFile(bytes, record) ? record.messageStart : composeHead(bytes, record, sender);
  const { messageEnd } = record;
  bytes[messageEnd] = lineFeed;
  for (let at = bytes.indexOf(lineFeed, lineStart); at < messageEnd; at = bytes.indexOf(lineFeed, at + 1)) bytes[at] = space;
  return lineStart;
}

function isOfFile(bytes: Buffer, { programStart, programEnd }: SyslogRecord): boolean {
  if (programEnd - programStart <= filePrefix.length) return false;
  for (let index = 0; index < filePrefix.length; index++) if (bytes[programStart + index] !== filePrefix[index]) return false;
  return true;
}

function composeHead(bytes: Buffer, record: SyslogRecord, sender: string): number {
  const { hostStart, hostEnd, programStart, programEnd, pidStart, pidEnd, textStart } = record;
  const hasHost = hostEnd > hostStart;
  if (textStart !== undefined) return hasHost ? hostStart : writeSender(bytes, sender, textStart);
  // From the right to the left, as each part moves to the right: none is written over before it is moved.
  let to = record.messageStart;
  if (programEnd > programStart) {
    bytes[--to] = space;
    bytes[--to] = colon;
    if (pidEnd > pidStart) {
      bytes[--to] = closingBracket;
      to = moveBefore(bytes, pidStart, pidEnd, to);
      bytes[--to] = openingBracket;
    }
    to = moveBefore(bytes, programStart, programEnd, to);
  }
  if (!hasHost) return writeSender(bytes, sender, to);
  bytes[--to] = space;
  return moveBefore(bytes, hostStart, hostEnd, to);
}

/** Moves bytes[start, end) to end at `to`, which is at least `end`; returns where it then begins. */
function moveBefore(bytes: Buffer, start: number, end: number, to: number): number {
  let target = to;
  for (let at = end - 1; at >= start; at--) bytes[--target] = bytes[at] ?? 0;
  return target;
}

function writeSender(bytes: Buffer, sender: string, to: number): number {
  let target = to;
  bytes[--target] = space;
  for (let at = sender.length - 1; at >= 0; at--) bytes[--target] = sender.charCodeAt(at);
  return target;
}
