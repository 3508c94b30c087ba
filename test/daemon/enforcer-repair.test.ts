import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BanList } from '../../src/ban/ban-list.ts';
import { Enforcer } from '../../src/daemon/enforcer.ts';
import { decisionOf } from '../ban/decision.ts';
import { network } from '../core/network.ts';
import { FakeAction } from './fake-action.ts';
import { recordingLog } from './recording-log.ts';
import { settled } from './settled.ts';

/** An action that is told of changes, but for those of parts that are called `other`. */
class WatchedAction extends FakeAction {
  noticeChange(parts: readonly string[] | undefined): boolean {
    return parts?.every((part) => part === 'other') !== true;
  }
}

class PolledAction extends FakeAction {
  isThere = true;

  isInForce(): Promise<boolean> {
    return Promise.resolve(this.isThere);
  }
}

async function setUp<T extends FakeAction>(t: TestContext, action: T) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 1_000_000;
  t.mock.method(performance, 'now', () => nowMs);
  const log = recordingLog();
  const bans = new BanList();
  const enforcer = new Enforcer(action, bans, log);
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
  it('asks every ten seconds whether it is in force, and reconciles where it is not', async (t) => {
    const { action, enforcer, pass } = await setUp(t, new PolledAction());
    await pass(10_000);
    assert.deepEqual(action.calls, ['reconcile']);
    action.isThere = false;
    action.repairs.push({ found: 'chain f2b-sshd gone', bans: 1 });
    await pass(9999);
    assert.deepEqual(action.calls, ['reconcile']);
    await pass(1);
    assert.deepEqual(action.calls, ['reconcile', 'reconcile']);
    assert.equal(enforcer.repairs, 1);
    await enforcer.stop();
    await pass(20_000);
    assert.equal(action.calls.length, 2);
  });
});
