// Counts and tells the repairs of one action, and says so when others undo them again and again.
import type { Repair } from '../action/action.ts';
import type { Log } from '../core/log.ts';
import { RepairPace, type RepairPaceOptions } from './repair-pace.ts';

// Whether a fight is over is of interest to readers of the log only.
const peaceCheckMs = 60_000;

export interface RepairLogOptions {
  readonly name: string;
  readonly log: Log;
  readonly pace?: Partial<RepairPaceOptions> | undefined;
  /** How to find out who it is; '' where there is no way. */
  readonly hint: string;
}

export class RepairLog {
  readonly #options: RepairLogOptions;
  readonly #pace: RepairPace;
  #repairs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: RepairLogOptions) {
    this.#options = options;
    this.#pace = new RepairPace(options.pace);
  }

  /** How many times something that others had done was put right. */
  get repairs(): number {
    return this.#repairs;
  }

  get isFight(): boolean {
    return this.#pace.isFight(performance.now());
  }

  /** That others undo it again and again; undefined where they do not. */
  get fight(): string | undefined {
    if (!this.isFight) return undefined;
    const { hint } = this.#options;
    return (
      'somebody keeps taking away what enforces the bans, and ringjail puts it back every ' +
      `${this.#pace.intervalMs / 1000} s only${hint === '' ? '' : `; ${hint}`}`
    );
  }

  /** How long to wait before the next repair; 0 for at once. */
  get waitMs(): number {
    return this.#pace.waitMs(performance.now());
  }

  tell({ found, bans }: Repair): void {
    this.#repairs++;
    const { name, log } = this.#options;
    const count = `${bans} ${bans === 1 ? 'ban' : 'bans'}`;
    log.warning(`action ${name}: somebody changed what enforces the bans: ${found}; ${count} put back`);
    if (!this.#pace.repaired(performance.now())) return;
    log.error(`action ${name}: ${this.fight}`);
    this.#awaitPeace();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #awaitPeace(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      if (this.isFight) this.#awaitPeace();
      else this.#options.log.notice(`action ${this.#options.name}: nobody takes away what enforces the bans any more`);
    }, peaceCheckMs);
  }
}
