// Keeps one action of tickets (commands, mail, web hooks) told of the bans that it is to enforce. Nothing waits for it, and what it could
// not bring about is known by its reason.
import type { BanTicket } from '../action/ban-ticket.ts';
import type { ActionOutcome, TicketAction } from '../action/ticket-action.ts';
import { defaultCheckIntervalMs } from '../config/daemon-config.ts';
import { type BanTarget, shownTarget } from '../core/ban-target.ts';
import { messageOf } from '../core/errors.ts';
import type { Family } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import { CallQueue } from './call-queue.ts';
import { type ActionHealth, type Enforcement, notToldYet } from './enforcement.ts';
import { type Leftover, TicketLedger, type TicketStep } from './ticket-ledger.ts';
import { TicketLooks } from './ticket-looks.ts';
import { TicketStart } from './ticket-start.ts';
import { isHopeless, isNothingRun, TicketTries } from './ticket-tries.ts';

export interface TicketEnforcerOptions {
  /** How often its bans are looked at, 0 for never. */
  readonly checkIntervalMs?: number | undefined;
  /** All that was due has been tried. */
  readonly onSettled?: (() => void) | undefined;
  /** The action lifted this ban, or tried to, and has not made it anew. */
  readonly onLifted?: ((network: string) => void) | undefined;
  /** Of this, which is no ban, nothing is to be lifted any more, as far as anybody can tell. */
  readonly onGone?: ((network: string) => void) | undefined;
  /** The action flushed or stopped what it had set up, or tried to; `isFormer`: by a definition that is not its own any more. */
  readonly onEmptied?: ((by: { readonly isFormer: boolean }) => void) | undefined;
}

/** What one step has come to, also where it failed halfway. */
interface Became {
  /** Whether the ban was lifted, as far as anybody can tell. */
  isLifted: boolean;
  isMade: boolean;
  /** The families whose other bans are gone. */
  readonly lost: Set<Family>;
}

export class TicketEnforcer {
  readonly action: TicketAction;
  readonly #log: Log;
  readonly #ledger: TicketLedger;
  readonly #queue = new CallQueue({ next: () => this.#next(), onIdle: () => this.#onIdle() });
  readonly #tries = new TicketTries();
  /** Why the action as a whole does not work, and how often that was tried. */
  #ownFailure: { readonly reason: string; readonly tries: number } | undefined;
  readonly #start: TicketStart;
  #mustReload = false;
  #mustFlush = false;
  readonly #looks: TicketLooks;
  readonly #options: TicketEnforcerOptions;

  /** `jail`: whose bans these are. */
  constructor(action: TicketAction, jail: string, log: Log, options: TicketEnforcerOptions = {}) {
    const { checkIntervalMs = defaultCheckIntervalMs, onLifted, onEmptied } = options;
    this.#options = options;
    this.action = action;
    this.#log = log;
    this.#ledger = new TicketLedger(action, jail);
    this.#start = new TicketStart({
      ...{ action, ledger: this.#ledger, queue: this.#queue, log },
      onLifted: (network) => onLifted?.(network),
      onEmptied: () => onEmptied?.({ isFormer: true }),
    });
    const onLost = () => options.onEmptied?.({ isFormer: false });
    this.#looks = new TicketLooks({ action, ledger: this.#ledger, queue: this.#queue, log, checkIntervalMs, onLost });
  }

  /** Why the action as a whole, or the ban tried last, is not enforced; undefined where nothing is open. */
  get failure(): string | undefined {
    return this.#ownFailure?.reason ?? this.#tries.lastReason;
  }

  health(): ActionHealth {
    const { fight, isFight, repairs } = this.#looks.repairLog;
    const { failure, bannedCount: bans } = this;
    const doubt = failure ?? this.#looks.broken ?? fight ?? this.#looks.unknown;
    const isUnknown = doubt !== undefined && doubt === this.#looks.unknown;
    const isContested = isFight && doubt === fight;
    return { bans, ...this.#countOpen(), failure: doubt, isContested, isUnknown, repairs, counters: undefined };
  }

  #countOpen(): Pick<ActionHealth, 'failed' | 'waiting' | 'unlifted'> {
    const open = this.#ledger.wanted.filter((network) => !this.#ledger.isEnforced(network)).length;
    const tried = Array.from(this.#tries.networks);
    const triedBans = tried.filter((network) => this.#ledger.isWanted(network)).length;
    const unlifted = tried.length - triedBans;
    if (this.#looks.broken !== undefined) return { failed: this.bannedCount, waiting: 0, unlifted };
    const failed = this.#ownFailure === undefined ? triedBans : open;
    return { failed, waiting: Math.max(0, open - failed), unlifted };
  }

  /** As the action was told; a command's firewall cannot be asked for one address. */
  async enforcement({ text }: BanTarget): Promise<Enforcement> {
    if (this.isEnforced(text)) {
      if (this.#looks.broken !== undefined) return { isEnforced: false, reason: this.#looks.broken };
      const reason = this.#looks.unknownOf(text);
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
    return this.isEnforced(network) ? this.#looks.broken : (this.#tries.reasonOf(network) ?? this.#ownFailure?.reason);
  }

  /**
   * Bans of an earlier run, before anything else: those that hold, and the networks of those that have ended since. All may have been told.
   * Mail is not sent again; firewalls are told again, with <restored> = 1.
   */
  restore(held: Iterable<BanTicket>, ended: Iterable<string>): void {
    this.#ledger.restore(held, ended);
    this.#looks.suspect();
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
    this.#start.name();
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

  /** The same for all of them; those that a look finds are left as they are. */
  againAll(): Promise<void> {
    this.#ledger.doubtAll({ isSeen: this.#looks.suspect() });
    return this.#queue.run();
  }

  /**
   * Looks whether what the action set up is still there, and puts it and the bans back where it is not; it looks by itself before each ban.
   * Resolves when that is done, or takes long.
   */
  check(): Promise<void> {
    return this.#looks.now();
  }

  reload(): Promise<void> {
    this.#mustReload = true;
    this.#start.hurry();
    return this.#queue.run();
  }

  /**
   * Waits for the call that runs, and makes no other. Lifts nothing, unless the action is wanted no more (`isFinal`): then all is lifted, as
   * often tried as ever, and another `stop` cuts that short.
   */
  async stop({ isFinal = false } = {}): Promise<void> {
    if (isFinal) {
      this.#ledger.unwantAll();
      this.#start.giveUp();
      this.#mustFlush = this.#ledger.enforcedCount > 1;
      await this.#queue.drain();
      await this.#stopAction();
      this.#options.onEmptied?.({ isFormer: false });
    }
    await this.#rest();
  }

  /** Stops the action, and lifts nothing: another goes on with what this leaves. */
  async leave(): Promise<Leftover> {
    await this.#rest();
    await this.#stopAction();
    return this.#ledger.leftover;
  }

  /** After `take`, and before the first call. */
  inherit(leftover: Leftover): void {
    this.#ledger.inherit(leftover);
  }

  /** What fails is told, and not tried again. */
  async #stopAction(): Promise<void> {
    await this.action.stop().catch((error: unknown) => this.#log.error(`action ${this.action.name}: ${messageOf(error)}`));
  }

  async #rest(): Promise<void> {
    this.#looks.stop();
    await this.#queue.stop();
  }

  #onIdle(): void {
    if (this.#start.takeFailed()) this.#ownFailure = undefined;
    this.#looks.settle();
    this.#options.onSettled?.();
  }

  /** What concerns the action as a whole comes before any ban; to lift bans it need not be started. */
  #next(): (() => Promise<void>) | undefined {
    if (this.#start.isDue) return () => this.#tryOwn(() => this.#start.try());
    if (this.#start.isNeeded) return this.#nextOfBans({ liftsOnly: true });
    if (this.#mustReload) return () => this.#tryOwn(() => this.#reload());
    if (this.#mustFlush) return () => this.#tryOwn(() => this.#flush());
    if (this.#looks.mustCheck) return () => this.#tryOwn(() => this.#looks.check());
    this.#looks.prove();
    return this.#nextOfBans({ liftsOnly: false });
  }

  #nextOfBans(which: { liftsOnly: boolean }): (() => Promise<void>) | undefined {
    const network = this.#ledger.takePending(which);
    return network === undefined ? undefined : () => this.#tryNetwork(network);
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
    if (this.action.isOutdated === true) this.#start.again();
  }

  async #flush(): Promise<void> {
    this.#mustFlush = false;
    let isLifted = true;
    try {
      isLifted = await this.action.flush();
      this.#ledger.flushed(isLifted);
    } finally {
      if (isLifted) this.#options.onEmptied?.({ isFormer: false });
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
      if (this.#start.isNeeded) this.#start.put(this.#ownFailure.tries);
    }
  }

  async #tryNetwork(network: string): Promise<void> {
    const step = this.#ledger.takeStep(network);
    const became: Became = { isLifted: false, isMade: false, lost: new Set() };
    try {
      if (step !== undefined) {
        await this.#tell(step, became);
        this.#ledger.done(step);
      }
      if (this.#tries.forget(network)) this.#log.notice(`action ${this.action.name}: ${shownTarget(network)} is as it should be now`);
    } catch (error) {
      if (step !== undefined) this.#ledger.failed(step, { isRun: !isNothingRun(error), isLifted: became.isLifted });
      this.#fail(network, error);
    }
    this.#ledger.lose([...became.lost], network);
    if (became.lost.size > 0) this.#options.onEmptied?.({ isFormer: false });
    // What was lifted and made anew takes nothing from others.
    if (became.isLifted && !became.isMade) this.#options.onLifted?.(network);
    if (!this.#ledger.isWanted(network) && !this.#ledger.isEnforced(network)) this.#looks.forget(network);
    if (this.#ledger.isGone(network)) this.#options.onGone?.(network);
  }

  async #tell({ kind, ticket, doubt }: TicketStep, became: Became): Promise<void> {
    const isLift = kind === 'unban' || kind === 'undo';
    const lose = ({ lost }: ActionOutcome) => {
      for (const family of lost) became.lost.add(family);
    };
    // Who is told once is not told of an end that there is not.
    if (isLift || (doubt !== undefined && !this.action.norestored)) {
      try {
        lose(await this.action.unban(ticket));
        became.isLifted = true;
      } catch (error) {
        became.isLifted = !isNothingRun(error);
        // It fails where the ban is not there, and that is as good.
        if (kind === 'unban' || (kind === 'undo' && !became.isLifted)) throw error;
      }
    }
    if (isLift) return;
    lose(await this.action[kind](ticket));
    became.isMade = true;
  }

  #fail(network: string, error: unknown): void {
    const failed = this.#tries.fail(network, error);
    const { reason, tries, isNews, isRefused } = failed;
    const { name } = this.action;
    const isBan = this.#ledger.isWanted(network);
    if (isNews) this.#log.error(`action ${name}: ${shownTarget(network)} is not ${isBan ? 'enforced' : 'lifted'}: ${reason}`);
    if (!isBan && isHopeless(failed)) {
      this.#log.error(`action ${name}: gives up lifting ${shownTarget(network)} after ${tries} tries`);
      this.#ledger.giveUp(network);
      this.#tries.forget(network);
    } else if (!isRefused) this.#queue.retry(tries, () => this.#ledger.tend(network));
  }
}
