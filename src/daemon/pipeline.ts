// The one flow, on one screen: source -> record batch -> match -> failure -> jail -> decision -> ban list -> action.
import type { BanDecision } from '../ban/ban.ts';
import type { Clock } from '../core/clock.ts';
import type { Jail } from '../jail/jail.ts';
import type { NetworkList } from '../jail/network-list.ts';
import type { Filter } from '../match/filter.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import type { BanKeeper } from './ban-keeper.ts';

/** A jail at work: which source's records it takes, and the filter that finds its failures. */
export interface RunningJail {
  readonly source: string;
  readonly filter: Filter;
  readonly jail: Jail;
}

interface PipelineEvents {
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
  readonly clock: Clock;
  /** Whether bans are made at all; without it they are. */
  readonly mayBan?: () => boolean;
  readonly events: PipelineEvents;
}

export class Pipeline {
  jails: readonly RunningJail[] = [];
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  process(batch: RecordBatch): void {
    const protectedNetworks = this.#options.protectedNetworks();
    for (const { source, filter, jail } of this.jails) {
      if (source !== batch.source) continue;
      filter.match(batch, (failure) => {
        const decision = jail.observe(failure, protectedNetworks);
        if (decision !== undefined) this.#carryOut(decision, jail, protectedNetworks);
      });
    }
  }

  #carryOut(decision: BanDecision, jail: Jail, protectedNetworks: NetworkList): void {
    const { keeper, clock, events, mayBan } = this.#options;
    const spared = protectedNetworks.find(decision.network);
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
    }
  }
}
