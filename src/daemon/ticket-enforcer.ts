// Keeps one action of tickets (commands, mail, web hooks) told of the bans that it is to enforce. Nothing waits for it, and what it could
// not bring about is known by its reason.
import type { BanTicket } from '../action/ban-ticket.ts';
import { type ActionOutcome, nothingGone, nothingLost, type TicketAction } from '../action/ticket-action.ts';
import { defaultCheckIntervalMs } from '../config/daemon-config.ts';
import { type BanTarget, shownTarget } from '../core/ban-target.ts';
import { systemClock } from '../core/clock.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { type Family, parseIpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import { CallQueue } from './call-queue.ts';
import { type ActionHealth, type Enforcement, notToldYet } from './enforcement.ts';
import { RepairLog } from './repair-log.ts';
import { paceOfLooks } from './repair-pace.ts';
import { TicketLedger, type TicketStep } from './ticket-ledger.ts';
import { Verification } from './verification.ts';

/** What could not be lifted by so many tries is forgotten: most likely somebody lifted it by hand. */
const mostUnbanTries = 5;

/** A ban that so many looks in a row did not find, although it was put back each time, is not to be found in what is listed. */
const mostPutBacks = 2;

interface Failure {
  readonly reason: string;
  readonly tries: number;
  /** How many of them the action answered. */
  readonly answers: number;
}

export interface TicketEnforcerOptions {
  /** How often its bans are looked at, 0 for never. */
  readonly checkIntervalMs?: number | undefined;
  /** All that was due has been tried. */
  readonly onSettled?: (() => void) | undefined;
}

export class TicketEnforcer {
  readonly action: TicketAction;
  readonly #log: Log;
  readonly #ledger: TicketLedger;
  readonly #queue = new CallQueue({ next: () => this.#next(), onIdle: () => this.#onIdle() });
  readonly #failures = new Map<string, Failure>();
  #ownFailure: Omit<Failure, 'answers'> | undefined;
  #mustStart = true;
  /** Whether it is to be started also where no ban is wanted: a jail names it. */
  #isNamed = false;
  /** Until the start that failed is tried again; bans are lifted meanwhile. */
  #isStartPut = false;
  #hasStartFailed = false;
  #mustReload = false;
  #mustFlush = false;
  #mustCheck = false;
  /** Families that a look found lost. */
  #gone: readonly Family[] = [];
  /** By network: how many looks in a row did not find it. */
  #unseen = new Map<string, number>();
  /** Why nothing of it is in force, as the last look found. */
  #broken: string | undefined;
  readonly #repairLog: RepairLog;
  readonly #verification: Verification;
  readonly #onSettled: (() => void) | undefined;

  /** `jail`: whose bans these are. */
  constructor(action: TicketAction, jail: string, log: Log, options: TicketEnforcerOptions = {}) {
    const { checkIntervalMs = defaultCheckIntervalMs, onSettled } = options;
    const { name } = action;
    this.#onSettled = onSettled;
    this.action = action;
    this.#log = log;
    this.#ledger = new TicketLedger(action, jail);
    this.#repairLog = new RepairLog({ name, log, hint: '', pace: paceOfLooks(checkIntervalMs) });
    this.#verification = new Verification({
      intervalMs: checkIntervalMs,
      isNeeded: () => action.look !== undefined && this.#ledger.enforcedCount > 0,
      waitMs: () => this.#repairLog.waitMs,
      look: () => this.#look(),
      onFailure: (reason) => log.warning(`action ${name}: ${reason}`),
    });
  }

  /** Why the action as a whole, or the ban tried last, is not enforced; undefined where nothing is open. */
  get failure(): string | undefined {
    return this.#ownFailure?.reason ?? Array.from(this.#failures.values()).at(-1)?.reason;
  }

  health(): ActionHealth {
    const { fight, isFight, repairs } = this.#repairLog;
    const { failure, bannedCount: bans } = this;
    const doubt = failure ?? this.#broken ?? fight ?? this.#unknown;
    const isUnknown = doubt !== undefined && doubt === this.#unknown;
    const isContested = isFight && doubt === fight;
    return { bans, failure: doubt, isContested, isUnknown, repairs, counters: undefined };
  }

  /** Why nobody knows whether the bans that it was told of are still in force. */
  get #unknown(): string | undefined {
    return this.#ledger.enforcedCount === 0 ? undefined : this.#verification.failure;
  }

  /** As the action was told; a command's firewall cannot be asked for one address. */
  async enforcement({ text }: BanTarget): Promise<Enforcement> {
    if (this.isEnforced(text)) {
      if (this.#broken !== undefined) return { isEnforced: false, reason: this.#broken };
      const reason = this.#isNeverSeen(text) ? 'the action agreed each time, but does not list it' : this.#unknown;
      return reason === undefined ? { isEnforced: true, reason: 'the action was told, and agreed' } : { isEnforced: undefined, reason };
    }
    const reason = this.failureOf(text);
    return reason === undefined ? notToldYet : { isEnforced: false, reason };
  }

  /** Those that it is to ban. */
  get networks(): readonly string[] {
    return this.#ledger.wanted;
  }

  get bannedCount(): number {
    return this.#ledger.wantedCount;
  }

  isEnforced(network: string): boolean {
    return this.#ledger.isEnforced(network);
  }

  /** For "not enforced by X: ..."; undefined where it is enforced, or was not tried yet. */
  failureOf(network: string): string | undefined {
    return this.isEnforced(network) ? this.#broken : (this.#failures.get(network)?.reason ?? this.#ownFailure?.reason);
  }

  /**
   * Bans of an earlier run, before anything else: those that hold, and the networks of those that have ended since. All may have been told.
   * Mail is not sent again; firewalls are told again, with <restored> = 1.
   */
  restore(held: Iterable<BanTicket>, ended: Iterable<string>): void {
    this.#ledger.restore(held, ended);
  }

  /** Bans in force that it was not told of, as its jail did not name it before. Mail is not sent for them. */
  take(held: Iterable<BanTicket>): void {
    this.#ledger.take(held);
  }

  /** Takes the place of one of the same name whose definition was another, and begins when that has ended. */
  succeed(ended: Promise<unknown>): void {
    const ready = ended
      // Whoever runs it is to read the definition again.
      .then(() => this.action.reload())
      .catch((error: unknown) => this.#log.error(`action ${this.action.name}: ${messageOf(error)}`));
    this.#queue.runAfter(ready);
  }

  /** Resolves when it was tried, with all that is pending. */
  start(): Promise<void> {
    this.#isNamed = true;
    return this.#queue.run();
  }

  /** No jail names it any more, but bans may rest on it: it is started for those that hold, and lifts the others without. */
  resume(): Promise<void> {
    return this.#queue.run();
  }

  ban(ticket: BanTicket): Promise<void> {
    this.#ledger.want(ticket);
    return this.#queue.run();
  }

  unban(network: string): Promise<void> {
    this.#ledger.unwant(network);
    return this.#queue.run();
  }

  /** Somebody else may have lifted this ban: it is lifted and made anew, so that it is there once. */
  again(network: string): Promise<void> {
    return this.#ledger.doubt(network) ? this.#queue.run() : Promise.resolve();
  }

  /**
   * Looks whether what the action set up is still there, and puts it and the bans back where it is not; it looks by itself before each ban.
   * Resolves when that is done, or takes long.
   */
  check(): Promise<void> {
    return this.#verification.now();
  }

  reload(): Promise<void> {
    this.#mustReload = true;
    this.#isStartPut = false;
    return this.#queue.run();
  }

  /**
   * Waits for the call that runs, and makes no other. Lifts nothing, unless the action is wanted no more (`isFinal`): then all is lifted, as
   * often tried as ever, and another `stop` cuts that short.
   */
  async stop({ isFinal = false } = {}): Promise<void> {
    if (isFinal) {
      this.#ledger.unwantAll();
      // What was begun by an earlier run can be lifted also where it cannot be begun now.
      this.#mustStart = false;
      this.#mustFlush = this.#ledger.enforcedCount > 1;
      await this.#queue.drain();
      await this.action.stop().catch((error: unknown) => this.#log.error(`action ${this.action.name}: ${messageOf(error)}`));
    }
    this.#verification.stop();
    this.#repairLog.stop();
    await this.#queue.stop();
  }

  async #look(): Promise<void> {
    // What is no address cannot be told from other words in a listing.
    const networks = this.#ledger.enforced.filter((network) => parseIpNetwork(network) !== undefined);
    const { lost, missing, broken } = (await this.action.look?.(networks)) ?? nothingGone;
    if (this.#queue.isStopped) return;
    this.#tellBroken(broken && messageOf(broken));
    this.#gone = this.#ledger.enforcedFamilies(lost);
    this.#mustCheck = this.#gone.length > 0;
    this.#ledger.miss(this.#worthPutBack(missing), systemClock());
    if (this.#mustCheck || this.#ledger.hasPending) await this.#queue.run();
  }

  /** Without those that putting back did not help: that would go on for ever. */
  #worthPutBack(missing: readonly string[]): readonly string[] {
    this.#unseen = new Map(missing.map((network) => [network, Math.min((this.#unseen.get(network) ?? 0) + 1, mostPutBacks + 2)]));
    for (const [network, times] of this.#unseen) {
      if (times !== mostPutBacks + 1) continue;
      this.#log.warning(
        `action ${this.action.name}: ${network} was put back ${mostPutBacks} times, and is still not listed: nobody can tell whether it is in force`,
      );
    }
    return missing.filter((network) => !this.#isNeverSeen(network));
  }

  #isNeverSeen(network: string): boolean {
    return (this.#unseen.get(network) ?? 0) > mostPutBacks;
  }

  #tellBroken(reason: string | undefined): void {
    const { name } = this.action;
    if (reason !== undefined && reason !== this.#broken) this.#log.error(`action ${name}: bans are not enforced: ${reason}`);
    if (reason === undefined && this.#broken !== undefined) this.#log.notice(`action ${name}: works again`);
    this.#broken = reason;
  }

  #onIdle(): void {
    if (!this.#needsStart) this.#forgetStart();
    const repair = this.#ledger.takeRepair();
    if (repair !== undefined) this.#repairLog.tell(repair);
    this.#verification.arm();
    this.#onSettled?.();
  }

  get #needsStart(): boolean {
    return this.#mustStart && (this.#isNamed || this.#ledger.wantedCount > 0);
  }

  /** Nothing waits for the start that failed any more. */
  #forgetStart(): void {
    if (!this.#hasStartFailed) return;
    this.#hasStartFailed = false;
    this.#ownFailure = undefined;
  }

  /** What concerns the action as a whole comes before any ban; to lift bans it need not be started. */
  #next(): (() => Promise<void>) | undefined {
    if (this.#needsStart && !this.#isStartPut) return () => this.#tryOwn(() => this.#start());
    if (this.#needsStart) return this.#nextOfBans({ liftsOnly: true });
    if (this.#mustReload) return () => this.#tryOwn(() => this.#reload());
    if (this.#mustFlush) return () => this.#tryOwn(() => this.#flush());
    if (this.#mustCheck) return () => this.#tryOwn(() => this.#check());
    return this.#nextOfBans({ liftsOnly: false });
  }

  #nextOfBans(which: { liftsOnly: boolean }): (() => Promise<void>) | undefined {
    const network = this.#ledger.takePending(which);
    return network === undefined ? undefined : () => this.#tryNetwork(network);
  }

  async #start(): Promise<void> {
    let { lost } = await this.action.start();
    if (this.action.isOutdated === true) {
      await this.#endFormer();
      ({ lost } = await this.action.start());
    }
    this.#ledger.lose(lost);
    this.#mustStart = false;
  }

  /** What was begun by another definition is ended by that one. */
  async #endFormer(): Promise<void> {
    const { name } = this.action;
    this.#log.notice(`action ${name}: its definition changed; ended by the old one, begun by the new one`);
    for (const ticket of this.#ledger.told) {
      if (this.#queue.isStopped) throw new RingjailError('unavailable', 'the daemon ends');
      // Of an earlier run nobody knows what is there, and what stays is told.
      await this.action.unban(ticket).catch((error: unknown) => {
        if (isUnreached(error)) throw error;
        this.#log.warning(`action ${name}: the old definition did not lift ${shownTarget(ticket.network)}: ${messageOf(error)}`);
      });
    }
    await this.action.stop().catch((error: unknown) => this.#log.warning(`action ${name}: ${messageOf(error)}`));
    await this.action.reload();
    if (this.action.isOutdated === true) throw new RingjailError('unavailable', 'what its old definition began could not be ended');
    this.#ledger.forget();
  }

  async #reload(): Promise<void> {
    this.#mustReload = false;
    try {
      await this.action.reload();
    } catch (error) {
      // What it enforces it goes on to enforce.
      this.#log.error(`action ${this.action.name} goes on as it was: ${messageOf(error)}`);
      return;
    }
    if (this.action.isOutdated === true) this.#mustStart = true;
  }

  async #flush(): Promise<void> {
    this.#mustFlush = false;
    this.#ledger.flushed(await this.action.flush());
  }

  async #check(): Promise<void> {
    this.#mustCheck = false;
    try {
      const { lost } = await this.action.check();
      this.#ledger.lose(lost);
    } catch (error) {
      // Each of the bans is tried again, and starts the action by itself.
      this.#log.error(`action ${this.action.name}: ${messageOf(error)}`);
      this.#ledger.lose(this.#gone);
    }
  }

  async #tryOwn(call: () => Promise<void>): Promise<void> {
    try {
      await call();
      if (this.#ownFailure !== undefined) this.#log.notice(`action ${this.action.name}: works again`);
      this.#ownFailure = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#ownFailure?.reason) this.#log.error(`action ${this.action.name}: ${reason}`);
      this.#ownFailure = { reason, tries: (this.#ownFailure?.tries ?? 0) + 1 };
      if (this.#needsStart) this.#putStart(this.#ownFailure.tries);
    }
  }

  #putStart(tries: number): void {
    this.#isStartPut = true;
    this.#hasStartFailed = true;
    this.#queue.retry(tries, () => {
      this.#isStartPut = false;
    });
  }

  async #tryNetwork(network: string): Promise<void> {
    const step = this.#ledger.takeStep(network);
    const doubt = { isLifted: false };
    try {
      if (step !== undefined) this.#ledger.done(step, (await this.#tell(step, doubt)).lost);
      if (this.#failures.delete(network)) this.#log.notice(`action ${this.action.name}: ${shownTarget(network)} is as it should be now`);
    } catch (error) {
      if (step !== undefined) this.#ledger.failed(step, { isRun: !isNothingRun(error), ...doubt });
      this.#fail(network, error);
    }
  }

  async #tell({ kind, ticket, doubt }: TicketStep, became: { isLifted: boolean }): Promise<ActionOutcome> {
    if (doubt !== undefined) {
      try {
        await this.action.unban(ticket);
        became.isLifted = true;
      } catch (error) {
        // It fails where the ban is not there, and that is as good.
        if (kind === 'undo' && isNothingRun(error)) throw error;
        became.isLifted = !isNothingRun(error);
      }
    }
    return kind === 'undo' ? nothingLost : this.action[kind](ticket);
  }

  #fail(network: string, error: unknown): void {
    const reason = messageOf(error);
    const former = this.#failures.get(network);
    const tries = (former?.tries ?? 0) + 1;
    const answers = (former?.answers ?? 0) + (isUnreached(error) ? 0 : 1);
    const isBan = this.#ledger.isWanted(network);
    // Tried again it would be refused again.
    const isRefused = error instanceof RingjailError && error.code === 'usage';
    if (reason !== former?.reason)
      this.#log.error(`action ${this.action.name}: ${shownTarget(network)} is not ${isBan ? 'enforced' : 'lifted'}: ${reason}`);
    if (!isBan && (isRefused || answers >= mostUnbanTries)) {
      this.#log.error(`action ${this.action.name}: gives up lifting ${shownTarget(network)} after ${tries} tries`);
      this.#ledger.giveUp(network);
      this.#failures.delete(network);
      return;
    }
    this.#failures.set(network, { reason, tries, answers });
    if (!isRefused) this.#queue.retry(tries, () => this.#ledger.tend(network));
  }
}

/** Nobody could be asked, which says nothing of the ban. */
const isUnreached = (error: unknown): boolean => error instanceof RingjailError && error.code === 'unreachable';

/** Whoever was asked did not even begin. */
const isNothingRun = (error: unknown): boolean =>
  error instanceof RingjailError && (error.code === 'usage' || error.code === 'configuration');
