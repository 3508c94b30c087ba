// Expressions and lines that would take for ever: each search ends soon, counts for its expression, and is no match.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePatterns } from '../../src/binding/pattern-set.ts';

/** Far more than the engine allows itself (5 ms and 50 ns a byte of processor time): a busy machine shall not fail the test. */
const patienceMs = 2000;

/** fail2ban's rfc5424 prefix has this part; where what follows is missing, its time doubles with each letter. */
const structuredData = '^<\\d+>\\d+ (?:\\[(?:[^\\]"]*|"[^"]*")*\\])+ x';

const table: [name: string, source: string, text: string][] = [
  ['(a+)+$', '(a+)+$', `${'a'.repeat(30)}!`],
  ['(a+)+$ far behind', '(a+)+$', `${'b'.repeat(5000)}${'a'.repeat(30)}!`],
  ['an RFC 5424 prefix', structuredData, `<1>1 [${'a'.repeat(22)}] y`],
  ['the same on 4 KB', structuredData, `<1>1 ${'[a"b"]'.repeat(700)}`],
  ['squares of 60 KB', '^\\s*(?:<[^.]+\\.[^.]+>\\s+)?(?:\\S+\\s+)?(?:\\S+\\s*)+:x', `<a.b${'> '.repeat(30_000)}`],
  ['squares without a step counted', '\\s+$', `${' '.repeat(60_000)}x`],
  ['many alternatives', '(?:a|a|a|ab)*c', 'ab'.repeat(20)],
  ['a chain of optional parts', `${'a?'.repeat(30)}${'a'.repeat(30)}`, 'a'.repeat(29)],
  ['a megabyte', '^(?:.*?,){11}P', '1,'.repeat(500_000)],
];

describe('matches that are given up', () => {
  for (const [name, source, text] of table) {
    for (const usesJit of [true, false]) {
      it(`${name}${usesJit ? '' : ', interpreted'}`, () => {
        const set = compilePatterns([{ source }, { source: '^never$' }, { source: '[!x,b>]' }], { usesJit, usesPrefilter: false });
        const bytes = Buffer.from(text);
        const start = performance.now();
        const hit = set.search(bytes, 0, bytes.length, 0, 2);
        assert.ok(performance.now() - start < patienceMs);
        assert.equal(hit, undefined);
        assert.deepEqual(set.limitsReached().slice(1), [0, 0]);
      });
    }
  }

  it('are counted, and the other expressions go on', () => {
    const set = compilePatterns([{ source: '^(a+)+$' }, { source: '!' }]);
    const bytes = Buffer.from(`${'a'.repeat(40)}!`);
    for (let i = 1; i <= 3; i++) {
      assert.equal(set.search(bytes, 0, bytes.length)?.index, 1);
      assert.deepEqual(set.limitsReached(), [i, 0]);
    }
    assert.deepEqual([...set.searchBatch(bytes, Uint32Array.of(0), Uint32Array.of(bytes.length), 1)], [0, 1, 1, 40, 41]);
    assert.deepEqual(set.limitsReached(), [4, 0]);
  });

  it('a long line alone is no reason', () => {
    const text = `${'y'.repeat(100_000)} [1] 192.0.2.1`;
    const sources = ['(?=^|\\b|\\W)\\[(\\d+)\\]', '(?x) \\[ (\\d+) # a comment up to the end'];
    const set = compilePatterns(sources.map((source) => ({ source })));
    for (const index of sources.keys()) {
      assert.equal(set.search(Buffer.from(text), 0, text.length, index, index + 1)?.offsets[2], 100_002);
    }
    assert.deepEqual(set.limitsReached(), [0, 0]);
  });

  it('the same line without the trap is found, whatever its length', () => {
    for (const usesJit of [true, false]) {
      const set = compilePatterns([{ source: '^(?:\\S+ )*(?P<last>\\S+)$' }], { usesJit });
      for (const words of [1, 100, 5000]) {
        const bytes = Buffer.from(`${'word '.repeat(words)}end`);
        assert.deepEqual(set.search(bytes, 0, bytes.length)?.offsets.slice(2), Int32Array.of(bytes.length - 3, bytes.length));
      }
      assert.deepEqual(set.limitsReached(), [0]);
    }
  });
});
