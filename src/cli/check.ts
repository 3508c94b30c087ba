// ringjail check: what the configuration says, and everything in it that must be mended. Exit code 78 where there is such.
import { type ConfigError, formatConfigError } from '../config/config-error.ts';
import { loadDaemonConfig } from '../config/daemon-config.ts';
import { type JailConfig, loadJails } from '../config/jail-config.ts';
import { formatDuration } from '../core/duration.ts';
import { RingjailError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { jailContextOf } from '../daemon/jail-context.ts';
import type { CommandContext } from './command-context.ts';

export async function check({ paths, isJson, print }: CommandContext): Promise<number> {
  const settings = loadDaemonConfig(paths.config);
  // As the service runs it, whoever asks: without root.
  const { jails, disabled, errors, notices } = loadJails(jailContextOf(paths.config, false, settings));
  const all = [...settings.errors, ...errors];
  if (isJson) {
    print(JSON.stringify({ jails: jails.map(describe), disabled, errors: all, notices }, undefined, 2));
  } else {
    const lines = [
      ...jails.map(describe).map(formatJail),
      ...(disabled.length === 0 ? [] : [`not enabled: ${disabled.join(', ')}`]),
      ...[...settings.notices, ...notices].map((notice) => `notice: ${formatConfigError(notice)}`),
      ...all.map((error: ConfigError) => `error: ${formatConfigError(error)}`),
      all.length === 0 ? `${paths.config}: nothing to mend` : `${paths.config}: ${all.length} to mend`,
    ];
    print(lines.map(printable).join('\n'));
  }
  return all.length === 0 ? 0 : new RingjailError('configuration', '').exitCode;
}

function describe({ options, policy, records, filter, expressions }: JailConfig) {
  return {
    name: options.name,
    sources: records.descriptions,
    filter: filter.name,
    expressions,
    actions: options.actions,
    maxretry: options.maxretry,
    counts: options.isDistinct ? 'different ports' : 'failures',
    findtime: formatDuration(options.findtimeUsec / 1000),
    bantime: formatDuration(options.bantimeUsec / 1000),
    ignoreip: [...options.ignoreip.entries().map(({ network }) => network.text), ...policy.ignoredNames],
    ignorecommand: policy.ignorecommand && [policy.ignorecommand.program, ...policy.ignorecommand.args].join(' '),
  };
}

function formatJail({
  name,
  sources,
  filter,
  expressions,
  actions,
  maxretry,
  counts,
  findtime,
  bantime,
  ignoreip,
  ignorecommand,
}: ReturnType<typeof describe>): string {
  const spared = [...ignoreip, ...(ignorecommand === undefined ? [] : [`whom "${ignorecommand}" says`])];
  const ignored = spared.length === 0 ? '' : `, ignoring ${spared.join(' ')}`;
  const how = expressions === 0 ? '' : ` (${expressions} expression${expressions === 1 ? '' : 's'})`;
  return (
    `jail ${name}: ${maxretry} ${counts} within ${findtime} by filter ${filter}${how} on ${sources.join(' and ')} ` +
    `are banned for ${bantime} by ${actions.join(', ')}${ignored}`
  );
}
