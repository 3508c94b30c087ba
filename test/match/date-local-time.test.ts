import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LocalTime } from '../../src/match/date-local-time.ts';
import { centralEurope } from './date-fixture.ts';

const sec = (iso: string): number => Date.parse(iso) / 1000;

describe('offset of a zone', () => {
  const table: [zone: string, moment: string, offsetSec: number][] = [
    ['', '2005-08-14T10:00Z', 0],
    ['UTC', '2005-08-14T10:00Z', 0],
    [centralEurope, '2005-03-27T00:59:59Z', 3600],
    [centralEurope, '2005-03-27T01:00:00Z', 7200],
    [centralEurope, '2005-10-29T23:59:59Z', 7200],
    [centralEurope, '2005-10-30T00:00:00Z', 3600],
    ['Europe/Berlin', '2005-10-30T00:59:59Z', 7200],
    ['Europe/Berlin', '2005-10-30T01:00:00Z', 3600],
    [':Europe/Berlin', '2005-08-14T10:00Z', 7200],
    ['/usr/share/zoneinfo/Asia/Tokyo', '2005-08-14T10:00Z', 32_400],
    ['Asia/Kolkata', '2005-08-14T10:00Z', 19_800],
    ['Australia/Lord_Howe', '2026-01-01T00:00Z', 39_600],
    ['Australia/Lord_Howe', '2026-07-01T00:00Z', 37_800],
    // A name before POSIX's form: these dates have rules of their own.
    ['EST5EDT', '2005-04-02T12:00Z', -18_000],
    ['XST5XDT', '2005-04-02T12:00Z', -14_400],
    ['<-03>3', '2005-08-14T10:00Z', -10_800],
    // Nonsense is UTC, as in glibc.
    ['Mars/Olympus', '2005-08-14T10:00Z', 0],
    ['+01:00', '2005-08-14T10:00Z', 0],
    ['CET-1CEST,J0,J5', '2005-08-14T10:00Z', 0],
  ];
  for (const [zone, moment, offsetSec] of table) {
    it(`${JSON.stringify(zone)} at ${moment}`, () => assert.equal(new LocalTime(zone).offsetSecAt(sec(moment)), offsetSec));
  }

  const { TZ } = process.env;
  it("the system's zone is what Date has", { skip: TZ !== undefined }, () => {
    for (const moment of ['2005-08-14T10:00Z', '2005-01-14T10:00Z']) {
      const minutes = 0 - new Date(moment).getTimezoneOffset();
      assert.equal(new LocalTime(undefined).offsetSecAt(sec(moment)), minutes * 60);
    }
  });
});

describe('what a reading of the clock means', () => {
  for (const zone of [
    centralEurope,
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'NZST-12NZDT,M9.5.0,M4.1.0/3',
  ]) {
    it(`there and back: ${zone}`, () => {
      const local = new LocalTime(zone);
      const start = sec('2005-01-01T00:00Z');
      for (let hour = 0; hour < 366 * 24; hour++) {
        const epochSec = start + hour * 3600;
        const reading = local.toReading(epochSec);
        assert.equal(local.toReading(local.toEpochSec(reading)), reading);
      }
    });
  }

  // Europe/Berlin: summer time began on 2005-03-27 at 02:00, which was 03:00, and ended on 2005-10-30 at 03:00, which was 02:00.
  it('an hour that is left out: by the offset before', () => {
    const local = new LocalTime('Europe/Berlin');
    assert.equal(local.toEpochSec(sec('2005-03-27T02:30Z')), sec('2005-03-27T01:30Z'));
    assert.equal(local.toEpochSec(sec('2005-03-27T03:00Z')), sec('2005-03-27T01:00Z'));
  });

  it('an hour that comes twice: by the offset of the reading before', () => {
    const local = new LocalTime('Europe/Berlin');
    local.toEpochSec(sec('2005-10-30T01:59:59Z'));
    assert.equal(local.toEpochSec(sec('2005-10-30T02:30Z')), sec('2005-10-30T00:30Z'));
    local.toEpochSec(sec('2005-10-30T03:00Z'));
    assert.equal(local.toEpochSec(sec('2005-10-30T02:30Z')), sec('2005-10-30T01:30Z'));
  });
});
