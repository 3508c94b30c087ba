// The one flow, on one screen: source -> record batch -> match -> failure -> jail -> decision -> ban list -> action.
import type { BanDecision } from '../ban/ban.ts';
import type { Clock } from '../core/clock.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Jail } from '../jail/jail.ts';
import type { NetworkList } from '../jail/network-list.ts';
import type { Failure, NamedFailure } from '../match/failure.ts';
import type { FailureSink } from '../match/filter.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import type { BanKeeper } from './ban-keeper.ts';
import { banRecord } from './ban-record.ts';
import { Routes } from './routes.ts';
import type { RunningJail } from './running-jail.ts';
import { TwinMemory } from './twin-memory.ts';

interface PipelineEvents {
  /** A jail's filter found a failure, before it is counted. */
  onFailure?(failure: Failure, jail: Jail): void;
  /** The ban list changed; the actions are to agree. */
  onBan(decision: BanDecision): void;
  /** A jail decided to ban what must never be banned. */
  onRefused(decision: BanDecision, reason: string): void;
  /** A jail decided to ban, but nobody confirmed in time (commit-confirm.ts). */
  onSuppressed?(decision: BanDecision): void;
  /** A jail still counts failures of somebody it has banned. */
  onSeenWhileBanned(decision: BanDecision): void;
}

export interface PipelineOptions {
  readonly keeper: BanKeeper;
  readonly protectedNetworks: () => NetworkList;
  /** Never rejects; what cannot be resolved has no addresses. */
  readonly resolve: (hostname: string) => Promise<readonly IpNetwork[]>;
  /** How often a network was banned before, by this jail or, where none is named, by any. */
  readonly earlierBans: (network: IpNetwork, jail?: string) => number;
  readonly clock: Clock;
  /** Whether bans are made at all; without it they are. */
  readonly mayBan?: () => boolean;
  readonly events: PipelineEvents;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #twins = new TwinMemory();
  #routes = new Routes([]);
  /** While a batch is processed: who is protected is looked up in files, which is too much for every failure of a flood. */
  #protectedNetworks: NetworkList | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Who is to have which records. The sources must be told of the same selectors before they deliver again. */
  get routes(): Routes {
    return this.#routes;
  }

  set jails(jails: readonly RunningJail[]) {
    this.#routes = new Routes(jails);
  }

  process(batch: RecordBatch): void {
    const outer = this.#protectedNetworks;
    this.#protectedNetworks = outer ?? this.#options.protectedNetworks();
    try {
      for (const [running, records] of this.#routes.offer(batch)) running.filter.match(batch, records, this.#sinkOf(running));
    } finally {
      this.#protectedNetworks = outer;
    }
  }

  #sinkOf(running: RunningJail): FailureSink {
    return {
      onFailure: (failure) => this.#observe(failure, running),
      onNamedFailure: (failure) => void this.#observeNamed(failure, running),
    };
  }

  #observe(failure: Failure, { jail, selectors }: RunningJail): void {
    // What comes both ways, as by /dev/kmsg and from rsyslog, happened once.
    if (selectors.length > 1 && this.#twins.isTwin(jail.options.name, failure.evidence, failure.timeUsec)) return;
    this.#options.events.onFailure?.(failure, jail);
    const protectedNetworks = this.#protectedNetworks ?? this.#options.protectedNetworks();
    const decision = jail.observe(failure, protectedNetworks, (network, isOverall) => {
      return isOverall ? this.#options.earlierBans(network) : this.#options.earlierBans(network, jail.options.name);
    });
    if (decision !== undefined) this.#carryOut(decision, jail);
  }

  async #observeNamed(failure: NamedFailure, running: RunningJail): Promise<void> {
    if (!running.resolvesNames) return;
    for (const address of await this.#options.resolve(failure.hostname)) this.#observe({ ...failure, address }, running);
  }

  #carryOut(decision: BanDecision, jail: Jail): void {
    const { keeper, clock, events, mayBan } = this.#options;
    // Anew: who logged in a moment ago counts.
    const spared = this.#options.protectedNetworks().find(decision.network);
    if (spared !== undefined) {
      jail.counts.refused++;
      events.onRefused(decision, spared.reason);
      return;
    }
    // Records from before the start may tell of a ban that is over.
    if (decision.untilUsec <= clock()) return;
    if (keeper.bans.isHeldBy(decision.network, decision.jail)) {
      events.onSeenWhileBanned(decision);
    } else if (mayBan?.() === false) {
      events.onSuppressed?.(decision);
    } else {
      keeper.add(decision);
      jail.counts.banned++;
      events.onBan(decision);
      const countsBans = this.#routes.selectorsOf('bans');
      if (countsBans > 0) this.process(banRecord(decision, countsBans));
    }
  }
}
