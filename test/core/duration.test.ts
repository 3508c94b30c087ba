import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/core/duration.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const month = 2_629_800_000;
const year = 31_557_600_000;

describe('parseDuration', () => {
  const good: [string, number][] = [
    ['600', 600_000],
    ['0', 0],
    ['10m', 10 * minute],
    ['1d12h', day + 12 * hour],
    ['1h 30m', 90 * minute],
    ['1h30', hour + 30_000],
    ['1h\n30m', 90 * minute],
    ['1w', 7 * day],
    ['1mo', month],
    ['1m', minute],
    ['1mon', month],
    ['6 months', 6 * month],
    ['1y', year],
    ['1year-6mo', year - 6 * month],
    ['1.5h', 90 * minute],
    ['.5h', 30 * minute],
    ['2*5m', 10 * minute],
    ['10/2m', 5 * minute],
    ['(1+2)*5m', 15 * minute],
    ['1hour+30min', 90 * minute],
    ['2 DAYS', 2 * day],
    ['1d 2hou 3mi 4sec', day + 2 * hour + 3 * minute + 4000],
    ['1w 1da 1ho 1mm 1se', 8 * day + hour + minute + 1000],
    ['1 2', 3000],
    ['1h - 1h', 0],
    [' 5 ', 5000],
    ['0.0004', 0],
    ['0.0005', 1],
    ['-1', Number.POSITIVE_INFINITY],
    ['-10m', Number.POSITIVE_INFINITY],
    ['1h-2h', Number.POSITIVE_INFINITY],
    ['9007199254740', 9_007_199_254_740_000],
  ];
  for (const [text, ms] of good) it(JSON.stringify(text), () => assert.equal(parseDuration(text), ms));

  const bad = [
    '',
    ' ',
    'm',
    'h1',
    'never',
    '1x',
    '1hx',
    '1h,30m',
    '1,5h',
    '1e3',
    '0x10',
    '1..5',
    '1.5.5',
    '2m.5',
    '5*m',
    '1m m',
    '1/0',
    '0/0',
    '1+',
    '*2',
    '(1',
    '1)',
    '()',
    '1_000',
    'process.exit(1)',
    '10 minutos',
    '9007199254741',
    '1\0',
    '٣',
    '((((((((('.repeat(30),
    `1${' '.repeat(300)}`,
  ];
  for (const text of bad) it(`nothing: ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(parseDuration(text), undefined));
});

describe('formatDuration', () => {
  const table: [number, string][] = [
    [0, '0s'],
    [1, '0.001s'],
    [1500, '1.5s'],
    [59_000, '59s'],
    [60_000, '1m'],
    [61_000, '1m 1s'],
    [90 * minute, '1h 30m'],
    [day - 1000, '23h 59m 59s'],
    [day, '1d'],
    [7 * day, '1w'],
    [7 * day + 1000, '7d 1s'],
    [30 * day, '30d'],
    [month, '1mo'],
    [year, '1y'],
    [365 * day, '365d'],
    [Number.POSITIVE_INFINITY, 'permanent'],
  ];
  for (const [ms, text] of table) it(text, () => assert.equal(formatDuration(ms), text));
});

it('what is formatted is read back', (context) => {
  const { FUZZ_SEED } = process.env;
  const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);
  context.diagnostic(`FUZZ_SEED=${seed}`);
  fc.assert(
    fc.property(fc.nat({ max: 100 * year }), (ms) => assert.equal(parseDuration(formatDuration(ms)), ms)),
    { seed, numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.+-*/()mhdswy \t') }), (text) => {
      const ms = parseDuration(text);
      assert.ok(ms === undefined || ms >= 0);
    }),
    { seed, numRuns: 5000 },
  );
});
