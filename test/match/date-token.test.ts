import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expandTokens, findUnknownToken } from '../../src/match/date-token.ts';
import { detectorOf, read } from './date-fixture.ts';

describe('fields of a pattern', () => {
  const table: [datepattern: string, line: string, cut: string, timeSec: number][] = [
    ['%d/%m/%Y %H:%M', '31/12/2004 23:59 x', '31/12/2004 23:59', 1_104_533_940],
    ['%A, %d. %B %Y, %l:%M %p', 'Sunday, 14. august 2005,  3:04 pm x', 'Sunday, 14. august 2005,  3:04 pm', 1_124_024_640],
    ['%Y%j %X', '2005060 11:22:33 x', '2005060 11:22:33', 1_109_672_553],
    ['%Y-W%W-%w %H:%M', '2005-W32-0 11:22 x', '2005-W32-0 11:22', 1_124_011_320],
    ['%Y-W%U-%w %H:%M', '2005-W33-0 11:22 x', '2005-W33-0 11:22', 1_124_011_320],
    ['%c', 'Sun Aug 14 11:22:33 2005 x', 'Sun Aug 14 11:22:33 2005', 1_124_011_353],
    ['%x %X', '08/14/05 11:22:33 x', '08/14/05 11:22:33', 1_124_011_353],
    ['%Y %b %d %H:%M:%S %Exz', '2005 Aug 14 11:22:33 CET+0100 x', '2005 Aug 14 11:22:33 CET+0100', 1_124_011_353],
    ['%Y %b %d %H:%M:%S %ExZ', '2005 Aug 14 11:22:33 MSK x', '2005 Aug 14 11:22:33 MSK', 1_124_007_753],
    ['%%%Y-%m-%d', '%2005-08-14 x', '%2005-08-14', 1_123_970_400],
    ['%Y', 'in 2005 x', '2005', 1_123_970_400],
    ['%m-%d %H:%M', '12-31 11:22 x', '12-31 11:22', 1_104_488_520],
    ['%Exd.%Exm.%Exy', '01.08.05 y', '01.08.05', 1_122_847_200],
    ['%ExH%ExM', '1122 y', '1122', 1_124_011_320],
    ['%I:%M', '12:22 y', '12:22', 1_123_971_720],
    ['%I:%M %p', '12:22 PM y', '12:22 PM', 1_123_928_520],
    // Digits of another script are digits.
    ['%Y-%m-%d %H:%M', '2005-08-14 11:2٣ y', '2005-08-14 11:2٣', 1_124_011_380],
  ];
  for (const [pattern, line, cut, timeSec] of table) {
    it(`${pattern}: ${line}`, () => assert.deepEqual(read(detectorOf(pattern), line), { cut, timeSec }));
  }

  for (const [pattern, line] of [
    ['%Exd.%Exm.%Exy', '1.8.05 y'],
    ['%m/%d', '13/01'],
    ['%H:%M', '12:60'],
    ['%j', '367'],
    ['%w', '7'],
    ['%b', 'mai'],
  ] as const) {
    it(`not ${pattern}: ${line}`, () => assert.equal(read(detectorOf(pattern), line), undefined));
  }
});

describe('expandTokens', () => {
  it('letters match in either case', () => {
    for (const field of 'aAbBcp') assert.ok(expandTokens(`%${field}`, 2029).isAlphabetic, field);
    for (const field of 'dHImMSyYzZjUwWxX') assert.ok(!expandTokens(`%${field}`, 2029).isAlphabetic, field);
  });

  it('a doubled percent sign is one', () => assert.equal(expandTokens('%%d', 2029).expression, '%d'));

  const years: [lastYear: number, expression: string][] = [
    [2029, String.raw`(?P<Y>20[012]\d)`],
    [2030, String.raw`(?P<Y>20[0123]\d)`],
    [2099, String.raw`(?P<Y>20[0123456789]\d)`],
    [2100, String.raw`(?P<Y>(?:20[0123456789]|21[0])\d)`],
  ];
  for (const [lastYear, expression] of years) {
    it(`%ExY to ${lastYear}`, () => assert.equal(expandTokens('%ExY', lastYear).expression, expression));
  }
});

describe('findUnknownToken', () => {
  for (const [pattern, offset] of [
    ['%Y', -1],
    ['%%Q', -1],
    ['%ExY%Exz', -1],
    ['', -1],
    ['%', 0],
    ['%%%', 2],
    ['a%Q', 1],
    ['%Exj', 0],
    ['%é', 0],
  ] as const) {
    it(JSON.stringify(pattern), () => assert.equal(findUnknownToken(pattern), offset));
  }
});
