// How often the store may be written: much that changed takes long, and must not take the time of everything else.

// It may take a twentieth of the time.
const restPerWork = 20;

// Longer, and in a flood ever more would gather meanwhile.
const longestRestMs = 2000;

// Less than this is no burden, however often. A checkpoint of SQLite's log takes more.
const lightWorkMs = 5;

export class WritePace {
  #workMs = 0;
  #endedMs = Number.NEGATIVE_INFINITY;

  /** How long to rest from now; 0 where the last write was light, or long ago. */
  get restMs(): number {
    if (this.#workMs <= lightWorkMs) return 0;
    return Math.max(0, Math.min(this.#workMs * restPerWork, longestRestMs) - (performance.now() - this.#endedMs));
  }

  /** The next write begins; `timed` counts what it takes. */
  begin(): void {
    this.#workMs = 0;
  }

  timed<T>(work: () => T): T {
    const begin = performance.now();
    const result = work();
    this.#endedMs = performance.now();
    this.#workMs += this.#endedMs - begin;
    return result;
  }
}
