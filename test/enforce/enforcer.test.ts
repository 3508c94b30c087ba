import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { PartFailure, type WantedBans } from '../../src/action/action.ts';
import { BanList } from '../../src/ban/ban-list.ts';
import { RingjailError } from '../../src/core/errors.ts';
import { Enforcer } from '../../src/enforce/enforcer.ts';
import { wantedOf } from '../../src/enforce/wanted-bans.ts';
import { decisionOf } from '../ban/decision.ts';
import { network } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { settled } from '../daemon/settled.ts';
import { FakeAction } from './fake-action.ts';

const a = network('192.0.2.1');
const b = network('192.0.2.2');

function setUp() {
  const action = new FakeAction();
  const bans = new BanList();
  const log = recordingLog();
  return { action, bans, log, enforcer: new Enforcer(action, bans, log) };
}

const mockTimers = (t: TestContext) => t.mock.timers.enable({ apis: ['setTimeout'] });

describe('Enforcer', () => {
  it('begins by reconciling, then tells what changed', async () => {
    const { action, bans, enforcer } = setUp();
    bans.add(decisionOf('192.0.2.1', 1000));
    await enforcer.start();
    bans.add(decisionOf('192.0.2.2', 2000));
    await enforcer.update([b]);
    bans.remove(a);
    await enforcer.update([a]);
    assert.deepEqual(action.calls, ['reconcile', 'enforce 192.0.2.2', 'enforce 192.0.2.1']);
    assert.deepEqual([...action.inForce], [['192.0.2.2', 2000]]);
    assert.equal(enforcer.bannedCount, 1);
  });

  it('what is in force at the start and not known stays until all from before is read; then what is still not known goes', async () => {
    const { action, bans, enforcer } = setUp();
    action.foundBans = [a, b].map((found) => ({ network: found, untilUsec: 5000 }));
    await enforcer.start();
    assert.deepEqual([...action.inForce.keys()].sort(), ['192.0.2.1', '192.0.2.2']);
    bans.add(decisionOf('192.0.2.2', 7000));
    await enforcer.update([b]);
    await enforcer.forgetUnknown();
    assert.deepEqual([...action.inForce], [['192.0.2.2', 7000]]);
    assert.deepEqual(action.calls, ['reconcile', 'enforce 192.0.2.2', 'enforce 192.0.2.1']);
  });

  it('what is no address is not shown to it', async () => {
    const { action, bans, enforcer } = setUp();
    bans.add(decisionOf('bob', 1000));
    bans.add(decisionOf('192.0.2.1', 1000));
    await enforcer.start();
    assert.deepEqual([...action.inForce.keys()], ['192.0.2.1']);
    assert.equal(enforcer.bannedCount, 1);
  });

  describe('an action that could do only some of it', () => {
    const refused = (...texts: string[]) => new PartFailure(new Map(texts.map((text) => [text, 'refused'])));
    const setUpRefused = async (t: TestContext) => {
      mockTimers(t);
      const { action, bans, log } = setUp();
      const asked: string[][] = [];
      const isInForce = (wanted: WantedBans) => {
        asked.push(Array.from(wanted.all(), (ban) => ban.network.text));
        return true;
      };
      const enforcer = new Enforcer(Object.assign(action, { isInForce }), bans, log);
      t.after(() => enforcer.stop());
      await enforcer.start();
      bans.add(decisionOf('192.0.2.1', 1000));
      action.failures.push(refused('192.0.2.1'));
      await enforcer.update([a]);
      return { action, bans, enforcer, asked };
    };

    it('goes on with what changes meanwhile, and the others count as enforced', async (t) => {
      const { action, bans, enforcer, asked } = await setUpRefused(t);
      bans.add(decisionOf('192.0.2.2', 1000));
      await enforcer.update([b]);
      assert.deepEqual(action.calls, ['reconcile', 'enforce 192.0.2.1', 'enforce 192.0.2.2']);
      assert.match(enforcer.failure ?? '', /not 192\.0\.2\.1: refused/);
      assert.deepEqual(await enforcer.enforcement(a), { isEnforced: false, reason: 'refused' });
      assert.deepEqual(await enforcer.enforcement(b), { isEnforced: true, reason: 'read back when it was made' });
      assert.deepEqual(asked, [['192.0.2.2']]);
      assert.deepEqual([enforcer.failureOf(a), enforcer.failureOf(b)], ['refused', undefined]);
      const { failed, waiting, unlifted } = enforcer.health();
      assert.deepEqual({ failed, waiting, unlifted }, { failed: 1, waiting: 0, unlifted: 0 });
      t.mock.timers.tick(500);
      await settled();
      assert.deepEqual([action.calls.at(-1), enforcer.failure], ['reconcile', undefined]);
    });

    it('counts what it is asked for, and what it could not lift', async (t) => {
      const { action, bans, enforcer } = await setUpRefused(t);
      let open = (): void => undefined;
      action.gate = new Promise((resolve) => (open = resolve));
      action.failures.push(refused('192.0.2.2'));
      const updated = enforcer.update([b]);
      bans.add(decisionOf('192.0.2.3', 1000));
      const later = enforcer.update([network('192.0.2.3')]);
      await settled();
      const counts = () => {
        const { failed, waiting, unlifted } = enforcer.health();
        return { failed, waiting, unlifted };
      };
      assert.deepEqual(counts(), { failed: 1, waiting: 1, unlifted: 0 });
      open();
      await Promise.all([updated, later]);
      assert.deepEqual(counts(), { failed: 1, waiting: 0, unlifted: 1 });
    });

    it('where nothing is left to wait for, all is looked at, and it works again', async (t) => {
      const { action, bans, enforcer } = await setUpRefused(t);
      bans.remove(a);
      await enforcer.update([a]);
      assert.deepEqual([action.calls.slice(2), enforcer.failure], [['enforce 192.0.2.1', 'reconcile'], undefined]);
    });

    it('a later failure of all of it waits as ever', async (t) => {
      const { action, bans, enforcer } = await setUpRefused(t);
      action.failures.push(new Error('not active'));
      bans.add(decisionOf('192.0.2.2', 1000));
      await enforcer.update([b]);
      await enforcer.update([b]);
      assert.equal(action.calls.length, 3);
      assert.deepEqual(await enforcer.enforcement(b), { isEnforced: false, reason: 'not active' });
    });
  });

  it('update of nothing asks nothing', async () => {
    const { action, enforcer } = setUp();
    await enforcer.start();
    await enforcer.update([]);
    assert.deepEqual(action.calls, ['reconcile']);
  });

  it('one call at a time: what changes meanwhile is one call afterwards', async () => {
    const { action, enforcer } = setUp();
    await enforcer.start();
    let open: () => void = () => undefined;
    action.gate = new Promise((resolve) => (open = resolve));
    const updates = [enforcer.update([a])];
    await settled();
    updates.push(enforcer.update([b]), enforcer.update([b]), enforcer.update([a]));
    open();
    await Promise.all(updates);
    assert.deepEqual(action.calls.slice(1), ['enforce 192.0.2.1', 'enforce 192.0.2.2 192.0.2.1']);
    assert.equal(action.mostConcurrent, 1);
  });

  // A promise that resolves too early, or a change that nobody takes, shows at one of these moments only.
  for (let turns = 0; turns <= 12; turns++) {
    it(`a change ${turns} turns after another is asked for when its update resolves`, async () => {
      const { action, bans, enforcer } = setUp();
      await enforcer.start();
      const first = enforcer.update([a]);
      for (let turn = 0; turn < turns; turn++) await undefined;
      bans.add(decisionOf('192.0.2.2', 2000));
      await enforcer.update([b]);
      assert.ok(action.inForce.has('192.0.2.2'));
      await first;
    });
  }

  it('a failure is told once, shown, and repeated by reconciling, ever later', async (t) => {
    mockTimers(t);
    const { action, bans, enforcer, log } = setUp();
    await enforcer.start();
    bans.add(decisionOf('192.0.2.1', 1000));
    action.failures.push(new Error('no'), new Error('no'), new Error('no'));
    await enforcer.update([a]);
    assert.equal(enforcer.failure, 'no');
    for (const delayMs of [500, 1000, 2000]) {
      const { length } = action.calls;
      t.mock.timers.tick(delayMs - 1);
      await settled();
      assert.equal(action.calls.length, length);
      t.mock.timers.tick(1);
      await settled();
      assert.deepEqual(action.calls.slice(length), ['reconcile']);
    }
    assert.equal(enforcer.failure, undefined);
    assert.deepEqual([...action.inForce.keys()], ['192.0.2.1']);
    assert.deepEqual(log.lines, [
      'error: action nftables: bans are not enforced: no',
      'notice: action nftables: works again, all bans are enforced',
    ]);
  });

  it('waits a minute at most, and begins with half a second after a success', async (t) => {
    mockTimers(t);
    const { action, enforcer } = setUp();
    await enforcer.start();
    action.failures.push(...Array.from({ length: 10 }, () => new Error('no')));
    await enforcer.update([a]);
    for (let attempt = 0; attempt < 10; attempt++) {
      t.mock.timers.tick(60_000);
      await settled();
    }
    assert.equal(enforcer.failure, undefined);
    action.failures.push(new Error('no'));
    await enforcer.update([a]);
    t.mock.timers.tick(500);
    await settled();
    assert.equal(enforcer.failure, undefined);
  });

  it('while it waits to try again, an update resolves without asking, and is not forgotten', async (t) => {
    mockTimers(t);
    const { action, bans, enforcer } = setUp();
    await enforcer.start();
    action.failures.push(new Error('no'));
    await enforcer.update([a]);
    bans.add(decisionOf('192.0.2.2', 1000));
    await enforcer.update([b]);
    assert.equal(action.calls.length, 2);
    t.mock.timers.tick(500);
    await settled();
    assert.deepEqual([...action.inForce.keys()], ['192.0.2.2']);
  });

  it('another failure than before is told, too', async (t) => {
    mockTimers(t);
    const { action, enforcer, log } = setUp();
    await enforcer.start();
    action.failures.push(new Error('one'), new Error('two'));
    await enforcer.update([a]);
    t.mock.timers.tick(500);
    await settled();
    assert.equal(log.lines.length, 2);
    assert.equal(enforcer.failure, 'two');
  });

  it('start rejects where permission is refused', async () => {
    const { action, enforcer } = setUp();
    action.failures.push(new RingjailError('permission', 'CAP_NET_ADMIN'));
    await assert.rejects(enforcer.start(), { code: 'permission' });
  });

  it('start that fails otherwise resolves, and is repeated', async (t) => {
    mockTimers(t);
    const { action, bans, enforcer } = setUp();
    bans.add(decisionOf('192.0.2.1', 1000));
    action.failures.push(new RingjailError('unavailable', 'ufw is not active'));
    await enforcer.start();
    assert.equal(enforcer.failure, 'ufw is not active');
    t.mock.timers.tick(500);
    await settled();
    assert.deepEqual([...action.inForce.keys()], ['192.0.2.1']);
  });

  it('suspect reconciles, but not more often than every three seconds', async (t) => {
    let nowMs = 10_000;
    t.mock.method(performance, 'now', () => nowMs);
    const { action, enforcer } = setUp();
    await enforcer.start();
    for (const [passedMs, calls] of [
      [0, 2],
      [2999, 2],
      [1, 3],
    ] as const) {
      nowMs += passedMs;
      enforcer.suspect();
      await settled();
      assert.equal(action.calls.length, calls);
    }
    assert.deepEqual(new Set(action.calls), new Set(['reconcile']));
  });

  describe('stopped', () => {
    it('waits for what runs, and asks nothing more', async () => {
      const { action, enforcer } = setUp();
      await enforcer.start();
      let open: () => void = () => undefined;
      action.gate = new Promise((resolve) => (open = resolve));
      void enforcer.update([a]);
      await settled();
      void enforcer.update([b]);
      let hasStopped = false;
      const stopped = enforcer.stop().then(() => (hasStopped = true));
      await settled();
      assert.equal(hasStopped, false);
      open();
      await stopped;
      await enforcer.update([b]);
      assert.deepEqual(action.calls.slice(1), ['enforce 192.0.2.1']);
    });

    for (const moment of ['before', 'while'] as const) {
      it(`has no timer left that would keep the process alive, where the action failed ${moment} it stopped`, async (t) => {
        const timers = t.mock.method(globalThis, 'setTimeout');
        const cleared = t.mock.method(globalThis, 'clearTimeout');
        const { action, enforcer } = setUp();
        await enforcer.start();
        action.failures.push(new Error('no'));
        const update = enforcer.update([a]);
        if (moment === 'before') await update;
        await enforcer.stop();
        const made = timers.mock.calls.map(({ result }) => result);
        const gone = cleared.mock.calls.map(({ arguments: [timer] }) => timer);
        assert.deepEqual(
          made.filter((timer) => !gone.includes(timer)),
          [],
        );
      });
    }
  });
});

describe('the bans that an action has to make true', () => {
  it('are those that name it; of two holders the later end counts', () => {
    const bans = new BanList();
    bans.add(decisionOf('192.0.2.1', 1000));
    bans.add(decisionOf('192.0.2.1', 3000, { jail: 'sshd' }));
    bans.add(decisionOf('192.0.2.1', 5000, { jail: 'other', actions: ['ufw'] }));
    bans.add(decisionOf('192.0.2.2', Number.POSITIVE_INFINITY, { actions: ['ufw', 'nftables'] }));
    bans.add(decisionOf('192.0.2.3', 1000, { actions: ['ufw'] }));
    bans.add(decisionOf('192.0.2.4', 1000, { actions: [] }));
    const wanted = wantedOf(bans, 'nftables');
    assert.deepEqual(
      Array.from(wanted.all(), ({ network: { text }, untilUsec }) => [text, untilUsec]),
      [
        ['192.0.2.1', 3000],
        ['192.0.2.2', Number.POSITIVE_INFINITY],
      ],
    );
    assert.equal(wanted.untilUsec(a), 3000);
    assert.equal(wanted.untilUsec(network('192.0.2.3')), undefined);
    assert.equal(wanted.untilUsec(network('192.0.2.0/24')), undefined);
    assert.equal(wantedOf(bans, 'ufw').untilUsec(a), 5000);
  });
});
