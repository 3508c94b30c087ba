// The daemon's own log: one line an event on standard error, with sd-daemon(3) severity prefixes where journald reads them.
import { printable } from './printable.ts';

export type Severity = 'error' | 'warning' | 'notice' | 'info' | 'debug';

const numbers: Record<Severity, number> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

export interface Log {
  error(message: string): void;
  warning(message: string): void;
  notice(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

export interface LogOptions {
  /** Lines less severe than this are not written. */
  readonly threshold: Severity;
  /** Whether journald reads the lines: severity goes into a prefix that it strips. */
  readonly forJournal: boolean;
  readonly write: (line: string) => void;
}

/** Everything is made printable here: what is logged may quote what an attacker wrote. */
export function createLog(options: LogOptions): Log {
  const at = (severity: Severity) => (message: string) => {
    if (numbers[severity] > numbers[options.threshold]) return;
    const prefix = options.forJournal ? `<${numbers[severity]}>` : `${severity.padEnd(7)} `;
    options.write(`${prefix}${printable(message)}\n`);
  };
  return { error: at('error'), warning: at('warning'), notice: at('notice'), info: at('info'), debug: at('debug') };
}
