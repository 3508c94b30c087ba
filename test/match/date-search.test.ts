import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DateDetector } from '../../src/match/date-detector.ts';
import { detectorOf, frozenSec, read } from './date-fixture.ts';

const cuts = (detector: DateDetector, lines: readonly string[]): (string | undefined)[] => lines.map((line) => read(detector, line)?.cut);

const used = (detector: DateDetector): string[] =>
  detector
    .hits()
    .filter(({ count }) => count > 0)
    .map(({ template, count }) => `${count} ${template.replace(/24hour.*|%k.*/, '')}`);

describe('which of two dates', () => {
  const web = (client: string, request = ''): string => `${client} - - [14/Aug/2005:11:59:59 +0200] "GET /${request}"`;
  const table: [name: string, datepattern: string | undefined, lines: [line: string, cut: string | undefined][]][] = [
    ['the one at the line begin', undefined, [['Aug 14 11:59:59 x: 2005-08-13 10:00:00', 'Aug 14 11:59:59']]],
    [
      'the one at the line begin, whatever the order of the templates',
      undefined,
      [['14/08/2005 11:59:59 Aug 13 10:00:00 x', '14/08/2005 11:59:59']],
    ],
    ['without one there the nearest', undefined, [['client: Aug 14 11:59:59 x: 2005-08-13 10:00:00', 'Aug 14 11:59:59']]],
    [
      'the template that had the line before',
      undefined,
      [
        [web('192.0.2.1'), '14/Aug/2005:11:59:59 +0200'],
        [web('192.0.2.1', '?2005-08-13 10:00:00'), '14/Aug/2005:11:59:59 +0200'],
        [web('198.51.100.199', '?2005-08-13 10:00:00'), '14/Aug/2005:11:59:59 +0200'],
        [web('192.0.2.1'), '14/Aug/2005:11:59:59 +0200'],
      ],
    ],
    [
      'the log changes its form',
      undefined,
      [
        ['Aug 14 11:59:59 x', 'Aug 14 11:59:59'],
        ['Aug 14 11:59:59 x', 'Aug 14 11:59:59'],
        ['2005-08-14 11:59:59 x', '2005-08-14 11:59:59'],
        ['Aug 14 11:59:59 x', 'Aug 14 11:59:59'],
      ],
    ],
    [
      'characters count, not bytes',
      '%H:%M',
      [
        ['日本 11:59', '11:59'],
        ['ab 11:59 日本', '11:59'],
        ['日本 11:59 10:00', '11:59'],
      ],
    ],
    [
      'where the last one was, an earlier one of the same form is passed over',
      '%H:%M\n%Y',
      [
        ['abc def 11:59 x', '11:59'],
        ['10:00 f 11:58 x', '11:58'],
        ['10:00 11:57 xyz', '10:00'],
      ],
    ],
  ];
  for (const [name, datepattern, lines] of table) {
    it(name, () => {
      const detector = detectorOf(datepattern);
      assert.deepEqual(
        cuts(
          detector,
          lines.map(([line]) => line),
        ),
        lines.map(([, cut]) => cut),
      );
    });
  }
});

describe('the order of the templates', () => {
  const syslog = 'Aug 14 11:59:59 x';
  const iso = '2005-08-14 11:59:59 x';

  it('one that is used rises to the first unused place', () => {
    const detector = detectorOf();
    cuts(detector, [syslog]);
    assert.match(detector.hits()[0]?.template ?? '', /MON Day/);
  });

  it('by the number of hits', () => {
    const detector = detectorOf();
    cuts(detector, [syslog, iso, iso, syslog]);
    assert.match(used(detector)[0] ?? '', /^2 .*MON Day/);
    cuts(detector, [iso]);
    assert.match(used(detector)[0] ?? '', /^3 .*ExYear/);
  });

  it('those that nobody used for five minutes make way', () => {
    let nowSec = frozenSec;
    const detector = detectorOf(undefined, { nowSec: () => nowSec });
    cuts(detector, [syslog, syslog, syslog]);
    nowSec += 300;
    cuts(detector, [iso]);
    assert.match(used(detector)[0] ?? '', /^3 .*MON/);
    nowSec += 1;
    cuts(detector, [syslog]);
    nowSec += 301;
    cuts(detector, [iso]);
    assert.match(used(detector)[0] ?? '', /^2 .*ExYear/);
  });

  it('a date in the message does not push away those at the line begin', () => {
    const detector = detectorOf();
    cuts(detector, [
      ...Array.from({ length: 20 }, () => `client 192.0.2.1: ${iso}`),
      syslog,
      'Aug 14 11:59:59 client 192.0.2.1: 2005-08-14 11:59:59',
    ]);
    assert.deepEqual(cuts(detector, [`Aug 14 11:59:59 client: ${iso}`]), ['Aug 14 11:59:59']);
  });

  it('each detector has its own', () => {
    cuts(detectorOf(), [syslog, syslog]);
    assert.deepEqual(used(detectorOf()), []);
  });
});
