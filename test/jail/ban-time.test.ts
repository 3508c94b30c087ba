import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BanTimeIncrement, banTimeOf } from '../../src/jail/ban-time.ts';
import { second } from './failure.ts';

const increment: BanTimeIncrement = {
  secondsOf: (bantimeSec, earlierBans) => bantimeSec * 10 ** earlierBans,
  maxtimeUsec: 5000 * second,
  rndtimeUsec: 0,
  isOverall: false,
};
const timeOf = (earlierBans: number, change: Partial<BanTimeIncrement> = {}, bantimeUsec = 6 * second) =>
  banTimeOf({ bantimeUsec, increment: { ...increment, ...change } }, earlierBans, () => 0.5) / second;

describe('banTimeOf', () => {
  it('the first ban lasts bantime, later ones longer, up to maxtime', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((earlier) => timeOf(earlier)),
      [6, 60, 600, 5000, 5000],
    );
  });
  it('adds up to rndtime', () => assert.equal(timeOf(1, { rndtimeUsec: 20 * second }), 70));
  it('for good stays for good', () => assert.equal(timeOf(1, {}, Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY));
  it('what a formula gets wrong is the usual time', () => {
    for (const wrong of [Number.NaN, -1, 0]) assert.equal(timeOf(1, { secondsOf: () => wrong }), 6);
    assert.equal(timeOf(1, { secondsOf: () => Number.POSITIVE_INFINITY }), 5000);
  });
  it('without an increment every ban lasts as long', () =>
    assert.equal(
      banTimeOf({ bantimeUsec: 6, increment: undefined }, 9, () => 0.5),
      6,
    ));
});
