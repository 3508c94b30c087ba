// The contract of an action that is told of each ban, with what led to it: commands, mail, web hooks. (Those that are shown the whole
// list and make a firewall agree with it are in action.ts.)
import type { Family } from '../core/ip-network.ts';
import { type BanTicket, familyOf } from './ban-ticket.ts';

/** `lost`: the families whose earlier bans are gone, because the action had to be started anew; the caller bans them again. */
export interface ActionOutcome {
  readonly lost: readonly Family[];
}

/** `lost`: the families of which what was set up is gone. `missing`: of the others, the bans that are gone. */
export interface Sight extends ActionOutcome {
  readonly missing: readonly string[];
  /** Those of the bans that were not looked for, as there is no way to, or that failed. */
  readonly unasked?: readonly string[];
  /** Why nothing of it is in force, where that is not the action's to repair. */
  readonly broken?: string | undefined;
}

/**
 *  1. The caller makes one call at a time, and every call comes back within the action's own time limit.
 *  2. `start` comes first; an action may put it off until the first ban. It does nothing where the action was started before.
 *  3. `ban` rejects where the ban is not enforced; the caller tries again. Restored bans are the caller's business: see `norestored`.
 *  4. `unban` gets the ticket that was banned. `prolong` gets a ticket that ends later than the one before.
 *  5. `flush` lifts all at once; false where the action has no way to.
 *  6. Nothing is lifted because the daemon stops: `stop` is for an action that is wanted no more.
 *  7. `look` changes nothing, and may be called beside another call. Where it finds something lost, `check` repairs it; what is missing is
 *     banned again.
 */
export interface TicketAction {
  /** As the jail names it. */
  readonly name: string;
  /** Whether bans of an earlier run are not told again. */
  readonly norestored: boolean;
  /**
   * Known after `start` or `reload`: it was begun by another definition than its file has now, and goes on by it. The caller lifts, stops,
   * reloads and starts.
   */
  readonly isOutdated?: boolean;
  start(): Promise<ActionOutcome>;
  /** `networks`: of the bans that it was told. Undefined where the action has no way to look. */
  readonly look?: ((networks: readonly string[]) => Promise<Sight>) | undefined;
  /** Looks whether it still works, and repairs it where not. */
  check(): Promise<ActionOutcome>;
  ban(ticket: BanTicket): Promise<ActionOutcome>;
  unban(ticket: BanTicket): Promise<ActionOutcome>;
  prolong(ticket: BanTicket): Promise<ActionOutcome>;
  flush(): Promise<boolean>;
  /** The configuration was read again, and the action stays. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export const nothingLost: ActionOutcome = { lost: [] };
export const nothingGone: Sight = { lost: [], missing: [] };

/** Which of the networks that were looked for are there. */
export function seenIn({ lost, missing, unasked = [], broken }: Sight, networks: readonly string[]): readonly string[] {
  const others = new Set([...missing, ...unasked]);
  if (broken !== undefined) return [];
  return networks.filter((network) => !others.has(network) && !lost.includes(familyOf(network)));
}
