// A jail: failures in, decisions out. Pure: it reads no clock, does no I/O and calls no action; time is in the data.

import type { BanDecision } from '../ban/ban.ts';
import type { WindowChange } from '../ban/store-changes.ts';
import type { StoredWindows, WindowEntry } from '../ban/stored-window.ts';
import { AgedMap } from '../core/aged-map.ts';
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { type Evidence, usualMaxEvidence } from '../core/evidence.ts';
import type { Failure } from '../match/failure.ts';
import { type AggregateRule, aggregatesOf, ruleOf } from './aggregate.ts';
import { type BanTime, banTimeOf } from './ban-time.ts';
import { FailureWindow } from './failure-window.ts';
import { identityOf } from './identity.ts';
import type { NetworkList } from './network-list.ts';
import { WindowChanges } from './window-changes.ts';

export interface JailOptions extends BanTime {
  readonly name: string;
  /** The names of the actions that enforce its bans. */
  readonly actions: readonly string[];
  readonly maxretry: number;
  readonly findtimeUsec: number;
  /** Whether different values (of the failure's `distinct`) are counted instead of failures. */
  readonly isDistinct: boolean;
  /** IPv6 addresses are counted and banned as networks of so many bits. */
  readonly ipv6prefix: number;
  /** Networks of which several addresses were banned are banned as a whole; usually none. */
  readonly aggregate: readonly AggregateRule[];
  readonly ignoreip: NetworkList;
  /** How many addresses are remembered at most; the one longest unseen is forgotten first. */
  readonly maxtracked: number;
  /** How many records are kept for each ban, the latest; usually `usualMaxEvidence`. */
  readonly maxmatches?: number;
}

export interface JailCounts {
  failures: number;
  /** Failures of whom ignoreip names, and bans that an ignorecommand passed over. */
  ignored: number;
  /** Failures of whom nobody can ban: what tells of them is too long, or has control characters in it. */
  unusable: number;
  /** Forgotten because maxtracked was reached; not banned because too many texts that are no addresses are. */
  evicted: number;
  banned: number;
  /** Bans not carried out because the address is protected. */
  refused: number;
}

export type EarlierBans = (network: BanTarget, isOverall: boolean) => number;

export class Jail {
  readonly options: JailOptions;
  readonly counts: JailCounts = { failures: 0, ignored: 0, unusable: 0, evicted: 0, banned: 0, refused: 0 };
  /** Longest unseen first: each failure moves its window to the end. */
  readonly #windows = new AgedMap<FailureWindow>();
  #changes = new WindowChanges();

  readonly #random: () => number;

  /** `random`: from 0 to 1, for bantime.rndtime. */
  constructor(options: JailOptions, random: () => number = Math.random) {
    this.options = options;
    this.#random = random;
  }

  /**
   * The ban that this failure completes, if it does; `widen` goes on from it where it is made. `protectedNetworks` are those that no ban may touch. `earlierBans`: how often a
   * network was banned before, by this jail or by any.
   */
  observe(failure: Failure, protectedNetworks: NetworkList, earlierBans: EarlierBans = () => 0): BanDecision | undefined {
    const { options } = this;
    if (options.ignoreip.find(failure.address) !== undefined) {
      this.counts.ignored++;
      return undefined;
    }
    if (options.isDistinct && failure.distinct === undefined) return undefined;
    this.counts.failures++;
    const identity = identityOf(failure.address, options.ipv6prefix, [protectedNetworks, options.ignoreip]);
    const window = this.#windows.get(identity.text) ?? new FailureWindow(options.maxretry, options.findtimeUsec);
    this.#remember(identity.text, failure.evidence);
    const entry = { timeUsec: failure.timeUsec, distinct: options.isDistinct ? failure.distinct : undefined };
    if (window.add(entry)) {
      this.#windows.delete(identity.text);
      this.#forget(failure.timeUsec);
      return this.#decide(identity, failure, window, earlierBans);
    }
    this.#windows.set(identity.text, window);
    this.#forget(failure.timeUsec);
    return undefined;
  }

  /**
   * The ban of the widest network that this one completes, to be made in its place; undefined where there is none. `decision`: of `observe`,
   * and about to be made: whom somebody spares does not count against those around.
   */
  widen(decision: BanDecision, protectedNetworks: NetworkList, earlierBans: EarlierBans = () => 0): BanDecision | undefined {
    const { aggregate, findtimeUsec, ignoreip } = this.options;
    const { network: identity, sinceUsec: timeUsec, evidence } = decision;
    let widest: BanDecision | undefined;
    if (!isNetwork(identity)) return undefined;
    for (const { rule, network } of aggregatesOf(aggregate, identity)) {
      if ([protectedNetworks, ignoreip].some((list) => list.find(network) !== undefined)) continue;
      const window = this.#windows.get(network.text) ?? new FailureWindow(rule.hosts, findtimeUsec);
      this.#windows.delete(network.text);
      this.#remember(network.text, evidence);
      if (window.add({ timeUsec, distinct: identity.text })) {
        widest = this.#decide(network, { timeUsec, evidence }, window, earlierBans);
      } else this.#windows.set(network.text, window);
    }
    this.#forget(timeUsec);
    return widest;
  }

  get trackedCount(): number {
    return this.#windows.size;
  }

  /** Forgets what was counted for whoever the address belongs to, as when a login from it succeeded. */
  forgive(address: BanTarget, protectedNetworks: NetworkList): void {
    const { ipv6prefix, ignoreip } = this.options;
    this.clear(identityOf(address, ipv6prefix, [protectedNetworks, ignoreip]));
  }

  /** What is counted of `identity` now, the oldest first; empty where nothing is. */
  windowOf(identity: BanTarget): readonly WindowEntry[] {
    return this.#windows.get(identity.text)?.entries() ?? [];
  }

  /** Forgets what was counted for `identity`, as when it is unbanned by hand; nor does its ban count against a network of many. */
  clear(identity: BanTarget): void {
    if (this.#windows.delete(identity.text)) this.#remember(identity.text);
    if (!isNetwork(identity)) return;
    for (const { network } of aggregatesOf(this.options.aggregate, identity)) {
      const window = this.#windows.get(network.text);
      if (window?.forget(identity.text) !== true) continue;
      if (window.count === 0) this.#windows.delete(network.text);
      this.#remember(network.text);
    }
  }

  /** What changed since `forgetChanges`, for the store; `isWhole`: the store is to be made to hold just these. */
  changes(): { readonly isWhole: boolean; readonly windows: readonly WindowChange[] } {
    const { isWhole, byIdentity } = this.#changes;
    // Of those that were banned meanwhile there is no window any more, but there are records.
    const gone = isWhole ? Array.from(byIdentity).flatMap(([identity, { length }]) => (length > 0 ? [identity] : [])) : [];
    const all = isWhole ? new Set([...this.#windows.keys(), ...gone]) : byIdentity.keys();
    const windows = Array.from(all, (identity) => {
      // A copy: the window goes on while this is written.
      return { identity, entries: this.#windows.get(identity)?.entries().slice(), evidence: byIdentity.get(identity) ?? [] };
    });
    return { isWhole, windows };
  }

  /** The same, and they are no changes any more; `settleChanges` says whether they got into the store. */
  takeChanges(): ReturnType<Jail['changes']> {
    const changes = this.changes();
    this.#changes.take();
    return changes;
  }

  settleChanges(isWritten: boolean): void {
    this.#changes.settle(isWritten);
  }

  forgetChanges(): void {
    this.#changes.clear();
  }

  /** Nothing of the windows is known to the store. */
  touchAll(): void {
    this.#changes.addAll();
  }

  /** Goes on for a jail of the same name whose options were others, also where its changes are being written. */
  takeOver(former: Jail): void {
    Object.assign(this.counts, former.counts);
    const dropped = this.#fill(former.save());
    this.#changes = former.#changes;
    for (const identity of dropped) this.#remember(identity);
  }

  save(): StoredWindows {
    return Array.from(this.#windows, ([identity, window]) => [identity, window.entries()] as const);
  }

  /**
   * Takes over the windows of an earlier run, as the store holds them. Thresholds may have changed since: nothing is decided here, only by
   * the next failure.
   */
  restore(state: StoredWindows): void {
    const dropped = this.#fill(state);
    this.forgetChanges();
    for (const identity of dropped) this.#remember(identity);
  }

  /** Windows of an earlier run that could be read only now, joined with those that are there. What stands in both happened once. */
  join(state: StoredWindows): void {
    const here = new Map(this.save());
    const earlier = new Map(state);
    const joined = Array.from(here, ([identity, entries]) => [identity, joinEntries(earlier.get(identity) ?? [], entries)] as const);
    const dropped = this.#fill([...state.filter(([identity]) => !here.has(identity)), ...joined]);
    for (const identity of [...earlier.keys(), ...dropped]) this.#remember(identity);
  }

  /** The identities that were too many. */
  #fill(state: StoredWindows): string[] {
    const { maxretry, findtimeUsec, isDistinct, maxtracked } = this.options;
    for (const [identity, entries] of state.slice(-maxtracked)) {
      const rule = ruleOf(this.options.aggregate, identity);
      const counted = entries.filter((entry) => (entry.distinct !== undefined) === (isDistinct || rule !== undefined));
      const window = new FailureWindow(rule?.hosts ?? maxretry, findtimeUsec);
      for (const entry of counted) window.add(entry);
      this.#windows.set(identity, window);
    }
    return state.slice(0, -maxtracked).map(([identity]) => identity);
  }

  #remember(identity: string, evidence?: Evidence): void {
    const { maxtracked, maxmatches } = this.options;
    this.#changes.add(identity, evidence, { identities: maxtracked + this.#windows.size, evidence: maxmatches ?? usualMaxEvidence });
  }

  #decide(
    network: BanTarget,
    { timeUsec, evidence }: Pick<BanDecision, 'evidence'> & Pick<Failure, 'timeUsec'>,
    window: FailureWindow,
    earlierBans: EarlierBans,
  ): BanDecision {
    const { increment } = this.options;
    const earlier = increment === undefined ? 0 : earlierBans(network, increment.isOverall);
    return {
      network,
      jail: this.options.name,
      origin: 'failures',
      actions: this.options.actions,
      sinceUsec: timeUsec,
      untilUsec: timeUsec + banTimeOf(this.options, earlier, this.#random),
      failures: window.count,
      distinct: window.entries().flatMap((entry) => entry.distinct ?? []),
      evidence,
    };
  }

  /** Bounded memory: so many windows as a failure may add, and one more, so that no failure pays for many. */
  #forget(nowUsec: number): void {
    const { maxtracked, findtimeUsec, aggregate } = this.options;
    for (; this.#windows.size > maxtracked; this.counts.evicted++) this.#dropOldest();
    for (let step = 0; step <= aggregate.length; step++) {
      const oldest = this.#windows.oldest?.value;
      if (oldest !== undefined && oldest.latestUsec < nowUsec - findtimeUsec) this.#dropOldest();
    }
  }

  #dropOldest(): void {
    const identity = this.#windows.oldest?.key;
    if (identity === undefined) return;
    this.#windows.delete(identity);
    this.#remember(identity);
  }
}

function joinEntries(earlier: readonly WindowEntry[], later: readonly WindowEntry[]): WindowEntry[] {
  const isThere = (entry: WindowEntry) =>
    later.some(({ timeUsec, distinct }) => timeUsec === entry.timeUsec && distinct === entry.distinct);
  return [...earlier.filter((entry) => !isThere(entry)), ...later].toSorted((a, b) => a.timeUsec - b.timeUsec);
}
