// Losses that a flood causes many times a second, told at most once a second with their sum: the report must not be a flood itself.
import type { Loss } from './source.ts';

const intervalMs = 1000;

export class LossTally {
  readonly #reason: string;
  readonly #report: (loss: Loss) => void;
  #untold = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(reason: string, report: (loss: Loss) => void) {
    this.#reason = reason;
    this.#report = report;
  }

  /** The first one is told at once. */
  add(count: number): void {
    if (count === 0) return;
    this.#untold += count;
    if (this.#timer === undefined) this.#tell();
  }

  /** Tells what is left. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#untold > 0) this.#report({ count: this.#untold, reason: this.#reason });
    this.#untold = 0;
  }

  #tell(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#untold > 0) this.#tell();
    }, intervalMs);
  }
}
