// The daemon's flow up to the decision, and no further: nothing is banned, nothing is written. For `ringjail watch`.
import type { Action } from '../action/action.ts';
import { runCommand } from '../action/run-command.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import { systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Jail } from '../jail/jail.ts';
import { LoginMemory } from '../jail/login-memory.ts';
import type { Failure } from '../match/failure.ts';
import type { Loss } from '../source/source.ts';
import { BanKeeper } from './ban-keeper.ts';
import { HostNetworks } from './host-networks.ts';
import { IgnoreCheck, questionOf } from './ignore-check.ts';
import { IgnoredNames } from './ignored-names.ts';
import type { JailSet } from './jail-set.ts';
import { createLoginTaker } from './login-taker.ts';
import { NameResolver } from './name-resolver.ts';
import { Pipeline } from './pipeline.ts';
import { ProtectedSet } from './protected-set.ts';
import { SessionPeers } from './session-peers.ts';
import { createSource } from './source-registry.ts';
import { SourceSet } from './source-set.ts';

export interface ObserverEvents {
  onFailure(failure: Failure, jail: Jail): void;
  onBan(decision: BanDecision): void;
  onRefused(decision: BanDecision, reason: string): void;
  onLoss(source: string, loss: Loss): void;
  /** Everything that waited is read. */
  onReady(): void;
}

export class Observer {
  readonly #sources: SourceSet;
  readonly #pipeline: Pipeline;
  readonly #jails: JailSet;
  readonly #ignoredNames: IgnoredNames;
  readonly #hostNetworks = new HostNetworks(() => undefined);

  constructor(jails: JailSet, settings: DaemonConfig, log: Log, events: ObserverEvents) {
    const { protectLoginsUsec } = settings;
    const logins = new LoginMemory(protectLoginsUsec);
    const ignoreCheck = new IgnoreCheck({ runCommand, clock: systemClock, log });
    this.#ignoredNames = new IgnoredNames({ log, onChange: () => undefined });
    const resolver = new NameResolver({ clock: systemClock });
    const protectedSet = new ProtectedSet({
      host: this.#hostNetworks,
      sessions: new SessionPeers(),
      logins,
      clock: systemClock,
    });
    this.#jails = jails;
    this.#pipeline = new Pipeline({
      keeper: new BanKeeper({ createAction: idleAction, clock: systemClock, log, onEnded: () => undefined }),
      protectedNetworks: () => protectedSet.current(),
      resolve: (hostname) => resolver.resolve(hostname),
      earlierBans: () => 0,
      isIgnored: (command, decision, address) => ignoreCheck.isIgnored(command, questionOf(decision, address)),
      takers: [createLoginTaker(logins, protectLoginsUsec)],
      clock: systemClock,
      events: { ...bound(events), onSeenWhileBanned: () => undefined },
    });
    this.#sources = new SourceSet({
      create: (selector, position) => createSource(selector, position, settings.syslog),
      onBatch: (batch) => this.#pipeline.process(batch),
      onLoss: (source, loss) => events.onLoss(source, loss),
      onReady: () => events.onReady(),
      log,
    });
  }

  /** Until `signal` aborts. Rejects where no source may be read. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#ignoredNames.update(this.#jails.running);
    this.#pipeline.jails = this.#jails.running;
    // The syslog port is the daemon's: to listen there would take from it what rsyslog sends.
    this.#sources.update(Array.from(this.#pipeline.routes.entries()).filter(([name]) => name !== 'syslog'));
    try {
      await Promise.race([aborted(signal), this.#sources.refused]);
    } finally {
      this.#pipeline.close();
      this.#ignoredNames.close();
      this.#hostNetworks.close();
      await this.#sources.stop();
    }
  }

  /** Whether jails have records that are not looked at: those of the syslog port. */
  get isSyslogLeftOut(): boolean {
    return this.#pipeline.routes.selectorsOf('syslog') > 0;
  }

  describe(): ReturnType<SourceSet['describe']> {
    return this.#sources.describe();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const bound = (events: ObserverEvents) => ({
  onFailure: (failure: Failure, jail: Jail) => events.onFailure(failure, jail),
  onBan: (decision: BanDecision) => events.onBan(decision),
  onRefused: (decision: BanDecision, reason: string) => events.onRefused(decision, reason),
});

const idleAction = (name: string): Action => ({ name, reconcile: async () => undefined, enforce: async () => undefined });
