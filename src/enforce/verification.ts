// Looks now and then whether what enforces the bans is still there, for firewalls that tell nobody when they are changed.
import { messageOf } from '../core/errors.ts';
import { inTime } from '../core/in-time.ts';

// Somebody waits for it at a terminal; a look may take a minute where a command hangs.
const patienceMs = 2000;

export interface VerificationOptions {
  /** 0: never by itself. */
  readonly intervalMs: number;
  /** Whether there is anything to lose; while there is not, nothing is run and no timer wakes the process. */
  readonly isNeeded: () => boolean;
  /** Milliseconds until a look may lead to a repair: in a fight ever more. */
  readonly waitMs: () => number;
  /** Looks, and has repaired what is missing. */
  readonly look: () => Promise<void>;
  /** It could not be looked at; told once for each reason. */
  readonly onFailure: (reason: string) => void;
}

export class Verification {
  readonly #options: VerificationOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #failure: string | undefined;
  #isStopped = false;

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** Bans may have come. */
  arm(): void {
    const { intervalMs, isNeeded, waitMs } = this.#options;
    if (this.#timer !== undefined || this.#looking !== undefined || this.#isStopped || intervalMs === 0 || !isNeeded()) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.now();
      },
      Math.max(intervalMs, waitMs()),
    );
  }

  /** Why the latest look could not tell; undefined where it could. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Resolves when it was looked at and repaired, or when that takes too long to wait for it. */
  async now(): Promise<void> {
    const { isNeeded, waitMs } = this.#options;
    if (this.#looking === undefined && (this.#isStopped || !isNeeded() || waitMs() > 0)) return this.arm();
    this.#looking ??= this.#look();
    await inTime(this.#looking, patienceMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      await this.#options.look();
      this.#failure = undefined;
    } catch (error) {
      const reason = `nobody can tell whether the bans are still in force: ${messageOf(error)}`;
      if (reason !== this.#failure && !this.#isStopped) this.#options.onFailure(reason);
      this.#failure = reason;
    } finally {
      this.#looking = undefined;
      this.arm();
    }
  }
}
