// The start of one action of tickets: whether it is needed, when it is tried again, and the end of what another definition had begun.
import type { TicketAction } from '../action/ticket-action.ts';
import { shownTarget } from '../core/ban-target.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { CallQueue } from './call-queue.ts';
import type { TicketLedger } from './ticket-ledger.ts';
import { isUnreached } from './ticket-tries.ts';

export interface TicketStartOptions {
  readonly action: TicketAction;
  readonly ledger: TicketLedger;
  readonly queue: CallQueue;
  readonly log: Log;
  /** What another definition had begun lifted this ban, or tried to. */
  readonly onLifted: (network: string) => void;
  /** It was stopped. */
  readonly onEmptied: () => void;
}

export class TicketStart {
  readonly #options: TicketStartOptions;
  #isMissing = true;
  /** Whether it is to be started also where no ban is wanted: a jail names it. */
  #isNamed = false;
  /** Until the start that failed is tried again; bans are lifted meanwhile. */
  #isPut = false;
  #hasFailed = false;

  constructor(options: TicketStartOptions) {
    this.#options = options;
  }

  get isNeeded(): boolean {
    return this.#isMissing && (this.#isNamed || this.#options.ledger.wantedCount > 0);
  }

  /** Whether it is to be tried now. */
  get isDue(): boolean {
    return this.isNeeded && !this.#isPut;
  }

  /** A jail names the action. */
  name(): void {
    this.#isNamed = true;
  }

  /** The action has to begin anew. */
  again(): void {
    this.#isMissing = true;
  }

  /** It is wanted no more: what was begun by an earlier run can be lifted also where it cannot be begun now. */
  giveUp(): void {
    this.#isMissing = false;
  }

  /** A start that waits need not. */
  hurry(): void {
    this.#isPut = false;
  }

  /** After the so many-eth try that failed. */
  put(tries: number): void {
    this.#isPut = true;
    this.#hasFailed = true;
    this.#options.queue.retry(tries, () => this.hurry());
  }

  /** Whether a start had failed that nothing waits for any more; asked once. */
  takeFailed(): boolean {
    const hasFailed = this.#hasFailed && !this.isNeeded;
    if (hasFailed) this.#hasFailed = false;
    return hasFailed;
  }

  async try(): Promise<void> {
    const { action, ledger } = this.#options;
    let { lost } = await action.start();
    if (action.isOutdated === true) {
      await this.#endFormer();
      ({ lost } = await action.start());
    }
    ledger.lose(lost);
    this.#isMissing = false;
  }

  /** What was begun by another definition is ended by that one. */
  async #endFormer(): Promise<void> {
    const { action, ledger, queue, log, onLifted, onEmptied } = this.#options;
    const { name } = action;
    log.notice(`action ${name}: its definition changed; ended by the old one, begun by the new one`);
    // Who is told of each ban once goes on with them.
    for (const ticket of action.norestored ? [] : ledger.told) {
      if (queue.isStopped) throw new RingjailError('unavailable', 'the daemon ends');
      // Of an earlier run nobody knows what is there, and what stays is told.
      await action.unban(ticket).catch((error: unknown) => {
        if (isUnreached(error)) throw error;
        log.warning(`action ${name}: the old definition did not lift ${shownTarget(ticket.network)}: ${messageOf(error)}`);
      });
      onLifted(ticket.network);
    }
    await action.stop().catch((error: unknown) => log.warning(`action ${name}: ${messageOf(error)}`));
    onEmptied();
    await action.reload();
    if (action.isOutdated === true) throw new RingjailError('unavailable', 'what its old definition began could not be ended');
    ledger.forget();
  }
}
