// ringjail.conf and ringjail.local: the daemon's own settings, in [Definition]. The file may be missing.
import type { Severity } from '../core/log.ts';
import { type ConfigError, quoteText } from './config-error.ts';
import { loadMergedConfig } from './config-files.ts';
import { suggestName } from './nearest-name.ts';
import { OptionReader } from './option-reader.ts';
import { readSyslogConfig, type SyslogConfig } from './syslog-config.ts';

export interface DaemonConfig {
  readonly loglevel: Severity;
  /** How long the history and evidence of bans are kept after their end; 0: not at all. */
  readonly dbpurgeageUsec: number;
  /** How long whoever logged in by ssh is not banned; 0: not at all. */
  readonly protectLoginsUsec: number;
  readonly syslog: SyslogConfig;
  /** What is in order, but hardly meant. */
  readonly notices: readonly ConfigError[];
  readonly errors: readonly ConfigError[];
}

const options = ['loglevel', 'dbpurgeage', 'protect_logins', 'syslog_listen', 'syslog_allow'];

// As in fail2ban.
const defaultPurgeAgeMs = 24 * 60 * 60 * 1000;
const defaultProtectLoginsMs = 24 * 60 * 60 * 1000;

/** fail2ban's words, too. */
const loglevels: ReadonlyMap<string, Severity> = new Map([
  ['CRITICAL', 'error'],
  ['ERROR', 'error'],
  ['WARNING', 'warning'],
  ['NOTICE', 'notice'],
  ['INFO', 'info'],
  ['DEBUG', 'debug'],
]);

export function loadDaemonConfig(directory: string): DaemonConfig {
  const config = loadMergedConfig(directory, 'ringjail', { isOptional: true });
  const reader = new OptionReader(config, 'Definition');
  for (const { name, origin } of config.options('Definition')) {
    if (!options.includes(name)) reader.fail(origin, `unknown option ${quoteText(name)}${suggestName(name, options)}`);
  }
  const value = reader.value('loglevel');
  const loglevel = loglevels.get(value?.text.toUpperCase() ?? 'INFO');
  if (loglevel === undefined && value !== undefined) {
    reader.fail(value.origin, `loglevel = ${quoteText(value.text)}: expected one of ${[...loglevels.keys()].join(', ')}`);
  }
  const usecOr0 = (option: string, fallbackMs: number) =>
    reader.text(option, '').trim() === '0' ? 0 : reader.durationUsec(option, fallbackMs, { mayBeForGood: true });
  const dbpurgeageUsec = usecOr0('dbpurgeage', defaultPurgeAgeMs);
  const protectLoginsUsec = usecOr0('protect_logins', defaultProtectLoginsMs);
  const notices: ConfigError[] = [];
  const syslog = readSyslogConfig(reader, notices);
  return { loglevel: loglevel ?? 'info', dbpurgeageUsec, protectLoginsUsec, syslog, notices, errors: [...config.errors, ...reader.errors] };
}
