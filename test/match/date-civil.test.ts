import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { civilFromDays, daysFromCivil, daysInMonth, isLeapYear, weekdayOf } from '../../src/match/date-civil.ts';

const dayMs = 86_400_000;

it('every day of a thousand years, as Date has them', () => {
  for (let days = daysFromCivil(1600, 1, 1); days < daysFromCivil(2600, 1, 1); days++) {
    const date = new Date(days * dayMs);
    const civil = civilFromDays(days);
    assert.deepEqual([civil.year, civil.month, civil.day], [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
    assert.equal(daysFromCivil(civil.year, civil.month, civil.day), days);
    assert.equal(weekdayOf(days), date.getUTCDay());
  }
});

describe('leap years', () => {
  for (const [year, isLeap] of [
    [1900, false],
    [2000, true],
    [2004, true],
    [2005, false],
    [2100, false],
  ] as const) {
    it(`${year}`, () => assert.deepEqual([isLeapYear(year), daysInMonth(year, 2)], [isLeap, isLeap ? 29 : 28]));
  }
});

it('a month that there is not has no days', () =>
  assert.deepEqual(
    [-1, 0, 13].map((month) => daysInMonth(2005, month)),
    [0, 0, 0],
  ));

it('the first and the last year', () => {
  assert.equal(daysFromCivil(1, 1, 1), -719_162);
  assert.deepEqual(civilFromDays(-719_162), { year: 1, month: 1, day: 1 });
  assert.deepEqual(civilFromDays(daysFromCivil(9999, 12, 31)), { year: 9999, month: 12, day: 31 });
});
