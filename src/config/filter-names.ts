// Names in a filter that nothing reads: an argument such as `mod=aggressive`, an option such as `failregexp`. Both are silently nothing
// in fail2ban, where any name may serve as a tag. Pure.
import { type ConfigError, type Origin, quoteText } from './config-error.ts';
import { defaultSection } from './ini.ts';
import type { MergedConfig } from './merged-config.ts';
import { nearestName, suggestName } from './nearest-name.ts';

/** The options that the engine reads. */
export const filterOptions = [
  'usedns',
  'prefregex',
  'maxlines',
  'failregex',
  'ignoreregex',
  'datepattern',
  'journalmatch',
  'successregex',
] as const;

/** jail.conf passes `mode` to every filter, and `logtype` is for whoever includes common.conf. */
const silentNames = ['mode', 'logtype', 'systemonly'];

/** With more options than that a filter was not written by hand; looking for mistakes in names takes its time. */
const mostOptions = 1000;

/** `filterArguments`: names that the jail gives at `origin`. */
export function findUnusedNames(config: MergedConfig, filterArguments: Iterable<string>, origin: Origin): ConfigError[] {
  const options = [...config.sections, defaultSection].flatMap((section) => config.options(section));
  if (options.length > mostOptions) return [];
  const text = options.map((option) => option.text).join('\n');
  const read = new Set<string>([...filterOptions, ...silentNames, ...namesIn(text)]);
  // `<mdre-<mode>>` reads any name that begins with "mdre-".
  const composed = [...text.matchAll(/<([^<> ]*)<[^<> ]+>([^<> ]*)>/g)].map(([, start = '', end = '']) => ({ start, end }));
  const isRead = (name: string): boolean =>
    read.has(name) || composed.some(({ start, end }) => name.startsWith(start) && name.endsWith(end));
  const notices: ConfigError[] = [];
  const names = new Set(options.map(({ name }) => name));
  for (const name of filterArguments) {
    if (isRead(name.toLowerCase()) || names.has(name.toLowerCase())) continue;
    const cure = suggestName(name, [...names, ...silentNames, ...filterOptions]);
    notices.push({ ...origin, section: undefined, message: `the filter reads no option ${quoteText(name)}, so it has no effect${cure}` });
  }
  for (const option of config.options('Definition')) {
    const meant = isRead(option.name) ? undefined : nearestName(option.name, filterOptions);
    if (meant === undefined) continue;
    notices.push({ ...option.origin, section: undefined, message: `nothing reads ${quoteText(option.name)}; did you mean "${meant}"?` });
  }
  return notices;
}

/** What `<name>`, `<section/name>` and `%(section/name)s` refer to. */
function* namesIn(text: string): Generator<string> {
  for (const [, tag, reference] of text.matchAll(/<([^ <>]{1,200})>|%\(([^)]{1,200})\)s/g)) {
    const name = (tag ?? reference ?? '').toLowerCase();
    yield name;
    yield name.slice(name.lastIndexOf('/') + 1);
  }
}
