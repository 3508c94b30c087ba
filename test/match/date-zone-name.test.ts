import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseZoneMinutes } from '../../src/match/date-zone-name.ts';

describe('minutes east of Greenwich', () => {
  const table: [text: string, minutes: number | undefined][] = [
    ['UTC', 0],
    ['GMT', 0],
    ['Z', 0],
    ['CET', 60],
    ['CEST', 120],
    ['PDT', -420],
    ['EST', -300],
    ['Y', -720],
    ['NZDT', 780],
    ['NPT', 345],
    ['HNT', -210],
    ['MART', -570],
    ['+0200', 120],
    ['+02:00', 120],
    ['+02', 120],
    ['-05', -300],
    ['-0530', -330],
    ['-00:30', -30],
    ['UTC+0530', 330],
    ['CET+0100', 120],
    ['CET-01', 0],
    ['', 0],
    ['utc', undefined],
    ['z', undefined],
    ['HOST', undefined],
    ['IST', undefined],
    ['AB', undefined],
    ['ABCDEF', undefined],
    ['+2', undefined],
    ['+2000', undefined],
    ['+020', undefined],
    ['0200', undefined],
    ['CET +0100', undefined],
    ['Europe/Berlin', undefined],
    ['UTC\n', undefined],
  ];
  for (const [text, minutes] of table) it(JSON.stringify(text), () => assert.equal(parseZoneMinutes(text), minutes));
});
