// ringjail.conf and ringjail.local: the daemon's own settings, in [Definition]. The file may be missing; where it is, as in /etc/fail2ban,
// what fail2ban.conf and fail2ban.local have of them counts.
import { basename } from 'node:path';
import { parseDuration } from '../core/duration.ts';
import type { Severity } from '../core/log.ts';
import { type ConfigError, quoteText } from './config-error.ts';
import { loadMergedConfig } from './config-files.ts';
import { MergedConfig } from './merged-config.ts';
import { suggestName } from './nearest-name.ts';
import { OptionReader } from './option-reader.ts';
import { readSyslogConfig, type SyslogConfig } from './syslog-config.ts';

export interface DaemonConfig {
  readonly loglevel: Severity;
  /** How long the history and evidence of bans are kept after their end; 0: not at all. */
  readonly dbpurgeageUsec: number;
  /** How long whoever logged in by ssh is not banned; 0: not at all. */
  readonly protectLoginsUsec: number;
  /** How often bans are looked at whose firewall tells nobody when it is changed; 0: never. */
  readonly checkIntervalMs: number;
  readonly syslog: SyslogConfig;
  /** What is in order, but hardly meant. */
  readonly notices: readonly ConfigError[];
  readonly errors: readonly ConfigError[];
}

const options = ['loglevel', 'dbpurgeage', 'protect_logins', 'checkinterval', 'syslog_listen', 'syslog_allow'];

// As in fail2ban.
const defaultPurgeAgeMs = 24 * 60 * 60 * 1000;
const defaultProtectLoginsMs = 24 * 60 * 60 * 1000;
export const defaultCheckIntervalMs = 10_000;
const longestCheckIntervalMs = 24 * 60 * 60 * 1000;

/** fail2ban's words, too. */
const loglevels: ReadonlyMap<string, Severity> = new Map([
  ['CRITICAL', 'error'],
  ['ERROR', 'error'],
  ['WARNING', 'warning'],
  ['NOTICE', 'notice'],
  ['INFO', 'info'],
  ['DEBUG', 'debug'],
]);
/** fail2ban's for what is written while it is mended itself. */
const deeperLevels = ['HEAVYDEBUG', 'TRACEDEBUG'];

export function loadDaemonConfig(directory: string): DaemonConfig {
  const config = loadMergedConfig(directory, 'ringjail', { isOptional: true });
  const reader = new OptionReader(config, 'Definition');
  for (const { name, origin } of config.options('Definition')) {
    if (!options.includes(name)) reader.fail(origin, `unknown option ${quoteText(name)}${suggestName(name, options)}`);
  }
  const former = new OptionReader(loadFormer(directory, config), 'Definition');
  /** Whoever sets it, ours first. */
  const readerOf = (option: string) => (config.get('Definition', option).ok && reader.value(option) === undefined ? former : reader);
  const value = readerOf('loglevel').value('loglevel');
  const word = value?.text.trim().toUpperCase() ?? 'INFO';
  const loglevel = deeperLevels.includes(word) ? 'debug' : loglevels.get(word);
  if (loglevel === undefined && value !== undefined) {
    reader.fail(value.origin, `loglevel = ${quoteText(value.text)}: expected one of ${[...loglevels.keys()].join(', ')}`);
  }
  const dbpurgeageUsec = usecOr0(readerOf('dbpurgeage'), 'dbpurgeage', defaultPurgeAgeMs);
  const protectLoginsUsec = usecOr0(reader, 'protect_logins', defaultProtectLoginsMs);
  const checkIntervalMs = readCheckIntervalMs(reader);
  const notices: ConfigError[] = [];
  const syslog = readSyslogConfig(reader, notices);
  const errors = [...config.errors, ...reader.errors, ...former.errors];
  return { loglevel: loglevel ?? 'info', dbpurgeageUsec, protectLoginsUsec, checkIntervalMs, syslog, notices, errors };
}

/** What else stands in fail2ban's own settings (its socket, its log) is about fail2ban, and its errors are. */
function loadFormer(directory: string, own: MergedConfig): MergedConfig {
  const isOurs = own.errors.length > 0 || own.files.some((file) => basename(file) === 'ringjail.conf');
  return isOurs ? new MergedConfig([], []) : loadMergedConfig(directory, 'fail2ban', { isOptional: true });
}

function usecOr0(reader: OptionReader, option: string, fallbackMs: number): number {
  if (reader.text(option, '').trim() === '0') return 0;
  return reader.durationUsec(option, fallbackMs, { mayBeForGood: true });
}

function readCheckIntervalMs(reader: OptionReader): number {
  const value = reader.value('checkinterval');
  if (value === undefined) return defaultCheckIntervalMs;
  const ms = value.text.trim() === '0' ? 0 : (parseDuration(value.text.trim()) ?? Number.NaN);
  if (ms === 0 || (ms >= 1000 && ms <= longestCheckIntervalMs)) return ms;
  reader.fail(value.origin, `checkinterval = ${quoteText(value.text)}: expected a time from 1s to 1d, or 0 for never`);
  return defaultCheckIntervalMs;
}
