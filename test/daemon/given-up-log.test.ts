import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { usualPolicy } from '../../src/config/jail-policy.ts';
import { GivenUpLog } from '../../src/daemon/given-up-log.ts';
import type { RunningJail } from '../../src/daemon/running-jail.ts';
import type { Jail } from '../../src/jail/jail.ts';
import type { GivenUp } from '../../src/match/filter.ts';
import { jailOf } from '../jail/jail-of.ts';
import { recordingLog } from './recording-log.ts';

/** Its filter reports what the test says, once. */
class FakeJail implements RunningJail {
  readonly selectors = [];
  readonly resolvesNames = false;
  readonly policy = usualPolicy;
  readonly jail: Jail;
  asked = 0;
  givenUp: readonly GivenUp[] = [];
  filter = this.#newFilter();

  constructor(name: string) {
    this.jail = jailOf(name);
  }

  reload(): void {
    this.filter = this.#newFilter();
  }

  #newFilter() {
    return {
      name: 'f',
      literals: [],
      match: () => undefined,
      takeGivenUp: () => {
        this.asked++;
        const taken = this.givenUp;
        this.givenUp = [];
        return taken;
      },
    };
  }
}

function trial() {
  const log = recordingLog();
  const clock = { nowMs: 0 };
  const givenUpLog = new GivenUpLog({ log, nowMs: () => clock.nowMs });
  return { log, clock, givenUpLog };
}

const once = [{ expression: 'failregex 2', count: 1 }];

describe('GivenUpLog', () => {
  it('names jail, filter and expressions', () => {
    const { log, givenUpLog } = trial();
    const jail = new FakeJail('web');
    jail.givenUp = [...once, { expression: 'prefregex', count: 17 }];
    givenUpLog.look([jail]);
    assert.equal(log.lines.length, 1);
    assert.match(
      log.lines[0] ?? '',
      /^warning: jail web: filter f took too many steps .*: failregex 2 \(1 time\), prefregex \(17 times\); /,
    );
  });

  it('once for each filter, whatever comes later; a reload begins anew', () => {
    const { log, clock, givenUpLog } = trial();
    const [a, b] = [new FakeJail('a'), new FakeJail('b')];
    for (const [said, change] of [
      [
        1,
        () => {
          a.givenUp = once;
        },
      ],
      [
        1,
        () => {
          a.givenUp = once;
        },
      ],
      [
        2,
        () => {
          b.givenUp = once;
        },
      ],
      [2, () => undefined],
      [
        3,
        () => {
          a.reload();
          a.givenUp = once;
        },
      ],
    ] as const) {
      change();
      givenUpLog.look([a, b]);
      clock.nowMs += 1000;
      assert.equal(log.lines.length, said);
    }
  });

  it('asks at most once a second, and a filter that was told of not at all', () => {
    const { log, clock, givenUpLog } = trial();
    const jail = new FakeJail('a');
    for (const [nowMs, asked] of [
      [5, 1],
      [1004, 1],
      [1005, 2],
      [1006, 2],
      [9000, 3],
    ] as const) {
      clock.nowMs = nowMs;
      givenUpLog.look([jail]);
      assert.equal(jail.asked, asked);
    }
    jail.givenUp = once;
    for (clock.nowMs = 20_000; clock.nowMs < 30_000; clock.nowMs += 1000) givenUpLog.look([jail]);
    assert.deepEqual([jail.asked, log.lines.length], [4, 1]);
  });
});
