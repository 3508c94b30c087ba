// filter.d/NAME.conf with what is laid over it, a jail's arguments and the jail's own options, to a filter's expressions: all of
// fail2ban's dialect that concerns filters (jail.conf(5), "FILTER FILES"). Nothing is compiled here.
import { ok, type Result } from '../core/result.ts';
import type { NamedDefinition } from './action-list.ts';
import { type ConfigError, type Origin, quoteText } from './config-error.ts';
import { loadMergedConfig } from './config-files.ts';
import { createExpression, describeMissingHost, type ExpressionKind, type ExpressionText } from './expression-text.ts';
import { filterOptions, findUnusedNames } from './filter-names.ts';
import { FilterValues, plainValue } from './filter-values.ts';
import type { ConfigValue, GivenValues } from './interpolation.ts';
import { parseJournalmatch } from './journalmatch.ts';
import { MergedConfig } from './merged-config.ts';
import { parseBoolean } from './option-reader.ts';
import { TagSubstitution } from './tag-substitution.ts';

export type UseDns = 'yes' | 'warn' | 'no' | 'raw';

export interface FilterDefinition {
  readonly name: string;
  readonly prefregex: ExpressionText | undefined;
  /** In fail2ban's order. Empty where nothing sets one: the filter finds nothing. */
  readonly failregex: readonly ExpressionText[];
  readonly ignoreregex: readonly ExpressionText[];
  /** Ours: who logged in, by a line of its own; the prefregex is not asked. */
  readonly successregex: readonly ExpressionText[];
  /** How many lines an expression sees at once. */
  readonly maxlines: number;
  /** As configured; lines are alternatives. */
  readonly datepattern: { readonly text: string; readonly origin: Origin } | undefined;
  /** Lines, all of them alternatives; each fit for `parseJournalmatch`. */
  readonly journalmatch: readonly string[];
  /** Of the journal's entries, only what no user's own process wrote: `systemonly = yes`, ours alone. */
  readonly isSystemOnly: boolean;
  /** `file`, `journal`, `short`, `rfc5424` in the stock filters: the form of the lines that the expressions expect. */
  readonly logtype: string;
  readonly usedns: UseDns;
}

export interface FilterRequest {
  /** The jail that asks; errors carry it. */
  readonly section: string | undefined;
  /** Where the filter and its arguments are named. */
  readonly origin: Origin;
  /** The logtype where neither the arguments nor [Definition] set one: `journal` for records of the journal, else `file`. */
  readonly logtype: string;
  /**
   * What the jail sets of the filter's own options. `known` holds the filter's values as known/NAME, for the jail's interpolation:
   * `(option, known) => config.get(jail, option, known)`.
   */
  readonly jailOption?: (option: FilterOption, known: GivenValues) => Result<ConfigValue | undefined, ConfigError[]>;
  /** Other values of the jail that a filter may refer to, such as `backend`. */
  readonly context?: GivenValues;
}

export interface LoadedFilter {
  /** Undefined where there are errors. */
  readonly definition: FilterDefinition | undefined;
  /** The filter's options as known/NAME: what the jail's other options may refer to. */
  readonly known: GivenValues;
  readonly errors: readonly ConfigError[];
  /** What is without effect, and likely a mistake. */
  readonly notices: readonly ConfigError[];
}

type FilterOption = (typeof filterOptions)[number];

/** Memory is bounded by it: each line of the buffer may be a long one. Stock filters have 20 at the most. */
const mostMaxlines = 1000;

/** After so many a filter is something else. fail2ban's longest has 70. */
const mostExpressions = 5000;
const mostErrors = 50;

/** Characters of all known/NAME together, for options that multiply each other; one in error may have taken as long as a long one. */
const mostKnownLength = 4 * 1024 * 1024;
const costOfError = 100 * 1024;

/**
 * `named`: `sshd[mode=aggressive]` parsed; the name stands for a file in filter.d; undefined for no file, where the jail sets all. Never
 * throws for what is in the files.
 */
export function loadFilterDefinition(directory: string, named: NamedDefinition | undefined, request: FilterRequest): LoadedFilter {
  const config = named === undefined ? new MergedConfig([], []) : loadMergedConfig(directory, `filter.d/${named.name}`);
  return new DefinitionReader(config, named, request).read();
}

class DefinitionReader {
  readonly #errors: ConfigError[] = [];
  readonly #notices: readonly ConfigError[];
  readonly #name: string;
  readonly #request: FilterRequest;
  readonly #values: FilterValues;
  readonly #tags: TagSubstitution;
  readonly #logtype: string;

  constructor(config: MergedConfig, named: NamedDefinition | undefined, request: FilterRequest) {
    const { name, options } = named ?? { name: request.section ?? '', options: new Map<string, string>() };
    this.#name = name;
    this.#request = request;
    const filterArguments = new Map([...options].map(([option, text]) => [option, plainValue(text, request.origin)]));
    const isLogtypeSet = (options.get('logtype') ?? '') !== '' || config.options('Definition').some((option) => option.name === 'logtype');
    if (!isLogtypeSet) filterArguments.set('logtype', plainValue(request.logtype, request.origin));
    this.#values = new FilterValues(config, filterArguments, request.context ?? new Map(), request.origin);
    this.#tags = new TagSubstitution((tag) => this.#values.find(tag));
    this.#add([...config.errors, ...this.#values.errors]);
    if (named !== undefined && config.errors.length === 0 && !config.hasSection('Definition')) {
      const message = 'no section [Definition]; put it above the options';
      this.#add([{ file: config.files[0] ?? name, line: undefined, section: undefined, message }]);
    }
    this.#notices = config.errors.length > 0 ? [] : findUnusedNames(config, options.keys(), request.origin);
    this.#logtype = this.#filterValue('logtype')?.text ?? request.logtype;
  }

  read(): LoadedFilter {
    if (this.#errors.length > 0) return this.#finish(undefined, new Map());
    const known = this.#known();
    const settings = new Map(filterOptions.map((option) => [option, this.#settings(option, known)] as const));
    const valuesOf = (option: FilterOption): readonly ConfigValue[] => settings.get(option) ?? [];
    // The filter's own come after the jail's, so they hold; of datepattern the jail's does.
    const usedns = this.#readUsedns(valuesOf('usedns')[0]);
    const maxlines = this.#readMaxlines(valuesOf('maxlines')[0]);
    const read: ReadExpression = (kind, value, start, end) => {
      const isMultiline = kind === 'failregex' && maxlines > 1;
      return createExpression({ kind, value, start, end, hostHasName: usedns !== 'no', isMultiline, section: this.#request.section });
    };
    const [prefix] = valuesOf('prefregex');
    const hasPrefix = prefix !== undefined && prefix.text !== '';
    const [prefregex] = hasPrefix ? this.#readExpressions('prefregex', [{ value: prefix, start: 0, end: prefix.text.length }], read) : [];
    const failregex = this.#readExpressions('failregex', valuesOf('failregex').flatMap(linesOf), read);
    // A prefregex in error might tell who failed.
    if (!hasPrefix || prefregex !== undefined) this.#checkHosts(failregex, prefregex);
    const successregex = this.#readExpressions('successregex', valuesOf('successregex').flatMap(linesOf), read);
    this.#checkHosts(successregex, undefined);
    const datepattern = valuesOf('datepattern').at(-1);
    const definition: FilterDefinition = {
      name: this.#name,
      prefregex,
      failregex,
      ignoreregex: this.#readExpressions('ignoreregex', valuesOf('ignoreregex').flatMap(linesOf), read),
      successregex,
      maxlines,
      datepattern: datepattern && { text: datepattern.text, origin: datepattern.originOf(0, datepattern.text.length) },
      journalmatch: this.#readJournalmatch(valuesOf('journalmatch').flatMap(linesOf)),
      isSystemOnly: this.#readSystemOnly(),
      logtype: this.#logtype,
      usedns,
    };
    return this.#finish(definition, known);
  }

  #finish(definition: FilterDefinition | undefined, known: GivenValues): LoadedFilter {
    const section = this.#request.section;
    const notices = this.#notices.map((notice) => ({ ...notice, section }));
    if (this.#errors.length > 0) return { definition: undefined, known, errors: this.#errors, notices };
    if (definition?.failregex.length === 0) {
      const message = `filter ${quoteText(this.#name)} has no failregex, so it finds nothing`;
      notices.push({ ...this.#request.origin, section, message });
    }
    return { definition, known, errors: [], notices };
  }

  /** The values of an option that count: the filter's unless the jail has its own, but what the arguments or [Init] set stays beside that. */
  #settings(option: FilterOption, known: GivenValues): readonly ConfigValue[] {
    const fromJail = this.#request.jailOption?.(option, known) ?? ok(undefined);
    if (!fromJail.ok) this.#add(fromJail.error);
    const jailValue = fromJail.ok ? fromJail.value : undefined;
    const own = jailValue === undefined || this.#values.isPreset(option) ? this.#filterValue(option) : undefined;
    return [own, jailValue].filter((value) => value !== undefined);
  }

  /** With its tags replaced; undefined where it is not set, or in error. */
  #filterValue(option: string): ConfigValue | undefined {
    const value = this.#resolve(option);
    if (!value.ok) this.#add(value.error);
    return value.ok ? value.value : undefined;
  }

  #resolve(option: string): Result<ConfigValue | undefined, ConfigError[]> {
    const value = this.#values.get(option);
    return value.ok && value.value !== undefined ? this.#tags.resolve(option, value.value) : value;
  }

  /** An option in error is left out: if it is used, it is told there. */
  #known(): GivenValues {
    const known = new Map<string, string>();
    let budget = mostKnownLength;
    for (const name of this.#values.names()) {
      if (budget < 0) break;
      const value = this.#resolve(name);
      budget -= value.ok ? (value.value?.text.length ?? 0) : costOfError;
      if (value.ok && value.value !== undefined) known.set(`known/${name}`, value.value.text);
    }
    return known;
  }

  #readExpressions(kind: ExpressionKind, lines: readonly Line[], read: ReadExpression): ExpressionText[] {
    const expressions: ExpressionText[] = [];
    for (const { value, start, end } of lines) {
      if (this.#errors.length >= mostErrors) break;
      if (expressions.length >= mostExpressions) {
        this.#fail(value.originOf(start, end), `more than ${mostExpressions} expressions in ${kind}; the rest is not read`);
        break;
      }
      const expression = read(kind, value, start, end);
      if (expression.ok) expressions.push(expression.value);
      else this.#errors.push(expression.error);
    }
    return expressions;
  }

  #checkHosts(failregex: readonly ExpressionText[], prefregex: ExpressionText | undefined): void {
    const names = this.#values.names();
    for (const expression of failregex) {
      if (this.#errors.length >= mostErrors) break;
      const message = describeMissingHost(expression, prefregex, names);
      if (message !== undefined) this.#fail(expression.origin, message);
    }
  }

  #readUsedns(value: ConfigValue | undefined): UseDns {
    const word = value?.text.trim().toLowerCase() ?? 'warn';
    if (word === 'yes' || word === 'warn' || word === 'no' || word === 'raw') return word;
    if (value !== undefined) this.#fail(value.origin, `usedns = ${quoteText(value.text)}: expected yes, warn, no or raw`);
    return 'no';
  }

  #readSystemOnly(): boolean {
    const value = this.#filterValue('systemonly');
    const isSystemOnly = value === undefined ? false : parseBoolean(value.text.trim());
    if (value !== undefined && isSystemOnly === undefined)
      this.#fail(value.origin, `systemonly = ${quoteText(value.text)}: expected yes or no`);
    return isSystemOnly === true;
  }

  #readMaxlines(value: ConfigValue | undefined): number {
    const text = value?.text.trim() ?? '';
    if (value === undefined) return 1;
    const lines = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (lines >= 1 && lines <= mostMaxlines) return lines;
    this.#fail(value.origin, `maxlines = ${quoteText(value.text)}: expected a whole number from 1 to ${mostMaxlines}`);
    return 1;
  }

  #readJournalmatch(lines: readonly Line[]): string[] {
    return lines.map(({ value, start, end }) => {
      const line = value.text.slice(start, end);
      const parsed = parseJournalmatch(line);
      if (!parsed.ok && this.#errors.length < mostErrors) this.#fail(value.originOf(start, end), `journalmatch: ${parsed.error}`);
      return line;
    });
  }

  #fail({ file, line }: Origin, message: string): void {
    this.#errors.push({ file, line, section: this.#request.section, message });
  }

  /** Several options may end in the same error. */
  #add(errors: readonly ConfigError[]): void {
    for (const error of errors) {
      const isTold = this.#errors.some(
        ({ file, line, message }) => file === error.file && line === error.line && message === error.message,
      );
      if (!isTold) this.#errors.push({ ...error, section: this.#request.section });
    }
  }
}

type ReadExpression = (kind: ExpressionKind, value: ConfigValue, start: number, end: number) => Result<ExpressionText, ConfigError>;

/** A part of a value. */
interface Line {
  readonly value: ConfigValue;
  readonly start: number;
  readonly end: number;
}

/** Those that are not empty. */
function linesOf(value: ConfigValue): Line[] {
  let start = 0;
  const lines: Line[] = [];
  for (const line of value.text.split('\n')) {
    if (line !== '') lines.push({ value, start, end: start + line.length });
    start += line.length + 1;
  }
  return lines;
}
