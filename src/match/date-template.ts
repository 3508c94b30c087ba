// A date template: one form of dates that a line may carry, from one line of `datepattern` (jail.conf(5)) or from the default list.
import { type BeginBound, boundExpression } from './date-bound.ts';
import { expandTokens } from './date-token.ts';

/** How the match gives the time: by named fields, or by one group that counts seconds. */
type DateKind = 'fields' | 'epoch' | 'long-epoch' | 'tai64n';

export interface DateTemplate {
  /** As fail2ban-regex lists it. */
  readonly name: string;
  /** What it was made from; undefined for the named forms (EPOCH, TAI64N). */
  readonly pattern: string | undefined;
  /** In Python's syntax. Group 1 is cut out of the line. */
  readonly source: string;
  readonly isAnchored: boolean;
  readonly begin: BeginBound;
  readonly kind: DateKind;
  /** The group with the number; for fields not used. */
  readonly valueGroup: number;
  /** Its rank where several match. */
  readonly weight: number;
}

export const lineBegin = '{^LN-BEG}';
const unbound = '{UNB}';
/** Copies at the line's beginning come first: a date there is the record's own. */
const lineBeginWeight = 100;

const epochNumber = String.raw`\d{10,11}\b(?:\.\d{3,6})?`;
const longEpochNumber = String.raw`\d{10,11}(?:\d{3}(?:\.\d{1,6}|\d{3})?)?`;
const epochField = /(?<!\\)\{L?EPOCH\}/gi;

/** `lastYear`: see expandTokens. The pattern is not checked. */
export function createTemplate(pattern: string, lastYear: number): DateTemplate {
  const key = pattern.includes('%') ? pattern : pattern.toUpperCase();
  if (key.includes('EPOCH') && pattern.search(epochField) !== -1) return createEpochField(pattern, key.includes('LEPOCH'));
  switch (key) {
    case 'EPOCH':
    case 'LEPOCH':
      return createEpoch(key === 'LEPOCH', false);
    case '^EPOCH':
    case `${lineBegin}EPOCH`:
      return createEpoch(false, true);
    case '^LEPOCH':
    case `${lineBegin}LEPOCH`:
      return createEpoch(true, true);
    case 'TAI64N':
      return createTai64n('none');
    case '^TAI64N':
    case `${lineBegin}TAI64N`:
      return createTai64n('line');
    default:
      return createFields(pattern, lastYear);
  }
}

/** The copy of a default template that is tried first, or undefined where it begins a line anyway. */
export function createLineBeginCopy(template: DateTemplate, lastYear: number): DateTemplate | undefined {
  if (template.name.startsWith(lineBegin) || template.name.startsWith('^')) return undefined;
  return { ...createTemplate(lineBegin + (template.pattern ?? template.name), lastYear), weight: lineBeginWeight };
}

/** The default template in the place of {DATE}. The named forms are then text, as they are in fail2ban. */
export function createWrapped(wrapper: string, template: DateTemplate, lastYear: number): DateTemplate {
  const inner = withoutBounds(template.pattern ?? template.name);
  return createTemplate(
    wrapper.replace(/(?<!\\)\{DATE\}/gi, () => inner),
    lastYear,
  );
}

const withoutBounds = (pattern: string): string =>
  [/^\{UNB\}/, /^\{\^LN-BEG\}/, /^\((?:\?:)?\^\|\\b\|\\W\)/, /\(\?=\\b\|\\W\|\$\)$/].reduce(
    (text, bound) => text.replace(bound, ''),
    pattern,
  );

function createFields(pattern: string, lastYear: number): DateTemplate {
  const isUnbound = pattern.startsWith(unbound);
  let rest = isUnbound ? pattern.slice(unbound.length) : pattern;
  let begin: BeginBound = isUnbound ? 'none' : 'word';
  if (!isUnbound && rest.startsWith(lineBegin)) {
    rest = rest.slice(lineBegin.length);
    begin = 'line';
  }
  // What %k begins with is a space too, so it is not for later.
  const { expression, title, isAlphabetic } = expandTokens(rest.trim(), lastYear);
  const bound = boundExpression(isAlphabetic ? `(?iu)${expression}` : expression, begin, !isUnbound);
  const isNamedSo = bound.begin === 'line' && !title.startsWith(lineBegin);
  return { ...bound, name: isNamedSo ? lineBegin + title : title, pattern, kind: 'fields', valueGroup: 0, weight: 1 };
}

/** Seconds since 1970 at the line's beginning, in brackets there (nsd), or in `audit(` (SELinux). */
function createEpoch(isLong: boolean, isLineBegin: boolean): DateTemplate {
  const number = isLong ? longEpochNumber : epochNumber;
  const bound = isLineBegin
    ? boundExpression(String.raw`((?P<square>(?<=^\[))?${number})(?(square)(?=\]))`, 'line', true)
    : boundExpression(
        String.raw`((?:^|(?P<square>(?<=^\[))|(?P<selinux>(?<=\baudit\()))${number})(?:(?(selinux)(?=:\d+\)))|(?(square)(?=\])))`,
        'none',
        true,
      );
  const name = isLong ? 'LongEpoch' : 'Epoch';
  return { ...bound, ...epochKind(isLong, 1), name: bound.begin === 'line' ? lineBegin + name : name, pattern: undefined };
}

/** A pattern around {EPOCH}: all that it matches is cut out. */
function createEpochField(pattern: string, isLong: boolean): DateTemplate {
  const number = `(${isLong ? longEpochNumber : epochNumber})`;
  const bound = boundExpression(`(${pattern.replace(epochField, () => number)})`, 'word', true);
  return { ...bound, ...epochKind(isLong, 2), name: bound.begin === 'line' ? lineBegin + pattern : pattern, pattern: undefined };
}

const epochKind = (isLong: boolean, valueGroup: number): Pick<DateTemplate, 'kind' | 'valueGroup' | 'weight'> => ({
  kind: isLong ? 'long-epoch' : 'epoch',
  valueGroup,
  weight: 1,
});

/** cr.yp.to/libtai/tai64.html */
function createTai64n(begin: BeginBound): DateTemplate {
  const bound = boundExpression('@[0-9a-f]{24}', begin, true);
  return {
    ...bound,
    name: bound.begin === 'line' ? `${lineBegin}TAI64N` : 'TAI64N',
    pattern: undefined,
    kind: 'tai64n',
    valueGroup: 1,
    weight: 1,
  };
}
