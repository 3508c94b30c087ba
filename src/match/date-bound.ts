// The bounds of a date template: fail2ban looks for dates as whole words, or at the line's beginning, unless the pattern says otherwise
// (jail.conf(5), datepattern: `^`, `$`, `**`). The pattern gets a first group where it has none: what the group matches is cut out of the line.

/** What stands before the date: a word's bound, the line's beginning with up to two other characters, or whatever the pattern says. */
export type BeginBound = 'word' | 'line' | 'none';

export interface BoundExpression {
  /** In Python's syntax. */
  readonly source: string;
  /** Matches only at the line's beginning or end, so that where it matched last says nothing. */
  readonly isAnchored: boolean;
  /** What was put before it. */
  readonly begin: BeginBound;
}

const globalFlags = /\\.|\(\?([a-zA-Z]+)\)/gs;
const plainGroup = /(?<!\(\?)(?<!\\)\((?!\?)/;
const wholePattern = /^((?:\(\?\w+\))?\^?(?:\(\?\w+\))?)(.*?)((?<!\\)\$)?$/s;

const ownBegin = /^\(*(?:\(\?\w+\))?(?:\^|\(*\*\*|\((?:\?:)?\^)/;
const ownEnd = /(?<!\\)(?:\$\)?|\\b|\\s|\*\*\)*)$/;
const noBounds = /^\(*(?:\(\?\w+\))?\(*\*\*|(?<!\\)\*\*\)*$/g;
const lineBegin = /^(?:\(\?\w+\))?(?:\^|\((?:\?:)?\^(?!\|))/;
const lineEnd = /(?<![\\|])\$\)?$/;

/** What (?=^|\b|\W) and (?=\b|\W|$) say, in a third of the time. */
const notInWord = String.raw`(?!(?<=\w)\w)`;

export function boundExpression(pattern: string, wanted: BeginBound, hasEndBound: boolean): BoundExpression {
  // Flags for the whole of it stand first in the end, wherever they were.
  const flags = new Set<string>();
  let source = pattern.replace(globalFlags, (text, letters?: string) => {
    if (letters === undefined) return text;
    for (const letter of letters) flags.add(letter);
    return '';
  });
  const begin = ownBegin.test(source) ? 'none' : wanted;
  const isEndBound = hasEndBound && !ownEnd.test(source);

  if (!plainGroup.test(source)) source = source.replace(wholePattern, '$1($2)$3');
  if (begin === 'word') source = notInWord + source;
  // Not a lookbehind: on a long line without a date that would be slow.
  if (begin === 'line') source = String.raw`^(?:\W{0,2})?${source}`;
  if (isEndBound) source += notInWord;
  const isAnchored = begin === 'line' || lineBegin.test(source) || lineEnd.test(source);
  source = source.replace(noBounds, (bound) => bound.replaceAll('**', ''));
  return { source: flags.size === 0 ? source : `(?${[...flags].join('')})${source}`, isAnchored, begin };
}
