// How long a ban lasts, by how often the address was banned before: bantime and bantime.* of jail.conf(5). Pure.

export interface BanTimeIncrement {
  /** Of the usual time in seconds and how often it was banned before, the time in seconds. */
  readonly secondsOf: (bantimeSec: number, earlierBans: number) => number;
  /** Infinity: no limit. */
  readonly maxtimeUsec: number;
  /** Up to so much is added at random, so that nobody can tell when the ban ends. */
  readonly rndtimeUsec: number;
  /** Whether bans of other jails count as earlier ones. */
  readonly isOverall: boolean;
}

export interface BanTime {
  /** Infinity: for good. */
  readonly bantimeUsec: number;
  /** Undefined where every ban lasts as long. */
  readonly increment: BanTimeIncrement | undefined;
}

/** `random`: from 0 to 1. */
export function banTimeOf({ bantimeUsec, increment }: BanTime, earlierBans: number, random: () => number): number {
  if (increment === undefined || earlierBans === 0 || !Number.isFinite(bantimeUsec)) return bantimeUsec;
  const grownUsec = increment.secondsOf(bantimeUsec / 1e6, earlierBans) * 1e6;
  // A formula that divides by nothing or takes the root of less is no reason to let somebody in.
  const usec = Number.isNaN(grownUsec) || grownUsec <= 0 ? bantimeUsec : grownUsec;
  const limited = Math.min(usec, Math.max(increment.maxtimeUsec, 0));
  return Number.isFinite(limited) ? Math.round(limited + random() * increment.rndtimeUsec) : limited;
}
