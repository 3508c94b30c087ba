import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyEdits, type Edit } from '../../src/match/text-edits.ts';

describe('applyEdits', () => {
  // For each character of the result, the one of "abcdef" that it comes from.
  const table: [string, Edit[], string, string][] = [
    ['nothing', [], 'abcdef', '012345'],
    ['a longer text', [{ start: 1, end: 2, text: 'XYZ' }], 'aXYZcdef', '01112345'],
    ['a shorter text', [{ start: 1, end: 4, text: 'X' }], 'aXef', '0145'],
    ['taken out', [{ start: 0, end: 2, text: '' }], 'cdef', '2345'],
    ['put in', [{ start: 2, end: 2, text: 'XY' }], 'abXYcdef', '01222345'],
    ['at the end', [{ start: 6, end: 6, text: 'X' }], 'abcdefX', '0123456'],
    [
      'several',
      [
        { start: 0, end: 1, text: '' },
        { start: 1, end: 1, text: 'X' },
        { start: 3, end: 5, text: 'YZ' },
      ],
      'XbcYZf',
      '112335',
    ],
  ];
  for (const [name, edits, text, origins] of table) {
    it(name, () => {
      const edited = applyEdits('abcdef', edits);
      assert.equal(edited.text, text);
      assert.equal([...text].map((_, index) => edited.offsetBefore(index)).join(''), origins);
      assert.equal(edited.offsetBefore(1000), 6);
    });
  }
});
