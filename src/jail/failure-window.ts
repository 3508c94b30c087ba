// The latest failures of one address within findtime, in memory bounded by maxretry.
import type { WindowEntry } from '../ban/stored-window.ts';

export class FailureWindow {
  readonly #maxretry: number;
  readonly #findtimeUsec: number;
  #entries: WindowEntry[] = [];
  #latestUsec = Number.NEGATIVE_INFINITY;
  #earliestUsec = Number.POSITIVE_INFINITY;

  constructor(maxretry: number, findtimeUsec: number) {
    this.#maxretry = maxretry;
    this.#findtimeUsec = findtimeUsec;
  }

  /** Counts one failure. With `distinct`, an earlier one of the same value is replaced. True when maxretry is reached. */
  add(entry: WindowEntry): boolean {
    // Sources deliver in order: a time that far back means that the clock was set back, and what is kept lies in the future.
    if (entry.timeUsec < this.#latestUsec - this.#findtimeUsec) {
      this.#entries = [];
      this.#latestUsec = entry.timeUsec;
      this.#earliestUsec = Number.POSITIVE_INFINITY;
    }
    this.#latestUsec = Math.max(this.#latestUsec, entry.timeUsec);
    // A failure exactly findtime ago still counts.
    const oldestUsec = this.#latestUsec - this.#findtimeUsec;
    // Nearly always nothing has to go.
    if (entry.distinct === undefined && (this.#earliestUsec >= oldestUsec || this.#entries.length === 0)) return this.#append(entry);
    const isSame = (kept: WindowEntry) => entry.distinct !== undefined && kept.distinct === entry.distinct;
    const timeUsec = Math.max(entry.timeUsec, this.#entries.find(isSame)?.timeUsec ?? entry.timeUsec);
    this.#entries = this.#entries.filter((kept) => kept.timeUsec >= oldestUsec && !isSame(kept));
    this.#earliestUsec = this.#entries.reduce((earliest, kept) => Math.min(earliest, kept.timeUsec), Number.POSITIVE_INFINITY);
    return this.#append({ ...entry, timeUsec });
  }

  /** Whether something of this value was counted, which is not any more. */
  forget(distinct: string): boolean {
    const kept = this.#entries.filter((entry) => entry.distinct !== distinct);
    if (kept.length === this.#entries.length) return false;
    this.#entries = kept;
    return true;
  }

  get latestUsec(): number {
    return this.#latestUsec;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** As they are now: a later failure changes them. */
  entries(): readonly WindowEntry[] {
    return this.#entries;
  }

  #append(entry: WindowEntry): boolean {
    // Most addresses come once: a list that was empty would get room for seventeen.
    if (this.#entries.length === 0) this.#entries = [entry];
    else this.#entries.push(entry);
    this.#earliestUsec = Math.min(this.#earliestUsec, entry.timeUsec);
    return this.#entries.length >= this.#maxretry;
  }
}
