// What an enforcer tells of its action as a whole, and of one ban. The same for actions that are shown the whole list and for those that
// are told of each ban.
import type { Counters } from '../action/action.ts';

export interface ActionHealth {
  /** How many bans it is to enforce. */
  readonly bans: number;
  /** How many of them it could not be brought to enforce. */
  readonly failed: number;
  /** How many of them it is asked for, and has not answered yet. */
  readonly waiting: number;
  /** How many that are bans no more it could not be brought to lift. */
  readonly unlifted: number;
  /** What it could not be brought to do, or that others undo it again and again; undefined where it agrees. */
  readonly failure: string | undefined;
  /** Others undo what it does, and it puts it back ever more seldom. */
  readonly isContested: boolean;
  /** Nobody can tell whether its bans are in force; `failure` says why. */
  readonly isUnknown: boolean;
  /** How many times something that others had done was put right. */
  readonly repairs: number;
  /** Undefined where the action counts nothing. */
  readonly counters: Counters | undefined;
}

export interface Enforcement {
  /** Undefined where nobody can tell. */
  readonly isEnforced: boolean | undefined;
  /** How that is known, or why it is not so: "asked of the firewall". */
  readonly reason: string;
}

export const notToldYet: Enforcement = { isEnforced: false, reason: 'the action was not told yet' };
