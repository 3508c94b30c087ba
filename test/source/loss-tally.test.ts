import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LossTally } from '../../src/source/loss-tally.ts';

describe('LossTally', () => {
  const create = () => {
    const told: (number | undefined)[] = [];
    const tally = new LossTally('a flood', ({ count, reason }) => {
      assert.equal(reason, 'a flood');
      told.push(count);
    });
    return { tally, told };
  };

  it('tells the first loss at once, and those of the second after it as one', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { tally, told } = create();
    tally.add(3);
    assert.deepEqual(told, [3]);
    for (let index = 0; index < 100; index++) tally.add(2);
    t.mock.timers.tick(999);
    assert.deepEqual(told, [3]);
    t.mock.timers.tick(1);
    assert.deepEqual(told, [3, 200]);
    tally.add(1);
    t.mock.timers.tick(1000);
    assert.deepEqual(told, [3, 200, 1]);
    t.mock.timers.tick(1000);
    tally.add(5);
    assert.deepEqual(told, [3, 200, 1, 5]);
    tally.end();
  });

  it('nothing lost is nothing to tell', () => {
    const { tally, told } = create();
    tally.add(0);
    tally.end();
    assert.deepEqual(told, []);
  });

  it('tells what is left at the end, and no more', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { tally, told } = create();
    tally.add(1);
    tally.add(2);
    tally.end();
    t.mock.timers.tick(5000);
    assert.deepEqual(told, [1, 2]);
  });
});
