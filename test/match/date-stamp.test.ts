import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPlausibleTime } from '../../src/match/date-stamp.ts';
import { detectorOf, frozenSec, read } from './date-fixture.ts';

const sec = (iso: string): number => Date.parse(iso) / 1000;

/** In UTC, so that the tables can be read. */
const timeOf = (line: string, nowSec: number, datepattern?: string, logtimezone = 'UTC'): number | undefined =>
  read(detectorOf(datepattern, { nowSec: () => nowSec, timeZone: 'UTC', logtimezone }), `${line} x`)?.timeSec;

describe('a stamp without a year: this one, or the last where it would be more than a day ahead', () => {
  const table: [line: string, now: string, moment: string][] = [
    ['Dec 31 23:59:59', '2005-01-01T00:00:00Z', '2004-12-31T23:59:59Z'],
    ['Dec 31 23:59:59', '2005-06-01T00:00:00Z', '2004-12-31T23:59:59Z'],
    ['Jan  1 00:00:00', '2005-01-01T00:00:00Z', '2005-01-01T00:00:00Z'],
    ['Jan  1 00:00:01', '2005-01-01T00:00:00Z', '2005-01-01T00:00:01Z'],
    // The new year's first stamps before the clock is there: a day's grace does not help, they get the old year.
    ['Jan  1 00:00:00', '2004-12-31T23:59:59Z', '2004-01-01T00:00:00Z'],
    ['Aug 15 12:00:00', '2005-08-14T12:00:00Z', '2005-08-15T12:00:00Z'],
    ['Aug 15 12:00:01', '2005-08-14T12:00:00Z', '2004-08-15T12:00:01Z'],
    ['Aug 15 12:00:01', '2005-08-14T12:00:00.500Z', '2004-08-15T12:00:01Z'],
    ['Feb 29 12:00:00', '2024-03-01T00:00:00Z', '2024-02-29T12:00:00Z'],
    ['Feb 29 12:00:00', '2024-02-28T12:00:00Z', '2024-02-29T12:00:00Z'],
    ['Feb 28 12:00:00', '2025-01-01T00:00:00Z', '2024-02-28T12:00:00Z'],
    // With a year it is what it says.
    ['Dec 31 23:59:59 2005', '2005-01-01T00:00:00Z', '2005-12-31T23:59:59Z'],
  ];
  for (const [line, now, moment] of table) it(`${line} at ${now}`, () => assert.equal(timeOf(line, sec(now)), sec(moment)));
});

describe('a time of day alone: today, or yesterday where it is still to come', () => {
  const table: [line: string, now: string, moment: string][] = [
    ['11:59:59', '2005-08-14T12:00:00Z', '2005-08-14T11:59:59Z'],
    ['12:00:00', '2005-08-14T12:00:00Z', '2005-08-14T12:00:00Z'],
    ['12:00:01', '2005-08-14T12:00:00Z', '2005-08-13T12:00:01Z'],
    ['23:59:59', '2005-01-01T00:00:00Z', '2004-12-31T23:59:59Z'],
    ['00:00:00', '2005-01-01T00:00:00Z', '2005-01-01T00:00:00Z'],
  ];
  for (const [line, now, moment] of table) it(`${line} at ${now}`, () => assert.equal(timeOf(line, sec(now)), sec(moment)));
});

describe('no moment', () => {
  const table: [datepattern: string | undefined, line: string][] = [
    [undefined, 'Feb 30 21:59:59'],
    [undefined, 'Feb 29 21:59:59'],
    [undefined, 'Apr 31 21:59:59'],
    [undefined, 'Jan 23 24:00:00'],
    [undefined, 'Jan 23 21:59:60'],
    [undefined, 'pdt Apr 16 21:05:29'],
    [undefined, 'HOST Apr 16 21:05:29'],
    [undefined, '@ffffffffffffffffffffffff'],
    [undefined, '@4000004231fa4b2f93a3e8ff'],
    ['%b %H:%M', 'Aug 11:22'],
    ['%d %H:%M', '14 11:22'],
    ['%Y', '0000'],
    ['%Y %m %d %z', '0001 1 1 +0100'],
    ['(?P<H>x+)', 'xx'],
    ['(?P<Y>[0-9]+)', '99999999999999999999999999'],
    ['(x){EPOCH}', 'x1124013540'],
  ];
  for (const [pattern, line] of table) {
    it(`${line} by ${pattern}`, () => {
      const date = read(detectorOf(pattern), `${line} x`);
      assert.ok(date);
      assert.equal(date.timeSec, undefined);
      assert.notEqual(date.cut, '');
    });
  }
});

describe('zones', () => {
  const table: [line: string, logtimezone: string, moment: string][] = [
    ['2005-08-14 11:00:00', 'UTC', '2005-08-14T11:00:00Z'],
    ['2005-08-14 11:00:00', 'UTC+0200', '2005-08-14T09:00:00Z'],
    ['2005-08-14 11:00:00', 'GMT-0330', '2005-08-14T14:30:00Z'],
    ['2005-08-14 11:00:00', 'CET', '2005-08-14T10:00:00Z'],
    ['2005-08-14 11:00:00 +01:00', 'UTC+0200', '2005-08-14T10:00:00Z'],
    ['2005-08-14 11:00:00Z', 'UTC+0200', '2005-08-14T11:00:00Z'],
    ['CEST Aug 14 11:00:00', 'UTC', '2005-08-14T09:00:00Z'],
    // The guess of the year is made with the moment in UTC, the date put in as it was written.
    ['-0100 Dec 31 23:30:00', 'UTC', '2004-12-31T00:30:00Z'],
  ];
  for (const [line, zone, moment] of table)
    it(`${line}, ${zone}`, () => assert.equal(timeOf(line, frozenSec, undefined, zone), sec(moment)));

  it('local time without any', () => {
    assert.equal(read(detectorOf(undefined), '2005-08-14 11:00:00')?.timeSec, sec('2005-08-14T09:00:00Z'));
    assert.equal(read(detectorOf(undefined, { logtimezone: ' ' }), '2005-01-14 11:00:00')?.timeSec, sec('2005-01-14T10:00:00Z'));
  });
});

describe('days of the year and weeks', () => {
  const table: [datepattern: string, line: string, moment: string][] = [
    ['%Y %j', '2004 60', '2004-02-29'],
    ['%Y %j', '2005 60', '2005-03-01'],
    ['%Y %j', '2005 366', '2006-01-01'],
    ['%Y %U %a', '2005 0 sat', '2005-01-01'],
    ['%Y %U %a', '2005 1 sun', '2005-01-02'],
    ['%Y %W %a', '2005 0 sun', '2005-01-02'],
    ['%Y %W %a', '2005 1 mon', '2005-01-03'],
    // 2007 begins with a Monday: no week 0, or it is the first one.
    ['%Y %W %a', '2007 0 mon', '2007-01-01'],
    ['%Y %W %a', '2007 1 mon', '2007-01-01'],
    ['%Y %W %a', '2007 2 mon', '2007-01-08'],
    ['%Y %U %w', '2006 1 0', '2006-01-01'],
    ['%Y %W %A', '2005 53 sunday', '2006-01-08'],
    ['%j', '365', '2004-12-31'],
  ];
  for (const [pattern, line, moment] of table)
    it(`${line} by ${pattern}`, () => assert.equal(timeOf(line, frozenSec, pattern), sec(moment)));
});

describe('hours of twelve', () => {
  for (const [line, hour] of [
    ['12:00 am', 0],
    ['1:00 am', 1],
    ['12:00 PM', 12],
    ['1:00 pm', 13],
    ['11:00 Pm', 23],
  ] as const) {
    it(line, () => assert.equal(timeOf(`2005-08-14 ${line}`, frozenSec, '%Y-%m-%d %I:%M %p'), sec('2005-08-14') + hour * 3600));
  }
  it('the morning without either', () => assert.equal(timeOf('2005-08-14 12:00', frozenSec, '%Y-%m-%d %I:%M'), sec('2005-08-14')));
});

it('two-digit years are of this century', () => {
  assert.equal(timeOf('00-01-01', frozenSec, '%y-%m-%d'), sec('2000-01-01'));
  assert.equal(timeOf('99-01-01', frozenSec, '%y-%m-%d'), sec('2099-01-01'));
});

it('plausible: the years 1 to 9999', () => {
  assert.deepEqual(
    [sec('0001-01-01') - 1, sec('0001-01-01'), sec('9999-12-31T23:59:59Z'), sec('9999-12-31T23:59:59Z') + 1, Number.NaN].map(
      isPlausibleTime,
    ),
    [false, true, true, false, false],
  );
});
