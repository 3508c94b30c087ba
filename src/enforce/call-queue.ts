// Makes the calls of one action, one at a time, and has those that failed made again with back-off. What is to be called is its owner's
// business.
import { backOffMs } from '../core/back-off.ts';
import { inTime } from '../core/in-time.ts';

const retryLimits = { firstMs: 500, lastMs: 60_000 };
const stopLimitMs = 5000;

export interface CallQueueOptions {
  /** Takes the call that is due; undefined where none is. The call itself never rejects. */
  readonly next: () => (() => Promise<void>) | undefined;
  /** None is due any more. */
  readonly onIdle: () => void;
}

export class CallQueue {
  readonly #options: CallQueueOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isStopped = false;
  #running: Promise<void> | undefined;
  /** Who waits until nothing is left to try. */
  #awaiting: (() => void)[] = [];

  constructor(options: CallQueueOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Resolves when all that is due was tried. */
  run(): Promise<void> {
    this.#running ??= this.#work();
    return this.#running;
  }

  /** The first call waits for `ready`, which does not reject. */
  runAfter(ready: Promise<void>): void {
    this.#running = ready.then(() => this.#work());
  }

  /** Has `prepare` make a call due again when it is time, and runs. `tries`: how often it has failed. */
  retry(tries: number, prepare: () => void): void {
    // Of a call that ended after the stop: its timer would keep the process alive for nothing.
    if (this.#isStopped) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        prepare();
        void this.run();
      },
      backOffMs(tries, retryLimits),
    );
    this.#timers.add(timer);
  }

  /** Resolves when all that is due was made, or given up, or at a stop. */
  async drain(): Promise<void> {
    const drained = new Promise<void>((resolve) => this.#awaiting.push(resolve));
    await this.run();
    await drained;
  }

  /** Makes no other call, and waits for the one that runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#tellDrained();
    // A command that hangs is nothing to wait for: it ends by its own limit, or with the service.
    await inTime(this.#running ?? Promise.resolve(), stopLimitMs);
  }

  async #work(): Promise<void> {
    // Until `#running` is set.
    await undefined;
    while (!this.#isStopped) {
      const call = this.#options.next();
      if (call === undefined) break;
      await call();
    }
    // In one step with the last look at what is due: nobody can come in between and wait for what has ended.
    this.#running = undefined;
    this.#options.onIdle();
    if (this.#timers.size === 0) this.#tellDrained();
  }

  #tellDrained(): void {
    for (const resolve of this.#awaiting.splice(0)) resolve();
  }
}
