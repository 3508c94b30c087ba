// The one flow, on one screen: source -> record batch -> match -> failure -> jail -> decision -> ban list -> action.
import { type BanDecision, holdKeyOf } from '../ban/ban.ts';
import type { IgnoreCommand } from '../config/ignore-config.ts';
import { type BanTarget, isNetwork, parseLoggedTarget } from '../core/ban-target.ts';
import type { Clock } from '../core/clock.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { BanKeeper } from '../enforce/ban-keeper.ts';
import type { EarlierBans, Jail } from '../jail/jail.ts';
import type { NetworkList } from '../jail/network-list.ts';
import type { Failure, NamedFailure } from '../match/failure.ts';
import type { FailureSink } from '../match/filter.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import { banRecord } from './ban-record.ts';
import { type RecordTaker, Routes } from './routes.ts';
import type { RunningJail } from './running-jail.ts';
import { TwinMemory } from './twin-memory.ts';

/** What takes records. */
export interface PipelineTaker extends RecordTaker {
  /** Its name, where it is a jail. */
  readonly jail?: string;
  take(batch: RecordBatch, records: Uint32Array): void;
}

export interface PipelineEvents {
  /** A jail's filter found a failure, before it is counted. */
  onFailure?(failure: Failure, jail: Jail): void;
  /** The ban list changed; the actions are to agree. */
  onBan(decision: BanDecision): void;
  /** A jail decided to ban what must never be banned. */
  onRefused(decision: BanDecision, reason: string): void;
  /** A jail decided to ban what is no address, and so many of such are banned that it is left out. */
  onTooMany?(decision: BanDecision): void;
  /** A jail decided to ban, but nobody confirmed in time (commit-confirm.ts). */
  onSuppressed?(decision: BanDecision): void;
  /** A jail still counts failures of somebody it has banned. */
  onSeenWhileBanned(decision: BanDecision): void;
  /** A host name in a record was resolved for a jail that wants to be warned. */
  onNameResolved?(hostname: string, addresses: readonly IpNetwork[], jail: Jail): void;
  /** After something was decided that had to wait for an answer, and so outside of `process`. */
  onLate?(): void;
}

export interface PipelineOptions {
  readonly keeper: BanKeeper;
  readonly protectedNetworks: () => NetworkList;
  /** Never rejects; what cannot be resolved has no addresses. */
  readonly resolve: (hostname: string) => Promise<readonly IpNetwork[]>;
  /** How often a network was banned before, by this jail or, where none is named, by any. */
  readonly earlierBans: (network: BanTarget, jail?: string) => number;
  readonly clock: Clock;
  /** Whether bans are made at all; without it they are. */
  readonly mayBan?: () => boolean;
  /** Whether the jail's ignorecommand passes over whom this decision is about; without it nobody is. Never rejects. */
  readonly isIgnored?: (command: IgnoreCommand, decision: BanDecision, address: BanTarget) => Promise<boolean>;
  /** Who has records before the jails have them. */
  readonly takers?: readonly PipelineTaker[];
  readonly events: PipelineEvents;
}

/** What is behind a decision on its way. */
interface Done {
  /** The ignorecommand had its say. */
  readonly isAsked?: boolean;
  /** It is of the network that it completed, if any. */
  readonly isWidest?: boolean;
}

// Addresses cost an attacker something; names do not: one client can make up as many as it likes, and each ban runs commands.
export const mostTexts = 10_000;

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #twins = new TwinMemory();
  /** Jail and network of the decisions that an ignorecommand is asked about. */
  readonly #asking = new Set<string>();
  #isClosed = false;
  #routes = new Routes<PipelineTaker>([]);
  /** While a batch is processed: who is protected is looked up in files, which is too much for every failure of a flood. */
  #protectedNetworks: NetworkList | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Who is to have which records. The sources must be told of the same selectors before they deliver again. */
  get routes(): Routes<PipelineTaker> {
    return this.#routes;
  }

  set jails(jails: readonly RunningJail[]) {
    this.#routes = new Routes([...(this.#options.takers ?? []), ...jails.map((running) => this.#takerOf(running))]);
  }

  process(batch: RecordBatch): void {
    const outer = this.#protectedNetworks;
    this.#protectedNetworks = outer ?? this.#options.protectedNetworks();
    try {
      this.#pass(batch);
    } finally {
      this.#protectedNetworks = outer;
    }
  }

  /** A ban was made, by a jail or by hand: those that count bans have a record of it. `ipv6prefix`: its jail's. */
  countBan(decision: BanDecision, ipv6prefix: number): void {
    const countsBans = this.#routes.selectorsOf('bans');
    // Not to the jail itself, which would count what it has done.
    if (countsBans > 0) this.#pass(banRecord(decision, countsBans, ipv6prefix), decision.jail);
  }

  #pass(batch: RecordBatch, exceptJail?: string): void {
    for (const [taker, records] of this.#routes.offer(batch)) {
      if (exceptJail === undefined || taker.jail !== exceptJail) taker.take(batch, records);
    }
  }

  #takerOf(running: RunningJail): PipelineTaker {
    const { selectors, filter } = running;
    const sink: FailureSink = {
      onFailure: (failure) => this.#observe(failure, running),
      onNamedFailure: (failure) => {
        if (running.countsNames === true) this.#observeRawName(failure, running);
        else void this.#observeNamed(failure, running);
      },
      onNobody: () => void running.jail.counts.unusable++,
      onSuccess: (address) => {
        if (running.policy.resetsOnSuccess) running.jail.forgive(address, this.#options.protectedNetworks());
      },
    };
    return {
      jail: running.jail.options.name,
      selectors,
      literals: filter.literals,
      take: (batch, records) => filter.match(batch, records, sink),
    };
  }

  /** What still waits for an answer comes to nothing. */
  close(): void {
    this.#isClosed = true;
  }

  #observe(failure: Failure, running: RunningJail): void {
    const { jail, selectors } = running;
    // What comes both ways, as by /dev/kmsg and from rsyslog, happened once.
    if (selectors.length > 1 && this.#twins.isTwin(jail.options.name, failure.evidence, failure.timeUsec)) return;
    this.#options.events.onFailure?.(failure, jail);
    const protectedNetworks = this.#protectedNetworks ?? this.#options.protectedNetworks();
    const decision = jail.observe(failure, protectedNetworks, this.#earlierBansOf(jail));
    if (decision !== undefined) this.#carryOut(decision, running, failure.address);
  }

  #earlierBansOf({ options }: Jail): EarlierBans {
    const { earlierBans } = this.#options;
    return (network, isOverall) => (isOverall ? earlierBans(network) : earlierBans(network, options.name));
  }

  #observeRawName(failure: NamedFailure, running: RunningJail): void {
    const address = parseLoggedTarget(failure.hostname);
    if (address === undefined) running.jail.counts.unusable++;
    else this.#observe({ ...failure, address }, running);
  }

  async #observeNamed(failure: NamedFailure, running: RunningJail): Promise<void> {
    if (!running.resolvesNames) return;
    const addresses = await this.#options.resolve(failure.hostname);
    if (this.#isClosed) return;
    if (addresses.length === 0) return;
    if (running.tellsOfNames === true) this.#options.events.onNameResolved?.(failure.hostname, addresses, running.jail);
    for (const address of addresses) this.#observe({ ...failure, address }, running);
    this.#options.events.onLate?.();
  }

  #carryOut(decision: BanDecision, running: RunningJail, address: BanTarget, done: Done = {}): void {
    const { jail, policy } = running;
    const { keeper, clock, events, mayBan } = this.#options;
    // Anew: who logged in a moment ago counts.
    const protectedNetworks = this.#options.protectedNetworks();
    const spared = protectedNetworks.find(decision.network);
    if (spared !== undefined) {
      jail.counts.refused++;
      events.onRefused(decision, spared.reason);
      return;
    }
    const mustAsk = policy.ignorecommand !== undefined && done.isAsked !== true;
    const isHeld = keeper.bans.isHeldBy(decision.network, decision.jail);
    // Records from before the start may tell of a ban that is over. It counts for its network, unless somebody might have spared it.
    const isOver = decision.untilUsec <= clock();
    if (isOver && mustAsk) return;
    const isNew = !isHeld && !isOver;
    if (isNew && !isNetwork(decision.network) && keeper.bans.textCount >= mostTexts) {
      jail.counts.evicted++;
      events.onTooMany?.(decision);
    } else if (isNew && mayBan?.() === false) {
      events.onSuppressed?.(decision);
    } else if (isNew && policy.ignorecommand !== undefined && mustAsk) {
      void this.#askFirst(policy.ignorecommand, decision, running, address, done);
    } else {
      const widest = done.isWidest === true ? undefined : jail.widen(decision, protectedNetworks, this.#earlierBansOf(jail));
      if (widest !== undefined) this.#carryOut(widest, running, address, { ...done, isWidest: true });
      else if (isNew) this.#ban(decision, jail);
      else if (!isOver) events.onSeenWhileBanned(decision);
    }
  }

  #ban(decision: BanDecision, jail: Jail): void {
    this.#options.keeper.add(decision);
    jail.counts.banned++;
    this.#options.events.onBan(decision);
    this.countBan(decision, jail.options.ipv6prefix);
  }

  /** Nothing else waits for the command. A kill meanwhile forgets the decision: the address has to fail as often again. */
  async #askFirst(command: IgnoreCommand, decision: BanDecision, running: RunningJail, address: BanTarget, done: Done): Promise<void> {
    const key = holdKeyOf(decision.network.text, decision.jail);
    if (this.#asking.has(key)) return;
    this.#asking.add(key);
    const isIgnored = await this.#options.isIgnored?.(command, decision, address);
    this.#asking.delete(key);
    if (this.#isClosed) return;
    if (isIgnored) running.jail.counts.ignored++;
    else this.#carryOut(decision, running, address, { ...done, isAsked: true });
    this.#options.events.onLate?.();
  }
}
