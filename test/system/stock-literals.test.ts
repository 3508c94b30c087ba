// The literals of every stock filter of fail2ban never hide a failure: its sample lines, and lines made of them, through the sieve and then
// the filter give what the filter alone gives. As in the daemon, records have no date in their line.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRecordSieve } from '../../src/binding/addon.ts';
import { loadFilterDefinition } from '../../src/config/filter-definition.ts';
import { createLineFilter } from '../../src/config/line-filter-config.ts';
import { createDateDetector } from '../../src/match/date-detector.ts';
import { createExpressionFilter } from '../../src/match/expression-filter.ts';
import type { Filter } from '../../src/match/filter.ts';
import type { RecordBatch } from '../../src/record/record-batch.ts';
import { copyFail2banConfig, removeFail2banConfig, sampledFilters, sampleLogs, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';
import { loadSampleRuns, type SampleRun } from '../lab/fail2ban-samples.ts';
import { allOf, batchOf } from '../record/batch-of.ts';
import { Random } from '../record/random.ts';

const nowSec = 1_124_013_600;
const { RINGJAIL_SEED } = process.env;
const seed = Number(RINGJAIL_SEED ?? Date.now() % 2 ** 31);
const random = new Random(seed);

/** Each sample line is changed so often. */
const changesEach = 10;

/** What fail2ban 1.0.2 has: 966 lines that match, some asked with several options; fewer are left here, as some need their date. */
const leastFailures = 900;

describe("literals of fail2ban's filters", { skip: skipWithoutFail2ban }, () => {
  const directory = copyFail2banConfig();
  let failures = 0;
  let passedOver = 0;
  before(() => {
    process.env['TZ'] = 'Europe/Berlin';
  });
  after(() => removeFail2banConfig(directory));

  for (const name of sampledFilters()) {
    test(name, (context) => {
      for (const run of loadSampleRuns(sampleLogs, name)) {
        const lines = linesOf(directory, run);
        const sound = check(directory, run, lines);
        failures += sound.failures;
        passedOver += sound.passedOver;
        context.diagnostic(`RINGJAIL_SEED=${seed}`);
        check(
          directory,
          run,
          lines.flatMap((line) => Array.from({ length: changesEach }, () => changed(line, lines))),
        );
      }
    });
  }

  test('something was found, and something passed over', (context) => {
    context.diagnostic(`${failures} failures, ${passedOver} records passed over`);
    assert.ok(failures >= leastFailures);
    assert.ok(passedOver > 0);
  });
});

function check(directory: string, run: SampleRun, lines: readonly string[]): { failures: number; passedOver: number } {
  const alone = createFilter(directory, run);
  const behindSieve = createFilter(directory, run);
  const batch = batchOf(lines);
  const rows = createRecordSieve([behindSieve.literals]).sift(batch.bytes, batch.lineStart, batch.messageEnd, batch.count, batch.selected);
  const offered = rows.subarray(1);
  const expected = found(alone, batch, allOf(batch));
  assert.deepEqual(found(behindSieve, batch, offered), expected);
  return { failures: expected.length, passedOver: batch.count - offered.length };
}

function createFilter(directory: string, { filter: name, options, isJournal }: SampleRun): Filter {
  const definition = definitionOf(directory, name, options, isJournal);
  const working = createLineFilter(definition, { section: undefined, hasDates: false, nowSec: () => nowSec });
  assert.ok(working.ok);
  return createExpressionFilter({ name, hasDates: false, ...working.value });
}

function definitionOf(directory: string, filter: string, options: SampleRun['options'], isJournal: boolean) {
  const request = { section: undefined, origin: { file: filter, line: 1 }, logtype: isJournal ? 'journal' : 'file' };
  const { definition } = loadFilterDefinition(directory, { name: filter, options, offset: 0 }, request);
  assert.ok(definition);
  return definition;
}

function found(filter: Filter, batch: RecordBatch, records: Uint32Array): string[] {
  const failures: string[] = [];
  filter.match(batch, records, {
    onFailure: ({ address, evidence }) => void failures.push(`${address.text} ${evidence.sequence} ${evidence.text}`),
    onNamedFailure: ({ hostname, evidence }) => void failures.push(`${hostname} ${evidence.sequence} ${evidence.text}`),
  });
  return failures;
}

/** The samples without their dates, each byte a character. */
function linesOf(directory: string, { filter, options, isJournal, samples }: SampleRun): string[] {
  const datepattern = definitionOf(directory, filter, options, isJournal).datepattern?.text;
  const dates = createDateDetector({ datepattern, nowSec: () => nowSec });
  assert.ok(dates.ok);
  return samples.map(({ line }) => {
    const date = isJournal ? undefined : dates.value.detect(line, 0, line.length);
    const text = line.toString('latin1');
    return date === undefined ? text : text.slice(0, date.cutStart) + text.slice(date.cutEnd);
  });
}

// Among them what is the same as a letter of ASCII to whoever disregards case: the sign of Kelvin and the long s, as bytes of UTF-8.
const pieces = ['\xe2\x84\xaa', '\xc5\xbf', '\xff', '\0', ' ', 'a', '1', '"', '\\', '\xc3\xa9'];

function changed(line: string, others: readonly string[]): string {
  const at = random.below(line.length + 1);
  const end = at + random.below(4);
  switch (random.below(5)) {
    case 0:
      return line.slice(0, at) + line.slice(end);
    case 1:
      return line.slice(0, at) + random.pick(pieces) + line.slice(at);
    case 2:
      return line.slice(0, at) + line.slice(at).replace(/[ks]/i, (letter) => (letter.toLowerCase() === 'k' ? '\xe2\x84\xaa' : '\xc5\xbf'));
    case 3:
      return line.slice(0, at) + random.pick(others).slice(at);
    default:
      return line.replace(/[a-z]/gi, (letter) => (random.once(8) ? swapped(letter) : letter));
  }
}

const swapped = (letter: string): string => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase());
