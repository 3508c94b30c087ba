// From the sources to the decision, as the daemon and `ringjail watch` both have it: who has which records, what is asked beside the
// matching, and who is never banned.
import { runCommand } from '../action/run-command.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import { systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { LoginMemory } from '../jail/login-memory.ts';
import type { NetworkList } from '../jail/network-list.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import type { Loss } from '../source/source.ts';
import { HostNetworks } from './host-networks.ts';
import { IgnoreCheck, questionOf } from './ignore-check.ts';
import { IgnoredNames } from './ignored-names.ts';
import type { JailSet } from './jail-set.ts';
import { createLoginTaker } from './login-taker.ts';
import { NameResolver } from './name-resolver.ts';
import { Pipeline, type PipelineEvents, type PipelineOptions } from './pipeline.ts';
import { ProtectedSet } from './protected-set.ts';
import { SessionPeers } from './session-peers.ts';
import { createSource } from './source-registry.ts';
import { SourceSet } from './source-set.ts';

interface FlowEvents extends PipelineEvents {
  /** A batch went through all jails. */
  onBatch?(): void;
  onLoss(source: string, loss: Loss): void;
  /** Everything that waited is read: once, and again after an `update` that started sources. */
  onReady(): void;
  /** Others are spared than before: this machine has other addresses, gateways or routes, or a name in ignoreip has. */
  onSpared?(): void;
}

export interface FlowOptions extends Pick<PipelineOptions, 'keeper' | 'earlierBans' | 'mayBan'> {
  /** Loaded. */
  readonly jails: JailSet;
  readonly settings: DaemonConfig;
  /** Not read, whoever has records of it. */
  readonly leftOut?: string;
  readonly log: Log;
  readonly events: FlowEvents;
}

export class Flow {
  readonly sources: SourceSet;
  /** Who logged in lately. */
  readonly logins: LoginMemory;
  readonly #jails: JailSet;
  readonly #leftOut: string | undefined;
  readonly #hostNetworks: HostNetworks;
  readonly #ignoredNames: IgnoredNames;
  readonly #protectedSet: ProtectedSet;
  readonly #pipeline: Pipeline;

  constructor({ jails, settings, leftOut, log, events, ...decisions }: FlowOptions) {
    const clock = systemClock;
    const { protectLoginsUsec, syslog } = settings;
    this.#jails = jails;
    this.#leftOut = leftOut;
    this.logins = new LoginMemory(protectLoginsUsec);
    const onChange = () => events.onSpared?.();
    this.#hostNetworks = new HostNetworks(onChange);
    this.#ignoredNames = new IgnoredNames({ log, onChange });
    this.#protectedSet = new ProtectedSet({ host: this.#hostNetworks, sessions: new SessionPeers(), logins: this.logins, clock });
    const ignoreCheck = new IgnoreCheck({ runCommand, clock, log });
    const resolver = new NameResolver({ clock });
    this.#pipeline = new Pipeline({
      ...decisions,
      protectedNetworks: () => this.protectedNetworks(),
      resolve: (hostname) => resolver.resolve(hostname),
      clock,
      isIgnored: (command, decision, address) => ignoreCheck.isIgnored(command, questionOf(decision, address)),
      takers: [createLoginTaker(this.logins, protectLoginsUsec)],
      events: {
        ...events,
        onFailure: (failure, jail) => {
          this.sources.expectMore(failure.evidence.source);
          events.onFailure?.(failure, jail);
        },
      },
    });
    this.sources = new SourceSet({
      create: (selector, position) => createSource(selector, position, syslog),
      onBatch: (batch: RecordBatch) => {
        this.#pipeline.process(batch);
        events.onBatch?.();
      },
      onLoss: (source, loss) => events.onLoss(source, loss),
      onReady: () => events.onReady(),
      log,
    });
  }

  /** What no ban may touch. */
  protectedNetworks(): NetworkList {
    return this.#protectedSet.current();
  }

  /** Whether jails have records of the source that is left out. */
  get isIncomplete(): boolean {
    return this.#leftOut !== undefined && this.#pipeline.routes.selectorsOf(this.#leftOut) > 0;
  }

  /** For people, a line each. */
  get warnings(): readonly string[] {
    return this.#ignoredNames.warnings;
  }

  /** A person made a ban; as fail2ban's log has it, it is a ban like any other. */
  countBan(decision: BanDecision, ipv6prefix: number): void {
    this.#pipeline.countBan(decision, ipv6prefix);
  }

  /** Until `signal` aborts. Rejects where no source may be read. */
  async run(signal: AbortSignal): Promise<void> {
    // Who is spared by name is so from the first record on.
    await this.#ignoredNames.update(this.#jails.running);
    this.#route();
    await Promise.race([aborted(signal), this.sources.refused]);
  }

  /** The jails changed. They run meanwhile: who turns out to be spared by name is told of then. */
  update(): void {
    this.#route();
    void this.#ignoredNames.update(this.#jails.running);
  }

  /** No record is taken any more, and what waits for an answer comes to nothing. */
  async stop(): Promise<void> {
    this.#pipeline.close();
    this.#ignoredNames.close();
    await this.sources.stop();
  }

  /** After `stop`: nobody asks who is protected any more. */
  close(): void {
    this.#hostNetworks.close();
  }

  /** The sources learn what is wanted of them in the same step as the pipeline. */
  #route(): void {
    this.#pipeline.jails = this.#jails.running;
    this.sources.update(Array.from(this.#pipeline.routes.entries()).filter(([name]) => name !== this.#leftOut));
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
