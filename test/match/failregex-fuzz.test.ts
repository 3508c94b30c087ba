import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { compilePatterns, PatternError } from '../../src/binding/pattern-set.ts';
import { translateFailregex } from '../../src/match/failregex.ts';
import { groupMeaning } from '../../src/match/failregex-group.ts';
import { guessHostPlace } from '../../src/match/missing-host.ts';

const { FUZZ_SEED } = process.env;
const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);

/** Nothing a person could write may take longer. */
const maxMs = 2000;

const pieces = [
  ...'abRQ01?*+|.^$#(){}[]<>\\/-,:= \n',
  ...['<HOST>', '<ADDR>', '<SUBNET>', '<F-USER>', '</F-USER>', '<F-ID/>', '<SKIPLINES>', '<F-ALT_A_1>', '</F-ALT_A_1>', '<F-a>'],
  ...['(?:', '(?P<a>', '(?P<a-b>', '(?P=a)', '(?(a)', '(?(1)', '(?i)', '((?i)', '(?iu:', '(?x)', '(?#', '(?<=', '(?!', '(?>', '(*', '(?R)'],
  ...['{,2}', '{ 1, 2 }', '{,}', '[:alpha:]', '[[:', '[^]', '[.', '\\Z', '\\v', '\\x41', '\\u00e9', '\\12', '\\101', '\\N{', '\\8'],
  ...['\0', '\u2028', 'é', '😀', '\ud800', '\r'],
];
const expression = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

it('no text makes the translator throw or hang; what it makes either compiles or is refused with a place in it', (context) => {
  context.diagnostic(`FUZZ_SEED=${seed}`);
  fc.assert(
    fc.property(expression, fc.boolean(), (text, hostHasName) => {
      const start = performance.now();
      guessHostPlace(text);
      const translated = translateFailregex(text, hostHasName);
      if (!translated.ok) {
        assert.ok(translated.error.offset >= 0 && translated.error.offset <= text.length);
        assert.match(translated.error.message, /^\S/);
      } else {
        const { source, groups, offsetInText } = translated.value;
        for (const name of groups) if (name !== undefined) groupMeaning(name);
        for (const offset of [0, source.length >> 1, source.length])
          assert.ok(offsetInText(offset) >= 0 && offsetInText(offset) <= text.length);
        try {
          const names = compilePatterns([{ source }]).groupNames(0);
          // The compiler sees the groups that the translator counted.
          assert.deepEqual([...names].sort(), groups.flatMap((name, index) => (name === undefined ? [] : [[name, index + 1]])).sort());
        } catch (error) {
          if (!(error instanceof PatternError)) throw error;
          assert.ok(error.offset >= 0 && error.offset <= source.length);
        }
      }
      assert.ok(performance.now() - start < maxMs);
    }),
    { seed, numRuns: 20_000 },
  );
});

it('a long text of anything ends soon', () => {
  const size = 200_000;
  for (const piece of [
    ...pieces,
    '(?P<a>x)(?P=a)',
    '(?P<a',
    '[[:',
    '{ 1 ',
    '((?i)',
    '<F-A',
    '\\x4',
    '(?#\\)',
    '(?x)#\\',
    'from ',
    '<',
    '&lt;',
    '  ',
  ]) {
    const text = piece.repeat(size / piece.length);
    const start = performance.now();
    translateFailregex(text, true);
    guessHostPlace(text);
    assert.ok(performance.now() - start < maxMs, JSON.stringify(piece));
  }
});
