// A failure found in lines of text, as plain data.
import type { GroupValue } from './line-groups.ts';
import type { LineIdentity } from './line-identity.ts';

export interface LineFailure {
  readonly identity: LineIdentity;
  /** Seconds since 1970; undefined where the line tells none and none was seen shortly before: it is now, then. */
  readonly timeSec: number | undefined;
  /** Of the failregex that found it. */
  readonly expression: number;
  /** What the expressions captured, for the whole session where the line belongs to one. */
  readonly groups: ReadonlyMap<string, GroupValue>;
  /** Every user name that the session has tried. */
  readonly users: readonly string[];
  /** The log lines that the failure is made of, the oldest first; of very many the latest. */
  readonly lines: readonly string[];
  /** How many lines it is made of. */
  readonly attempts: number;
}
