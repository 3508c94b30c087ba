// Local time, as fail2ban reads stamps without a zone: tzset(3) says which zone, mktime(3) what a clock's reading means.
import { civilFromDays, daySec } from './date-civil.ts';
import { isInSummer, type PosixZone, parsePosixZone, type Summer, summerIn } from './date-posix-zone.ts';

type OffsetSecAt = (epochSec: number) => number;

/** Longer than any oscillation between two offsets takes to show. */
const maxSteps = 4;

/** A reading counts seconds as if the clock showed UTC. */
export class LocalTime {
  /** Seconds east of Greenwich. */
  readonly offsetSecAt: OffsetSecAt;
  #lastOffsetSec = 0;

  /** `timeZone` as in the environment's TZ; undefined is the system's zone. */
  constructor(timeZone: string | undefined) {
    this.offsetSecAt = offsetsOf(timeZone);
  }

  toReading(epochSec: number): number {
    return epochSec + this.offsetSecAt(epochSec);
  }

  /**
   * The moment at which the clock shows the reading. Where it shows it twice (the clocks went back), the offset of the reading before this
   * one goes on, as in glibc; where it never does (they went forward), the offset before the change counts.
   */
  toEpochSec(reading: number): number {
    let epochSec = reading - this.#lastOffsetSec;
    let least = Number.POSITIVE_INFINITY;
    for (let step = 0; step < maxSteps; step++) {
      const offsetSec = this.offsetSecAt(epochSec);
      if (epochSec + offsetSec === reading) {
        this.#lastOffsetSec = offsetSec;
        return epochSec;
      }
      if (step > 0) least = Math.min(least, offsetSec);
      epochSec = reading - offsetSec;
    }
    this.#lastOffsetSec = least;
    return reading - least;
  }
}

/** As glibc reads TZ: a leading colon and the directory of the zones' files mean nothing; a name before POSIX's form; UTC for nonsense. */
function offsetsOf(timeZone: string | undefined): OffsetSecAt {
  const name = timeZone?.replace(/^:/, '').replace(/^\/usr\/share\/zoneinfo\/(?:posix\/)?/, '');
  if (name === undefined || name === '/etc/localtime') return namedOffsets(undefined) ?? (() => 0);
  if (name === '') return () => 0;
  // What begins otherwise is no name, though newer engines know +01:00.
  const named = /^[A-Za-z]/.test(name) ? namedOffsets(name) : undefined;
  if (named !== undefined) return named;
  const posix = parsePosixZone(name);
  return posix === undefined ? () => 0 : posixOffsets(posix);
}

/** glibc asks for the summer time of the year that it is by UTC. */
function posixOffsets(zone: PosixZone): OffsetSecAt {
  let knownDays = Number.NaN;
  let knownYear = Number.NaN;
  let summer: Summer | undefined;
  return (epochSec) => {
    const days = Math.floor(epochSec / daySec);
    if (days !== knownDays) {
      const { year } = civilFromDays(days);
      if (year !== knownYear) summer = summerIn(zone, Math.max(year, 1970));
      knownDays = days;
      knownYear = year;
    }
    return zone.summer !== undefined && summer !== undefined && isInSummer(summer, epochSec)
      ? zone.summer.offsetSec
      : zone.standardOffsetSec;
  };
}

/** Offsets change only at a full quarter of an hour, at least since 1972. */
const slotSec = 900;
const maxSlots = 1000;

/** Undefined where there is no zone of that name. */
function namedOffsets(timeZone: string | undefined): OffsetSecAt | undefined {
  const format = offsetFormat(timeZone);
  if (format === undefined) return undefined;
  const known = new Map<number, number>();
  return (epochSec) => {
    const slot = Math.floor(epochSec / slotSec);
    let offsetSec = known.get(slot);
    if (offsetSec === undefined) {
      offsetSec = parseOffset(format.format(slot * slotSec * 1000));
      if (known.size >= maxSlots) known.clear();
      known.set(slot, offsetSec);
    }
    return offsetSec;
  };
}

function offsetFormat(timeZone: string | undefined): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** `1/2/2026, GMT+01:00`; Greenwich's own time is `GMT`. */
function parseOffset(text: string): number {
  const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}
