// ringjail run: the daemon in the foreground, until SIGTERM or SIGINT.

import { formatConfigError } from '../config/config-error.ts';
import { loadDaemonConfig } from '../config/daemon-config.ts';
import { parseDuration } from '../core/duration.ts';
import { RingjailError } from '../core/errors.ts';
import { createLog } from '../core/log.ts';
import { longestConfirmMs } from '../daemon/commit-confirm.ts';
import { Daemon } from '../daemon/daemon.ts';
import { jailContextOf } from '../daemon/jail-context.ts';
import { JailSet } from '../daemon/jail-set.ts';
import type { CommandContext } from './command-context.ts';
import { requireDirectory } from './require-directory.ts';

/** `confirm`: the time of --confirm as given; undefined without it. */
export async function run({ version, paths }: CommandContext, confirm?: string): Promise<number> {
  const confirmMs = confirm === undefined ? undefined : requireConfirmMs(confirm);
  requireDirectory(paths.config);
  const settings = loadDaemonConfig(paths.config);
  const log = createLog({
    threshold: settings.loglevel,
    forJournal: process.env['JOURNAL_STREAM'] !== undefined,
    write: (line) => void process.stderr.write(line),
  });
  const jails = new JailSet(() => jailContextOf(paths.config, process.getuid?.() === 0, settings));
  jails.load();
  for (const error of [...settings.errors.map(formatConfigError), ...jails.errors]) log.error(error);
  for (const warning of jails.warnings) log.warning(warning);
  if (jails.running.length === 0) {
    const cure = jails.errors.length > 0 ? 'mend the errors above' : 'set enabled = true in a jail of jail.local';
    throw new RingjailError('configuration', `no jail can run with ${paths.config}: ${cure}`);
  }
  log.notice(`ringjail ${version} starts with ${paths.config}: jails ${jails.names.join(', ')}`);
  // Where the terminal is gone there is nobody to tell, and still bans to lift (--confirm): the end must be one in order.
  process.stderr.on('error', () => undefined);
  const daemon = new Daemon({ version, paths, jails, log, settings, confirmMs });
  const stop = () => daemon.stop();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // From a terminal that was closed it means the end; from systemd or a person, by kill -HUP, to read the configuration again.
  process.on('SIGHUP', () => (process.stderr.isTTY ? daemon.stop() : void daemon.reload()));
  await daemon.run();
  return 0;
}

function requireConfirmMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= longestConfirmMs) return ms;
  throw new RingjailError('usage', `--confirm ${text}: expected a time of up to 24 days, such as 10m`);
}
