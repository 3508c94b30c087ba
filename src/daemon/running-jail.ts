// A jail of the configuration, put to work.
import type { JailPolicy } from '../config/jail-policy.ts';
import type { Jail } from '../jail/jail.ts';
import type { Filter } from '../match/filter.ts';
import type { RecordSelector } from '../record/record-selector.ts';

export interface RunningJail {
  readonly selectors: readonly RecordSelector[];
  readonly filter: Filter;
  readonly jail: Jail;
  readonly policy: JailPolicy;
  /** Whether whom it bans may be no address. */
  readonly findsTexts?: boolean;
  /** What somebody should know of it, a line each. */
  readonly warnings?: readonly string[];
  /** Whether host names in records are resolved (`usedns`). */
  readonly resolvesNames: boolean;
  /** Whether host names are counted and banned as they stand (`usedns = raw`). */
  readonly countsNames?: boolean;
  /** Whether it is told when one was (`usedns = warn`). */
  readonly tellsOfNames?: boolean;
}
