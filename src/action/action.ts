// The contract of an action: it makes something outside (a firewall) agree with the bans.
import type { IpNetwork } from '../core/ip-network.ts';

/** What an action has to make true: the bans of the jails that use it. */
export interface WantedBans {
  /** When the ban of the network ends (microseconds since 1970, Infinity for good); undefined where it shall not be banned. */
  untilUsec(network: IpNetwork): number | undefined;
  all(): Iterable<{ readonly network: IpNetwork; readonly untilUsec: number }>;
}

/**
 *  1. `reconcile` finds the difference between what is wanted and what is there, and applies it. It adopts nothing: what is not
 *     wanted goes, if it is ours. It comes first, and again after a failure.
 *  2. `enforce` makes the given networks agree with what is wanted, and nothing else. The caller runs one call at a time.
 *  3. Both are idempotent, return when the outside has been read back and agrees, and reject where it does not.
 *  4. Nothing is lifted because the daemon stops.
 */
export interface Action {
  readonly name: string;
  reconcile(wanted: WantedBans): Promise<void>;
  enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<void>;
  /** Whether what enforces the bans is still there (somebody may have flushed it); cheap. Undefined where it cannot tell cheaply. */
  isInForce?(): boolean;
  /** What is shut out right now according to the outside itself; undefined where it cannot tell. */
  found?(): readonly FoundBan[];
}

export interface FoundBan {
  readonly network: IpNetwork;
  /** Microseconds since 1970, Infinity for good. */
  readonly untilUsec: number;
}
