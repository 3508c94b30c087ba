import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BanList } from '../../src/ban/ban-list.ts';
import { Enforcer, type EnforcerOptions } from '../../src/enforce/enforcer.ts';
import { decisionOf } from '../ban/decision.ts';
import { network } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { settled } from '../daemon/settled.ts';
import { FakeAction } from './fake-action.ts';

/** An action that is told of changes, but for those of parts that are called `other`. */
class WatchedAction extends FakeAction {
  noticeChange(parts: readonly string[] | undefined): boolean {
    return parts?.every((part) => part === 'other') !== true;
  }
}

class PolledAction extends FakeAction {
  isThere = true;
  looks = 0;
  answer = (): Promise<boolean> => Promise.resolve(this.isThere);

  isInForce(): Promise<boolean> {
    this.looks++;
    return this.answer();
  }
}

async function setUp<T extends FakeAction>(t: TestContext, action: T, options: EnforcerOptions = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 1_000_000;
  t.mock.method(performance, 'now', () => nowMs);
  const log = recordingLog();
  const bans = new BanList();
  const enforcer = new Enforcer(action, bans, log, options);
  await enforcer.start();
  const pass = async (ms: number) => {
    nowMs += ms;
    t.mock.timers.tick(ms);
    await settled();
  };
  return { action, bans, log, enforcer, pass };
}

const gone = { found: 'table gone', bans: 3 };

describe('Enforcer, when others change the firewall', () => {
  it('reconciles at once, counts it, and says what was found', async (t) => {
    const { action, enforcer, log } = await setUp(t, new WatchedAction());
    action.repairs.push(gone);
    enforcer.noticeChange(undefined);
    await settled();
    assert.deepEqual(action.calls, ['reconcile', 'reconcile']);
    assert.deepEqual([enforcer.repairs, enforcer.failure], [1, undefined]);
    assert.deepEqual(log.lines, ['warning: action nftables: somebody changed what enforces the bans: table gone; 3 bans put back']);
  });

  it('where all stands says nothing, and need not wait for the next', async (t) => {
    const { action, enforcer, log } = await setUp(t, new WatchedAction());
    for (let time = 0; time < 3; time++) {
      enforcer.noticeChange(['input']);
      await settled();
    }
    assert.equal(action.calls.length, 4);
    assert.deepEqual([enforcer.repairs, enforcer.failure], [0, undefined]);
    assert.deepEqual(log.lines, []);
  });

  it('leaves alone what does not concern the action', async (t) => {
    const { action, enforcer } = await setUp(t, new WatchedAction());
    enforcer.noticeChange(['other']);
    await settled();
    assert.deepEqual(action.calls, ['reconcile']);
  });

  it('repairs twice a second at most, and once for all that comes meanwhile', async (t) => {
    const { action, enforcer, pass } = await setUp(t, new WatchedAction());
    action.repairs.push(gone, gone);
    enforcer.noticeChange(undefined);
    await settled();
    enforcer.noticeChange(undefined);
    enforcer.noticeChange(undefined);
    await pass(499);
    assert.equal(action.calls.length, 2);
    await pass(1);
    assert.equal(action.calls.length, 3);
    await pass(60_000);
    assert.equal(action.calls.length, 3);
  });

  it('in a fight says so, loudly, and in the end that it is over', async (t) => {
    const { action, enforcer, log, pass } = await setUp(t, new WatchedAction());
    for (let time = 0; time < 20; time++) {
      action.repairs.push(gone);
      enforcer.noticeChange(undefined);
      await pass(500);
    }
    assert.equal(enforcer.repairs, 20);
    assert.match(enforcer.failure ?? '', /^somebody keeps taking away what enforces the bans, and ringjail puts it back every 1 s only/);
    assert.match(log.lines.at(-1) ?? '', /^error: action nftables: somebody keeps taking away/);
    await pass(60_000);
    assert.equal(enforcer.failure, undefined);
    assert.equal(log.lines.at(-1), 'notice: action nftables: nobody takes away what enforces the bans any more');
  });

  it('what has just been decided comes first, and so is not missing', async (t) => {
    const { action, bans, enforcer } = await setUp(t, new WatchedAction());
    bans.add(decisionOf('192.0.2.1', 2e15));
    const update = enforcer.update([network('192.0.2.1')]);
    enforcer.noticeChange(undefined);
    await update;
    assert.deepEqual(action.calls, ['reconcile', 'enforce 192.0.2.1', 'reconcile']);
  });

  it('asks nothing when it is stopped, and leaves no timer', async (t) => {
    const { action, enforcer, pass } = await setUp(t, new WatchedAction());
    action.repairs.push(gone);
    enforcer.noticeChange(undefined);
    await settled();
    enforcer.noticeChange(undefined);
    await enforcer.stop();
    enforcer.noticeChange(undefined);
    await pass(100_000);
    assert.equal(action.calls.length, 2);
  });
});

describe('Enforcer, of an action that is told of nothing', () => {
  const chainGone = { found: 'chain f2b-sshd gone', bans: 1 };
  const setUpBanned = async (t: TestContext, action = new PolledAction(), options: EnforcerOptions = {}) => {
    const trial = await setUp(t, action, options);
    trial.bans.add(decisionOf('192.0.2.1', 2e15));
    await trial.enforcer.update([network('192.0.2.1')]);
    action.calls.length = 0;
    action.looks = 0;
    return trial;
  };

  it('asks every ten seconds whether it is in force, and reconciles where it is not', async (t) => {
    const { action, enforcer, log, pass } = await setUpBanned(t);
    await pass(10_000);
    assert.deepEqual(action.calls, []);
    action.isThere = false;
    action.repairs.push(chainGone);
    await pass(9999);
    assert.deepEqual(action.calls, []);
    await pass(1);
    assert.deepEqual(action.calls, ['reconcile']);
    assert.equal(enforcer.repairs, 1);
    assert.deepEqual(log.lines, ['warning: action nftables: somebody changed what enforces the bans: chain f2b-sshd gone; 1 ban put back']);
    await enforcer.stop();
    await pass(20_000);
    assert.equal(action.calls.length, 1);
  });

  it('without a ban asks nothing, and has no timer; from the first ban on it has, until the last ended', async (t) => {
    const { action, bans, enforcer, pass } = await setUp(t, new PolledAction());
    const timers = t.mock.method(globalThis, 'setTimeout');
    await pass(100_000);
    assert.deepEqual([action.looks, timers.mock.callCount()], [0, 0]);
    bans.add(decisionOf('192.0.2.1', 2e15));
    await enforcer.update([network('192.0.2.1')]);
    await pass(10_000);
    assert.equal(action.looks, 1);
    bans.remove(network('192.0.2.1'));
    await enforcer.update([network('192.0.2.1')]);
    for (let time = 0; time < 10; time++) await pass(10_000);
    const armed = timers.mock.callCount();
    await pass(100_000);
    assert.deepEqual([action.looks, timers.mock.callCount() - armed], [1, 0]);
  });

  it('every checkIntervalMs; 0: never', async (t) => {
    const fast = await setUpBanned(t, new PolledAction(), { checkIntervalMs: 1000 });
    await fast.pass(1000);
    assert.equal(fast.action.looks, 1);
    t.mock.restoreAll();
    t.mock.timers.reset();
    const never = await setUpBanned(t, new PolledAction(), { checkIntervalMs: 0 });
    await never.pass(1_000_000);
    assert.equal(never.action.looks, 0);
  });

  it('who takes it away before each look is in a fight, and it is put back ever more seldom', async (t) => {
    const { action, enforcer, log, pass } = await setUpBanned(t);
    action.isThere = false;
    for (let time = 0; time < 5; time++) {
      action.repairs.push(chainGone);
      await pass(10_000);
    }
    assert.equal(action.calls.length, 5);
    assert.equal(enforcer.health().isContested, true);
    assert.match(log.lines.at(-1) ?? '', /^error: .* puts it back every 20 s only$/);
    await pass(10_000);
    assert.equal(action.calls.length, 5);
    // Whoever asks for the status does not have it repaired sooner.
    await enforcer.check();
    assert.equal(action.calls.length, 5);
    await pass(10_000);
    assert.equal(action.calls.length, 6);
  });

  it('a look that hangs holds up no ban, no other look and nobody who asks; one that fails is told once', async (t) => {
    const { action, bans, enforcer, log, pass } = await setUpBanned(t);
    let fail = (_: Error): void => undefined;
    action.answer = () => new Promise((_, reject) => (fail = reject));
    await pass(10_000);
    await pass(50_000);
    assert.equal(action.looks, 1);
    bans.add(decisionOf('192.0.2.2', 2e15));
    await enforcer.update([network('192.0.2.2')]);
    assert.deepEqual(action.calls, ['enforce 192.0.2.2']);
    let isAnswered = false;
    void enforcer.check().then(() => (isAnswered = true));
    await pass(2000);
    assert.equal(isAnswered, true);
    for (let time = 0; time < 2; time++) {
      fail(new Error('took too long'));
      await settled();
      await pass(10_000);
    }
    assert.equal(action.looks, 3);
    assert.deepEqual(log.lines, ['warning: action nftables: nobody can tell whether the bans are still in force: took too long']);
    assert.equal(enforcer.repairs, 0);
  });
});
