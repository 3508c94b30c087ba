// What a jail does, counted along in the plainest way: every failure is kept, and looked at anew. Shares no code with the jail itself.
import type { Attack } from './attack-journal.ts';

export interface CountedBan {
  readonly sinceUsec: number;
  readonly untilUsec: number;
  readonly failures: number;
}

export interface CountedLimits {
  readonly maxretry: number;
  readonly findtimeUsec: number;
  /** Longer than it is counted: no ban ends. */
  readonly bantimeUsec: number;
}

export class CountedJail {
  readonly name: string;
  readonly bans = new Map<string, CountedBan>();
  readonly #limits: CountedLimits;
  /** Since the latest time that maxretry was reached. */
  readonly #failures = new Map<string, number[]>();

  constructor(name: string, limits: CountedLimits) {
    this.name = name;
    this.#limits = limits;
  }

  take({ identity, timeUsec }: Attack): void {
    const { maxretry, findtimeUsec, bantimeUsec } = this.#limits;
    const failures = [...(this.#failures.get(identity) ?? []), timeUsec];
    this.#failures.set(identity, failures);
    const recent = failures.filter((failedUsec) => failedUsec >= timeUsec - findtimeUsec);
    if (recent.length < maxretry) return;
    this.#failures.delete(identity);
    if (!this.bans.has(identity)) {
      this.bans.set(identity, { sinceUsec: timeUsec, untilUsec: timeUsec + bantimeUsec, failures: recent.length });
    }
  }

  /** The times that count, of those who failed within findtime before `nowUsec`. */
  windows(nowUsec: number): Map<string, number[]> {
    const { findtimeUsec } = this.#limits;
    const windows = new Map<string, number[]>();
    for (const [identity, failures] of this.#failures) {
      const lastUsec = failures.at(-1) ?? 0;
      if (lastUsec < nowUsec - findtimeUsec) continue;
      windows.set(
        identity,
        failures.filter((failedUsec) => failedUsec >= lastUsec - findtimeUsec),
      );
    }
    return windows;
  }
}
