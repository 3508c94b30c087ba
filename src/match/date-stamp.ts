// What a stamp in a log line says, field by field, and the moment that it means: strptime(3) with fail2ban's guesses for what is left out.
import { civilFromDays, daySec, daysFromCivil, daysInMonth, weekdayOf } from './date-civil.ts';
import type { LocalTime } from './date-local-time.ts';
import { parseZoneMinutes } from './date-zone-name.ts';

const shortMonths = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const longMonths = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const shortDays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const longDays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** A moment beyond the years 1 to 9999 is none: nothing that shows a time could take it. */
const leastEpochSec = -62_135_596_800;
const mostEpochSec = 253_402_300_799;

export const isPlausibleTime = (epochSec: number): boolean => epochSec >= leastEpochSec && epochSec <= mostEpochSec;

/** The fields of one stamp; -1 (NaN for the zone) where it has none. One object serves all stamps: `clear` it before. */
export class Stamp {
  year = -1;
  month = -1;
  day = -1;
  hour = 0;
  minute = 0;
  second = 0;
  zoneMinutes = Number.NaN;
  #isHour12 = false;
  #meridiem = '';
  #yearday = -1;
  #week = -1;
  #isWeekFromSunday = false;
  /** 0 is Sunday. */
  #weekday = -1;

  clear(): void {
    this.year = -1;
    this.month = -1;
    this.day = -1;
    this.hour = 0;
    this.minute = 0;
    this.second = 0;
    this.zoneMinutes = Number.NaN;
    this.#isHour12 = false;
    this.#meridiem = '';
    this.#yearday = -1;
    this.#week = -1;
    this.#weekday = -1;
  }

  /** `name`: the field's group, a letter of strptime. */
  setNumber(name: string, value: number): void {
    switch (name) {
      case 'Y':
        this.year = value;
        break;
      case 'y':
        // There were no logs before 2000.
        this.year = value <= 2000 ? value + 2000 : value;
        break;
      case 'm':
        this.month = value;
        break;
      case 'd':
        this.day = value;
        break;
      case 'H':
      case 'I':
        this.hour = value;
        this.#isHour12 = name === 'I';
        break;
      case 'M':
        this.minute = value;
        break;
      case 'S':
        this.second = value;
        break;
      case 'j':
        this.#yearday = value;
        break;
      case 'U':
      case 'W':
        this.#week = value;
        this.#isWeekFromSunday = name === 'U';
        break;
      case 'w':
        this.#weekday = value;
    }
  }

  /** False where the text names nothing of the kind: the stamp means no moment then. */
  setText(name: string, text: string): boolean {
    switch (name) {
      case 'b':
        this.month = shortMonths.indexOf(text.toLowerCase()) + 1;
        return this.month > 0;
      case 'B':
        this.month = longMonths.indexOf(text.toLowerCase()) + 1;
        return this.month > 0;
      case 'a':
        this.#weekday = shortDays.indexOf(text.toLowerCase());
        return this.#weekday >= 0;
      case 'A':
        this.#weekday = longDays.indexOf(text.toLowerCase());
        return this.#weekday >= 0;
      case 'p':
        this.#meridiem = text.toLowerCase();
        return true;
      case 'z':
      case 'Z':
        this.zoneMinutes = parseZoneMinutes(text) ?? Number.NaN;
        return !Number.isNaN(this.zoneMinutes);
      default:
        return false;
    }
  }

  /**
   * Epoch seconds, or undefined where the fields name no moment (30 February, 24:00). `nowSec` fills in what is left out: today, or yesterday
   * where that time of day is still to come; this year, or the last one where that date is more than a day ahead.
   * `defaultZoneMinutes`: of stamps without a zone; NaN means local time.
   */
  toEpochSec(nowSec: number, local: LocalTime, defaultZoneMinutes: number): number | undefined {
    this.#settleHour();
    const now = local.toReading(nowSec);
    const today = Math.floor(now / daySec);
    const hasYear = this.year !== -1;
    if (!hasYear) this.year = civilFromDays(today).year;
    if (this.month === -1 || this.day === -1) this.#settleYearday();
    const isToday = this.month === -1 && this.day === -1;
    if (isToday) ({ month: this.month, day: this.day } = civilFromDays(today));
    if (!this.#isDate(this.year) || !this.#isTimeOfDay()) return undefined;

    const zoneMinutes = Number.isNaN(this.zoneMinutes) ? defaultZoneMinutes : this.zoneMinutes;
    const hasZone = !Number.isNaN(zoneMinutes);
    let reading = daysFromCivil(this.year, this.month, this.day) * daySec + this.hour * 3600 + this.minute * 60 + this.second;
    if (hasZone) reading -= zoneMinutes * 60;
    // A stamp with a zone is held against the local clock too, as in fail2ban: a day's grace covers it.
    if (isToday && reading > now) reading -= daySec;
    if (!hasYear && reading > now + daySec) {
      if (!this.#isDate(this.year - 1)) return undefined;
      reading += (daysFromCivil(this.year - 1, this.month, this.day) - Math.floor(reading / daySec)) * daySec;
    }
    const epochSec = hasZone ? reading : local.toEpochSec(reading);
    return isPlausibleTime(epochSec) ? epochSec : undefined;
  }

  /** Noon is 12 pm and midnight 12 am; without either it is the morning. */
  #settleHour(): void {
    if (!this.#isHour12) return;
    if (this.#meridiem === 'pm') this.hour = this.hour === 12 ? 12 : this.hour + 12;
    else if ((this.#meridiem === 'am' || this.#meridiem === '') && this.hour === 12) this.hour = 0;
  }

  /** The month and the day from the day of the year, or from the week and the weekday. */
  #settleYearday(): void {
    const newYear = daysFromCivil(this.year, 1, 1);
    let yearday = this.#yearday;
    if (yearday === -1 && this.#week !== -1 && this.#weekday !== -1) {
      const firstDay = this.#isWeekFromSunday ? 0 : 1;
      const first = (weekdayOf(newYear) - firstDay + 7) % 7;
      const day = (this.#weekday - firstDay + 7) % 7;
      yearday = 1 + day - first + (first === 0 ? 7 * (this.#week - 1) : 7 * this.#week);
      // In a year that begins with the week's first day there is no week 0; Python counts that one as week 1.
      if (first === 0 && this.#week === 0) yearday += 7;
    } else if (yearday === -1) return;
    ({ year: this.year, month: this.month, day: this.day } = civilFromDays(newYear + yearday - 1));
  }

  #isDate(year: number): boolean {
    return year >= 1 && year <= 9999 && this.day >= 1 && this.day <= daysInMonth(year, this.month);
  }

  #isTimeOfDay(): boolean {
    const { hour, minute, second } = this;
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
  }
}
