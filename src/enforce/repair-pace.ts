// When to repair what others took away: at once, but in a fight with them ever more seldom, so that it does not take the machine.

export interface RepairPaceOptions {
  /** Between two repairs. */
  readonly shortestMs: number;
  /** Between two looks in a fight that does not end. */
  readonly longestMs: number;
  /** So many repairs within `fightWindowMs` are a fight. */
  readonly fightRepairs: number;
  readonly fightWindowMs: number;
}

const defaultPace: RepairPaceOptions = { shortestMs: 500, longestMs: 60_000, fightRepairs: 20, fightWindowMs: 60_000 };

/** For what is looked at every `intervalMs` only: who takes it away before almost each look is in a fight with us. */
export function paceOfLooks(intervalMs: number): RepairPaceOptions {
  const fightRepairs = 5;
  const fightWindowMs = Math.max(defaultPace.fightWindowMs, 2 * fightRepairs * intervalMs);
  return { shortestMs: intervalMs, longestMs: Math.max(defaultPace.longestMs, 8 * intervalMs), fightRepairs, fightWindowMs };
}

/** Pure: the time is a parameter, in milliseconds from any beginning. */
export class RepairPace {
  readonly #options: RepairPaceOptions;
  /** The latest repairs, the oldest first. */
  #repairedAtMs: number[] = [];
  #isFighting = false;
  #intervalMs: number;

  constructor(options: Partial<RepairPaceOptions> = {}) {
    this.#options = { ...defaultPace, ...options };
    this.#intervalMs = this.#options.shortestMs;
  }

  /** Something was missing and has been put back. True where this makes it a fight that was none before. */
  repaired(nowMs: number): boolean {
    const { fightRepairs, fightWindowMs, shortestMs, longestMs } = this.#options;
    if (this.#isFighting && !this.isFight(nowMs)) {
      this.#isFighting = false;
      this.#intervalMs = shortestMs;
      this.#repairedAtMs = [];
    }
    this.#repairedAtMs = [...this.#repairedAtMs, nowMs].slice(-fightRepairs);
    const [first = nowMs] = this.#repairedAtMs;
    const begins = !this.#isFighting && this.#repairedAtMs.length === fightRepairs && nowMs - first < fightWindowMs;
    this.#isFighting ||= begins;
    if (this.#isFighting) this.#intervalMs = Math.min(this.#intervalMs * 2, longestMs);
    return begins;
  }

  /** How long to wait before the next look; 0 where nothing was missing for long enough. */
  waitMs(nowMs: number): number {
    const last = this.#repairedAtMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, last + (this.isFight(nowMs) ? this.#intervalMs : this.#options.shortestMs) - nowMs);
  }

  /** Over when nothing was missing for a minute, and for twice the time between looks. */
  isFight(nowMs: number): boolean {
    const last = this.#repairedAtMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    return this.#isFighting && nowMs - last < Math.max(this.#options.fightWindowMs, 2 * this.#intervalMs);
  }

  /** In a fight, the time between two looks. */
  get intervalMs(): number {
    return this.#intervalMs;
  }
}
