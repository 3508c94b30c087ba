// Expressions of all the syntax that filters use, each with texts that it is found in, or nearly: made for fast-check.
import fc from 'fast-check';

export interface RandomExpression {
  readonly source: string;
  readonly isCaseless: boolean;
  readonly texts: readonly string[];
}

/** A part of an expression, and a text that it matches if what stands around it lets it. */
interface Part {
  readonly source: string;
  readonly text: string;
}

// Among them the characters of other alphabets that are letters of ASCII to whoever disregards case.
const character = fc.constantFrom('a', 'b', 's', 'k', 'S', 'K', 'A', 'é', 'É', 'ß', '\u212a', 'ſ', ' ', '-', '1', ',', '{', '}', ']');
const part = (source: string, text: string): Part => ({ source, text });
const join = (parts: readonly Part[]): Part => part(parts.map(({ source }) => source).join(''), parts.map(({ text }) => text).join(''));
const quote = (text: string): string => text.replace(/[\\^$.|?*+()[{]/g, '\\$&');

const literal = fc
  .array(character, { minLength: 1, maxLength: 6 })
  .map((characters) => part(quote(characters.join('')), characters.join('')));
const simple: fc.Arbitrary<Part> = fc.constantFrom(
  ...['.', '\\w', '\\S', '[^b]', '[[:alpha:]]', '\\x61', '\\x{61}', '\\p{L}', '\\pL', '[aA]', '[a-]'].map((source) => part(source, 'a')),
  ...['^', '$', '\\b', '\\B', '(?=a|b)', '(?!zz)', '(?<=a|s)', '(?<!q)', '(?i)', '(?-i)', '(?:)'].map((source) => part(source, '')),
  ...['[kK]', '[k]'].map((source) => part(source, 'k')),
  ...['[]x]', '[\\]x]', '\\]'].map((source) => part(source, ']')),
  part('\\s', ' '),
  part('\\d', '1'),
  part('\\n', '\n'),
);

type Repetition = readonly [suffix: string, times: number, trailing?: string];
// The last ones are text to PCRE2 10.42, some of them repetitions to a later one.
const repetitions: readonly Repetition[] = [
  ['', 1],
  ['*', 0],
  ['*', 3],
  ['+', 2],
  ['?', 0],
  ['?', 1],
  ['*?', 2],
  ['+?', 1],
  ['??', 0],
  ['++', 2],
  ['{2}', 2],
  ['{1,2}', 1],
  ['{0,2}', 0],
  ['{0}', 0],
  ['{2,}', 3],
  ['{1}{2}', 2],
  ['{,2}', 1, '{,2}'],
  ['{,2}', 2],
  ['{a}', 1, '{a}'],
  ['{1,2,3}', 1, '{1,2,3}'],
  ['{}', 1, '{}'],
];
const repetition = fc.oneof({ weight: 3, arbitrary: fc.constant<Repetition>(['', 1]) }, fc.constantFrom(...repetitions));

/** A repetition is of the last character only, unless the part is one thing in brackets. */
function repeat({ source, text }: Part, [suffix, times, trailing = '']: Repetition): Part {
  const isOne = /^[\\[(]/.test(source);
  const last = isOne ? text : ([...text].at(-1) ?? '');
  return part(source + suffix, text.slice(0, text.length - last.length) + last.repeat(times) + trailing);
}

const { alternatives } = fc.letrec<{ alternatives: Part; sequence: Part; piece: Part }>((tie) => ({
  alternatives: fc
    .tuple(tie('sequence'), fc.array(tie('sequence'), { maxLength: 2 }), fc.nat(2))
    .map(([first, others, chosen]) =>
      part([first, ...others].map(({ source }) => source).join('|'), ([first, ...others][chosen] ?? first).text),
    ),
  sequence: fc
    .array(
      fc.tuple(tie('piece'), repetition).map(([piece, times]) => repeat(piece, times)),
      { minLength: 1, maxLength: 4 },
    )
    .map(join),
  piece: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'piece' },
    { weight: 6, arbitrary: literal },
    { weight: 2, arbitrary: simple },
    fc
      .tuple(fc.constantFrom('(', '(?:', '(?>', '(?i:', '(?-i:', '(?s:'), tie('alternatives'))
      .map(([open, { source, text }]) => part(`${open}${source})`, text)),
    fc.tuple(fc.nat(1e6), tie('alternatives')).map(([id, { source, text }]) => part(`(?P<n${id}>${source})(?P=n${id})`, text + text)),
    fc
      .tuple(fc.nat(1e6), fc.boolean(), tie('alternatives'), tie('sequence'), tie('sequence'))
      .map(([id, isThere, condition, yes, no]) =>
        part(`(?P<n${id}>${condition.source})?(?(n${id})${yes.source}|${no.source})`, isThere ? condition.text + yes.text : no.text),
      ),
  ),
}));

const change: fc.Arbitrary<(text: string) => string> = fc.tuple(fc.nat(30), fc.nat(3), character).map(([at, kind, other]) => (text) => {
  const characters = [...text];
  const place = characters.length === 0 ? 0 : at % characters.length;
  if (kind === 0) characters.splice(place, 1);
  else if (kind === 1) characters.splice(place, 0, other);
  else if (kind === 2) characters.splice(place, 1, other);
  else return characters.map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');
  return characters.join('');
});

export const randomExpression: fc.Arbitrary<RandomExpression> = fc
  .tuple(alternatives, fc.boolean(), fc.array(change, { maxLength: 5 }))
  .map(([{ source, text }, isCaseless, changes]) => ({ source, isCaseless, texts: [text, ...changes.map((changed) => changed(text))] }));
