import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailureWindow } from '../../src/jail/failure-window.ts';
import { minute, second } from './failure.ts';

const findtime = 10 * minute;

/** What `add` says for failures at these times, and at these ports where given. */
function answers(maxretry: number, times: readonly number[], ports: readonly string[] = []): boolean[] {
  const window = new FailureWindow(maxretry, findtime);
  return times.map((timeUsec, index) => window.add({ timeUsec, distinct: ports[index] }));
}

describe('FailureWindow', () => {
  it('maxretry - 1 failures are not enough, maxretry are', () => {
    assert.deepEqual(answers(5, [0, 1, 2, 3, 4]), [false, false, false, false, true]);
  });

  it('maxretry = 1: the first failure is enough', () => assert.deepEqual(answers(1, [0]), [true]));

  it('a failure exactly findtime ago counts', () => assert.deepEqual(answers(2, [0, findtime]), [false, true]));

  it('a failure findtime + 1 ms ago does not', () => assert.deepEqual(answers(2, [0, findtime + 1000]), [false, false]));

  it('it slides: what is out is out, the others stay', () => {
    assert.deepEqual(answers(3, [0, minute, findtime + 1, findtime + 2]), [false, false, false, true]);
  });

  it('failures at one time are as many as they are', () => assert.deepEqual(answers(3, [5, 5, 5]), [false, false, true]));

  it('times out of order: an older one counts while it is within findtime of the latest', () => {
    assert.deepEqual(answers(3, [findtime, 0, minute]), [false, false, true]);
    assert.deepEqual(answers(3, [findtime + 1000, 0, minute]), [false, false, false]);
  });

  it('times out of order do not bring back what is out', () => {
    assert.deepEqual(answers(2, [0, findtime + second, 0]), [false, false, false]);
  });

  it('a clock set back by more than findtime: counting begins anew, at once', () => {
    const day = 24 * 60 * minute;
    assert.deepEqual(answers(3, [day, day, 0, 1, 2]), [false, false, false, false, true]);
  });

  describe('with distinct ports', () => {
    it('an older record of a port does not make it older', () => {
      assert.deepEqual(answers(2, [minute, 0, findtime + 1, findtime + 1], ['22', '22', '23', '23']), [false, false, true, true]);
    });

    it('the same port again and again is one', () => {
      assert.deepEqual(answers(2, [0, 1, 2, 3, 4], ['22', '22', '22', '22', '23']), [false, false, false, false, true]);
    });

    it('a port counts from the last time that it was tried', () => {
      assert.deepEqual(answers(2, [0, minute, findtime + minute], ['22', '22', '23']), [false, false, true]);
      assert.deepEqual(answers(2, [0, minute, findtime + minute + 1000], ['22', '22', '23']), [false, false, false]);
    });
  });

  it('holds no more than maxretry entries, however many come', () => {
    const window = new FailureWindow(5, findtime);
    for (let port = 0; port < 4; port++) window.add({ timeUsec: 0, distinct: String(port) });
    for (let time = 0; time < 100_000; time++) window.add({ timeUsec: time, distinct: String(time % 4) });
    assert.equal(window.count, 4);
    assert.equal(window.entries().length, 4);
    assert.equal(window.latestUsec, 99_999);
  });
});
