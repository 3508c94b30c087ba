// filter.d/NAME.conf to a filter at work: one of expressions, or the one that needs none (`netfilter = blocked` in [Definition]).
import type { Clock } from '../core/clock.ts';
import { parseZoneMinutes, unknownZone } from '../match/date-zone-name.ts';
import { createExpressionFilter } from '../match/expression-filter.ts';
import { mayNameText } from '../match/failregex-group.ts';
import type { Filter } from '../match/filter.ts';
import { NetfilterFilter } from '../match/netfilter-filter.ts';
import { type NamedDefinition, parseDefinition } from './action-list.ts';
import { type ConfigError, quoteText } from './config-error.ts';
import { loadMergedConfig } from './config-files.ts';
import { type FilterDefinition, loadFilterDefinition, type UseDns } from './filter-definition.ts';
import type { ConfigValue } from './interpolation.ts';
import { createLineFilter, type WorkingFilter } from './line-filter-config.ts';
import type { MergedConfig } from './merged-config.ts';
import { suggestName } from './nearest-name.ts';
import { OptionReader, parseBoolean } from './option-reader.ts';
import { parseBackends, type RecordSource, readRecordSource } from './record-source.ts';

const netfilterOptions = ['netfilter', 'forwarded', 'logprefix'];

export interface JailFilter {
  readonly filter: Filter;
  /** How many failregex; 0 for a filter without expressions. */
  readonly expressions: number;
  readonly usedns: UseDns;
  /** Whether whom it finds may be no address: <F-ID>, or `usedns = raw`. */
  readonly findsTexts: boolean;
  readonly records: RecordSource;
  readonly notices: readonly ConfigError[];
}

export interface FilterContext {
  /** The configuration, with filter.d in it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly listensToSyslog: boolean;
}

/**
 * `value`: what the jail says, a name with arguments that replace options of [Definition]: sshd[mode=aggressive]. Undefined where there
 * are errors, which `jail` has then.
 */
export function loadJailFilter(context: FilterContext, jail: OptionReader, value: ConfigValue): JailFilter | undefined {
  const named = parseDefinition(value.text);
  if (!named.ok) {
    jail.fail(value.originAt(named.error.offset), named.error.message);
    return undefined;
  }
  const { name } = named.value;
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) {
    jail.fail(value.origin, `${quoteText(name)} is no name of a filter; name a file of filter.d without .conf`);
    return undefined;
  }
  const config = loadMergedConfig(context.directory, `filter.d/${name}`);
  if (config.errors.length > 0) {
    jail.errors.push(...config.errors.map((error) => ({ ...error, section: jail.section })));
    jail.fail(value.origin, `filter ${quoteText(name)} cannot be read`);
    return undefined;
  }
  const isNetfilter = config.options('Definition').some((option) => option.name === 'netfilter');
  return isNetfilter
    ? loadNetfilterFilter(context, jail, named.value, value, config)
    : loadExpressionFilter(context, jail, named.value, value);
}

/** Of a jail without a filter: its own failregex, `value`, is all there is. */
export function loadOwnFilter(context: FilterContext, jail: OptionReader, value: ConfigValue): JailFilter | undefined {
  return loadExpressionFilter(context, jail, undefined, value);
}

function loadNetfilterFilter(
  { listensToSyslog }: FilterContext,
  jail: OptionReader,
  { name, options }: NamedDefinition,
  value: ConfigValue,
  config: MergedConfig,
): JailFilter | undefined {
  const reader = new OptionReader(config, 'Definition');
  for (const { name: option, origin } of config.options('Definition')) {
    if (!netfilterOptions.includes(option)) {
      reader.fail(origin, `unknown option ${quoteText(option)}${suggestName(option, netfilterOptions)}`);
    }
  }
  for (const key of options.keys()) {
    if (netfilterOptions.includes(key)) continue;
    jail.fail(value.origin, `filter ${name} has no option ${quoteText(key)}${suggestName(key, netfilterOptions)}`);
  }
  const kind = reader.value('netfilter');
  if (kind !== undefined && kind.text !== 'blocked') {
    reader.fail(kind.origin, `netfilter = ${quoteText(kind.text)}: the only kind is "blocked"`);
  }
  const given = options.get('forwarded');
  const forwarded = given === undefined ? reader.boolean('forwarded', false) : parseBoolean(given);
  if (forwarded === undefined) jail.fail(value.origin, `forwarded=${quoteText(given ?? '')}: expected yes or no`);
  const prefixes = (options.get('logprefix') ?? reader.text('logprefix', '')).split('\n').map((line) => line.trim());
  const records = readRecordSource(jail, parseBackends(jail), {
    journalmatch: kernelJournalmatch,
    isSystemOnly: false,
    isOfKernel: true,
    listensToSyslog,
  });
  jail.errors.push(...reader.errors.map((error) => ({ ...error, section: jail.section })));
  if (records === undefined || jail.errors.length > 0) return undefined;
  const filter = new NetfilterFilter({ name, countsForwarded: forwarded === true, prefixes: prefixes.filter((prefix) => prefix !== '') });
  return { filter, expressions: 0, usedns: 'no', findsTexts: false, records, notices: noticesOf(records, jail, value) };
}

/** Where the backend is systemd: the kernel's records in the journal. */
const kernelJournalmatch = ['_TRANSPORT=kernel'];

function loadExpressionFilter(
  context: FilterContext,
  jail: OptionReader,
  named: NamedDefinition | undefined,
  value: ConfigValue,
): JailFilter | undefined {
  const { directory, listensToSyslog } = context;
  const load = (logtype: string) =>
    loadFilterDefinition(directory, named, {
      section: jail.section,
      origin: value.origin,
      logtype,
      jailOption: (option, known) => jail.valueWith(option, known),
    });
  const first = load('journal');
  const { journalmatch = [], isSystemOnly = false } = first.definition ?? {};
  const request = { journalmatch, isSystemOnly, isOfKernel: false, listensToSyslog };
  const trial = new OptionReader(jail.config, jail.section);
  const records = readRecordSource(trial, parseBackends(trial), request);
  const { definition, errors, notices } = records?.hasFiles ? load('file') : first;
  jail.errors.push(...errors);
  const working = definition && compile(definition, context, jail, records?.hasFiles ?? false);
  // What is wrong with the filter comes first: it may be why nothing says where its records are.
  if (working !== undefined) jail.errors.push(...trial.errors);
  if (definition === undefined || working === undefined || records === undefined || jail.errors.length > 0) return undefined;
  const successes = compileSuccesses(definition, context, jail, records.hasFiles);
  if (jail.errors.length > 0) return undefined;
  const filter = createExpressionFilter({ name: named?.name ?? jail.section, hasDates: records.hasFiles, ...working, successes });
  return {
    filter,
    expressions: definition.failregex.length,
    usedns: definition.usedns,
    findsTexts: findsTexts(definition),
    records,
    notices: [...notices, ...noticesOf(records, jail, value)],
  };
}

function compile(definition: FilterDefinition, { clock }: FilterContext, jail: OptionReader, hasDates: boolean): WorkingFilter | undefined {
  const logtimezone = readTimeZone(jail);
  const working = createLineFilter(definition, { section: jail.section, hasDates, logtimezone, nowSec: () => clock() / 1e6 });
  if (!working.ok) jail.errors.push(...working.error);
  return working.ok ? working.value : undefined;
}

function findsTexts({ prefregex, failregex, usedns }: FilterDefinition): boolean {
  const expressions = prefregex === undefined ? failregex : [prefregex, ...failregex];
  const groups = expressions.flatMap((expression) => expression.groups).filter((name) => name !== undefined);
  return mayNameText(groups, usedns === 'raw');
}

/** Undefined where nobody asks for it. */
function compileSuccesses(
  definition: FilterDefinition,
  context: FilterContext,
  jail: OptionReader,
  hasDates: boolean,
): WorkingFilter | undefined {
  const { successregex } = definition;
  if (successregex.length === 0 || parseBoolean(jail.text('reset_on_success', 'no').trim()) !== true) return undefined;
  const expressions = { ...definition, prefregex: undefined, failregex: successregex, ignoreregex: [], maxlines: 1 };
  return compile(expressions, context, jail, hasDates);
}

function readTimeZone(jail: OptionReader): string | undefined {
  const value = jail.value('logtimezone');
  const zone = value?.text.trim() ?? '';
  if (value === undefined || zone === '' || zone === 'None') return undefined;
  if (parseZoneMinutes(zone) !== undefined) return zone;
  jail.fail(value.origin, `logtimezone = ${quoteText(zone)}: ${unknownZone}`);
  return undefined;
}

function noticesOf({ notices }: RecordSource, { section }: OptionReader, { origin }: ConfigValue): ConfigError[] {
  return notices.map((notice) => ({ ...(notice.origin ?? origin), section, message: `jail ${section}: ${notice.message}` }));
}
