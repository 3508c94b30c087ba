import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable } from '../../src/core/printable.ts';

describe('printable', () => {
  const cases: [string, string][] = [
    ['plain text, äöü, 日本, 🦊', 'plain text, äöü, 日本, 🦊'],
    ['\x1b[2J\x1b[31mred', '\\x1b[2J\\x1b[31mred'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['a\r\nb\tc\0', 'a\\x0d\\x0ab\\x09c\\x00'],
    ['\x7f', '\\x7f'],
    ['\x9b31m', '\\x9b31m'],
    ['\x9f\xa0', '\\x9f\xa0'],
    ['safe\u202egpj.exe', 'safe\\u{202e}gpj.exe'],
    ['\u2066\u2069\u200e\u200f', '\\u{2066}\\u{2069}\\u{200e}\\u{200f}'],
    ['a\u061cb', 'a\\u{61c}b'],
    ['one\u2028two\u2029', 'one\\u{2028}two\\u{2029}'],
  ];
  for (const [text, expected] of cases) it(JSON.stringify(text), () => assert.equal(printable(text), expected));
});
