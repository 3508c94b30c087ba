// What `ringjail check` prints for people: three short lines a jail, then what has no effect, what must be mended, and what rsyslog needs.
import { relative } from 'node:path';
import { type ConfigError, formatConfigError, type LogFile } from '../config/config-error.ts';
import type { ListenAddress } from '../source/listen-address.ts';
import { wrapNames } from './name-lines.ts';

export interface CheckedJail {
  readonly name: string;
  readonly sources: readonly string[];
  /** Which rsyslog forwards, or would have to. */
  readonly files: readonly LogFile[];
  readonly filter: string;
  readonly expressions: number;
  readonly actions: readonly string[];
  readonly maxretry: number;
  readonly counts: string;
  readonly findtime: string;
  readonly bantime: string;
  readonly ignoreip: readonly string[];
  /** A command that says of whom else it is. */
  readonly ignorecommand?: string | undefined;
}

export interface CheckReport {
  /** Of the configuration; errors in it are told by their path in it. */
  readonly directory: string;
  readonly jails: readonly CheckedJail[];
  readonly disabled: readonly string[];
  readonly notices: readonly ConfigError[];
  readonly errors: readonly ConfigError[];
  readonly listen: readonly ListenAddress[];
}

export function formatCheck(report: CheckReport): string[] {
  const { directory, jails, disabled, notices, errors } = report;
  const names = new Set(jails.map(({ name }) => name));
  const isOfJail = ({ section }: ConfigError) => section !== undefined && names.has(section);
  const shorten = (error: ConfigError): ConfigError => ({ ...error, file: shortPath(directory, error.file) });
  const others = notices.filter((notice) => !isOfJail(notice)).map(shorten);
  const lines = [
    ...jails.flatMap((jail) => [
      ...formatJail(jail),
      ...notices.filter(({ section }) => section === jail.name).map((notice) => `  notice: ${withoutJail(notice)}`),
    ]),
    ...(disabled.length === 0 ? [] : ['', `not enabled: ${disabled.length}`, ...wrapNames(disabled)]),
    ...(others.length === 0 ? [] : ['', ...others.map((notice) => `notice: ${formatConfigError(notice)}`)]),
    ...formatErrors(errors.map(shorten)),
    ...formatRecipe(report),
    '',
    verdict(report),
  ];
  return lines[0] === '' ? lines.slice(1) : lines;
}

function formatJail(jail: CheckedJail): string[] {
  const { name, sources, filter, expressions, actions, maxretry, counts, findtime, bantime, ignoreip, ignorecommand } = jail;
  const spared = [...ignoreip, ...(ignorecommand === undefined ? [] : [`whom "${ignorecommand}" says`])];
  const how = expressions === 0 ? '' : `, ${expressions} expression${expressions === 1 ? '' : 's'}`;
  const time = bantime === 'permanent' ? 'for good' : `for ${bantime}`;
  const what = maxretry === 1 ? counts.replace(/s$/, '') : counts;
  return [
    `jail ${name}: ${maxretry} ${what} within ${findtime}, then banned ${time}`,
    `  from ${sources.join(' and ')} by filter ${filter}${how}`,
    `  by ${actions.length === 0 ? 'no action: bans are noted only' : actions.join('; ')}`,
    ...(spared.length === 0 ? [] : [`  never banned: ${spared.join(' ')}`]),
  ];
}

/** One line an error; jails that lack the same file share one. */
function formatErrors(errors: readonly ConfigError[]): string[] {
  const byFile = new Map<string, ConfigError[]>();
  const lines: string[] = [];
  for (const error of errors) {
    if (error.logFile === undefined) lines.push(`error: ${formatConfigError(error)}`);
    else byFile.set(error.logFile.path, [...(byFile.get(error.logFile.path) ?? []), error]);
  }
  for (const [path, all] of byFile) {
    const [first] = all;
    if (first === undefined) continue;
    const jails = Array.from(new Set(all.flatMap(({ section }) => section ?? [])));
    const isOne = jails.length === 1;
    const message = `logpath ${path}: ringjail reads no files; until rsyslog forwards it, ${isOne ? `jail ${jails[0]} does` : 'these jails do'} not run`;
    lines.push(`error: ${formatConfigError({ ...first, message })}${isOne ? '' : ':'}`, ...(isOne ? [] : wrapNames(jails)));
  }
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What lets rsyslog forward the files that jails want, each once. */
function formatRecipe({ directory, jails, errors, listen }: CheckReport): string[] {
  const all = [...errors.flatMap(({ logFile }) => logFile ?? []), ...jails.flatMap(({ files }) => files)];
  const files = Array.from(new Map(all.map((file) => [file.path, file])).values());
  if (files.length === 0) return [];
  const address = listen.find((one) => one.transport !== 'unix');
  const { transport, host, port } = address?.transport === undefined ? { transport: 'udp', host: '127.0.0.1', port: 5514 } : address;
  const settings = ['', `# ${directory}/ringjail.local`, '[Definition]', `syslog_listen = ${transport}://${host}:${port}`];
  return [
    '',
    'Files come by rsyslog. Copy what you want of this, then: sudo systemctl restart rsyslog ringjail',
    ...(listen.length === 0 ? ['(as a service it also needs, once: sudo npm run install-service -- --syslog)', ...settings] : []),
    '',
    '# /etc/rsyslog.d/ringjail.conf',
    'module(load="imfile")',
    `ruleset(name="ringjail") { action(type="omfwd" Target="${host}" Port="${port}" Protocol="${transport}") }`,
    ...files.map(({ path, tag }) => `input(type="imfile" File="${quoted(path)}" Tag="${tag}:" Ruleset="ringjail")`),
  ];
}

/** As RainerScript has it in a string. */
const quoted = (text: string): string => text.replace(/["\\$]/g, '\\$&');

function verdict({ directory, jails, errors, disabled }: CheckReport): string {
  const counts = `${jails.length} ${jails.length === 1 ? 'jail is' : 'jails are'} in order, ${disabled.length} not enabled`;
  if (errors.length === 0) return `${directory}: nothing to mend; ${counts}`;
  const broken = new Set(errors.flatMap(({ section }) => section ?? [])).size;
  return `${directory}: ${errors.length} to mend${broken === 0 ? '' : `, in ${broken} ${broken === 1 ? 'jail' : 'jails'}`}; ${counts}`;
}

const withoutJail = ({ message }: ConfigError): string => message.replace(/^jail \S+: /, '');

function shortPath(directory: string, file: string): string {
  const path = relative(directory, file);
  return path === '' || path.startsWith('..') ? file : path;
}
