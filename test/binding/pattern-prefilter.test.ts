// The prefilter may never hide a match: what it takes from an expression, and searches with and without it compared.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePatterns, PatternError } from '../../src/binding/pattern-set.ts';
import { isPcre2Since1043 } from './pcre2-generation.ts';
import { randomExpression } from './random-expression.ts';

const { FUZZ_SEED } = process.env;
const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);

describe('literals, of which a line must have one', () => {
  const table: [source: string, ...literals: string[]][] = [
    ['^Failed \\S+ for', 'failed '],
    ['ab'],
    ['abc|ab'],
    ['abc|abd', 'abc', 'abd'],
    ['(?:illegal|invalid) user', 'illegal user', 'invalid user'],
    ['(?:abc)?def', 'abcdef', 'def'],
    ['(?:abc)*de'],
    ['(?:abc)+x', 'abcx'],
    ['abc{0}d'],
    ['abcd{0,1}', 'abc'],
    ['abcd{1,}e', 'abcd'],
    ['abcd{,2}e', 'abc'],
    ['abcd{1,2,3}e', 'abc'],
    ['abc{x}d', 'abc{x}d'],
    ['abc*?def', 'def'],
    ['abc++def', 'cdef'],
    ['abc.def12', 'def12'],
    ['abc\\.def\\[', 'abc.def['],
    ['abc[.]d[eE]f[]]', 'abc.def]'],
    ['abc[^.]de', 'abc'],
    ['abc[de]fghi', 'fghi'],
    ['abc[]d]efgh', 'efgh'],
    ['abc[[:digit:]]efgh', 'efgh'],
    ['abc[\\]x]efgh', 'efgh'],
    ['abc(?=xyz)(?!uvw)(?<=c)d', 'abcd'],
    ['abc^\\b$d', 'abcd'],
    ['(?P<n>abc)(?P=n)d', 'abc'],
    ['(?P<n>abc)?(?(n)defg|hijk)lm'],
    ['(?P<n>abc)?(?(n)defg)hij', 'hij'],
    ['(?i)ABCD', 'abcd'],
    ['(?i)desk chair', ' chair'],
    ['(?i:task)abc', 'abc'],
    ['(?i)ta(?-i:sk)s', 'task'],
    ['(ab(?i)s|s)'],
    ['größe', 'größe'],
    ['(?i)größe'],
    ['abc\\d{3}\\x41\\x{42}def1', 'def1'],
    ['abc\\p{L}\\pLdef1', 'def1'],
    ['\\Qabcd\\E'],
    ['(?x)ab cd'],
    ['abcd(*ACCEPT)efgh'],
    ['abcd(?#e)*f'],
    ['(abcd)\\1'],
    ['(?>abcd)', 'abcd'],
    ['(?|abcd|abce)', 'abcd', 'abce'],
    [Array.from({ length: 17 }, (_, i) => `abcd${i}`).join('|')],
    ['authentication failure for user', 'authentication f'],
  ];
  for (const [source, ...literals] of table) {
    it(source, () => {
      assert.deepEqual(compilePatterns([{ source }]).literals(0), literals);
    });
  }

  it('abcd{,2}{3}efgh: no quantifier and one, or since PCRE2 10.43 two, which is an error', () => {
    const compile = () => compilePatterns([{ source: 'abcd{,2}{3}efgh' }]).literals(0);
    if (isPcre2Since1043) assert.throws(compile, PatternError);
    else assert.deepEqual(compile(), []);
  });

  it('isCaseless', () => assert.deepEqual(compilePatterns([{ source: 'Ask Charly', isCaseless: true }]).literals(0), [' charly']));
});

describe('a search with the prefilter', () => {
  // The most a lane of the automaton is from the next, and all alignments: one literal at each place of lines of each length.
  it('finds a literal wherever it stands', () => {
    const set = compilePatterns(Array.from({ length: 6 }, (_, i) => ({ source: `needle number ${i}$` })));
    for (let length = 15; length < 100; length++) {
      for (let at = 0; at + 15 <= length; at++) {
        const bytes = Buffer.alloc(length, 'needle');
        bytes.write('needle number 5', at);
        assert.equal(set.search(bytes, 0, at + 15)?.index, 5);
        assert.equal(set.search(bytes, at, at + 15)?.index, 5);
        assert.equal(set.search(bytes, 0, at + 14), undefined);
      }
    }
  });

  it('finds literals that lie in one another', () => {
    const sources = ['abcdef', 'bcde', 'cde', 'def', 'abcdxy', 'dxyz'];
    const set = compilePatterns(sources.map((source) => ({ source: `${source}$` })));
    for (const text of ['abcdef', 'abcde', '-abcdxyz', 'abccde', 'abcdxyabcdef']) {
      const bytes = Buffer.from(text);
      const found = sources.filter((_, index) => set.search(bytes, 0, bytes.length, index, index + 1) !== undefined);
      assert.deepEqual(
        found,
        sources.filter((source) => text.endsWith(source)),
      );
    }
  });

  it('finds what a search without it finds', (context) => {
    context.diagnostic(`FUZZ_SEED=${seed}`);
    let foundCount = 0;
    let filteredCount = 0;
    fc.assert(
      fc.property(fc.array(randomExpression, { minLength: 1, maxLength: 8 }), (expressions) => {
        const compiled = expressions.filter(({ source, isCaseless }) => compiles(source, isCaseless));
        const withIt = compilePatterns(compiled);
        const without = compilePatterns(compiled, { usesPrefilter: false });
        compiled.forEach(({ texts }, index) => {
          if (withIt.literals(index).length > 0) filteredCount++;
          for (const text of texts) {
            const bytes = Buffer.from(text);
            const expected = without.search(bytes, 0, bytes.length, index);
            assert.deepEqual(withIt.search(bytes, 0, bytes.length, index), expected);
            if (expected !== undefined) foundCount++;
          }
        });
      }),
      { seed, numRuns: 800 },
    );
    context.diagnostic(`${filteredCount} expressions with literals, ${foundCount} found`);
    assert.ok(filteredCount > 200 && foundCount > 1000);
  });
});

function compiles(source: string, isCaseless: boolean): boolean {
  try {
    compilePatterns([{ source, isCaseless }]);
    return true;
  } catch (error) {
    if (error instanceof PatternError) return false;
    throw error;
  }
}
