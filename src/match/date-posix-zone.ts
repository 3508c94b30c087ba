// Time zones in the form of POSIX (IEEE Std 1003.1, 8.3, "TZ"): CET-1CEST,M3.5.0,M10.5.0/3. Node reads only names such as Europe/Berlin.
import { daySec, daysFromCivil, daysInMonth, isLeapYear, weekdayOf } from './date-civil.ts';

/** When summer time begins or ends: seconds after the year's first midnight, by the clock in force before. */
type Rule = (year: number) => number;

/** A year's summer time, as moments. */
export interface Summer {
  readonly startSec: number;
  readonly endSec: number;
}

export interface PosixZone {
  readonly standardOffsetSec: number;
  readonly summer: { readonly offsetSec: number; readonly start: Rule; readonly end: Rule } | undefined;
}

const offset = String.raw`([+-]?)(\d{1,2})(?::([0-5]\d))?(?::([0-5]\d))?`;
const zoneName = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)';
const zonePattern = new RegExp(`^${zoneName}${offset}(?:(${zoneName})(?:${offset})?(?:,([^,]+),([^,]+))?)?$`);
const rulePattern = /^(?:M(\d{1,2})\.([1-5])\.([0-6])|(J?)(\d{1,3}))(?:\/([+-]?)(\d{1,3})(?::([0-5]\d))?(?::([0-5]\d))?)?$/;
/** What glibc takes where a summer time has no rule. */
const usualStart = 'M3.2.0';
const usualEnd = 'M11.1.0';
const hourSec = 3600;
const changeHour = '2';

/** Undefined where the text is not of this form. In it an offset counts west of Greenwich; here all count east. */
export function parsePosixZone(text: string): PosixZone | undefined {
  const match = zonePattern.exec(text);
  if (match === null) return undefined;
  const [, sign, hours, minutes, seconds, summerName, summerSign, summerHours, summerMinutes, summerSeconds, startText, endText] = match;
  const standardOffsetSec = 0 - signedSeconds(sign, hours, minutes, seconds);
  if (summerName === undefined) return { standardOffsetSec, summer: undefined };
  const start = parseRule(startText ?? usualStart);
  const end = parseRule(endText ?? usualEnd);
  if (start === undefined || end === undefined) return undefined;
  const offsetSec =
    summerHours === undefined ? standardOffsetSec + hourSec : 0 - signedSeconds(summerSign, summerHours, summerMinutes, summerSeconds);
  return { standardOffsetSec, summer: { offsetSec, start, end } };
}

function parseRule(text: string): Rule | undefined {
  const match = rulePattern.exec(text);
  if (match === null) return undefined;
  const [, month, week, weekday, julian, day, sign, hours = changeHour, minutes, seconds] = match;
  const timeSec = signedSeconds(sign, hours, minutes, seconds);
  if (month !== undefined) {
    if (Number(month) < 1 || Number(month) > 12) return undefined;
    return (year) => weekdayInMonth(year, Number(month), Number(week), Number(weekday)) * daySec + timeSec;
  }
  const number = Number(day);
  if (number > 365 || (julian === 'J' && number < 1)) return undefined;
  // J1 to J365 never count 29 February; 0 to 365 do.
  return julian === 'J'
    ? (year) => (number - 1 + (number >= 60 && isLeapYear(year) ? 1 : 0)) * daySec + timeSec
    : () => number * daySec + timeSec;
}

/** Days after 1 January of the `week`th `weekday` in the month; the fifth is the last. */
function weekdayInMonth(year: number, month: number, week: number, weekday: number): number {
  const first = daysFromCivil(year, month, 1);
  let day = ((weekday - weekdayOf(first) + 7) % 7) + (week - 1) * 7;
  if (day >= daysInMonth(year, month)) day -= 7;
  return first + day - daysFromCivil(year, 1, 1);
}

const signedSeconds = (sign: string | undefined, hours = '0', minutes = '0', seconds = '0'): number =>
  (sign === '-' ? -1 : 1) * (Number(hours) * hourSec + Number(minutes) * 60 + Number(seconds));

/** Undefined for a zone without summer time. */
export function summerIn(zone: PosixZone, year: number): Summer | undefined {
  const { summer, standardOffsetSec } = zone;
  if (summer === undefined) return undefined;
  const yearSec = daysFromCivil(year, 1, 1) * daySec;
  return { startSec: yearSec + summer.start(year) - standardOffsetSec, endSec: yearSec + summer.end(year) - summer.offsetSec };
}

/** South of the equator it begins late in the year and ends early in it. */
export const isInSummer = ({ startSec, endSec }: Summer, epochSec: number): boolean =>
  startSec <= endSec ? epochSec >= startSec && epochSec < endSec : epochSec >= startSec || epochSec < endSec;
