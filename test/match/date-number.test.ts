import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDecimal, readInteger } from '../../src/match/date-number.ts';

const of = (read: typeof readInteger, text: string): number => {
  const bytes = Buffer.from(`9${text}9`);
  return read(bytes, 1, bytes.length - 1);
};

describe('whole numbers', () => {
  for (const [text, value] of [
    ['0', 0],
    ['08', 8],
    [' 5', 5],
    ['2005', 2005],
    ['999999999999999', 999_999_999_999_999],
    ['+5', 5],
    ['-5', -5],
    ['٢٣', 23],
    ['1٣', 13],
    ['𝟗𝟘𝟡', 909],
    ['', Number.NaN],
    [' ', Number.NaN],
    ['1x', Number.NaN],
    ['1 1', Number.NaN],
    ['1.5', Number.NaN],
    ['0x1', Number.NaN],
    ['1e3', Number.NaN],
    ['½', Number.NaN],
    ['9999999999999999', Number.NaN],
    ['٣'.repeat(100), Number.NaN],
  ] as const) {
    it(JSON.stringify(text), () => assert.equal(of(readInteger, text), value));
  }
});

describe('decimal numbers', () => {
  for (const [text, value] of [
    ['1124013540', 1_124_013_540],
    ['1124013540.125', 1_124_013_540.125],
    ['١٢.٥', 12.5],
    ['', Number.NaN],
    ['1.', Number.NaN],
    ['-1', Number.NaN],
    ['Infinity', Number.NaN],
    ['1'.repeat(101), Number.NaN],
  ] as const) {
    it(JSON.stringify(text), () => assert.equal(of(readDecimal, text), value));
  }
});
