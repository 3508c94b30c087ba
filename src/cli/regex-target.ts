// What `ringjail regex` looks for: a filter of filter.d, a filter file, or an expression, from the command line's FILTER and IGNOREREGEX.
import { existsSync } from 'node:fs';
import { dirname, join, parse, resolve } from 'node:path';
import { type NamedDefinition, parseDefinition } from '../config/action-list.ts';
import { type ConfigError, formatConfigError } from '../config/config-error.ts';
import { createExpression, describeMissingHost, type ExpressionKind, type ExpressionText } from '../config/expression-text.ts';
import { loadFilterDefinition } from '../config/filter-definition.ts';
import { plainValue } from '../config/filter-values.ts';
import type { FilterExpressions } from '../config/line-filter-config.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RegexOptions } from './regex-options.ts';

export interface RegexTarget extends FilterExpressions {
  /** Of the filter; each fit for `parseJournalmatch`. */
  readonly journalmatch: readonly string[];
  /** For the head of the summary: a label and a text each. */
  readonly description: readonly (readonly [string, string])[];
}

const noFailregex = 'no failregex in this filter, so there is nothing to look for; set one in its [Definition], or name another filter';

/** Where errors say that an expression stands which no file holds. */
const commandLine = '(command line)';

export interface TargetRequest {
  /** The configuration, with filter.d in it. */
  readonly directory: string;
  readonly filter: string;
  readonly ignoreregex: string | undefined;
  readonly options: RegexOptions;
}

export function loadTarget({ directory, filter, ignoreregex, options }: TargetRequest): Result<RegexTarget, ConfigError[]> {
  const file = findFilter(directory, filter);
  const target = file === undefined ? readExpression(filter, options) : loadFilter(file, options);
  if (ignoreregex === undefined) return target;
  const ignored = readIgnoreregex(directory, ignoreregex, options);
  if (!target.ok || !ignored.ok) return err([...(target.ok ? [] : target.error), ...(ignored.ok ? [] : ignored.error)]);
  const description = [...target.value.description, ['ignoreregex', ignoreregex] as const];
  return ok({ ...target.value, ignoreregex: [...target.value.ignoreregex, ...ignored.value], description });
}

interface FilterFile {
  readonly directory: string;
  readonly named: NamedDefinition;
}

/** Undefined where the text is no name of a filter and no path of a file: then it is an expression. */
function findFilter(directory: string, text: string): FilterFile | undefined {
  const named = parseDefinition(text);
  if (!named.ok) return undefined;
  const { name } = named.value;
  if (/^\w[\w.-]*$/.test(name) && !/\.(?:conf|local)$/.test(name)) return { directory, named: named.value };
  const path = resolve(name);
  if (!/\.(?:conf|local)$/.test(name) && !existsSync(path)) return undefined;
  const { dir, name: stem } = parse(path);
  // A configuration's directory holds filter.d, where its names start from; a path may lead anywhere.
  return { directory: dirname(dir), named: { ...named.value, name: join('..', parse(dir).base, stem) } };
}

function loadFilter({ directory, named }: FilterFile, options: RegexOptions): Result<RegexTarget, ConfigError[]> {
  const given = { maxlines: options.maxlines?.toString(), datepattern: options.datepattern, usedns: options.usedns };
  const own = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { definition, errors, notices } = loadFilterDefinition(
    directory,
    { ...named, options: new Map([...named.options, ...own]) },
    { section: undefined, origin: { file: commandLine, line: 1 }, logtype: options.input === 'journal' ? 'journal' : 'file' },
  );
  if (definition === undefined) return err([...errors]);
  const base = parse(named.name).base;
  if (definition.failregex.length === 0) return err([{ file: base, line: undefined, section: undefined, message: noFailregex }]);
  const { prefregex, failregex, ignoreregex, maxlines, datepattern, journalmatch } = definition;
  const description = [
    ['failregex filter', `${base}, basedir: ${directory}`],
    ...[...named.options].map(([option, value]) => ['filter option', `${option} = ${value}`] as const),
    ['maxlines', String(maxlines)],
    ...(datepattern === undefined ? [] : [['datepattern', datepattern.text] as const]),
    ...notices.map((notice) => ['notice', formatConfigError(notice)] as const),
  ] as const;
  return ok({ prefregex, failregex, ignoreregex, maxlines, datepattern, journalmatch, description });
}

function readExpression(text: string, options: RegexOptions): Result<RegexTarget, ConfigError[]> {
  const maxlines = options.maxlines ?? 1;
  const expression = createFrom('failregex', text, options, maxlines > 1);
  if (!expression.ok) return err([expression.error]);
  const message = describeMissingHost(expression.value, undefined, []);
  if (message !== undefined) return err([{ file: commandLine, line: undefined, section: undefined, message }]);
  const datepattern = options.datepattern === undefined ? undefined : { text: options.datepattern, origin: { file: commandLine, line: 1 } };
  const description = [
    ['failregex line', text],
    ['maxlines', String(maxlines)],
    ...(datepattern === undefined ? [] : [['datepattern', datepattern.text] as const]),
  ] as const;
  return ok({ prefregex: undefined, failregex: [expression.value], ignoreregex: [], maxlines, datepattern, journalmatch: [], description });
}

/** An expression, or a filter file whose ignoreregex it is. */
function readIgnoreregex(directory: string, text: string, options: RegexOptions): Result<readonly ExpressionText[], ConfigError[]> {
  const file = /\.(?:conf|local)$/.test(text) ? findFilter(directory, text) : undefined;
  if (file !== undefined) {
    const target = loadFilter(file, options);
    return target.ok ? ok(target.value.ignoreregex) : target;
  }
  const expression = createFrom('ignoreregex', text, options, false);
  return expression.ok ? ok([expression.value]) : err([expression.error]);
}

function createFrom(
  kind: ExpressionKind,
  text: string,
  { usedns }: RegexOptions,
  isMultiline: boolean,
): Result<ExpressionText, ConfigError> {
  const value = plainValue(text, { file: commandLine, line: 1 });
  return createExpression({ kind, value, start: 0, end: text.length, hostHasName: usedns !== 'no', isMultiline, section: undefined });
}
