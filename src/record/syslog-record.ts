// Syslog messages as they come over sockets: RFC 5424, RFC 3164 as it is really sent, and whatever else, which is a message all the same.
// Reads bytes in place and makes no string. All that it finds is the sender's word: the host, the program and the time, too.
import { parseSyslogRfc3164 } from './syslog-rfc3164.ts';
import { parseSyslogRfc5424 } from './syslog-rfc5424.ts';

/** Where the parts of one message stand; filled anew by each call. An absent part is empty: its start is its end. */
export interface SyslogRecord {
  /** facility * 8 + severity, 0 to 191. */
  priority: number;
  hostStart: number;
  hostEnd: number;
  /** The tag without process id and colon (`postfix/smtpd`), APP-NAME. rsyslog's own APP-NAME ends at the slash (`postfix`). */
  programStart: number;
  programEnd: number;
  pidStart: number;
  pidEnd: number;
  /** Without the one space that stands between tag and text. */
  messageStart: number;
  /** Without line feeds and NULs at the end. */
  messageEnd: number;
  /**
   * Where the text begins that is a line already, host, program and message as in a file; undefined where the parts stand in another
   * order or with others between them (RFC 5424).
   */
  textStart: number | undefined;
}

export const emptySyslogRecord = (): SyslogRecord => ({
  priority: 0,
  hostStart: 0,
  hostEnd: 0,
  programStart: 0,
  programEnd: 0,
  pidStart: 0,
  pidEnd: 0,
  messageStart: 0,
  messageEnd: 0,
  textStart: undefined,
});

/** user.notice: RFC 3164, 4.3.3, for what has no priority of its own. */
const defaultPriority = 13;
const highestPriority = 191;

/** Reads the message in bytes[start, end) into `record`; whatever the bytes are. */
export function parseSyslogRecord(bytes: Uint8Array, start: number, end: number, record: SyslogRecord): void {
  let messageEnd = end;
  while (messageEnd > start && (bytes[messageEnd - 1] === 0x0a || bytes[messageEnd - 1] === 0)) messageEnd--;
  if (messageEnd < end && messageEnd > start && bytes[messageEnd - 1] === 0x0d) messageEnd--;
  record.hostStart = record.hostEnd = start;
  record.programStart = record.programEnd = start;
  record.pidStart = record.pidEnd = start;
  record.messageEnd = messageEnd;
  const bodyStart = readPriority(bytes, start, messageEnd, record);
  if (bodyStart > start && parseSyslogRfc5424(bytes, bodyStart, messageEnd, record)) return;
  record.messageStart = bodyStart;
  record.textStart = bodyStart;
  if (bodyStart > start) parseSyslogRfc3164(bytes, bodyStart, messageEnd, record);
}

/** `<PRI>`: where the rest begins; `start` where there is none. */
function readPriority(bytes: Uint8Array, start: number, end: number, record: SyslogRecord): number {
  record.priority = defaultPriority;
  if (bytes[start] !== 0x3c) return start;
  let value = 0;
  let at = start + 1;
  for (; at < end && at < start + 4; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  const digits = at - start - 1;
  if (digits === 0 || at >= end || bytes[at] !== 0x3e || value > highestPriority) return start;
  // RFC 5424, 6.2.1: no zero in front of another digit.
  if (digits > 1 && bytes[start + 1] === 0x30) return start;
  record.priority = value;
  return at + 1;
}
