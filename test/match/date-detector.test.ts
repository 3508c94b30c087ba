import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createDateDetector } from '../../src/match/date-detector.ts';
import { detectorOf, frozenSec, read } from './date-fixture.ts';

const syslog = 'Aug 14 11:59:30 x';
const syslogSec = frozenSec - 30;

describe('a line without a time of its own', () => {
  const table: [name: string, datepattern: string | undefined, line: string, afterSec: number, found: ReturnType<typeof read>][] = [
    ['no date, 59 s after one: that one', undefined, 'no date', 29, { cut: '', timeSec: syslogSec }],
    ['no date, 60 s after one: none', undefined, 'no date', 30, undefined],
    ['no moment, 59 s after one: that one, and nothing is cut', undefined, 'Aug 32 11:59:30 x', 29, { cut: '', timeSec: syslogSec }],
    ['no moment, 59 s after one: nothing is cut', undefined, 'Feb 30 11:59:30 x', 29, { cut: '', timeSec: syslogSec }],
    ['no moment, 60 s after one: cut, without time', undefined, 'Feb 30 11:59:30 x', 30, { cut: 'Feb 30 11:59:30', timeSec: undefined }],
    ['matched empty, 59 s after one: that one', '{^LN-BEG}\n()', 'no date', 29, { cut: '', timeSec: syslogSec }],
    ['matched empty, 60 s after one: now', '{^LN-BEG}\n()', 'no date', 30, { cut: '', timeSec: frozenSec + 30 }],
  ];
  for (const [name, datepattern, line, afterSec, found] of table) {
    it(name, () => {
      let nowSec = frozenSec;
      const detector = detectorOf(datepattern, { nowSec: () => nowSec });
      read(detector, syslog);
      nowSec += afterSec;
      assert.deepEqual(read(detector, line), found);
    });
  }

  it('nothing is known at first', () => {
    assert.equal(read(detectorOf(), 'no date'), undefined);
    assert.deepEqual(read(detectorOf(), 'Feb 30 11:59:30 x'), { cut: 'Feb 30 11:59:30', timeSec: undefined });
    assert.deepEqual(read(detectorOf('{NONE}'), 'no date'), { cut: '', timeSec: frozenSec });
    assert.deepEqual(read(detectorOf('{NONE}'), ''), { cut: '', timeSec: frozenSec });
  });

  it('a first group that takes no part cuts nothing', () => {
    assert.deepEqual(read(detectorOf('(y)?%H:%M'), '11:59 x'), { cut: '', timeSec: frozenSec });
  });
});

it('a line within other bytes: offsets are theirs, and nothing of them counts', () => {
  const bytes = Buffer.from(`x${syslog}2005`);
  const detector = detectorOf();
  for (let i = 0; i < 2; i++) {
    const date = detector.detect(bytes, 1, bytes.length - 4);
    assert.deepEqual([date?.cutStart, date?.cutEnd, date?.timeSec], [1, 16, syslogSec]);
  }
  assert.equal(detector.detect(bytes, 0, bytes.length)?.template, undefined);
});

it('names and counts', () => {
  const detector = detectorOf('%b %d %H:%M:%S\nEPOCH');
  for (const line of [syslog, syslog, 'no', '1124013540']) read(detector, line);
  assert.deepEqual(detector.hits(), [
    { template: 'MON Day 24hour:Minute:Second', count: 2 },
    { template: 'Epoch', count: 1 },
  ]);
  assert.equal(detector.detect(Buffer.from('1124013541'))?.template, 'Epoch');
});

it("without the option the environment's TZ says what local time is", () => {
  const { TZ = 'UTC' } = process.env;
  const detector = createDateDetector({ datepattern: undefined, nowSec: () => frozenSec });
  assert.ok(detector.ok);
  const local = new Date(2005, 7, 14, 11, 59, 30).getTime() / 1000;
  // Node itself reads names only, so there is nothing to compare with for POSIX's form.
  if (!/,|^$/.test(TZ)) assert.equal(read(detector.value, syslog)?.timeSec, local);
});

describe('hostile lines', () => {
  const megabyte = 1 << 20;
  const pieces = [
    'a',
    ' ',
    '1',
    '2005-',
    'Nov ',
    'Nov 21 10:00:00x',
    'Nov 1 1:1:1',
    '1:',
    '@0123456789',
    'é',
    '\u0000',
    'audit(',
    '[1',
    '2005-01-01 10:00:00     ',
  ];
  for (const piece of pieces) {
    it(`1 MB of ${JSON.stringify(piece)} in bounded time`, () => {
      const line = Buffer.from(piece.repeat(megabyte / Buffer.byteLength(piece)));
      const detector = detectorOf();
      detector.detect(line.subarray(0, 100 - (100 % Buffer.byteLength(piece))));
      const start = performance.now();
      detector.detect(line);
      // Some milliseconds; a slow machine with other work gets room.
      assert.ok(performance.now() - start < 500);
    });
  }

  it('a date behind more than is looked at is not found; a single pattern looks further', () => {
    const line = `${' '.repeat(8192)}2005-08-14 11:59:30 x`;
    assert.equal(read(detectorOf(), line), undefined);
    assert.deepEqual(read(detectorOf('%Y-%m-%d %H:%M:%S'), line), { cut: '2005-08-14 11:59:30', timeSec: syslogSec });
    assert.deepEqual(read(detectorOf(), 'é'.repeat(100_000)), undefined);
  });

  it('never throws, and what it says is in the line', (context) => {
    const { FUZZ_SEED } = process.env;
    const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);
    context.diagnostic(`FUZZ_SEED=${seed}`);
    const stamps = [
      'Aug 14 11:59:30',
      '2005-08-14T11:59:30Z',
      '14/Aug/2005:11:59:30 +0200',
      '1124013540',
      '@400000004231fa4b2f93a3e8',
      '日本',
      '𝟗',
    ];
    const unit = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(...stamps, ' ', ':', '[', '(', 'audit(', '2', 'HOST '),
    );
    const detectors = [undefined, '{^LN-BEG}', '^[^-]-{DATE}', '%H:%M', '{NONE}', 'LEPOCH\n%c\n()'].map((pattern) => detectorOf(pattern));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
        const line = Buffer.from(units.join(''));
        for (const detector of detectors) {
          const date = detector.detect(line);
          if (date === undefined) continue;
          assert.ok(0 <= date.cutStart && date.cutStart <= date.cutEnd && date.cutEnd <= line.length);
          assert.ok(date.timeSec === undefined || Number.isFinite(date.timeSec));
        }
      }),
      { seed, numRuns: 3000 },
    );
  });
});
