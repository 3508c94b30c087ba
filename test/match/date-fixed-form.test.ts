import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isoPattern, syslogPattern } from '../../src/match/date-default-templates.ts';
import { readIsoStamp, readSyslogStamp } from '../../src/match/date-fixed-form.ts';
import { Stamp } from '../../src/match/date-stamp.ts';
import { detectorOf, read } from './date-fixture.ts';

const endOf = (form: typeof readIsoStamp, text: string): number => {
  const bytes = Buffer.from(text);
  return form(bytes, 0, bytes.length, new Stamp());
};

describe('stamps in the usual form', () => {
  for (const [form, text] of [
    [readSyslogStamp, 'Jan 23 21:59:59 x'],
    [readSyslogStamp, 'Jan  3 01:59:59 x'],
    [readSyslogStamp, 'Feb 30 00:00:00  '],
    [readIsoStamp, '2005-01-23T21:59:59Z x'],
    [readIsoStamp, '2029-12-31T21:59:59.9+01:00 x'],
    [readIsoStamp, '2005-01-23T21:59:59.981746-11:30 '],
  ] as const) {
    it(text, () => assert.equal(endOf(form, text), text.length - 2 + (text.endsWith('x') || text.endsWith('  ') ? 0 : 1)));
  }
});

describe('what is left to the expression', () => {
  const syslog = [
    '',
    'Jan 23 21:59:59',
    'Jan 23 21:59:59 ',
    'Jan 23 21:59:59 2005 x',
    'Jan 23 21:59:59.1 x',
    'jan 23 21:59:59 x',
    'Jan 32 21:59:59 x',
  ];
  syslog.push(
    'Jan 00 21:59:59 x',
    'Jan 3 21:59:59 x',
    'Jan 23  1:59:59 x',
    'Jan 23 24:59:59 x',
    'Jan 23 21:60:59 x',
    'Jan 23 21:59:60 x',
    'Jän 23 21:59:59 x',
  );
  for (const text of syslog) it(JSON.stringify(text), () => assert.equal(endOf(readSyslogStamp, text), -1));

  const iso = [
    '',
    '2005-01-23T21:59:59 x',
    '2005-01-23 21:59:59Z x',
    '2005-01-23T21:59:59Z',
    '2005-01-23T21:59:59Zx',
    '2005-13-23T21:59:59Z x',
  ];
  iso.push(
    '1999-01-23T21:59:59Z x',
    '2030-01-23T21:59:59Z x',
    '2005-1-23T21:59:59Z x',
    '2005-01-23T21:59:59.Z x',
    '2005-01-23T21:59:59.1234567Z x',
  );
  iso.push(
    '2005-01-23T21:59:59+0100 x',
    '2005-01-23T21:59:59+20:00 x',
    '2005-01-23T21:59:59 +01:00 x',
    '2005/01/23T21:59:59Z x',
    '2005-01-23T21:59:59,1Z x',
  );
  for (const text of iso) it(JSON.stringify(text), () => assert.equal(endOf(readIsoStamp, text), -1));
});

// The same pattern but for an empty group, so that nothing but the expression reads it.
for (const [name, pattern, first] of [
  ['syslog', syslogPattern, 'Jan 23 21:59:59 x'],
  ['ISO 8601', isoPattern, '2005-01-23T21:59:59Z x'],
] as const) {
  it(`both ways say the same: ${name}`, (context) => {
    const { FUZZ_SEED } = process.env;
    const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);
    context.diagnostic(`FUZZ_SEED=${seed}`);
    const short = detectorOf(`{^LN-BEG}${pattern}`);
    const long = detectorOf(`{^LN-BEG}${pattern}(?:)`);
    const number = fc.nat({ max: 70 }).map((value) => String(value).padStart(2, value % 7 === 0 ? ' ' : '0'));
    const piece = fc.oneof(
      { weight: 6, arbitrary: number },
      { weight: 2, arbitrary: fc.constantFrom('Jan', 'Feb', 'Mar', 'dec', 'Sun ', '20', '2005', '2029', '.', 'Z', '+', 'UTC', 'é') },
      { weight: 6, arbitrary: fc.constantFrom(' ', '  ', ':', '-', 'T', ' x', '') },
    );
    const usual = fc
      .tuple(
        fc.constantFrom(...first.split(/(?<=[ :T-])/).map((_, index, parts) => parts.slice(0, index).join(''))),
        fc.array(piece, { maxLength: 12 }),
      )
      .map(([head, tail]) => head + tail.join(''));
    const stamp =
      name === 'syslog'
        ? fc
            .tuple(fc.constantFrom('Jan', 'Feb', 'Dec', 'may'), number, number, number, number, piece, piece)
            .map(([b, d, h, m, s, e, f]) => `${b} ${d} ${h}:${m}:${s}${e}${f}`)
        : fc
            .tuple(number, number, number, number, number, piece, piece)
            .map(([mo, d, h, m, s, e, f]) => `20${mo}-${mo}-${d}T${h}:${m}:${s}${e}${f} x`);
    fc.assert(
      fc.property(fc.oneof(usual, stamp), (line) => {
        assert.deepEqual(read(short, first), read(long, first));
        assert.deepEqual(read(short, line), read(long, line));
      }),
      { seed, numRuns: 5000 },
    );
  });
}
