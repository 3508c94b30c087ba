// What `ringjail regex` is asked for, as the command line has it; the names are fail2ban-regex's.
import type { UseDns } from '../config/filter-definition.ts';

export interface RegexOptions {
  readonly printAllMatched?: boolean;
  readonly printAllMissed?: boolean;
  readonly printAllIgnored?: boolean;
  readonly printNoMissed?: boolean;
  readonly printNoIgnored?: boolean;
  /** Of each failure only this: see regex-format.ts. */
  readonly out?: string;
  readonly verbose?: boolean;
  readonly journalmatch?: string;
  readonly datepattern?: string;
  readonly maxlines?: number;
  readonly usedns?: UseDns;
  readonly timezone?: string;
  readonly input?: 'file' | 'journal';
  /** Epoch seconds that stand for the present. */
  readonly now?: number;
}
