// Whatever the lines are: no exception, bounded answers, and an answer that is the same for the same lines.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createDateDetector } from '../../src/match/date-detector.ts';
import { filterOf, timeSec } from './filter-of.ts';

const { FUZZ_SEED } = process.env;
const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);

const words = [
  'A ',
  '192.0.2.1',
  '::1',
  'h.example',
  'root',
  '\n',
  '\r',
  '\0',
  ': ',
  's1',
  's2',
  'end',
  'ign',
  '\xff',
  '\xe2\x82',
  'Aug 14 11:59:59 ',
  '2005-08-14 11:59:59 ',
];
const line = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
);

const filters = {
  plain: { failregex: ['<HOST>.*<F-USER>\\w*</F-USER>', '^\\W*(?:<F-ID>.*</F-ID>)?$'] },
  sessions: {
    prefregex: '^\\s*<F-MLFID>\\w*</F-MLFID>:? <F-CONTENT>.*</F-CONTENT>',
    failregex: [
      '<F-MLFFORGET>end</F-MLFFORGET>',
      '<F-NOFAIL>A</F-NOFAIL>',
      '<F-MLFGAINED>ign</F-MLFGAINED>',
      '<HOST>',
      '<F-USER>root</F-USER>',
    ],
    ignoreregex: ['ign ign'],
  },
  windows: { failregex: ['A<SKIPLINES>.*<HOST>', 'end'], ignoreregex: ['ign'], maxlines: 3 },
};

describe('LineFilter, fuzzed', () => {
  for (const [name, text] of Object.entries(filters)) {
    it(name, (context) => {
      context.diagnostic(`FUZZ_SEED=${seed}`);
      fc.assert(
        fc.property(fc.array(line, { maxLength: 15 }), fc.boolean(), (lines, hasDates) => {
          const dates = createDateDetector({ datepattern: undefined, nowSec: () => timeSec, timeZone: 'UTC' });
          assert.ok(dates.ok);
          const filter = filterOf({ ...text, dates: dates.value });
          const again = filterOf({ ...text, dates: dates.value });
          const bytes = Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\n')]));
          const before = Buffer.from(bytes);
          let start = 0;
          for (const one of lines) {
            const failure = filter.match(bytes, start, start + one.length, hasDates ? undefined : timeSec);
            const alone = again.match(Buffer.from(one), 0, one.length, hasDates ? undefined : timeSec);
            assert.deepEqual(alone?.groups, failure?.groups);
            start += one.length + 1;
            assert.equal(failure !== undefined, filter.outcome === 'failure');
            if (failure === undefined) continue;
            assert.notEqual(failure.identity.text, '');
            assert.ok(failure.attempts >= failure.lines.length && failure.lines.length > 0);
          }
          assert.deepEqual(bytes, before);
        }),
        { seed, numRuns: 300 },
      );
    });
  }
});
