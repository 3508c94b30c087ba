// Every filter of fail2ban against fail2ban's own sample logs, as its own tests judge them: the clock stands at 2005-08-14 12:00 CEST, dates
// may be old, names are not resolved. fail2ban's package is read where it was extracted, or where the environment says.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { formatConfigError } from '../../src/config/config-error.ts';
import { loadFilterDefinition } from '../../src/config/filter-definition.ts';
import { createLineFilter } from '../../src/config/line-filter-config.ts';
import { parseIpNetwork } from '../../src/core/ip-network.ts';
import type { LineFailure } from '../../src/match/line-failure.ts';
import type { LineFilter } from '../../src/match/line-filter.ts';
import { textOf } from '../../src/match/line-groups.ts';
import { copyFail2banConfig, removeFail2banConfig, sampledFilters, sampleLogs, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';
import { type Expectation, loadSampleRuns, type SampleRun } from '../lab/fail2ban-samples.ts';

const nowSec = 1_124_013_600;
/** The zone of fail2ban's tests, CET-01CEST-02,M3.5.0,M10.5.0, by the name that Date knows. */
const timeZone = 'Europe/Berlin';

/** Of fail2ban 1.0.2, as Debian 12 has it; later versions have more. */
const leastAssertions = 1627;

describe("fail2ban's samples", { skip: skipWithoutFail2ban }, () => {
  const directory = copyFail2banConfig();
  const formerZone = process.env['TZ'];
  let assertions = 0;

  before(() => {
    process.env['TZ'] = timeZone;
  });

  after(() => {
    if (formerZone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = formerZone;
    removeFail2banConfig(directory);
  });

  for (const name of sampledFilters()) {
    test(name, () => {
      const wrong = loadSampleRuns(sampleLogs, name).flatMap((run) => {
        assertions += run.samples.length;
        return judge(run, createFilter(directory, run));
      });
      assert.deepEqual(wrong, []);
    });
  }

  test('all of them were asked', (context) => {
    context.diagnostic(`${assertions} assertions`);
    assert.ok(assertions >= leastAssertions);
  });
});

function createFilter(directory: string, { filter, options, isJournal }: SampleRun): LineFilter {
  const logtype = isJournal ? 'journal' : 'file';
  const request = { section: undefined, origin: { file: filter, line: 1 }, logtype };
  const { definition, errors } = loadFilterDefinition(directory, { name: filter, options, offset: 0 }, request);
  assert.ok(definition, errors.map(formatConfigError).join('\n'));
  const working = createLineFilter(definition, { section: undefined, hasDates: !isJournal, nowSec: () => nowSec });
  assert.ok(working.ok, working.ok ? '' : working.error.map(formatConfigError).join('\n'));
  return working.value.lineFilter;
}

function judge({ options, isJournal, samples }: SampleRun, filter: LineFilter): string[] {
  return samples.flatMap(({ place, line, expected }) => {
    const failure = filter.match(line, 0, line.length, isJournal ? nowSec : undefined);
    const wrong = compare(failure, expected);
    return wrong === undefined ? [] : [`${place} [${[...options].join(' ')}] ${wrong}: ${line}`];
  });
}

/** What is wrong with the answer, if something is. */
function compare(failure: LineFailure | undefined, expected: Expectation): string | undefined {
  if (failure === undefined) return expected.match === true ? 'not matched' : undefined;
  if (expected.match !== true) return `matched, ${failure.identity.text}`;
  for (const [key, value] of Object.entries(expected)) {
    if (['match', 'desc', 'constraint', 'time'].includes(key)) continue;
    const given = partOf(failure, key);
    if (!isSame(given, value)) return `${key} is ${JSON.stringify(given)}, expected ${JSON.stringify(value)}`;
  }
  const { time } = expected;
  const isRight = time === undefined || time === null || failure.timeSec === parseLocalTime(time);
  return isRight ? undefined : `time is ${failure.timeSec}, expected ${time}`;
}

/** Some have no leading zeros, which Date.parse insists on. */
function parseLocalTime(text: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[-T: ]/).map(Number);
  return new Date(year, month - 1, day, hour, minute, second).getTime() / 1000;
}

function partOf({ identity, users, attempts, groups }: LineFailure, key: string): unknown {
  if (key === 'host') return identity.text;
  if (key === 'users') return users;
  return key === 'attempts' ? attempts : (groups.get(key) ?? null);
}

function isSame(given: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) return Array.isArray(given) && JSON.stringify(given.toSorted()) === JSON.stringify(expected.toSorted());
  if (given === expected) return true;
  if (typeof given !== 'string' || typeof expected !== 'string') return false;
  const network = parseIpNetwork(expected);
  return network !== undefined && parseIpNetwork(textOf(given))?.text === network.text;
}
