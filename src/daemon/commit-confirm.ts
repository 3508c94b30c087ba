// `ringjail run --confirm 10m`: a first try over ssh that cannot lock anyone out. What is banned in this time is on probation: without a
// `ringjail confirm` in time, or where the daemon is stopped before, it is lifted, and from then on the daemon only observes.
import { type BanDecision, holdKeyOf } from '../ban/ban.ts';
import type { Clock } from '../core/clock.ts';
import { formatDuration } from '../core/duration.ts';
import type { Log } from '../core/log.ts';

/**
 *  off        no --confirm was given: nothing is on probation
 *  waiting    bans are made, and remembered
 *  confirmed  bans stay
 *  observing  the time is over: bans since the start were lifted, and none is made until somebody confirms
 */
export type ConfirmState = 'off' | 'waiting' | 'confirmed' | 'observing';

export interface CommitConfirmOptions {
  /** Undefined: no probation. */
  readonly limitMs: number | undefined;
  /** Bans to be lifted; called once, when no more are made. */
  readonly onLift: (bans: readonly BanDecision[]) => void;
  /** Bans that were bounded by `bounded` and are to last as long as they were decided. */
  readonly onConfirm: (bans: readonly BanDecision[]) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly nowMs?: () => number;
  /** As the global one; gives what cancels it. */
  readonly startTimer?: (task: () => void, ms: number) => () => void;
}

const startTimeout = (task: () => void, ms: number) => {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
};

/** The longest that a timer of Node can wait. */
export const longestConfirmMs = 2 ** 31 - 1;

export class CommitConfirm {
  readonly #options: CommitConfirmOptions;
  /** On probation, by network and jail. */
  readonly #bans = new Map<string, BanDecision>();
  readonly #nowMs: () => number;
  #state: ConfirmState = 'off';
  #endsAtMs = Number.NaN;
  #endsAtUsec = Number.NaN;
  #suppressed = 0;
  #cancel: () => void = () => undefined;

  constructor(options: CommitConfirmOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get state(): ConfirmState {
    return this.#state;
  }

  /** Whether bans are made; asked before each. */
  get mayBan(): boolean {
    return this.#state !== 'observing';
  }

  /** For `status`: what somebody should know; undefined where there is nothing to be done. */
  get warning(): string | undefined {
    if (this.#state === 'waiting') {
      const left = formatDuration(Math.max(0, Math.ceil((this.#endsAtMs - this.#nowMs()) / 1000)) * 1000);
      return `not confirmed: in ${left} the bans since the start (${this.#bans.size}) are lifted, unless you type: ringjail confirm`;
    }
    if (this.#state === 'observing') {
      return `NOTHING IS BANNED: nobody confirmed in time, so the bans since the start were lifted, and others (${this.#suppressed}) were not made; to ban again: ringjail confirm`;
    }
    return undefined;
  }

  /** When the daemon begins to make bans. */
  start(): void {
    const { limitMs, log, startTimer = startTimeout } = this.#options;
    if (limitMs === undefined || this.#state !== 'off') return;
    this.#state = 'waiting';
    this.#endsAtMs = this.#nowMs() + limitMs;
    this.#endsAtUsec = this.#options.clock() + limitMs * 1000;
    this.#cancel = startTimer(() => this.#expire(), limitMs);
    log.notice(`bans are on probation: they are lifted in ${formatDuration(limitMs)} unless you type: ringjail confirm`);
  }

  /** As it is to be enforced and kept: while nobody confirmed no longer than that, so that it ends also where this process is killed. */
  bounded(decision: BanDecision): BanDecision {
    return this.#state === 'waiting' && decision.untilUsec > this.#endsAtUsec ? { ...decision, untilUsec: this.#endsAtUsec } : decision;
  }

  /** A ban was made, by a jail or by hand; as it was decided. */
  noteBan(decision: BanDecision): void {
    if (this.#state === 'waiting') this.#bans.set(holdKeyOf(decision.network.text, decision.jail), decision);
  }

  /** A ban ended by itself or was lifted; one of the same kind from before the start must not be taken for it. */
  noteEnd({ network, jail }: Pick<BanDecision, 'network' | 'jail'>): void {
    this.#bans.delete(holdKeyOf(network.text, jail));
  }

  /** A jail decided to ban while `mayBan` is false. */
  noteSuppressed(): void {
    this.#suppressed += 1;
  }

  /** The state before, and how many bans are now for good. */
  confirm(): { readonly before: ConfirmState; readonly kept: number } {
    const before = this.#state;
    const bans = [...this.#bans.values()];
    const kept = bans.length;
    if (before === 'waiting' || before === 'observing') {
      this.#cancel();
      this.#state = 'confirmed';
      this.#bans.clear();
      this.#options.onConfirm(bans);
      this.#options.log.notice(before === 'waiting' ? `confirmed: ${kept} bans stay` : 'confirmed: bans are made again');
    }
    return { before, kept };
  }

  /** The daemon ends: what nobody confirmed must not outlive it, as a lost terminal may be why it ends. */
  stop(): void {
    this.#cancel();
    if (this.#state === 'waiting') this.#lift('the daemon stops before anybody confirmed');
  }

  #expire(): void {
    if (this.#state === 'waiting') this.#lift('nobody confirmed in time');
  }

  #lift(reason: string): void {
    const bans = [...this.#bans.values()];
    this.#bans.clear();
    this.#state = 'observing';
    this.#options.log.warning(
      `${reason}: the bans made since the start (${bans.length}) are lifted, and no more are made; to ban: ringjail confirm`,
    );
    this.#options.onLift(bans);
  }
}
