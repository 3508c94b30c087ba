// Keeps one action of tickets (commands, mail, web hooks) told of the bans that it is to enforce: one call at a time, what failed again
// with back-off. Nothing waits for it, and what it could not bring about is known by its reason.
import { type BanTicket, markOf } from '../action/ban-ticket.ts';
import type { TicketAction } from '../action/ticket-action.ts';
import { type BanTarget, shownTarget } from '../core/ban-target.ts';
import { systemClock } from '../core/clock.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { type Family, parseIpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { ActionHealth, Enforcement } from './enforcement.ts';
import { RepairLog } from './repair-log.ts';
import { paceOfLooks } from './repair-pace.ts';
import { Verification } from './verification.ts';

const firstRetryMs = 500;
const lastRetryMs = 60_000;
const stopLimitMs = 5000;
const defaultCheckIntervalMs = 10_000;
const nearEndUsec = 5_000_000;
/** What cannot be lifted after so many tries is forgotten: most likely somebody lifted it by hand. */
const mostUnbanTries = 5;

interface Failure {
  readonly reason: string;
  readonly tries: number;
}

export class TicketEnforcer {
  readonly action: TicketAction;
  readonly #jail: string;
  readonly #log: Log;
  /** By network: what is to be banned, and what the action was told to ban. */
  readonly #wanted = new Map<string, BanTicket>();
  readonly #enforced = new Map<string, BanTicket>();
  /** Networks in which the two may differ, in order. */
  readonly #pending = new Set<string>();
  readonly #failures = new Map<string, Failure>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Bans of an earlier run that may be there already: to be lifted first, or they would be there twice. */
  readonly #doubtful = new Set<string>();
  #mustStart = true;
  #mustCheck = false;
  #mustFlush = false;
  #mustReload = false;
  #ownFailure: Failure | undefined;
  #pausedUntil: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;
  /** Families that a look found lost. */
  #gone: readonly Family[] = [];
  /** Bans that others took away, to be told when they are back, and the families of which all is gone. */
  readonly #lost = { families: new Set<Family>(), networks: new Set<string>() };
  readonly #repairLog: RepairLog;
  readonly #verification: Verification;

  /** `jail`: whose bans these are; `checkIntervalMs`: how often they are looked at, 0 for never. */
  constructor(action: TicketAction, jail: string, log: Log, checkIntervalMs = defaultCheckIntervalMs) {
    const { name } = action;
    this.action = action;
    this.#jail = jail;
    this.#log = log;
    this.#repairLog = new RepairLog({ name, log, hint: '', pace: paceOfLooks(checkIntervalMs) });
    this.#verification = new Verification({
      intervalMs: checkIntervalMs,
      isNeeded: () => action.look !== undefined && this.#enforced.size > 0,
      waitMs: () => this.#repairLog.waitMs,
      look: () => this.#look(),
      onFailure: (reason) => log.warning(`action ${name}: nobody can tell whether the bans are still in force: ${reason}`),
    });
  }

  /** Why the action as a whole, or the ban tried last, is not enforced; undefined where nothing is open. */
  get failure(): string | undefined {
    return this.#ownFailure?.reason ?? Array.from(this.#failures.values()).at(-1)?.reason;
  }

  health(): ActionHealth {
    const { fight, isFight, repairs } = this.#repairLog;
    const { failure, bannedCount: bans } = this;
    return { bans, failure: failure ?? fight, isContested: failure === undefined && isFight, repairs, counters: undefined };
  }

  /** As the action was told; a command's firewall cannot be asked for one address. */
  async enforcement({ text }: BanTarget): Promise<Enforcement> {
    if (this.isEnforced(text)) return { isEnforced: true, reason: 'the action was told, and agreed' };
    return { isEnforced: false, reason: this.failureOf(text) ?? 'the action was not told yet' };
  }

  /** Those that it is to ban. */
  get networks(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  get bannedCount(): number {
    return this.#wanted.size;
  }

  isEnforced(network: string): boolean {
    return this.#enforced.has(network);
  }

  /** For "not enforced by X: ..."; undefined where it is enforced, or was not tried yet. */
  failureOf(network: string): string | undefined {
    return this.#enforced.has(network) ? undefined : (this.#failures.get(network)?.reason ?? this.#ownFailure?.reason);
  }

  /**
   * Bans of an earlier run, before anything else: those that hold, and the networks of those that have ended since. All may have been told.
   * Mail is not sent again; firewalls are told again, with <restored> = 1.
   */
  restore(held: Iterable<BanTicket>, ended: Iterable<string>): void {
    for (const ticket of held) {
      const restored = { ...ticket, restored: true };
      this.#wanted.set(ticket.network, restored);
      if (this.action.norestored) this.#enforced.set(ticket.network, restored);
      else {
        this.#doubtful.add(ticket.network);
        this.#pending.add(ticket.network);
      }
    }
    if (this.action.norestored) return;
    for (const network of ended) {
      this.#enforced.set(network, ghostOf(network, this.#jail));
      this.#pending.add(network);
    }
  }

  /** Bans in force that it was not told of, as its jail did not name it before. Mail is not sent for them. */
  take(held: Iterable<BanTicket>): void {
    for (const ticket of held) {
      const restored = { ...ticket, restored: true };
      this.#wanted.set(ticket.network, restored);
      if (this.action.norestored) this.#enforced.set(ticket.network, restored);
      else this.#pending.add(ticket.network);
    }
  }

  /** Takes the place of one of the same name whose definition was another, and begins when that has ended. */
  succeed(ended: Promise<void>, held: Iterable<BanTicket>): void {
    this.take(held);
    this.#running = ended
      // Whoever runs it is to read the definition again.
      .then(() => this.action.reload())
      .catch((error: unknown) => this.#log.error(`action ${this.action.name}: ${messageOf(error)}`))
      .then(() => this.#work());
  }

  /** Resolves when it was tried, with all that is pending. */
  start(): Promise<void> {
    return this.#run();
  }

  ban(ticket: BanTicket): Promise<void> {
    this.#wanted.set(ticket.network, ticket);
    return this.#tend(ticket.network);
  }

  unban(network: string): Promise<void> {
    this.#wanted.delete(network);
    return this.#tend(network);
  }

  /** Somebody else may have lifted this ban: it is lifted and made anew, so that it is there once. */
  again(network: string): Promise<void> {
    if (this.action.norestored || !this.#wanted.has(network)) return Promise.resolve();
    this.#enforced.delete(network);
    this.#doubtful.add(network);
    return this.#tend(network);
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
    return this.#run();
  }

  /** Waits for the call that runs, and makes no other. Lifts nothing, unless the action is wanted no more (`isFinal`). */
  async stop({ isFinal = false } = {}): Promise<void> {
    if (isFinal) {
      for (const network of this.#enforced.keys()) this.#pending.add(network);
      this.#wanted.clear();
      this.#mustFlush = this.#enforced.size > 1;
      await this.#run();
      await this.action.stop().catch((error: unknown) => this.#log.error(`action ${this.action.name}: ${messageOf(error)}`));
    }
    this.#isStopped = true;
    this.#verification.stop();
    this.#repairLog.stop();
    clearTimeout(this.#pausedUntil);
    for (const timer of this.#timers) clearTimeout(timer);
    // A command that hangs is nothing to wait for: it ends by its own limit, or with the service.
    let patience: NodeJS.Timeout | undefined;
    await Promise.race([this.#running, new Promise<void>((resolve) => (patience = setTimeout(resolve, stopLimitMs)))]);
    clearTimeout(patience);
  }

  #tend(network: string): Promise<void> {
    this.#pending.add(network);
    return this.#run();
  }

  #run(): Promise<void> {
    this.#running ??= this.#work();
    return this.#running;
  }

  async #work(): Promise<void> {
    // Until `#running` is set.
    await undefined;
    while (!this.#isStopped && this.#pausedUntil === undefined) {
      const call = this.#ownCall();
      const [network] = this.#pending;
      if (call !== undefined) await this.#tryOwn(call);
      else if (network !== undefined) {
        this.#pending.delete(network);
        await this.#tryNetwork(network);
      } else break;
    }
    this.#tellRepair();
    this.#running = undefined;
    this.#verification.arm();
  }

  async #look(): Promise<void> {
    // What is no address cannot be told from other words in a listing.
    const networks = [...this.#enforced.keys()].filter((network) => parseIpNetwork(network) !== undefined);
    const { lost, missing } = (await this.action.look?.(networks)) ?? { lost: [], missing: [] };
    if (this.#isStopped) return;
    this.#gone = lost.filter((family) => Array.from(this.#enforced.keys()).some((network) => familyOf(network) === family));
    this.#mustCheck = this.#gone.length > 0;
    if (!this.action.norestored) for (const network of missing) this.#miss(network);
    if (this.#mustCheck || this.#pending.size > 0) await this.#run();
  }

  /** What concerns the action as a whole comes before any ban. */
  #ownCall(): (() => Promise<void>) | undefined {
    if (this.#mustStart) {
      return async () => {
        this.#putBack((await this.action.start()).lost, undefined);
        this.#mustStart = false;
      };
    }
    if (this.#mustReload) {
      return async () => {
        this.#mustReload = false;
        await this.action.reload();
      };
    }
    if (this.#mustFlush) {
      return async () => {
        this.#mustFlush = false;
        if (await this.action.flush()) this.#enforced.clear();
        for (const wanted of this.#wanted.keys()) this.#pending.add(wanted);
      };
    }
    if (!this.#mustCheck) return undefined;
    return async () => {
      this.#mustCheck = false;
      try {
        this.#putBack((await this.action.check()).lost, undefined);
      } catch (error) {
        // Each of the bans is tried again, and starts the action by itself.
        this.#log.error(`action ${this.action.name}: ${messageOf(error)}`);
        this.#putBack(this.#gone, undefined);
      }
    };
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
      if (this.#mustStart) this.#pause(this.#ownFailure.tries);
    }
  }

  async #tryNetwork(network: string): Promise<void> {
    const wanted = this.#wanted.get(network);
    const enforced = this.#enforced.get(network);
    try {
      if (wanted !== undefined && enforced === undefined) await this.#ban(wanted);
      else if (wanted !== undefined && enforced !== undefined && endOf(wanted) > endOf(enforced)) {
        this.#putBack((await this.action.prolong(wanted)).lost, network);
        this.#enforced.set(network, wanted);
      } else if (wanted === undefined && enforced !== undefined) {
        const { lost } = await this.action.unban(enforced);
        this.#enforced.delete(network);
        this.#putBack(lost, network);
      } else if (wanted === undefined && this.#doubtful.delete(network)) {
        // It was tried, failed, and may have done half of its work.
        await this.action.unban({ ...ghostOf(network, this.#jail), restored: false }).catch(() => undefined);
      }
      if (this.#failures.delete(network)) this.#log.notice(`action ${this.action.name}: ${shownTarget(network)} is as it should be now`);
    } catch (error) {
      this.#fail(network, error);
    }
  }

  async #ban(ticket: BanTicket): Promise<void> {
    // It fails where the ban is not there, and that is as good.
    if (this.#doubtful.delete(ticket.network)) await this.action.unban(ticket).catch(() => undefined);
    const { lost } = await this.action.ban(ticket);
    this.#enforced.set(ticket.network, ticket);
    this.#putBack(lost, ticket.network);
  }

  /** Other bans of these families are gone with what enforced them. */
  #putBack(lost: readonly Family[], except: string | undefined): void {
    // Mail was sent, whatever became of what sends it.
    if (lost.length === 0 || this.action.norestored) return;
    for (const network of [...this.#enforced.keys(), ...this.#doubtful]) {
      const family = familyOf(network);
      if (network === except || !lost.includes(family)) continue;
      const wanted = this.#wanted.get(network);
      if (wanted !== undefined && this.#enforced.has(network)) {
        this.#lost.families.add(family);
        this.#lost.networks.add(network);
        this.#wanted.set(network, { ...wanted, restored: true });
      }
      this.#enforced.delete(network);
      this.#doubtful.delete(network);
      this.#pending.add(network);
    }
  }

  /** Lifted first, so that it is there once: since the look it may have come back. */
  #miss(network: string): void {
    const wanted = this.#wanted.get(network);
    // Some firewalls know its end as well, and are a little before us.
    if (wanted === undefined || endOf(wanted) < systemClock() + nearEndUsec || !this.#enforced.delete(network)) return;
    this.#wanted.set(network, { ...wanted, restored: true });
    this.#doubtful.add(network);
    this.#pending.add(network);
    this.#lost.networks.add(network);
  }

  #tellRepair(): void {
    const { families, networks } = this.#lost;
    if (networks.size === 0 || this.#pending.size > 0) return;
    const bans = Array.from(networks).filter((network) => this.#enforced.has(network)).length;
    const which = [...families].toSorted().map((family) => `IPv${family}`);
    networks.clear();
    families.clear();
    const found = which.length > 0 ? `what the action had set up for ${which.join(' and ')} was gone` : 'bans were gone';
    this.#repairLog.tell({ found, bans });
  }

  #fail(network: string, error: unknown): void {
    const reason = messageOf(error);
    const former = this.#failures.get(network);
    const tries = (former?.tries ?? 0) + 1;
    const isBan = this.#wanted.has(network);
    // Nothing was run, and tried again it would be refused again.
    const isRefused = error instanceof RingjailError && error.code === 'usage';
    // What failed may have done its work all the same; the next try begins with lifting it.
    if (isBan && !isRefused && !this.#enforced.has(network)) this.#doubtful.add(network);
    if (reason !== former?.reason)
      this.#log.error(`action ${this.action.name}: ${shownTarget(network)} is not ${isBan ? 'enforced' : 'lifted'}: ${reason}`);
    if (!isBan && (isRefused || tries >= mostUnbanTries)) {
      this.#log.error(`action ${this.action.name}: gives up lifting ${shownTarget(network)} after ${tries} tries`);
      this.#enforced.delete(network);
      this.#failures.delete(network);
      return;
    }
    this.#failures.set(network, { reason, tries });
    if (isRefused) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#tend(network);
    }, waitMs(tries));
    this.#timers.add(timer);
  }

  #pause(tries: number): void {
    this.#pausedUntil = setTimeout(() => {
      this.#pausedUntil = undefined;
      void this.#run();
    }, waitMs(tries));
  }
}

/** What is no address is told as IPv4 is. */
const familyOf = (network: string): Family => parseIpNetwork(network)?.family ?? 4;

const waitMs = (tries: number): number => Math.min(firstRetryMs * 2 ** (tries - 1), lastRetryMs);

const endOf = (ticket: BanTicket): number => ticket.untilUsec ?? Number.POSITIVE_INFINITY;

/** Of a ban of which only the network is known any more. */
const ghostOf = (network: string, jail: string): BanTicket => ({
  network,
  ...markOf(network),
  jail,
  failures: 0,
  matches: [],
  sinceUsec: 0,
  untilUsec: undefined,
  bancount: 0,
  restored: true,
  fields: {},
});
