import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { usualPolicy } from '../../src/config/jail-policy.ts';
import { type RecordTaker, Routes } from '../../src/daemon/routes.ts';
import type { RunningJail } from '../../src/daemon/running-jail.ts';
import { type RecordBatch, selectorWords } from '../../src/record/record-batch.ts';
import type { JournalSelector, RecordSelector } from '../../src/record/record-selector.ts';
import { jailOf } from '../jail/jail-of.ts';
import { batchOf } from '../record/batch-of.ts';

const kernel = { source: 'kernel' } as const;
const syslog = (facility: number): RecordSelector => ({ source: 'syslog', facilities: [facility], programs: undefined });
const journal = (place: JournalSelector['place'] = {}, facility = 0): RecordSelector => ({
  source: 'journal',
  place,
  matches: [[`SYSLOG_FACILITY=${facility}`]],
  isSystemOnly: true,
});

const runningOf = (name: string, selectors: readonly RecordSelector[], literals: readonly string[] = []): RunningJail & RecordTaker => ({
  selectors,
  literals,
  jail: jailOf(name),
  policy: usualPolicy,
  resolvesNames: false,
  filter: { name, literals, match: () => undefined, takeGivenUp: () => [] },
});

/** `selected`: by record, the selectors that it meets. */
function withSelected(batch: RecordBatch, selectors: number, selected: readonly (readonly number[])[]): RecordBatch {
  const words = selectorWords(selectors);
  const bits = new Uint32Array(batch.count * words);
  for (const [record, meets] of selected.entries()) {
    for (const selector of meets) {
      const at = record * words + (selector >> 5);
      bits[at] = (bits[at] ?? 0) | (1 << (selector & 31));
    }
  }
  return { ...batch, selected: bits };
}

const offered = (routes: Routes<RunningJail & RecordTaker>, batch: RecordBatch): Record<string, number[]> =>
  Object.fromEntries(Array.from(routes.offer(batch), ([{ jail }, records]) => [jail.options.name, [...records]]));

describe('Routes', () => {
  it('asks each source for what its jails want, in the order of the bits', () => {
    const remote = { path: '/var/log/remote' };
    const routes = new Routes([
      runningOf('a', [kernel, syslog(1)]),
      runningOf('b', [journal()]),
      runningOf('c', [syslog(2), journal(remote), syslog(3)]),
    ]);
    assert.deepEqual(
      Array.from(routes.entries(), ([name, { selectors }]) => [name, selectors]),
      [
        ['kernel', [kernel]],
        ['syslog', [syslog(1), syslog(2), syslog(3)]],
        ['journal', [journal()]],
        ['journal:/var/log/remote', [journal(remote)]],
      ],
    );
    assert.deepEqual(
      ['kernel', 'syslog', 'bans'].map((source) => routes.selectorsOf(source)),
      [1, 3, 0],
    );
  });

  it('a source that all can do without is shown as such, and behind the others', () => {
    const optional = { ...runningOf('o', [journal()]), isOptional: true };
    const sources = (...takers: (RunningJail & RecordTaker)[]) =>
      Array.from(new Routes(takers).entries(), ([name, { isOptional }]) => [name, isOptional]);
    assert.deepEqual(sources(optional, runningOf('a', [kernel])), [
      ['kernel', false],
      ['journal', true],
    ]);
    assert.deepEqual(sources(optional, runningOf('a', [kernel]), runningOf('b', [journal()])), [
      ['kernel', false],
      ['journal', false],
    ]);
  });

  it('a record goes to the jails whose selector it meets and whose literals it holds', () => {
    const routes = new Routes([
      runningOf('any', [syslog(1)]),
      runningOf('bad', [syslog(2)], ['bad']),
      runningOf('odd', [syslog(3)], ['odd', 'bad']),
    ]);
    const batch = withSelected(batchOf(['a bad one', 'BAD', 'odd', 'x'], { source: 'syslog' }), 3, [[0, 1, 2], [2], [0, 1, 2], [0, 1, 2]]);
    assert.deepEqual(offered(routes, batch), { any: [0, 2, 3], bad: [0], odd: [0, 1, 2] });
  });

  it('of another source, or of none that anybody wants, nothing', () => {
    const routes = new Routes([runningOf('a', [kernel])]);
    assert.deepEqual(offered(routes, batchOf(['x'], { source: 'syslog' })), {});
    assert.deepEqual(offered(new Routes([]), batchOf(['x'])), {});
    assert.deepEqual(offered(routes, batchOf([])), {});
  });

  it('a record that meets several selectors of one jail is offered once, and in its place', () => {
    const routes = new Routes([runningOf('a', [journal({}, 1), kernel, journal({}, 2)]), runningOf('b', [journal({}, 3)])]);
    const batch = withSelected(batchOf(['0', '1', '2', '3'], { source: 'journal' }), 3, [[1], [0, 1], [0, 2], [1]]);
    assert.deepEqual(offered(routes, batch), { b: [2], a: [0, 1, 2, 3] });
    assert.deepEqual(offered(routes, withSelected(batchOf(['0', '1'], { source: 'journal' }), 3, [[1], [2]])), { a: [0], b: [1] });
    assert.deepEqual(offered(routes, withSelected(batchOf(['0'], { source: 'journal' }), 3, [[]])), {});
  });

  it('any jails with any selectors: each has the records that meet one of them, in order', () => {
    const jails = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 });
    const trial = jails.chain((counts) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      return fc.tuple(fc.constant(counts), fc.array(fc.uniqueArray(fc.nat(total - 1)), { maxLength: 8 }));
    });
    fc.assert(
      fc.property(trial, ([counts, selected]) => {
        let next = 0;
        const owners: string[] = [];
        const running = counts.map((count, index) => {
          const selectors = Array.from({ length: count }, () => syslog(next++));
          owners.push(...selectors.map(() => `j${index}`));
          return runningOf(`j${index}`, selectors);
        });
        const batch = withSelected(
          batchOf(
            selected.map(() => 'x'),
            { source: 'syslog' },
          ),
          next,
          selected,
        );
        const expected: Record<string, number[]> = {};
        for (const [record, meets] of selected.entries()) {
          for (const name of new Set(meets.map((selector) => owners[selector] ?? ''))) {
            expected[name] = [...(expected[name] ?? []), record];
          }
        }
        assert.deepEqual(offered(new Routes(running), batch), expected);
      }),
    );
  });
});
