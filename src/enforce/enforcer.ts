// Keeps one action in agreement with the ban list: hands it what changed, repeats with back-off what failed, and knows what is not enforced.
import { type Action, type Counters, type FoundBan, PartFailure, type Repair, type WantedBans } from '../action/action.ts';
import type { BanList } from '../ban/ban-list.ts';
import { defaultCheckIntervalMs } from '../config/daemon-config.ts';
import { BackOff } from '../core/back-off.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { inTime } from '../core/in-time.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { ActionHealth, Enforcement } from './enforcement.ts';
import { RepairLog } from './repair-log.ts';
import { paceOfLooks, type RepairPaceOptions } from './repair-pace.ts';
import { Verification } from './verification.ts';
import { wantedOf, withUnknown } from './wanted-bans.ts';

const retryLimits = { firstMs: 500, lastMs: 60_000 };
// A jail that still sees a banned address has us look again, but no attacker can have us do nothing else.
const suspicionMs = 3000;
// Somebody waits at a terminal for what a look may take a minute to tell.
const answerLimitMs = 2000;

export interface EnforcerOptions {
  readonly pace?: Partial<RepairPaceOptions>;
  /** How often an outside is looked at that tells nobody when it is changed; 0: never. */
  readonly checkIntervalMs?: number | undefined;
  /** It was asked for all that changed. */
  readonly onSettled?: () => void;
}

export class Enforcer {
  readonly action: Action;
  readonly #wanted: WantedBans;
  readonly #log: Log;
  /** Networks that changed since the action was last asked. */
  #changed = new Map<string, IpNetwork>();
  /** Those that it is asked for now. */
  #asked: readonly string[] = [];
  #mustReconcile = true;
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  /** Where it could do the rest: the networks that it failed for, and why. */
  #failed: Map<string, string> | undefined;
  readonly #backOff = new BackOff(retryLimits);
  #retryTimer: NodeJS.Timeout | undefined;
  #suspectedAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  /** What the next reconciling finds was done by others. */
  #isRepair = false;
  readonly #repairLog: RepairLog;
  readonly #verification: Verification;
  readonly #onSettled: (() => void) | undefined;
  #repairTimer: NodeJS.Timeout | undefined;
  /** In force at the start and not known: a kill may have come before the store had them, and the records that led to them are read again. */
  #unknown: ReadonlyMap<string, FoundBan> = new Map();

  constructor(action: Action, bans: BanList, log: Log, options: EnforcerOptions = {}) {
    const { pace, checkIntervalMs = defaultCheckIntervalMs, onSettled } = options;
    const { name } = action;
    this.#onSettled = onSettled;
    this.action = action;
    this.#wanted = withUnknown(wantedOf(bans, name), () => this.#unknown);
    this.#log = log;
    const isTold = action.noticeChange !== undefined;
    const hint = isTold ? 'nft monitor shows who it is ("new generation ... by process")' : '';
    this.#repairLog = new RepairLog({ name, log, hint, pace: isTold ? pace : { ...paceOfLooks(checkIntervalMs), ...pace } });
    this.#verification = new Verification({
      intervalMs: isTold || action.isInForce === undefined ? 0 : checkIntervalMs,
      // One that is told is looked at when somebody asks, whatever it holds, and as often as that.
      isNeeded: () => isTold || hasAny(this.#wanted.all()),
      waitMs: () => (isTold ? 0 : this.#repairLog.waitMs),
      look: () => this.#look(),
      onFailure: (reason) => log.warning(`action ${name}: ${reason}`),
    });
  }

  /** What the action could not be brought to do, or that others undo it again and again; undefined where it agrees. */
  get failure(): string | undefined {
    return this.#failure ?? this.#repairLog.fight;
  }

  /** How many times something that others had done was put right. */
  get repairs(): number {
    return this.#repairLog.repairs;
  }

  health(): ActionHealth {
    const { failure, bannedCount: bans } = this;
    const unknown = bans === 0 ? undefined : this.#verification.failure;
    const failed = this.#failed === undefined ? undefined : this.#countWanted(this.#failed.keys());
    return {
      bans,
      failed: failed ?? (failure === undefined ? 0 : bans),
      waiting: this.#countWanted(new Set([...this.#changed.keys(), ...this.#asked])),
      unlifted: (this.#failed?.size ?? 0) - (failed ?? 0),
      failure: failure ?? unknown,
      isContested: this.#failure === undefined && this.#repairLog.isFight,
      isUnknown: failure === undefined && unknown !== undefined,
      repairs: this.repairs,
      counters: this.#counters(),
    };
  }

  #countWanted(networks: Iterable<string>): number {
    const wanted = new Set(Array.from(this.#wanted.all(), ({ network }) => network.text));
    return Array.from(networks).filter((text) => wanted.has(text)).length;
  }

  /** Why it could not be brought to what is wanted of this network; undefined where it agrees. */
  failureOf({ text }: IpNetwork): string | undefined {
    return this.#failed === undefined ? this.failure : this.#failed.get(text);
  }

  /** Whether the ban of the network is in force right now; asked of the outside itself where that can be asked. */
  async enforcement(network: IpNetwork): Promise<Enforcement> {
    try {
      const isThere = this.action.enforces?.(network);
      if (isThere === true) return { isEnforced: true, reason: 'asked of the firewall' };
      if (isThere === false) return { isEnforced: false, reason: this.failure ?? 'the firewall does not have it' };
    } catch (error) {
      return { isEnforced: undefined, reason: messageOf(error) };
    }
    const failure = this.#failed === undefined ? this.#failure : this.#failed.get(network.text);
    if (failure !== undefined) return { isEnforced: false, reason: failure };
    let isInForce: boolean | 'late' | undefined;
    try {
      isInForce = await this.#isInForce(network);
    } catch (error) {
      return { isEnforced: undefined, reason: messageOf(error) };
    }
    if (isInForce === false) return { isEnforced: false, reason: 'somebody took away what enforces it' };
    if (isInForce === 'late') return { isEnforced: undefined, reason: 'the firewall does not answer' };
    return { isEnforced: true, reason: 'read back when it was made' };
  }

  /** Whether it was brought to what is wanted of this network, as far as it was asked. */
  agreesOn({ text }: IpNetwork): boolean {
    if (this.#running !== undefined || this.#changed.has(text)) return false;
    return this.#failed === undefined ? !this.#mustReconcile : !this.#failed.has(text);
  }

  get bannedCount(): number {
    return Array.from(this.#wanted.all()).length;
  }

  /** The first agreement. Rejects where the action is not permitted to work; every other failure is repeated. */
  async start(): Promise<void> {
    try {
      this.#unknown = new Map((this.action.found?.(this.#wanted) ?? []).map((ban) => [ban.network.text, ban]));
      await this.action.reconcile(this.#wanted);
      this.#mustReconcile = false;
    } catch (error) {
      if (error instanceof RingjailError && error.code === 'permission') throw error;
      this.#fail(error);
    }
    this.#verification.arm();
  }

  /** All records from before the start are read: what is in force and still not known is lifted. Resolves when it was tried. */
  async forgetUnknown(): Promise<void> {
    const networks = Array.from(this.#unknown.values(), ({ network }) => network);
    this.#unknown = new Map();
    const lifted = networks.filter((network) => this.#wanted.untilUsec(network) === undefined);
    if (lifted.length > 0) await this.update(lifted);
  }

  /** The bans of these networks may have changed. Resolves when the action has been asked, agreed or not. */
  update(networks: Iterable<IpNetwork>): Promise<void> {
    for (const network of networks) this.#changed.set(network.text, network);
    return this.#run();
  }

  /** Somebody who should be shut out is still seen. */
  suspect(): void {
    const nowMs = performance.now();
    if (nowMs - this.#suspectedAtMs < suspicionMs) return;
    this.#suspectedAtMs = nowMs;
    void this.#repair();
  }

  /** Others changed these parts of the firewall; undefined: nobody knows which. */
  noticeChange(parts: readonly string[] | undefined): void {
    if (this.#isStopped || this.action.noticeChange?.(parts) !== true) return;
    const { waitMs } = this.#repairLog;
    if (waitMs === 0) void this.#repair();
    else
      this.#repairTimer ??= setTimeout(() => {
        this.#repairTimer = undefined;
        void this.#repair();
      }, waitMs);
  }

  /** Looks whether what was enforced is still there, and puts it back where it is not. Resolves when it was tried, or takes too long. */
  check(): Promise<void> {
    return this.#verification.now();
  }

  /** Waits for what runs, and starts nothing more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of [this.#retryTimer, this.#repairTimer]) clearTimeout(timer);
    this.#verification.stop();
    this.#repairLog.stop();
    await this.#running;
  }

  #counters(): Counters | undefined {
    try {
      return this.action.counters?.();
    } catch {
      // What keeps it from being read shows as the action's failure.
      return undefined;
    }
  }

  async #look(): Promise<void> {
    if (this.#mustReconcile || this.#running !== undefined || (await this.action.isInForce?.(this.#wanted)) !== false) return;
    if (!this.#isStopped) await this.#repair();
  }

  /** Undefined where the action cannot tell. */
  async #isInForce(network: IpNetwork): Promise<boolean | 'late' | undefined> {
    if (this.action.isInForce === undefined) return undefined;
    // Where it failed for some, the others are in force all the same.
    const asked = this.#failed === undefined ? this.#wanted : onlyOf(this.#wanted, network);
    return (await inTime(Promise.resolve(this.action.isInForce(asked)), answerLimitMs)) ?? 'late';
  }

  #repair(): Promise<void> {
    this.#mustReconcile = true;
    this.#isRepair = true;
    return this.#run();
  }

  #run(): Promise<void> {
    // One call at a time; what changes meanwhile is taken by the next turn of the loop.
    this.#running ??= this.#agree();
    return this.#running;
  }

  async #agree(): Promise<void> {
    // Until `#running` is set.
    await undefined;
    while (!this.#isStopped && this.#isDue()) {
      const isWaiting = this.#retryTimer !== undefined;
      const networks = [...this.#changed.values()];
      const mustReconcile = this.#mustReconcile && !isWaiting;
      const isRepair = this.#isRepair && !isWaiting;
      this.#changed = new Map();
      this.#asked = networks.map(({ text }) => text);
      if (!isWaiting) this.#mustReconcile = this.#isRepair = false;
      try {
        // What changed comes first, so that it does not count as missing.
        if (networks.length > 0 && (isRepair || !mustReconcile)) this.#tell(await this.action.enforce(networks, this.#wanted));
        const repair = mustReconcile ? await this.action.reconcile(this.#wanted) : undefined;
        if (isRepair) this.#tell(repair);
        if (isWaiting) this.#cure(networks);
        else this.#succeed();
      } catch (error) {
        this.#isRepair ||= isRepair;
        if (!isWaiting) this.#failed = undefined;
        else if (error instanceof PartFailure) this.#cure(networks);
        this.#fail(error);
      }
      this.#asked = [];
    }
    // In one step with the last look at what changed: nobody can come in between and wait for what has ended.
    this.#running = undefined;
    this.#verification.arm();
    this.#onSettled?.();
  }

  /** After a failure everything is looked at again, when its time has come; where it was of some bans only, the others do not wait. */
  #isDue(): boolean {
    if (this.#retryTimer === undefined) return this.#changed.size > 0 || this.#mustReconcile;
    return this.#failed !== undefined && this.#changed.size > 0;
  }

  #succeed(): void {
    if (this.#failure !== undefined) this.#log.notice(`action ${this.action.name}: works again, all bans are enforced`);
    this.#failure = undefined;
    this.#failed = undefined;
    this.#backOff.succeeded();
  }

  /** These were tried while others wait to be tried again; where nothing is left to wait for, all is looked at. */
  #cure(networks: readonly IpNetwork[]): void {
    for (const { text } of networks) this.#failed?.delete(text);
    if (this.#failed?.size !== 0) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  #tell(repair: Repair | undefined): void {
    if (repair !== undefined) this.#repairLog.tell(repair);
  }

  #fail(error: unknown): void {
    const message = messageOf(error);
    if (message !== this.#failure) this.#log.error(`action ${this.action.name}: bans are not enforced: ${message}`);
    this.#failure = message;
    this.#failed = error instanceof PartFailure ? new Map([...(this.#failed ?? []), ...error.failed]) : undefined;
    this.#mustReconcile = true;
    if (this.#isStopped || this.#retryTimer !== undefined) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      void this.#run();
    }, this.#backOff.failed());
  }
}

const onlyOf = (wanted: WantedBans, { text }: IpNetwork): WantedBans => ({
  untilUsec: (network) => (network.text === text ? wanted.untilUsec(network) : undefined),
  all: () => Array.from(wanted.all()).filter(({ network }) => network.text === text),
});

const hasAny = (bans: Iterable<unknown>): boolean => bans[Symbol.iterator]().next().done !== true;
