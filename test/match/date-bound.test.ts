import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BeginBound, boundExpression } from '../../src/match/date-bound.ts';

const inWord = String.raw`(?!(?<=\w)\w)`;
const atLine = String.raw`^(?:\W{0,2})?`;

describe('bounds', () => {
  const table: [pattern: string, begin: BeginBound, source: string, isAnchored: boolean][] = [
    ['x', 'word', `${inWord}(x)${inWord}`, false],
    ['x', 'line', `${atLine}(x)${inWord}`, true],
    ['x', 'none', `(x)${inWord}`, false],
    ['^x', 'word', `^(x)${inWord}`, true],
    ['^x', 'line', `^(x)${inWord}`, true],
    ['(^x|y)', 'word', `(^x|y)${inWord}`, true],
    ['(?:^|x)y', 'word', `((?:^|x)y)${inWord}`, false],
    ['**x', 'word', `(x)${inWord}`, false],
    ['x**', 'word', `${inWord}(x)`, false],
    ['**x**', 'line', '(x)', false],
    ['(**x**)', 'word', '(x)', false],
    ['()**', 'word', `${inWord}()`, false],
    [String.raw`x\**`, 'word', String.raw`${inWord}(x\**)${inWord}`, false],
    ['x$', 'word', `${inWord}(x)$`, true],
    [String.raw`x\$`, 'word', String.raw`${inWord}(x\$)${inWord}`, false],
    [String.raw`x(?=\b|\W|$)`, 'word', String.raw`${inWord}(x(?=\b|\W|$))`, false],
    [String.raw`x\s`, 'word', String.raw`${inWord}(x\s)`, false],
    // A group of its own stays the first one, a named one does not count.
    ['a(x)', 'word', `${inWord}a(x)${inWord}`, false],
    ['a(?P<n>x)', 'word', `${inWord}(a(?P<n>x))${inWord}`, false],
    [String.raw`a\(x`, 'word', String.raw`${inWord}(a\(x)${inWord}`, false],
    // Flags move to the front.
    ['(?i)^x', 'word', `(?i)^(x)${inWord}`, true],
    ['(?iu)(?i)x', 'word', `(?iu)${inWord}(x)${inWord}`, false],
    [String.raw`\(?i)`, 'none', String.raw`(\(?i))${inWord}`, false],
  ];
  for (const [pattern, begin, source, isAnchored] of table) {
    it(`${pattern} (${begin})`, () => {
      const bound = boundExpression(pattern, begin, true);
      assert.deepEqual([bound.source, bound.isAnchored], [source, isAnchored]);
    });
  }

  it('none at all', () => assert.equal(boundExpression('x', 'none', false).source, '(x)'));
});
