// ringjail check: what every jail will do, and everything in the configuration that must be mended. Exit code 78 where there is such.
import { loadDaemonConfig } from '../config/daemon-config.ts';
import { type JailConfig, loadJails } from '../config/jail-config.ts';
import { formatDuration } from '../core/duration.ts';
import { RingjailError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { jailContextOf } from '../daemon/jail-context.ts';
import { type CheckedJail, formatCheck } from './check-report.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';
import { requireDirectory } from './require-directory.ts';

export async function check({ paths, isJson, print }: CommandContext): Promise<number> {
  // Programs that read JSON get it in any case.
  if (!isJson) requireDirectory(paths.config);
  const settings = loadDaemonConfig(paths.config);
  // As the service runs it, whoever asks: without root.
  const { jails, disabled, errors, notices } = loadJails(jailContextOf(paths.config, false, settings));
  const all = [...settings.errors, ...errors];
  const described = jails.map(describe);
  if (isJson) {
    print(formatJson({ jails: described, disabled, errors: all, notices: [...settings.notices, ...notices] }, 2));
  } else {
    const lines = formatCheck({
      directory: paths.config,
      jails: described,
      disabled,
      notices: [...settings.notices, ...notices],
      errors: all,
      listen: settings.syslog.listen,
    });
    print(lines.map(printable).join('\n'));
  }
  return all.length === 0 ? 0 : new RingjailError('configuration', '').exitCode;
}

function describe({ options, policy, records, filter, expressions }: JailConfig): CheckedJail {
  return {
    name: options.name,
    sources: records.descriptions,
    files: records.files,
    filter: filter.name,
    expressions,
    actions: options.actions,
    maxretry: options.maxretry,
    counts: options.isDistinct ? 'different ports' : 'failures',
    findtime: formatDuration(options.findtimeUsec / 1000),
    bantime: formatDuration(options.bantimeUsec / 1000),
    ignoreip: [
      ...new Set([...options.ignoreip.entries().map(({ network }) => network.text), ...policy.ignoredNames, ...options.ignoreip.texts()]),
    ],
    ignorecommand: policy.ignorecommand && [policy.ignorecommand.program, ...policy.ignorecommand.args].join(' '),
  };
}
