// The daemon's flow up to the decision, and no further: nothing is banned, nothing is written. For `ringjail watch`.
import type { Action } from '../action/action.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import { systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { BanKeeper } from '../enforce/ban-keeper.ts';
import type { Jail } from '../jail/jail.ts';
import type { Failure } from '../match/failure.ts';
import type { Loss } from '../source/source.ts';
import { Flow } from './flow.ts';
import type { JailSet } from './jail-set.ts';
import type { SourceSet } from './source-set.ts';

export interface ObserverEvents {
  onFailure(failure: Failure, jail: Jail): void;
  onBan(decision: BanDecision): void;
  onRefused(decision: BanDecision, reason: string): void;
  onLoss(source: string, loss: Loss): void;
  /** Everything that waited is read. */
  onReady(): void;
}

export class Observer {
  readonly #flow: Flow;

  constructor(jails: JailSet, settings: DaemonConfig, log: Log, events: ObserverEvents) {
    this.#flow = new Flow({
      jails,
      settings,
      log,
      // The port is the daemon's: to listen there would take from it what rsyslog sends.
      leftOut: 'syslog',
      keeper: new BanKeeper({ createAction: idleAction, clock: systemClock, log, onEnded: () => undefined }),
      earlierBans: () => 0,
      events: { ...events, onSeenWhileBanned: () => undefined },
    });
  }

  /** Until `signal` aborts. Rejects where no source may be read. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#flow.run(signal);
    } finally {
      await this.#flow.stop();
      this.#flow.close();
    }
  }

  /** Whether jails have records that are not looked at: those of the syslog port. */
  get isSyslogLeftOut(): boolean {
    return this.#flow.isIncomplete;
  }

  describe(): ReturnType<SourceSet['describe']> {
    return this.#flow.sources.describe();
  }
}

const idleAction = (name: string): Action => ({ name, reconcile: async () => undefined, enforce: async () => undefined });
