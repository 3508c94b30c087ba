import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDateDetector } from '../../src/match/date-detector.ts';
import { parseDatePattern } from '../../src/match/date-pattern.ts';
import { detectorOf, frozenSec, read } from './date-fixture.ts';

describe('the date of a line by a pattern', () => {
  const table: [datepattern: string, line: string, cut: string, timeSec: number][] = [
    ['EPOCH', '[1124013540] x', '1124013540', 1_124_013_540],
    ['epoch', '1124013540 x', '1124013540', 1_124_013_540],
    ['{^LN-BEG}EPOCH', '[1124013540] x', '1124013540', 1_124_013_540],
    ['LEPOCH', '1124013540123 x', '1124013540123', 1_124_013_540.123],
    ['LEPOCH', '1124013540123456 x', '1124013540123456', 1_124_013_540.123456],
    ['LEPOCH', '1124013540123.5 x', '1124013540123.5', 1_124_013_540.1235],
    ['LEPOCH', '1124013540 x', '1124013540', 1_124_013_540],
    ['{EPOCH}', 't=1124013540.5 x', '1124013540', 1_124_013_540],
    [String.raw`^\[{EPOCH}\]`, '[1124013540] x', '[1124013540]', 1_124_013_540],
    ['{LEPOCH}', '1124013540123 x', '1124013540123', 1_124_013_540.123],
    ['TAI64N', 'x @400000004231fa4b2f93a3e8 x', '@400000004231fa4b2f93a3e8', 1_110_571_595],
    ['{^LN-BEG}TAI64N', '[@400000004231fa4b2f93a3e8 x', '@400000004231fa4b2f93a3e8', 1_110_571_595],
    [String.raw`^<\d+>\d+\s+{DATE}`, '<34>1 2005-01-23T21:59:59Z host x', '<34>1 2005-01-23T21:59:59Z', 1_106_517_599],
    ['^[^-]-{DATE}', 'x-Jan 23 21:59:59 x', 'x-Jan 23 21:59:59', 1_106_513_999],
    // Bounds: a word's, the line's, or none.
    ['{UNB}%H:%M', 'x11:22y', '11:22', 1_124_011_320],
    ['**%H:%M**', 'x11:22y', '11:22', 1_124_011_320],
    ['{^LN-BEG}%H:%M', '[ 11:22 y', '11:22', 1_124_011_320],
    ['%H:%M$', 'x 11:22', '11:22', 1_124_011_320],
    // Cut out is the whole match, or the first group where there is one.
    [String.raw`^\[%d/%b/%Y:%H:%M:%S\]`, '[14/Aug/2005:11:22:33] x', '[14/Aug/2005:11:22:33]', 1_124_011_353],
    [String.raw`\[(%d/%b/%Y:%H:%M:%S)\]`, 'a [14/Aug/2005:11:22:33] x', '14/Aug/2005:11:22:33', 1_124_011_353],
    ['(?i)t=%H:%M', 'T=11:22 y', 'T=11:22', 1_124_011_320],
    ['%k:%M', '9:22 y', '9:22', 1_124_004_120],
    [String.raw`^(?P<d>\d+)x(?P<m>\d+)$`, '13x8', '13x8', 1_123_884_000],
    ['%Y-%m-%d{,2}', '2005-08-14 y', '2005-08-14', 1_123_970_400],
    ['%b %d %H:%M:%S\n{^LN-BEG}%Y-%m-%d\n', 'x Aug 14 11:22:33', 'Aug 14 11:22:33', 1_124_011_353],
    ['%b %d %H:%M:%S\n{^LN-BEG}%Y-%m-%d\n', '2005-08-14 y', '2005-08-14', 1_123_970_400],
    ['{^LN-BEG}%H:%M\n{DEFAULT}', 'Jan 23 21:59:59 x', 'Jan 23 21:59:59', 1_106_513_999],
    ['{^ln-beg}', 'Jan 23 21:59:59 x', 'Jan 23 21:59:59', 1_106_513_999],
    // Says that there is no date.
    ['{NONE}', 'Jan 23 21:59:59 x', '', frozenSec],
    ['()', 'Jan 23 21:59:59 x', '', frozenSec],
  ];
  for (const [pattern, line, cut, timeSec] of table) {
    it(`${JSON.stringify(pattern)}: ${line}`, () => assert.deepEqual(read(detectorOf(pattern), line), { cut, timeSec }));
  }

  const undated: [datepattern: string, line: string][] = [
    ['%H:%M', 'x11:22y'],
    ['{^LN-BEG}%H:%M', '[[ 11:22 y'],
    ['{^LN-BEG}', 'x Jan 23 21:59:59'],
    ['%H:%M$', 'x 11:22 y'],
    ['{DATE}', 'x11:22:33'],
    ['TAI64N', '2005-01-23 21:59:59'],
    // Text, where there is more than the name.
    ['^x EPOCH', 'x 1124013540'],
  ];
  for (const [pattern, line] of undated) it(`none by ${pattern}: ${line}`, () => assert.equal(read(detectorOf(pattern), line), undefined));
});

describe('what a pattern makes', () => {
  const table: [datepattern: string | undefined, count: number, firstName: string][] = [
    [
      undefined,
      31,
      String.raw`{^LN-BEG}ExYear(?P<_sep>[-/.])Month(?P=_sep)Day(?:T|  ?)24hour:Minute:Second(?:[.,]Microseconds)?(?:\s*Zone offset)?`,
    ],
    [
      ' \n ',
      31,
      String.raw`{^LN-BEG}ExYear(?P<_sep>[-/.])Month(?P=_sep)Day(?:T|  ?)24hour:Minute:Second(?:[.,]Microseconds)?(?:\s*Zone offset)?`,
    ],
    [
      '{^LN-BEG}',
      17,
      String.raw`{^LN-BEG}ExYear(?P<_sep>[-/.])Month(?P=_sep)Day(?:T|  ?)24hour:Minute:Second(?:[.,]Microseconds)?(?:\s*Zone offset)?`,
    ],
    [
      '^x {DATE}',
      17,
      String.raw`^x ExYear(?P<_sep>[-/.])Month(?P=_sep)Day(?:T|  ?)24hour:Minute:Second(?:[.,]Microseconds)?(?:\s*Zone offset)?`,
    ],
    ['{NONE}', 1, '^'],
    ['EPOCH\n{^LN-BEG}', 18, 'Epoch'],
    ['^EPOCH\n{^LN-BEG}', 17, '{^LN-BEG}Epoch'],
    [
      '{DEFAULT}\n{DEFAULT}',
      31,
      String.raw`{^LN-BEG}ExYear(?P<_sep>[-/.])Month(?P=_sep)Day(?:T|  ?)24hour:Minute:Second(?:[.,]Microseconds)?(?:\s*Zone offset)?`,
    ],
    ['%a %A %b %B %d %H:%I %j', 1, 'DAY DAYNAME MON MONTH Day 24hour:12hour Yearday'],
    ['^%Exd%%%ExZ', 1, '^ExDay%ExZone name'],
  ];
  for (const [pattern, count, firstName] of table) {
    it(`${JSON.stringify(pattern)}: ${count}`, () => {
      const parsed = parseDatePattern(pattern, 2029);
      assert.ok(parsed.ok);
      assert.equal(parsed.value.length, count);
      assert.equal(parsed.value[0]?.template.name, firstName);
    });
  }
});

describe('errors, all at once', () => {
  const table: [datepattern: string, logtimezone: string, errors: [text: string, message: RegExp][]][] = [
    ['%Q', '', [['%Q', /there is no date field "%Q"; write %% for a percent sign/]]],
    ['%Y 100%', '', [['%Y 100%', /no date field "%"/]]],
    ['%Exb', '', [['%Exb', /no date field "%E"/]]],
    ['%d\n%d', '', [['%d', /twice/]]],
    [
      '%q\n%w %\n%d',
      '',
      [
        ['%q', /field/],
        ['%w %', /field/],
      ],
    ],
    [
      '(%d\n%d)',
      '',
      [
        ['(%d', /parenthesis/],
        ['%d)', /parenthesis/],
      ],
    ],
    ['x({DATE}', '', [['x({DATE}', /parenthesis/]]],
    ['%Y %Y', '', [['%Y %Y', /same name/]]],
    ['(?P<x', '', [['(?P<x', /group/]]],
    ['%Y', 'CEST/Berlin', [['CEST/Berlin', /no such time zone/]]],
    [
      '%Q',
      'HOST',
      [
        ['%Q', /field/],
        ['HOST', /no such time zone/],
      ],
    ],
  ];
  for (const [datepattern, logtimezone, errors] of table) {
    it(JSON.stringify([datepattern, logtimezone]), () => {
      const detector = createDateDetector({ datepattern, logtimezone, nowSec: () => frozenSec });
      assert.ok(!detector.ok);
      assert.deepEqual(
        detector.error.map(({ text }) => text),
        errors.map(([text]) => text),
      );
      for (const [index, [, message]] of errors.entries()) assert.match(detector.error[index]?.message ?? '', message);
    });
  }

  it('the place of an unknown field', () => {
    const parsed = parseDatePattern('%Y %%Q %Q', 2029);
    assert.ok(!parsed.ok);
    assert.equal(parsed.error[0]?.offset, 7);
  });
});
