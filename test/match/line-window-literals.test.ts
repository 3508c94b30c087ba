// A window that holds none of the texts that the expressions need is not searched: whatever the lines are, that changes no answer.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PatternSet } from '../../src/binding/pattern-set.ts';
import { LineFilter } from '../../src/match/line-filter.ts';
import { compiledOf, type FilterText, outcomesOf, timeSec } from './filter-of.ts';

const { FUZZ_SEED } = process.env;
const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);

/** The same set, of whose literals nothing is known. */
const withoutLiterals = (set: PatternSet): PatternSet => ({
  size: set.size,
  groupNames: (index) => set.groupNames(index),
  search: (...given) => set.search(...given),
  searchBatch: (...given) => set.searchBatch(...given),
  literals: () => [],
  limitsReached: () => set.limitsReached(),
});

const filters: Record<string, FilterText> = {
  'lines skipped': { failregex: ['^Open (?P<s>\\w) <HOST><SKIPLINES>Close (?P=s)$'], maxlines: 4 },
  'a text that goes over the end of a line': { failregex: ['^.*\\nWARN: <HOST>$', 'end\\nOpen . <HOST>'], maxlines: 2 },
  'what is ignored afterwards': { failregex: ['Open . <HOST>'], ignoreregex: ['ign'], maxlines: 3 },
  'what is ignored first': { failregex: ['Open . <HOST>', 'a1 <HOST>', 'a2 <HOST>', 'a3 <HOST>'], ignoreregex: ['ign'], maxlines: 3 },
  'a prefregex': { prefregex: '^<F-CONTENT>.*</F-CONTENT>$', failregex: ['WARN: <HOST>'], maxlines: 2 },
  'an expression without a text': { failregex: ['Open . <HOST>', '^\\W*<HOST>$'], maxlines: 2 },
  'whatever the case': { failregex: ['(?i)^open k <HOST>\\nCLOSE'], maxlines: 2 },
};

const line = fc
  .array(
    fc.constantFrom('Open ', 'Close ', 's ', 't ', 'K ', 's', 'WARN: ', '192.0.2.1', '192.0.2.2', 'end', 'ign', 'x', '\n', 'open \u212a '),
    {
      maxLength: 5,
    },
  )
  .map((parts) => parts.join(''));
const usual = fc.constantFrom(
  'Open s 192.0.2.1',
  'Close s',
  'WARN: 192.0.2.2',
  'end',
  'x',
  'ign',
  '192.0.2.3',
  'oPEN k 192.0.2.4',
  'close',
);

describe('a window and the texts that it needs', () => {
  for (const [name, text] of Object.entries(filters)) {
    it(name, (context) => {
      context.diagnostic(`FUZZ_SEED=${seed}`);
      const compiled = compiledOf(text);
      let failures = 0;
      fc.assert(
        fc.property(fc.array(fc.oneof(usual, line), { maxLength: 12 }), (lines) => {
          const [quick, slow] = [compiled.failregex, withoutLiterals(compiled.failregex)].map((failregex) =>
            outcomesOf(new LineFilter({ expressions: { ...compiled, failregex }, dates: undefined, nowSec: () => timeSec }), lines),
          );
          assert.deepEqual(quick, slow);
          failures += slow?.filter((outcome) => /\d/.test(outcome)).length ?? 0;
        }),
        { seed, numRuns: 500 },
      );
      assert.ok(failures > 0);
    });
  }
});
