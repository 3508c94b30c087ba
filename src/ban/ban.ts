// A ban: a network, or what else fails too often, that one or more jails hold shut out.

import type { BanTarget } from '../core/ban-target.ts';
import type { Evidence } from '../core/evidence.ts';

/** What a jail decided, or a person by `ringjail ban`. Times are microseconds since 1970; Infinity for good. */
export interface BanDecision {
  /** Or a text that is none: a user, a session, a host name. */
  readonly network: BanTarget;
  readonly jail: string;
  /** A jail's failures; a person's command; it was in force without being known; or another program had made it. */
  readonly origin: 'failures' | 'hand' | 'found' | 'imported';
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
  /** Which ban of the network by the jail it is, 1 for the first, where whoever made it knows. */
  readonly bancount?: number;
}

/** For maps of what jails hold: neither a network's text nor a jail's name has a line break in it. */
export const holdKeyOf = (network: string, jail: string): string => `${network}\n${jail}`;

/** What became of one jail's hold on one network since the changes were last taken or forgotten. */
export interface BanChange {
  readonly network: BanTarget;
  readonly jail: string;
  /** As it is now; undefined where it was lifted or has ended. */
  readonly held: BanDecision | undefined;
  /** The latest that was made meanwhile, held or not; undefined where none was. */
  readonly made: BanDecision | undefined;
}

/** Bans of one network by all its jails. */
export interface Ban {
  readonly network: BanTarget;
  /** By jail. */
  readonly holders: ReadonlyMap<string, BanDecision>;
}
