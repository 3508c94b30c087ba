// From the kernel log's clock to the time of day. The kernel stamps records with a clock of its own (microseconds since boot, time
// asleep not counted) that runs beside CLOCK_MONOTONIC but is not slewed by NTP: after weeks they are minutes apart.
import type { Clock } from '../core/clock.ts';

// Live records after which an old estimate of the drift is forgotten.
const recordsPerEstimate = 256;

// A wall clock that is slewed moves by less between two batches; more is a clock that was set, and is followed.
const stepUsec = 1_000_000;

export class KernelClock {
  readonly #realtime: Clock;
  readonly #monotonicUsec: () => number;
  #monotonicToRealtimeUsec: number;
  #leastAgeUsec = Number.POSITIVE_INFINITY;
  #formerLeastAgeUsec = Number.POSITIVE_INFINITY;
  #observed = 0;

  constructor(realtime: Clock, monotonicUsec: () => number) {
    this.#realtime = realtime;
    this.#monotonicUsec = monotonicUsec;
    this.#monotonicToRealtimeUsec = realtime() - monotonicUsec();
  }

  /** Follows a wall clock that was set. Call before a batch. */
  follow(): void {
    const offset = this.#realtime() - this.#monotonicUsec();
    if (Math.abs(offset - this.#monotonicToRealtimeUsec) > stepUsec) this.#monotonicToRealtimeUsec = offset;
  }

  /**
   * A record was read when it woke us: how old it seems is the drift of the clocks and the delay of the reading. The least of many is
   * the drift, however long this process was stopped meanwhile.
   */
  observeLive(sinceBootUsec: number): void {
    this.#leastAgeUsec = Math.min(this.#leastAgeUsec, this.#monotonicUsec() - sinceBootUsec);
    if (++this.#observed % recordsPerEstimate !== 0) return;
    this.#formerLeastAgeUsec = this.#leastAgeUsec;
    this.#leastAgeUsec = Number.POSITIVE_INFINITY;
  }

  toRealtimeUsec(sinceBootUsec: number): number {
    const drift = Math.min(this.#leastAgeUsec, this.#formerLeastAgeUsec);
    return Math.round(sinceBootUsec + this.#monotonicToRealtimeUsec + (Number.isFinite(drift) ? drift : 0));
  }
}
