// Writes the state soon after it changed, never two writes at once; an idle daemon writes nothing and has no timer.
import { formatState, type State, saveState } from '../ban/state-file.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

// What a kill can make us read again. It is read into the windows of the same moment, so that nothing is counted twice.
const delayMs = 1000;

// A large state takes long to write out, and nothing else runs meanwhile: it may take a twentieth of the time.
const restPerWork = 20;

export class StateSaver {
  readonly #path: string;
  readonly #take: () => State;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  /** Somebody waits for a write that has not begun. */
  #isAsked = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  #workMs = 0;

  /** `take` gives the state of one moment: it is called between two batches and must not wait. */
  constructor(path: string, take: () => State, log: Log) {
    this.#path = path;
    this.#take = take;
    this.#log = log;
  }

  /** Why the last write failed; undefined where it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  touch(): void {
    if (this.#isStopped) return;
    this.#timer ??= setTimeout(() => void this.flush(), Math.max(delayMs, this.#workMs * restPerWork));
  }

  /** Writes what changed now; resolves when it is on disk, or could not be brought there. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isAsked = !this.#isStopped;
    this.#running ??= this.#write();
    await this.#running;
  }

  /** Nothing is written any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#isStopped = true;
    this.#isAsked = false;
  }

  async #write(): Promise<void> {
    // Until `#running` is set.
    await undefined;
    while (this.#isAsked) {
      this.#isAsked = false;
      try {
        const begin = performance.now();
        const text = formatState(this.#take());
        this.#workMs = performance.now() - begin;
        await saveState(this.#path, text);
        if (this.#failure !== undefined) this.#log.notice(`state ${this.#path}: written again`);
        this.#failure = undefined;
      } catch (error) {
        const message = messageOf(error);
        if (message !== this.#failure) this.#log.error(`state ${this.#path}: cannot be written, bans are kept in memory only: ${message}`);
        this.#failure = message;
        this.touch();
      }
    }
    // In one step with the last look: nobody can come in between and wait for what has ended.
    this.#running = undefined;
  }
}
