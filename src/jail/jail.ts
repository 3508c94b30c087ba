// A jail: failures in, decisions out. Pure: it reads no clock, does no I/O and calls no action; time is in the data.

import type { BanDecision } from '../ban/ban.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Failure } from '../match/failure.ts';
import { type BanTime, banTimeOf } from './ban-time.ts';
import { FailureWindow, type WindowEntry } from './failure-window.ts';
import { identityOf } from './identity.ts';
import type { NetworkList } from './network-list.ts';

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
  readonly ignoreip: NetworkList;
  /** How many addresses are remembered at most; the one longest unseen is forgotten first. */
  readonly maxtracked: number;
}

export interface JailCounts {
  failures: number;
  /** Failures of addresses in ignoreip. */
  ignored: number;
  /** Addresses forgotten because maxtracked was reached. */
  evicted: number;
  banned: number;
  /** Bans not carried out because the address is protected. */
  refused: number;
}

export type EarlierBans = (network: IpNetwork, isOverall: boolean) => number;

/** A jail's memory as plain data: identity and its window. */
export type JailState = readonly (readonly [identity: string, entries: readonly WindowEntry[]])[];

/** What is no state is left out: a broken memory is no reason not to start. */
export function parseJailState(value: unknown): JailState {
  const isWindow = (item: unknown): item is JailState[number] =>
    Array.isArray(item) && typeof item[0] === 'string' && Array.isArray(item[1]) && item[1].every(isEntry);
  return Array.isArray(value) ? value.filter(isWindow) : [];
}

const isEntry = (value: unknown): value is WindowEntry =>
  typeof value === 'object' &&
  value !== null &&
  'timeUsec' in value &&
  typeof value.timeUsec === 'number' &&
  (!('distinct' in value) || typeof value.distinct === 'string');

export class Jail {
  readonly options: JailOptions;
  readonly counts: JailCounts = { failures: 0, ignored: 0, evicted: 0, banned: 0, refused: 0 };
  /** Longest unseen first: each failure moves its window to the end. */
  readonly #windows = new Map<string, FailureWindow>();

  readonly #random: () => number;

  /** `random`: from 0 to 1, for bantime.rndtime. */
  constructor(options: JailOptions, random: () => number = Math.random) {
    this.options = options;
    this.#random = random;
  }

  /**
   * The ban that this failure completes, if it does. `protectedNetworks` are those that no ban may touch. `earlierBans`: how often a
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
    this.#windows.delete(identity.text);
    const entry = { timeUsec: failure.timeUsec, distinct: options.isDistinct ? failure.distinct : undefined };
    if (window.add(entry)) return this.#decide(identity, failure, window, earlierBans);
    this.#windows.set(identity.text, window);
    this.#forget(failure.timeUsec);
    return undefined;
  }

  get trackedCount(): number {
    return this.#windows.size;
  }

  /** Forgets what was counted for `identity`, as when it is unbanned by hand. */
  clear(identity: IpNetwork): void {
    this.#windows.delete(identity.text);
  }

  /** Goes on for a jail of the same name whose options were others. */
  takeOver(former: Jail): void {
    Object.assign(this.counts, former.counts);
    this.restore(former.save());
  }

  save(): JailState {
    return Array.from(this.#windows, ([identity, window]) => [identity, window.entries()] as const);
  }

  /** Takes over the windows of an earlier run. Thresholds may have changed since: nothing is decided here, only by the next failure. */
  restore(state: JailState): void {
    const { maxretry, findtimeUsec, isDistinct, maxtracked } = this.options;
    for (const [identity, entries] of state.slice(-maxtracked)) {
      const counted = entries.filter((entry) => (entry.distinct !== undefined) === isDistinct);
      const window = new FailureWindow(maxretry, findtimeUsec);
      for (const entry of counted) window.add(entry);
      this.#windows.set(identity, window);
    }
  }

  #decide(network: IpNetwork, failure: Failure, window: FailureWindow, earlierBans: EarlierBans): BanDecision {
    const { increment } = this.options;
    const earlier = increment === undefined ? 0 : earlierBans(network, increment.isOverall);
    return {
      network,
      jail: this.options.name,
      origin: 'failures',
      actions: this.options.actions,
      sinceUsec: failure.timeUsec,
      untilUsec: failure.timeUsec + banTimeOf(this.options, earlier, this.#random),
      failures: window.count,
      distinct: window.entries().flatMap((entry) => entry.distinct ?? []),
      evidence: failure.evidence,
    };
  }

  /** Bounded memory: at most two steps a failure, so that no failure pays for many. */
  #forget(nowUsec: number): void {
    if (this.#windows.size > this.options.maxtracked) {
      this.#dropOldest();
      this.counts.evicted++;
    }
    const oldest = this.#windows.values().next().value;
    if (oldest !== undefined && oldest.latestUsec < nowUsec - this.options.findtimeUsec) this.#dropOldest();
  }

  #dropOldest(): void {
    const identity = this.#windows.keys().next().value;
    if (identity !== undefined) this.#windows.delete(identity);
  }
}
