// The tags of an action that stand for something of the ban at hand (jail.conf(5), "TAGS"), and what may be in their values. Pure.

/** `exact`: addresses, numbers, names of a narrow alphabet, checked before use. `text`: whatever a log or a name server says. */
export type PlaceholderKind = 'exact' | 'text';

const kinds: ReadonlyMap<string, PlaceholderKind> = new Map([
  ...[
    'ip',
    'ip-rev',
    'family',
    'fid',
    'failures',
    'ipfailures',
    'ipjailfailures',
    'bantime',
    'bancount',
    'restored',
    'time',
    'jail.banned',
    'jail.banned_total',
    'jail.found',
    'jail.found_total',
    'fq-hostname',
    'sh-hostname',
  ].map((tag) => [tag, 'exact'] as const),
  ...['ip-host', 'matches', 'ipmatches', 'ipjailmatches'].map((tag) => [tag, 'text'] as const),
]);

/** Tags that are the same for every ban: a line break and a space that configuration files cannot hold otherwise. */
export const fixedTags: ReadonlyMap<string, string> = new Map([
  ['br', '\n'],
  ['sp', ' '],
]);

/** Undefined for what is no tag of a ban. `F-USER` and its like are what the filter's expression found. */
export function placeholderKind(tag: string): PlaceholderKind | undefined {
  return /^F-[A-Z0-9_-]{1,64}$/.test(tag) ? 'text' : kinds.get(tag);
}

/** The name in `<name>` at `position`, whether a ban has it or not; undefined for a tag that is always the same. */
export function tagAt(text: string, position: number): string | undefined {
  if (text[position] !== '<') return undefined;
  const pattern = /<([A-Za-z][\w./-]{0,63})>/y;
  pattern.lastIndex = position;
  const tag = pattern.exec(text)?.[1];
  return tag !== undefined && !fixedTags.has(tag) ? tag : undefined;
}

/** The environment variable that holds the value of `<tag>`. */
export const variableOf = (tag: string): string => `RJ_${tag.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

// Nothing here has a meaning to a shell, an awk, sed or SQL text, or a printf format.
const exactText = /^(?!-)[\w.:@/+=,~-]{0,256}$|^-1$/;

/** Whether a value of kind `exact` is one: no option, and nothing but a word to whoever reads it. -1 is a ban's time for good. */
export const isExact = (value: string): boolean => exactText.test(value);
