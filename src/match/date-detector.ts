// Finds the date in a log line, as fail2ban does with a filter's `datepattern`: what of the line is the date, and the moment that it means.
import { err, ok, type Result } from '../core/result.ts';
import { charBoundary } from './date-chars.ts';
import { compileTemplates } from './date-compile.ts';
import { type FixedForm, fixedFormOf } from './date-fixed-form.ts';
import { LocalTime } from './date-local-time.ts';
import { type DatePatternError, parseDatePattern } from './date-pattern.ts';
import { DateSearch } from './date-search.ts';
import { Stamp } from './date-stamp.ts';
import type { Clock, DateTemplateSet } from './date-template-set.ts';
import { parseZoneMinutes, unknownZone } from './date-zone-name.ts';

export interface DateDetectorOptions {
  /** As the filter has it: one pattern a line; undefined or empty for the default list. */
  readonly datepattern: string | undefined;
  /** Of stamps without a zone: `UTC`, `UTC+0200`, `CET`; local time where it is not set. */
  readonly logtimezone?: string | undefined;
  readonly nowSec: () => number;
  /** What local time is, as in the environment's TZ; that one where the option is left out. */
  readonly timeZone?: string | undefined;
}

export interface DetectedDate {
  /** bytes[cutStart, cutEnd) is the date, which the failregex does not see. Empty where nothing is cut. */
  readonly cutStart: number;
  readonly cutEnd: number;
  /** Epoch seconds; undefined where the stamp names no moment (30 February) and none was known shortly before. */
  readonly timeSec: number | undefined;
  /** The template's name; undefined where none matched: the time is then the last known one. */
  readonly template: string | undefined;
}

/** A year that a pattern's %ExY knows at least, and how many it knows ahead. */
const leastLastYear = 2029;
const yearsAhead = 3;
/** How long a line without a date may come after one that has it. */
const knownSec = 60;
/**
 * How much of a line is looked at: so many bytes, divided by the number of templates. With the default list that is 4 KiB, which a hostile
 * line makes some five milliseconds of; a single pattern finds the date behind a long message too.
 */
const searchedBytes = 131_072;

/** All errors at once: of every line of the pattern, and of the time zone. */
export function createDateDetector(options: DateDetectorOptions): Result<DateDetector, DatePatternError[]> {
  const { datepattern, logtimezone, nowSec } = options;
  const { TZ } = process.env;
  const zone = logtimezone?.trim() ?? '';
  const zoneMinutes = zone === '' ? Number.NaN : parseZoneMinutes(zone);
  const zoneErrors = zoneMinutes === undefined ? [{ text: zone, message: unknownZone }] : [];
  const lastYear = Math.max(new Date(nowSec() * 1000).getUTCFullYear() + yearsAhead, leastLastYear);
  const patterns = parseDatePattern(datepattern, lastYear);
  const set = patterns.ok ? compileTemplates(patterns.value) : patterns;
  if (!set.ok || zoneMinutes === undefined) return err([...(set.ok ? [] : set.error), ...zoneErrors]);
  const local = new LocalTime('timeZone' in options ? options.timeZone : TZ);
  return ok(new DateDetector(set.value, { nowSec, local, zoneMinutes }));
}

/** Follows the lines of one filter, as what it met before decides: see DateSearch, and the last known date. Never throws, whatever they hold. */
export class DateDetector {
  readonly #set: DateTemplateSet;
  readonly #clock: Clock;
  readonly #search: DateSearch;
  readonly #searchedBytes: number;
  readonly #fixedForms: readonly (FixedForm | undefined)[];
  readonly #stamp = new Stamp();
  #lastSec: number | undefined;

  constructor(set: DateTemplateSet, clock: Clock) {
    this.#set = set;
    this.#clock = clock;
    this.#search = new DateSearch(set, clock.nowSec);
    this.#searchedBytes = Math.ceil(searchedBytes / set.templates.length);
    this.#fixedForms = set.templates.map(fixedFormOf);
  }

  /**
   * The date in bytes[start, end), which is valid UTF-8: see toValidUtf8. Undefined where it has none and none was known shortly before.
   * What matches an empty text says that there is no date: the last known one counts, if it is less than a minute old, or else now.
   */
  detect(bytes: Uint8Array, start = 0, end = bytes.length): DetectedDate | undefined {
    const settled = this.#search.settled;
    const form = this.#fixedForms[settled];
    if (form !== undefined) {
      this.#stamp.clear();
      const cutEnd = form(bytes, start, end, this.#stamp);
      if (cutEnd !== -1) {
        this.#search.takeSettled(bytes, start, end, cutEnd);
        const { nowSec, local, zoneMinutes } = this.#clock;
        return this.#dated(settled, start, cutEnd, this.#stamp.toEpochSec(nowSec(), local, zoneMinutes));
      }
    }
    const found = this.#search.find(
      bytes,
      start,
      end - start <= this.#searchedBytes ? end : charBoundary(bytes, start, start + this.#searchedBytes),
    );
    if (found === undefined) return this.#known(start, undefined);
    const { index, groups } = found;
    const cutStart = groups[2] ?? -1;
    const cutEnd = groups[3] ?? -1;
    if (cutStart < cutEnd) return this.#dated(index, cutStart, cutEnd, this.#set.readTime(index, bytes, groups, this.#clock));
    const name = this.#nameOf(index);
    return this.#known(start, name) ?? { cutStart: start, cutEnd: start, timeSec: this.#clock.nowSec(), template: name };
  }

  /** How often each template had a line's date, in the order in which they are now tried. */
  hits(): readonly { readonly template: string; readonly count: number }[] {
    return this.#search.hits().map(({ index, count }) => ({ template: this.#nameOf(index), count }));
  }

  /** How many matches were given up for taking too many steps, by all detectors of the same pattern. */
  limitsReached(): number {
    return this.#set.limitsReached();
  }

  #dated(index: number, cutStart: number, cutEnd: number, timeSec: number | undefined): DetectedDate {
    const template = this.#nameOf(index);
    if (timeSec === undefined) return this.#known(cutStart, template) ?? { cutStart, cutEnd, timeSec, template };
    this.#lastSec = timeSec;
    return { cutStart, cutEnd, timeSec, template };
  }

  /** The last date, if it is less than a minute old; nothing is cut then. */
  #known(at: number, template: string | undefined): DetectedDate | undefined {
    const timeSec = this.#lastSec;
    if (!timeSec || timeSec <= this.#clock.nowSec() - knownSec) return undefined;
    return { cutStart: at, cutEnd: at, timeSec, template };
  }

  #nameOf(index: number): string {
    return this.#set.templates[index]?.name ?? '';
  }
}
