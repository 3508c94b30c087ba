import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RepairPace } from '../../src/enforce/repair-pace.ts';

describe('RepairPace', () => {
  it('lets the first repair begin at once, and the next half a second later', () => {
    const pace = new RepairPace();
    assert.equal(pace.waitMs(0), 0);
    pace.repaired(1000);
    assert.equal(pace.waitMs(1000), 500);
    assert.equal(pace.waitMs(1499), 1);
    assert.equal(pace.waitMs(1500), 0);
  });

  it('takes twenty repairs within a minute for a fight, and nineteen or slower ones for none', () => {
    const fast = new RepairPace();
    for (let index = 0; index < 19; index++) assert.equal(fast.repaired(index * 500), false);
    assert.equal(fast.isFight(9500), false);
    assert.equal(fast.repaired(9500), true);
    assert.equal(fast.isFight(9500), true);
    const slow = new RepairPace();
    for (let index = 0; index < 40; index++) assert.equal(slow.repaired(index * 3200), false);
  });

  it('in a fight waits ever longer, up to a minute, until nothing was missing for two waits', () => {
    const pace = new RepairPace();
    for (let index = 0; index < 19; index++) pace.repaired(0);
    const waits: number[] = [];
    let nowMs = 0;
    for (let index = 0; index < 9; index++) {
      pace.repaired(nowMs);
      const waitMs = pace.waitMs(nowMs);
      waits.push(waitMs);
      nowMs += waitMs;
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    const lastMs = nowMs - 60_000;
    assert.equal(pace.isFight(lastMs + 119_999), true);
    assert.equal(pace.isFight(lastMs + 120_000), false);
    assert.equal(pace.repaired(lastMs + 120_000), false);
    assert.equal(pace.waitMs(lastMs + 120_000), 500);
  });
});
