import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommitConfirm } from '../../src/daemon/commit-confirm.ts';
import { decisionOf } from '../ban/decision.ts';
import { recordingLog } from './recording-log.ts';

const minute = 60_000;
const banOf = (text: string, jail = 'portscan') => decisionOf(text, Number.POSITIVE_INFINITY, { jail });

/** A probation whose clock and timer stand still until `pass`. */
function setUp(limitMs: number | undefined = 10 * minute) {
  const trial = {
    nowMs: 0,
    timer: undefined as { task: () => void; atMs: number } | undefined,
    lifted: [] as string[][],
    kept: [] as string[],
  };
  const log = recordingLog();
  const confirmation: CommitConfirm = new CommitConfirm({
    limitMs,
    log,
    // By then no new ban may come.
    onLift: (bans) =>
      void trial.lifted.push([...bans.map(({ network: { text }, jail }) => `${text} ${jail}`), String(confirmation.mayBan)]),
    onConfirm: (bans) => void trial.kept.push(...bans.map(({ network: { text }, untilUsec }) => `${text} ${untilUsec}`)),
    clock: () => trial.nowMs * 1000,
    nowMs: () => trial.nowMs,
    startTimer: (task, ms) => {
      trial.timer = { task, atMs: trial.nowMs + ms };
      return () => {
        trial.timer = undefined;
      };
    },
  });
  const pass = (ms: number) => {
    trial.nowMs += ms;
    const { timer } = trial;
    if (timer !== undefined && timer.atMs <= trial.nowMs) {
      trial.timer = undefined;
      timer.task();
    }
  };
  return { trial, log, confirmation, pass };
}

describe('CommitConfirm', () => {
  it('without a time does nothing, and has nothing to confirm', () => {
    const { trial, confirmation } = setUp(undefined);
    const off = new CommitConfirm({
      limitMs: undefined,
      log: recordingLog(),
      clock: () => 0,
      onConfirm: () => assert.fail('confirmed'),
      onLift: () => assert.fail('lifted'),
    });
    off.start();
    off.noteBan(banOf('192.0.2.7'));
    assert.deepEqual(off.confirm(), { before: 'off', kept: 0 });
    off.stop();
    assert.deepEqual([off.state, off.mayBan, off.warning], ['off', true, undefined]);
    assert.deepEqual([trial.timer, confirmation.state], [undefined, 'off']);
  });

  it('lifts the bans since the start when the time is over, not a millisecond before, and then only observes', () => {
    const { trial, confirmation, pass } = setUp();
    confirmation.noteBan(banOf('192.0.2.1'));
    confirmation.start();
    confirmation.noteBan(banOf('192.0.2.7'));
    confirmation.noteBan(banOf('192.0.2.7', 'sshd'));
    pass(10 * minute - 1);
    assert.deepEqual([trial.lifted, confirmation.mayBan], [[], true]);
    pass(1);
    assert.deepEqual(trial.lifted, [['192.0.2.7 portscan', '192.0.2.7 sshd', 'false']]);
    assert.deepEqual([confirmation.state, confirmation.mayBan], ['observing', false]);
  });

  it('bans are bounded by the end of the time, and as they were decided once it is confirmed', () => {
    const { trial, confirmation, pass } = setUp();
    const [long, short] = [banOf('192.0.2.7'), decisionOf('192.0.2.8', minute * 1000)];
    assert.equal(confirmation.bounded(long), long);
    confirmation.start();
    assert.equal(confirmation.bounded(long).untilUsec, 10 * minute * 1000);
    assert.equal(confirmation.bounded(short), short);
    for (const ban of [long, short]) confirmation.noteBan(ban);
    pass(1);
    confirmation.confirm();
    assert.deepEqual(trial.kept, ['192.0.2.7 Infinity', `192.0.2.8 ${minute * 1000}`]);
    assert.equal(confirmation.bounded(long), long);
  });

  it('confirmed in time, all bans stay, and more are made', () => {
    const { trial, confirmation, pass } = setUp();
    confirmation.start();
    confirmation.noteBan(banOf('192.0.2.7'));
    pass(10 * minute - 1);
    assert.deepEqual(confirmation.confirm(), { before: 'waiting', kept: 1 });
    confirmation.noteBan(banOf('192.0.2.8'));
    pass(minute);
    confirmation.stop();
    assert.deepEqual([trial.lifted, confirmation.mayBan, confirmation.warning], [[], true, undefined]);
    assert.deepEqual(confirmation.confirm(), { before: 'confirmed', kept: 0 });
  });

  it('confirmed too late, bans are made again, and stay', () => {
    const { trial, confirmation, pass } = setUp();
    confirmation.start();
    confirmation.noteBan(banOf('192.0.2.7'));
    pass(10 * minute);
    confirmation.noteSuppressed();
    assert.deepEqual(confirmation.confirm(), { before: 'observing', kept: 0 });
    confirmation.noteBan(banOf('192.0.2.8'));
    confirmation.stop();
    assert.deepEqual([trial.lifted.length, confirmation.mayBan], [1, true]);
  });

  it('stopped before, it lifts them at once, and once', () => {
    const { trial, confirmation, pass } = setUp();
    confirmation.start();
    confirmation.noteBan(banOf('192.0.2.7'));
    confirmation.stop();
    confirmation.stop();
    pass(20 * minute);
    assert.deepEqual(trial.lifted, [['192.0.2.7 portscan', 'false']]);
  });

  it('leaves out what ended by itself', () => {
    const { trial, confirmation, pass } = setUp();
    confirmation.start();
    confirmation.noteBan(banOf('192.0.2.7'));
    confirmation.noteBan(banOf('192.0.2.8'));
    confirmation.noteEnd(banOf('192.0.2.7'));
    pass(10 * minute);
    assert.deepEqual(trial.lifted, [['192.0.2.8 portscan', 'false']]);
  });

  it('says in each state what is to be done', () => {
    const { confirmation, pass, log } = setUp();
    confirmation.start();
    confirmation.noteBan(banOf('192.0.2.7'));
    pass(4 * minute - 500);
    assert.equal(
      confirmation.warning,
      'not confirmed: in 6m 1s the bans since the start (1) are lifted, unless you type: ringjail confirm',
    );
    pass(6 * minute + 500);
    confirmation.noteSuppressed();
    confirmation.noteSuppressed();
    assert.match(confirmation.warning ?? '', /^NOTHING IS BANNED: .* and others \(2\) were not made; to ban again: ringjail confirm$/);
    assert.match(
      log.lines.join('\n'),
      /^notice: .*10m unless you type: ringjail confirm\nwarning: nobody confirmed in time: the bans made since the start \(1\)/,
    );
  });
});
