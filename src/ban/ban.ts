// A ban: a network that one or more jails hold shut out.
import type { Evidence } from '../core/evidence.ts';
import type { IpNetwork } from '../core/ip-network.ts';

/** What a jail decided, or a person by `ringjail ban`. Times are microseconds since 1970; Infinity for good. */
export interface BanDecision {
  readonly network: IpNetwork;
  readonly jail: string;
  /** A jail's failures; a person's command; or it was in force without being known. */
  readonly origin: 'failures' | 'hand' | 'found';
  /** Who enforces it, by name: a ban outlives the jail's configuration. */
  readonly actions: readonly string[];
  readonly sinceUsec: number;
  readonly untilUsec: number;
  /** Failures that led to it; 0 by hand. */
  readonly failures: number;
  /** The different values that were counted, where the jail counts such: destination ports. */
  readonly distinct: readonly string[];
  /** The record that completed it; undefined by hand. */
  readonly evidence: Evidence | undefined;
}

/** Bans of one network by all its jails. */
export interface Ban {
  readonly network: IpNetwork;
  /** By jail. */
  readonly holders: ReadonlyMap<string, BanDecision>;
}
