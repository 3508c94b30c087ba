// filter.d/NAME.conf to a filter. So far the one kind that needs no expression: `netfilter = blocked` in [Definition].
import type { Filter } from '../match/filter.ts';
import { NetfilterFilter } from '../match/netfilter-filter.ts';
import { type NamedDefinition, parseDefinition } from './action-list.ts';
import { type ConfigError, quoteText } from './config-error.ts';
import { loadMergedConfig } from './config-files.ts';
import { loadFilterDefinition } from './filter-definition.ts';
import type { ConfigValue } from './interpolation.ts';
import { createLineFilter } from './line-filter-config.ts';
import { suggestName } from './nearest-name.ts';
import { OptionReader, parseBoolean } from './option-reader.ts';

const ownOptions = ['netfilter', 'forwarded', 'logprefix'];

/** `value`: what the jail says, a name with arguments that replace options of [Definition]: portscan[forwarded=yes]. */
export function loadFilter(
  directory: string,
  jailReader: OptionReader,
  value: ConfigValue,
): { filter: Filter | undefined; errors: ConfigError[] } {
  const jail = jailReader.section;
  const errors: ConfigError[] = [];
  const fail = (message: string, offset = 0) => {
    const { file, line } = value.originAt(offset);
    errors.push({ file, line, section: jail, message });
    return { filter: undefined, errors };
  };
  const named = parseDefinition(value.text);
  if (!named.ok) return fail(named.error.message, named.error.offset);
  const { name } = named.value;
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.'))
    return fail(`${quoteText(name)} is no name of a filter; name a file of filter.d without .conf`);
  const config = loadMergedConfig(directory, `filter.d/${name}`);
  if (config.errors.length > 0) {
    errors.push(...config.errors.map((error) => ({ ...error, section: jail })));
    fail(`filter ${quoteText(name)} cannot be read`);
    return { filter: undefined, errors };
  }
  const reader = new OptionReader(config, 'Definition');
  const kind = reader.value('netfilter');
  if (kind === undefined) {
    errors.push(...findExpressionErrors(directory, jailReader, named.value, value));
    return fail(
      `filter ${quoteText(name)} finds its failures by failregex, which the daemon of this version does not serve yet (ringjail regex does)`,
    );
  }
  for (const { name: option, origin } of config.options('Definition')) {
    if (!ownOptions.includes(option)) reader.fail(origin, `unknown option ${quoteText(option)}${suggestName(option, ownOptions)}`);
  }
  if (kind.text !== 'blocked') reader.fail(kind.origin, `netfilter = ${quoteText(kind.text)}: the only kind is "blocked"`);
  const filter = createNetfilterFilter(named.value, reader, fail);
  errors.push(...reader.errors.map((error) => ({ ...error, section: jail })));
  return { filter: errors.length === 0 ? filter : undefined, errors };
}

/** What must be mended in a filter with expressions before any version can serve it. */
function findExpressionErrors(directory: string, jailReader: OptionReader, named: NamedDefinition, value: ConfigValue): ConfigError[] {
  const { definition, errors } = loadFilterDefinition(directory, named, {
    section: jailReader.section,
    origin: value.origin,
    logtype: 'journal',
    jailOption: (option, known) => jailReader.valueWith(option, known),
  });
  if (definition === undefined || errors.length > 0) return [...errors];
  const working = createLineFilter(definition, { section: jailReader.section, hasDates: true, nowSec: () => 0 });
  return working.ok ? [] : working.error;
}

function createNetfilterFilter({ name, options }: NamedDefinition, reader: OptionReader, fail: (message: string) => unknown): Filter {
  for (const key of options.keys()) {
    if (!ownOptions.includes(key)) fail(`filter ${name} has no option ${quoteText(key)}${suggestName(key, ownOptions)}`);
  }
  const given = options.get('forwarded');
  const forwarded = given === undefined ? reader.boolean('forwarded', false) : parseBoolean(given);
  if (forwarded === undefined) fail(`forwarded=${quoteText(given ?? '')}: expected yes or no`);
  const prefixes = (options.get('logprefix') ?? reader.text('logprefix', '')).split('\n').map((line) => line.trim());
  return new NetfilterFilter({ name, countsForwarded: forwarded === true, prefixes: prefixes.filter((prefix) => prefix !== '') });
}
