import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileArithmetic } from '../../src/core/arithmetic.ts';

const names = ['ban.Time', 'ban.Count', 'banFactor'];
const compute = (text: string, time = 600, count = 3, factor = 1): number | string => {
  const compiled = compileArithmetic(text, names);
  if (!compiled.ok) return compiled.error;
  return compiled.value(
    new Map([
      ['ban.Time', time],
      ['ban.Count', count],
      ['banFactor', factor],
    ]),
  );
};

describe('compileArithmetic', () => {
  const values: [text: string, value: number][] = [
    ['ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor', 4800],
    ['ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)', 600 * Math.exp(3)],
    ['-2 ** 2', -4],
    ['2 ** 3 ** 2', 512],
    ['7 // 2 + 7 % 4', 6],
    ['-7 // 2', -4],
    ['-7 % 4', 1],
    ['1 << 40', 2 ** 40],
    ['(1 + 2) * 3', 9],
    ['1 + 2 * 3', 7],
    ['min(5, 3, 4) + max(1, 2) + abs(-1) + int(2.9)', 8],
    ['1 if ban.Count > 2 and ban.Time == 600 else 0', 1],
    ['1_000 + 0x10 + 1e2', 1116],
    ['5.', 5],
    ['5. * 2 + (.5) + 1.e3 - 1_0.', 1000.5],
    ['round(2.345, 2) + round(2.6)', 5.35],
    ['math.log(8, 2)', 3],
    ['1 / 0', Number.NaN],
    ['1 // 0', Number.NaN],
    ['1 % 0', Number.NaN],
    ['0 ** -1', Number.NaN],
    ['math.pow(0, -1)', Number.NaN],
    ['math.log(0)', Number.NaN],
    ['math.log(2, 1)', Number.NaN],
    ['math.exp(1000)', Number.POSITIVE_INFINITY],
  ];
  for (const [text, value] of values) it(`${text} is ${value}`, () => assert.equal(compute(text), value));

  const refused = [
    '__import__("os").system("true")',
    'ban.__class__',
    'exec(1)',
    'x',
    '1 +',
    '1; 2',
    '',
    '[1 for x in y]',
    'lambda: 1',
    '1 < 2 < 3',
    'not 1',
    '"a" * 9',
    `${'('.repeat(2000)}1`,
    'min(*x)',
    'min()',
    'max(1)',
    'int()',
    'abs(1, 2)',
    'math.pow(2)',
    '5.x',
    '5.e',
    '5..',
    'constructor',
    'ban.Time if ban.Count',
  ];
  for (const text of refused) it(`refuses ${text.slice(0, 40)}`, () => assert.equal(typeof compute(text), 'string'));
});
