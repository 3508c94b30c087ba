// The latest failures of one address within findtime, in memory bounded by maxretry.

/** What one window holds, oldest first; plain data for the state. */
export interface WindowEntry {
  readonly timeUsec: number;
  readonly distinct: string | undefined;
}

export class FailureWindow {
  readonly #maxretry: number;
  readonly #findtimeUsec: number;
  #entries: WindowEntry[] = [];
  #latestUsec = Number.NEGATIVE_INFINITY;

  constructor(maxretry: number, findtimeUsec: number) {
    this.#maxretry = maxretry;
    this.#findtimeUsec = findtimeUsec;
  }

  /** Counts one failure. With `distinct`, an earlier one of the same value is replaced. True when maxretry is reached. */
  add(entry: WindowEntry): boolean {
    this.#latestUsec = Math.max(this.#latestUsec, entry.timeUsec);
    // A failure exactly findtime ago still counts.
    const oldestUsec = this.#latestUsec - this.#findtimeUsec;
    const isKept = (kept: WindowEntry) => kept.timeUsec >= oldestUsec && (entry.distinct === undefined || kept.distinct !== entry.distinct);
    this.#entries = this.#entries.filter(isKept);
    if (entry.timeUsec >= oldestUsec) this.#entries.push(entry);
    return this.#entries.length >= this.#maxretry;
  }

  get latestUsec(): number {
    return this.#latestUsec;
  }

  get count(): number {
    return this.#entries.length;
  }

  entries(): readonly WindowEntry[] {
    return this.#entries;
  }
}
