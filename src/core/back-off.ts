// How long to wait before what failed is tried again: twice as long each time, up to a limit.

export interface BackOffLimits {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** `failures`: how often it has failed in a row, from 1 on. */
export const backOffMs = (failures: number, { firstMs, lastMs }: BackOffLimits): number => Math.min(firstMs * 2 ** (failures - 1), lastMs);

/** Of one thing that is tried again and again. */
export class BackOff {
  readonly #limits: BackOffLimits;
  #failures = 0;

  constructor(limits: BackOffLimits) {
    this.#limits = limits;
  }

  /** It failed: how long to wait now. */
  failed(): number {
    this.#failures++;
    return backOffMs(this.#failures, this.#limits);
  }

  /** It works: the next wait is the shortest again. */
  succeeded(): void {
    this.#failures = 0;
  }
}
