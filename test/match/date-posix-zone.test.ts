import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInSummer, parsePosixZone, summerIn } from '../../src/match/date-posix-zone.ts';

const sec = (iso: string): number => Date.parse(iso) / 1000;

describe('when summer time is', () => {
  const table: [zone: string, year: number, start: string, end: string, summerOffsetSec: number][] = [
    ['CET-01CEST-02,M3.5.0,M10.5.0', 2005, '2005-03-27T01:00Z', '2005-10-30T00:00Z', 7200],
    ['CET-1CEST,M3.5.0,M10.5.0/3', 2026, '2026-03-29T01:00Z', '2026-10-25T01:00Z', 7200],
    ['EST5EDT', 2026, '2026-03-08T07:00Z', '2026-11-01T06:00Z', -14_400],
    ['NZST-12NZDT,M9.5.0,M4.1.0/3', 2026, '2026-09-26T14:00Z', '2026-04-04T14:00Z', 46_800],
    ['<-03>3<-02>,M3.5.0/-2,M10.5.0/-1', 2024, '2024-03-31T01:00Z', '2024-10-27T01:00Z', -7200],
    ['IST-1GMT0,M10.5.0,M3.5.0/1', 2026, '2026-10-25T01:00Z', '2026-03-29T01:00Z', 0],
    ['AAA3BBB,J60,J300', 2023, '2023-03-01T05:00Z', '2023-10-27T04:00Z', -7200],
    ['AAA3BBB,J60,J300', 2024, '2024-03-01T05:00Z', '2024-10-27T04:00Z', -7200],
    ['AAA3BBB,59/0,299/1:30:15', 2023, '2023-03-01T03:00Z', '2023-10-27T03:30:15Z', -7200],
    ['AAA3BBB,59/0,299/1:30:15', 2024, '2024-02-29T03:00Z', '2024-10-26T03:30:15Z', -7200],
    ['AAA-5:30BBB-6:30:30,M2.5.4,M12.4.6/24', 2024, '2024-02-28T20:30Z', '2024-12-28T17:29:30Z', 23_430],
  ];
  for (const [text, year, start, end, offsetSec] of table) {
    it(`${text} in ${year}`, () => {
      const zone = parsePosixZone(text);
      const summer = zone && summerIn(zone, year);
      assert.ok(zone && summer);
      assert.deepEqual([summer.startSec, summer.endSec, zone.summer?.offsetSec], [sec(start), sec(end), offsetSec]);
      assert.deepEqual(
        [-1, 0].map((past) => isInSummer(summer, summer.startSec + past)),
        [false, true],
      );
      assert.deepEqual(
        [-1, 0].map((past) => isInSummer(summer, summer.endSec + past)),
        [true, false],
      );
    });
  }
});

describe('without summer time', () => {
  for (const [text, offsetSec] of [
    ['UTC0', 0],
    ['<+0330>-3:30', 12_600],
    ['XYZ+12:45:30', -45_930],
  ] as const) {
    it(text, () => assert.deepEqual(parsePosixZone(text), { standardOffsetSec: offsetSec, summer: undefined }));
  }
});

describe('not of this form', () => {
  const texts = [
    '',
    'UTC',
    'Europe/Berlin',
    'CE-1',
    'CET',
    '-1',
    'CET-1CEST,',
    'CET-1CEST,M3.5.0',
    'CET-1CEST,M3.5.0,M13.5.0',
    'CET-1CEST,M0.5.0,M10.5.0',
  ];
  texts.push(
    'CET-1CEST,M3.6.0,M10.5.0',
    'CET-1CEST,M3.5.7,M10.5.0',
    'CET-1CEST,J0,J5',
    'CET-1CEST,1,366',
    'CET-1:60',
    'CET-1,M3.5.0,M10.5.0',
    '<+3>-3',
  );
  for (const text of texts) it(JSON.stringify(text), () => assert.equal(parsePosixZone(text), undefined));
});
