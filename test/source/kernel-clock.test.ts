import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KernelClock } from '../../src/source/kernel-clock.ts';

const second = 1_000_000;
const bootedAt = 1_700_000_000 * second;

/** The host's clocks: the kernel's log clock is `driftUsec` behind the monotonic one. */
class Host {
  monotonicUsec = 1000 * second;
  realtimeOffsetUsec = bootedAt;
  driftUsec = 0;
  readonly clock = new KernelClock(
    () => this.monotonicUsec + this.realtimeOffsetUsec,
    () => this.monotonicUsec,
  );

  get realtimeUsec(): number {
    return this.monotonicUsec + this.realtimeOffsetUsec;
  }

  /** The stamp of a record that is made now. */
  get stampUsec(): number {
    return this.monotonicUsec - this.driftUsec;
  }

  /** A record is made, and read so much later. */
  live(delayUsec = 0): void {
    const stamp = this.stampUsec;
    this.monotonicUsec += delayUsec;
    this.clock.follow();
    this.clock.observeLive(stamp);
  }
}

describe('KernelClock', () => {
  it('before the first live record, trusts the stamp', () => {
    const host = new Host();
    assert.equal(host.clock.toRealtimeUsec(host.stampUsec), host.realtimeUsec);
    assert.equal(host.clock.toRealtimeUsec(0), bootedAt);
  });

  it('learns the drift from live records', () => {
    const host = new Host();
    host.driftUsec = 120 * second;
    host.live();
    assert.equal(host.clock.toRealtimeUsec(host.stampUsec), host.realtimeUsec);
  });

  it('takes the least age of many: a reader that was stopped for an hour learns no drift from that', () => {
    const host = new Host();
    host.live(50);
    host.live(3600 * second);
    host.live(80);
    assert.equal(host.clock.toRealtimeUsec(host.stampUsec), host.realtimeUsec + 50);
  });

  it('forgets an old drift: it grows for weeks', () => {
    const host = new Host();
    host.live();
    host.driftUsec = 60 * second;
    for (let record = 0; record < 511; record++) host.live();
    assert.equal(host.clock.toRealtimeUsec(host.stampUsec), host.realtimeUsec);
  });

  it('keeps the estimate through the change from an old one to a new one', () => {
    const host = new Host();
    host.driftUsec = 7 * second;
    for (let record = 0; record < 256; record++) host.live();
    assert.equal(host.clock.toRealtimeUsec(host.stampUsec), host.realtimeUsec);
    host.live(second);
    assert.equal(host.clock.toRealtimeUsec(host.stampUsec), host.realtimeUsec);
  });

  for (const [name, stepUsec, isFollowed] of [
    ['is not followed where it is slewed, by a second', second, false],
    ['is followed where it is set ahead, by more', second + 1, true],
    ['is followed where it is set back', -3600 * second, true],
    ['is not followed where it is slewed back', -second, false],
  ] as const) {
    it(`the wall clock ${name}`, () => {
      const host = new Host();
      host.realtimeOffsetUsec += stepUsec;
      host.clock.follow();
      assert.equal(host.clock.toRealtimeUsec(host.stampUsec), host.realtimeUsec - (isFollowed ? 0 : stepUsec));
    });
  }

  it('gives whole microseconds', () => {
    const host = new Host();
    host.monotonicUsec += 0.4;
    host.live();
    assert.ok(Number.isInteger(host.clock.toRealtimeUsec(host.stampUsec)));
  });
});
