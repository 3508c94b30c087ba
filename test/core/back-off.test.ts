import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BackOff, backOffMs } from '../../src/core/back-off.ts';

const limits = { firstMs: 500, lastMs: 3000 };

describe('BackOff', () => {
  it('waits twice as long after each failure, up to the limit, and the shortest after it worked', () => {
    const backOff = new BackOff(limits);
    const waits = () => [1, 2, 3, 4, 5].map(() => backOff.failed());
    assert.deepEqual(waits(), [500, 1000, 2000, 3000, 3000]);
    backOff.succeeded();
    assert.deepEqual(waits(), [500, 1000, 2000, 3000, 3000]);
  });

  it('has a limit after however many failures', () => assert.equal(backOffMs(10_000, limits), 3000));
});
