import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TwinMemory } from '../../src/daemon/twin-memory.ts';

const minute = 60_000_000;

/** Tells the memory of `source: text` one after the other, all at one time; which counted. */
function counted(sightings: readonly (readonly [source: string, text: string])[], memory = new TwinMemory(), timeUsec = 0): boolean[] {
  return sightings.map(([source, text]) => !memory.isTwin('j', { source, text, sequence: 0 }, timeUsec));
}

describe('TwinMemory', () => {
  it('what a second source tells is a twin; more of it than the first told is not', () => {
    const [k, s] = [['kernel', 'x'] as const, ['syslog', 'x'] as const];
    assert.deepEqual(counted([k, k, s, s, s, k, k]), [true, true, false, false, true, false, true]);
  });

  it('of three sources the one that tells most counts', () => {
    assert.deepEqual(
      counted([
        ['a', 'x'],
        ['b', 'x'],
        ['c', 'x'],
        ['c', 'x'],
        ['a', 'x'],
      ]),
      [true, false, false, true, false],
    );
  });

  it('another text is another event', () => {
    assert.deepEqual(
      counted([
        ['kernel', 'x'],
        ['syslog', 'y'],
        ['syslog', 'X'],
      ]),
      [true, true, true],
    );
  });

  it('each jail counts for itself', () => {
    const memory = new TwinMemory();
    const sight = (jail: string, source: string) => memory.isTwin(jail, { source, text: 'x', sequence: 0 }, 0);
    assert.deepEqual([sight('a', 'kernel'), sight('b', 'syslog'), sight('a', 'syslog')], [false, false, true]);
  });

  const packet = '[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7';
  const ways = [
    `host kernel: [12345.678901] ${packet}`,
    `host kernel: [    5.000001] ${packet}`,
    `host kernel: ${packet}`,
    `other.example kernel: [99.123456] ${packet}`,
    `host app[17]: ${packet}`,
    packet,
    `[12345.678901] ${packet}`,
  ];
  for (const way of ways) {
    it(`is the same as the bare message: ${way}`, () =>
      assert.deepEqual(
        counted([
          ['kernel', packet],
          ['syslog', way],
        ]),
        [true, false],
      ));
  }

  it('ten minutes later it is another event, before it is not, whichever is told first', () => {
    for (const direction of [1, -1]) {
      for (const [later, isTwin] of [
        [10 * minute - 1, true],
        [10 * minute, false],
      ] as const) {
        const memory = new TwinMemory();
        counted([['kernel', 'x']], memory, 100 * minute);
        assert.deepEqual(counted([['syslog', 'x']], memory, 100 * minute + direction * later), [!isTwin]);
      }
    }
  });

  it('remembers 20000 texts, those seen last', () => {
    const memory = new TwinMemory();
    counted(
      [
        ['kernel', 'first'],
        ['kernel', 'second'],
      ],
      memory,
    );
    counted([['kernel', 'first']], memory);
    counted(
      Array.from({ length: 19_999 }, (_, index) => ['kernel', `${index}`] as const),
      memory,
    );
    assert.deepEqual(
      counted(
        [
          ['syslog', 'first'],
          ['syslog', 'second'],
        ],
        memory,
      ),
      [false, true],
    );
  });

  it('whatever the order, as many count as the source tells that tells most', () => {
    const sighting = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y'));
    fc.assert(
      fc.property(fc.array(sighting, { maxLength: 40 }), (sightings) => {
        const seen = counted(sightings);
        for (const text of ['x', 'y']) {
          const most = Math.max(...['a', 'b', 'c'].map((source) => sightings.filter((one) => one[0] === source && one[1] === text).length));
          assert.equal(sightings.filter((one, index) => one[1] === text && seen[index]).length, most);
        }
      }),
    );
  });
});
