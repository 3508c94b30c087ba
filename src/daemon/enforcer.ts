// Keeps one action in agreement with the ban list: hands it what changed, repeats with back-off what failed, and knows what is not enforced.
import type { Action, WantedBans } from '../action/action.ts';
import type { BanList } from '../ban/ban-list.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';

const firstRetryMs = 500;
const lastRetryMs = 60_000;
// A jail that still sees a banned address has us look again, but no attacker can have us do nothing else.
const suspicionMs = 3000;

export class Enforcer {
  readonly action: Action;
  readonly #wanted: WantedBans;
  readonly #log: Log;
  /** Networks that changed since the action was last asked. */
  #changed = new Map<string, IpNetwork>();
  #mustReconcile = true;
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  #retryMs = firstRetryMs;
  #retryTimer: NodeJS.Timeout | undefined;
  #suspectedAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(action: Action, bans: BanList, log: Log) {
    this.action = action;
    this.#wanted = wantedOf(bans, action.name);
    this.#log = log;
  }

  /** What the action could not be brought to do; undefined where it agrees. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get bannedCount(): number {
    return Array.from(this.#wanted.all()).length;
  }

  /** The first agreement. Rejects where the action is not permitted to work; every other failure is repeated. */
  async start(): Promise<void> {
    try {
      await this.action.reconcile(this.#wanted);
      this.#mustReconcile = false;
    } catch (error) {
      if (error instanceof RingjailError && error.code === 'permission') throw error;
      this.#fail(error);
    }
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
    this.#mustReconcile = true;
    void this.#run();
  }

  /** Looks whether what was enforced is still there, and puts it back where it is not. Resolves when it was tried. */
  async check(): Promise<void> {
    if (this.#mustReconcile || this.#running !== undefined || this.action.isInForce?.() !== false) return;
    this.#log.warning(`action ${this.action.name}: somebody took away what enforces the bans; putting it back`);
    this.#mustReconcile = true;
    await this.#run();
  }

  /** Waits for what runs, and starts nothing more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    await this.#running;
  }

  #run(): Promise<void> {
    // One call at a time; what changes meanwhile is taken by the next turn of the loop.
    this.#running ??= this.#agree();
    return this.#running;
  }

  async #agree(): Promise<void> {
    // Until `#running` is set.
    await undefined;
    // After a failure everything is looked at again, when its time has come.
    while (!this.#isStopped && this.#retryTimer === undefined && (this.#changed.size > 0 || this.#mustReconcile)) {
      const networks = [...this.#changed.values()];
      const mustReconcile = this.#mustReconcile;
      this.#changed = new Map();
      this.#mustReconcile = false;
      try {
        await (mustReconcile ? this.action.reconcile(this.#wanted) : this.action.enforce(networks, this.#wanted));
        if (this.#failure !== undefined) this.#log.notice(`action ${this.action.name}: works again, all bans are enforced`);
        this.#failure = undefined;
        this.#retryMs = firstRetryMs;
      } catch (error) {
        this.#fail(error);
      }
    }
    // In one step with the last look at what changed: nobody can come in between and wait for what has ended.
    this.#running = undefined;
  }

  #fail(error: unknown): void {
    const message = messageOf(error);
    if (message !== this.#failure) this.#log.error(`action ${this.action.name}: bans are not enforced: ${message}`);
    this.#failure = message;
    this.#mustReconcile = true;
    if (this.#isStopped) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      void this.#run();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }
}

/** The bans that name the action. */
export function wantedOf(bans: BanList, action: string): WantedBans {
  const untilUsec = (network: IpNetwork) => {
    const ends = Array.from(bans.get(network)?.holders.values() ?? [])
      .filter((holder) => holder.actions.includes(action))
      .map((holder) => holder.untilUsec);
    return ends.length === 0 ? undefined : Math.max(...ends);
  };
  return {
    untilUsec,
    *all() {
      for (const { network } of bans.bans()) {
        const end = untilUsec(network);
        if (end !== undefined) yield { network, untilUsec: end };
      }
    },
  };
}
