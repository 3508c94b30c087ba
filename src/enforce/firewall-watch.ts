// Tells when others change our table of the firewall. Where the kernel cannot be listened to, has everything looked at now and then.
import type { NetfilterMonitor, OnTableChange } from '../binding/addon.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

export interface FirewallWatchOptions {
  readonly open: (onChange: OnTableChange) => NetfilterMonitor;
  readonly onChange: OnTableChange;
  /** Has every action look by itself. */
  readonly check: () => Promise<void>;
  /** 0: never. */
  readonly checkIntervalMs: number;
  readonly log: Log;
}

export class FirewallWatch {
  readonly #options: FirewallWatchOptions;
  #monitor: NetfilterMonitor | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: FirewallWatchOptions) {
    this.#options = options;
  }

  /** Before the first change of our own: what others do in between must not be missed. */
  start(): void {
    const { open, onChange, checkIntervalMs, log } = this.#options;
    try {
      this.#monitor = open(onChange);
      this.#monitor.start();
    } catch (error) {
      this.#monitor = undefined;
      const instead =
        checkIntervalMs === 0
          ? 'nobody looks at the bans in between, as checkinterval is 0'
          : `the bans are looked at every ${checkIntervalMs / 1000} s instead`;
      log.warning(`cannot follow who changes nftables (${messageOf(error)}): ${instead}`);
      this.#arm();
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#monitor?.close();
    this.#monitor = undefined;
  }

  #arm(): void {
    if (this.#isStopped || this.#options.checkIntervalMs === 0) return;
    this.#timer = setTimeout(() => void this.#options.check().finally(() => this.#arm()), this.#options.checkIntervalMs);
  }
}
