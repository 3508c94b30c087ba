// A short way for the two stamps that syslog daemons write, where they begin the line: read from the bytes, without the expression.
// Only the usual spelling is taken, and only where the default template could match neither more nor less than it.
import { isoPattern, syslogPattern } from './date-default-templates.ts';
import type { Stamp } from './date-stamp.ts';
import { type DateTemplate, lineBegin } from './date-template.ts';

/** The form that may be read in the place of the template's expression. */
export function fixedFormOf({ pattern }: DateTemplate): FixedForm | undefined {
  switch (pattern) {
    case lineBegin + syslogPattern:
      return readSyslogStamp;
    case lineBegin + isoPattern:
      return readIsoStamp;
    default:
      return undefined;
  }
}

/** Fills the stamp and returns where it ends in bytes[start, end); -1 where it is not in the usual form. */
export type FixedForm = (bytes: Uint8Array, start: number, end: number, stamp: Stamp) => number;

const space = 0x20;
const plus = 0x2b;
const dash = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const letterT = 0x54;
const letterZ = 0x5a;

const pack = (a: number, b: number, c: number): number => (a << 16) | (b << 8) | c;

const months = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, index) => [
    pack(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)),
    index + 1,
  ]),
);

/** `Jan 23 21:59:59 `, `Jan  3 21:59:59 `, and what follows is not a digit, which could be a year. */
export function readSyslogStamp(bytes: Uint8Array, start: number, end: number, stamp: Stamp): number {
  const stampEnd = start + 15;
  if (stampEnd + 1 >= end || bytes[start + 3] !== space || bytes[start + 6] !== space || bytes[stampEnd] !== space) return -1;
  if (isDigit(bytes[stampEnd + 1])) return -1;
  const month = months.get(pack(bytes[start] ?? 0, bytes[start + 1] ?? 0, bytes[start + 2] ?? 0));
  const day = bytes[start + 4] === space ? digit(bytes[start + 5]) : twoDigits(bytes, start + 4);
  if (month === undefined || day < 1 || day > 31 || !readTimeOfDay(bytes, start + 7, stamp)) return -1;
  stamp.month = month;
  stamp.day = day;
  return stampEnd;
}

/** `2005-01-23T21:59:59.981746+01:00 `, `2005-01-23T21:59:59Z `: RFC 3339 as rsyslog and journalctl write it, with a zone. */
export function readIsoStamp(bytes: Uint8Array, start: number, end: number, stamp: Stamp): number {
  const timeStart = start + 11;
  if (start + 21 > end || bytes[start + 4] !== dash || bytes[start + 7] !== dash || bytes[timeStart - 1] !== letterT) return -1;
  const century = twoDigits(bytes, start);
  const yearOfCentury = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  // %ExY knows more years, but these for ever.
  if (century !== 20 || yearOfCentury < 0 || yearOfCentury > 29 || month < 1 || month > 12 || day < 1 || day > 31) return -1;
  if (!readTimeOfDay(bytes, timeStart, stamp)) return -1;
  const zoneStart = skipFraction(bytes, timeStart + 8, end);
  const stampEnd = zoneStart === -1 ? -1 : readZone(bytes, zoneStart, stamp);
  if (stampEnd === -1 || stampEnd >= end || bytes[stampEnd] !== space) return -1;
  stamp.year = 2000 + yearOfCentury;
  stamp.month = month;
  stamp.day = day;
  return stampEnd;
}

/** `21:59:59`, no leap second. */
function readTimeOfDay(bytes: Uint8Array, at: number, stamp: Stamp): boolean {
  const hour = twoDigits(bytes, at);
  const minute = twoDigits(bytes, at + 3);
  const second = twoDigits(bytes, at + 6);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  if (bytes[at + 2] !== colon || bytes[at + 5] !== colon) return false;
  stamp.hour = hour;
  stamp.minute = minute;
  stamp.second = second;
  return true;
}

/** At most six digits behind a point; -1 where there are others or none. */
function skipFraction(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== point) return at;
  let next = at + 1;
  while (next < end && isDigit(bytes[next])) next++;
  return next > at + 1 && next <= at + 7 ? next : -1;
}

/** `Z`, `+01:00`. */
function readZone(bytes: Uint8Array, at: number, stamp: Stamp): number {
  const sign = bytes[at];
  if (sign === letterZ) {
    stamp.zoneMinutes = 0;
    return at + 1;
  }
  const hours = twoDigits(bytes, at + 1);
  const minutes = twoDigits(bytes, at + 4);
  if ((sign !== plus && sign !== dash) || hours < 0 || hours > 19 || minutes < 0 || bytes[at + 3] !== colon) return -1;
  stamp.zoneMinutes = (sign === dash ? -1 : 1) * (hours * 60 + minutes);
  return at + 6;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine;

/** Far below zero for what is no digit, so that a sum with it is too. */
const digit = (byte: number | undefined): number => (isDigit(byte) ? (byte ?? 0) - zero : -1000);

const twoDigits = (bytes: Uint8Array, at: number): number => digit(bytes[at]) * 10 + digit(bytes[at + 1]);
