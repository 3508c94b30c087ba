// The contract of an action: it makes something outside (a firewall) agree with the bans.
import { RingjailError } from '../core/errors.ts';
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
 *  3. Both are idempotent, return when the outside has been read back and agrees, and reject where it does not. Where they can tell that
 *     more was to be mended than what they were asked for, they resolve with it.
 *     Where only some of the networks could not be done, they do the others and reject with a PartFailure.
 *  4. Nothing is lifted because the daemon stops.
 */
export interface Action {
  readonly name: string;
  reconcile(wanted: WantedBans): Promise<Repair | undefined>;
  enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<Repair | undefined>;
  /**
   * Whether what enforces the bans is still there (somebody may have flushed it); changes nothing, and may be asked beside another call.
   * Rejects where it cannot be asked.
   */
  isInForce?(wanted: WantedBans): boolean | Promise<boolean>;
  /**
   * Others changed these parts of the firewall, or nobody knows which: whether the action has to reconcile. An action that has this is told
   * of every change; one without is asked `isInForce` at intervals.
   */
  noticeChange?(parts: readonly string[] | undefined): boolean;
  /** What is shut out right now according to the outside itself, without what `except` has; undefined where it cannot tell. */
  found?(except?: WantedBans): readonly FoundBan[];
  /** Whether the outside itself shuts out all of the network right now. Throws where it cannot be asked. */
  enforces?(network: IpNetwork): boolean;
  /** What the action has turned away; undefined where it cannot tell. */
  counters?(): Counters | undefined;
}

/** `failed`: why, by network; at least one. What is not in it was done. */
export class PartFailure extends RingjailError {
  readonly failed: ReadonlyMap<string, string>;

  constructor(failed: ReadonlyMap<string, string>) {
    const [[text, reason] = ['', '']] = failed;
    const others = failed.size === 1 ? '' : ` (and ${failed.size - 1} more)`;
    super('unavailable', `only some of the changes could be made; not ${text}${others}: ${reason}`);
    this.failed = failed;
  }
}

/** What somebody else had taken away or put in, and is as it should be again. */
export interface Repair {
  /** `table gone`, `2 elements missing`. */
  readonly found: string;
  /** How many bans had to be put back. */
  readonly bans: number;
}

export interface FoundBan {
  readonly network: IpNetwork;
  /** Microseconds since 1970, Infinity for good. */
  readonly untilUsec: number;
}

export interface Counters {
  readonly packets: number;
  readonly bytes: number;
}
