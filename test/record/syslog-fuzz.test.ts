// Random and mutated messages through the parser: no throw, parts within the message, nothing written outside of its room; parseSyslog
// asserts these. RINGJAIL_SEED repeats a run, RINGJAIL_FUZZ_COUNT sets its length.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSyslog } from './syslog-parsed.ts';

const { RINGJAIL_SEED, RINGJAIL_FUZZ_COUNT } = process.env;
const seed = Number(RINGJAIL_SEED ?? randomInt(2 ** 31));
const settings = { seed, numRuns: Number(RINGJAIL_FUZZ_COUNT ?? 20_000) };

const pieces = [
  '<13>',
  '<191>',
  '<0>',
  '1 ',
  'Nov 22 01:02:03 ',
  'Nov  2 01:02:03 ',
  '2026-11-22T01:02:03.123456+00:00 ',
  'host ',
  '2001:db8:: ',
  'prog[1]: ',
  'prog: ',
  'file-x ',
  'file-x: ',
  '[',
  ']',
  '"',
  '\\',
  '[a b="c\\"]"] ',
  '- ',
  '-',
  ' ',
  ':',
  '\n',
  '\r',
  '\0',
  '\xef\xbb\xbf',
  'text',
];
const ofPieces = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 20 })
  .map((parts) => parts.join(''));
const ofBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const ofShape = fc
  .tuple(fc.array(fc.constantFrom('-', 'host', 'prog', 'file-x', '1', 'ID', '[a b="c"]'), { minLength: 4, maxLength: 7 }), ofBytes)
  .map(([words, rest]) => `<13>1 - ${words.join(' ')} ${rest}`);
const sender = fc.constantFrom('1.2.3.4', 'localhost', 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255');

const word = fc.stringMatching(/^[a-zA-Z0-9._/-]{1,30}$/).filter((text) => !text.startsWith('file-') && text !== '-');
const pid = fc.option(fc.nat().map(String), { nil: '' });
const message = fc.stringMatching(/^[!-~][ -~]{0,100}$/).filter((text) => text.trim() === text);

describe(`syslog, fuzzed (RINGJAIL_SEED=${seed})`, () => {
  it('anything at all has a priority, parts within it and a line', () => {
    fc.assert(
      fc.property(fc.oneof(ofPieces, ofBytes, ofShape), sender, (text, from) => {
        const { priority, message: found, line } = parseSyslog(text, from);
        assert.ok(priority >= 0 && priority <= 191);
        assert.ok(line.endsWith(found));
      }),
      settings,
    );
  });

  it('what is well formed is read as it was written, in each of the three formats', () => {
    fc.assert(
      fc.property(fc.nat(191), word, word, pid, message, (priority, host, program, id, text) => {
        const tag = `${program}${id === '' ? '' : `[${id}]`}`;
        const expected = { priority, host, program, pid: id, message: text, line: `${host} ${tag}: ${text}` };
        for (const time of ['Nov 22 01:02:03', '2026-11-22T01:02:03.123456+00:00']) {
          assert.deepEqual(parseSyslog(`<${priority}>${time} ${host} ${tag}: ${text}`), expected);
        }
        const protocol23 = `<${priority}>1 2026-11-22T01:02:03.1Z ${host} ${program} ${id || '-'} - - ${text}`;
        assert.deepEqual(parseSyslog(protocol23), expected);
      }),
      settings,
    );
  });
});
