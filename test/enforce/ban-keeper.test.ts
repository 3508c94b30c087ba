import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { BanDecision } from '../../src/ban/ban.ts';
import { RingjailError } from '../../src/core/errors.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { decisionOf } from '../ban/decision.ts';
import { network, target } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { settled } from '../daemon/settled.ts';
import { FakeAction } from './fake-action.ts';

const second = 1_000_000;
const day = 86_400 * second;
const begin = 1_700_000_000 * second;
const a = network('192.0.2.1');

/** A keeper whose clock and timers stand still until `pass`. */
class Trial {
  readonly actions = new Map([
    ['nftables', new FakeAction('nftables')],
    ['ufw', new FakeAction('ufw')],
  ]);
  readonly log = recordingLog();
  readonly ended: BanDecision[] = [];
  /** Each time with what stood in the firewall then. */
  readonly asked: { networks: string[]; inForce: string[] }[] = [];
  readonly keeper: BanKeeper;
  readonly #t: TestContext;
  nowUsec = begin;

  constructor(t: TestContext, bounded = (decision: BanDecision) => decision) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setTimeout'] });
    this.keeper = new BanKeeper({
      createAction: (name) => this.actions.get(name) ?? assert.fail(`no action ${name}`),
      clock: () => this.nowUsec,
      log: this.log,
      bounded,
      onEnded: (decisions) => void this.ended.push(...decisions),
      onAsked: (bans) => void this.asked.push({ networks: bans.map(({ network }) => network.text), inForce: this.inForce() }),
    });
  }

  async pass(usec: number): Promise<void> {
    this.nowUsec += usec;
    this.#t.mock.timers.tick(Math.ceil(usec / 1000));
    await settled();
  }

  inForce(action = 'nftables'): string[] {
    return [...(this.actions.get(action)?.inForce.keys() ?? [])];
  }

  async ban(text: string, forUsec: number, other: Partial<BanDecision> = {}): Promise<void> {
    this.keeper.add(decisionOf(text, this.nowUsec + forUsec, { sinceUsec: this.nowUsec, ...other }));
    await this.keeper.settle();
  }
}

const usesOf = (...actions: string[]) => actions.map((action) => ({ jail: 'j', action }));

describe('BanKeeper', () => {
  it('tells which bans the actions have been asked for, when they have, and nothing of what was lifted', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', 60 * second);
    assert.deepEqual(trial.asked, [{ networks: ['192.0.2.1'], inForce: ['192.0.2.1'] }]);
    trial.keeper.remove(a);
    await trial.keeper.settle();
    assert.equal(trial.asked.length, 1);
  });

  it('tells of a ban once the first action enforces it, however long another takes, and tells of it once', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables', 'ufw'));
    let open = (): void => undefined;
    const slow = trial.actions.get('ufw');
    assert.ok(slow);
    slow.gate = new Promise((resolve) => (open = resolve));
    const asked = trial.ban('192.0.2.1', 60 * second, { actions: ['ufw', 'nftables'] });
    await settled();
    assert.deepEqual(trial.asked, [{ networks: ['192.0.2.1'], inForce: ['192.0.2.1'] }]);
    open();
    await asked;
    assert.equal(trial.asked.length, 1);
  });

  it('no firewall is asked for what is no address: that is told, once, and not tried again', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('$(reboot) "x', 60 * second);
    await trial.ban('192.0.2.1', 60 * second);
    assert.deepEqual(trial.actions.get('nftables')?.calls, ['reconcile', 'enforce 192.0.2.1']);
    const told =
      'error: action nftables: "$(reboot) \\"x" of jail portscan is not enforced: it is no address, and a firewall holds nothing else';
    assert.deepEqual(trial.log.lines, [told]);
    const ban = { network: target('$(reboot) "x'), jail: 'portscan' };
    assert.deepEqual(await trial.keeper.enforcement(ban, 'nftables'), {
      isEnforced: false,
      reason: 'it is no address, and a firewall holds nothing else',
    });
    assert.equal(trial.keeper.actions()[0]?.failure, undefined);
    // It is seen while it is banned: nothing to repair.
    trial.keeper.suspect(decisionOf('$(reboot) "x', 90 * second, { sinceUsec: trial.nowUsec + 50 * second }));
    await trial.pass(30 * second);
    assert.deepEqual(trial.actions.get('nftables')?.calls, ['reconcile', 'enforce 192.0.2.1']);
    await trial.pass(30 * second);
    assert.deepEqual(trial.ended.map(({ network: { text } }) => text).sort(), ['$(reboot) "x', '192.0.2.1']);
    assert.deepEqual(trial.log.lines, [told]);
  });

  it('what is no address is found by its text, and is inside of nothing', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.0/24', 60 * second);
    await trial.ban('192.0.2.1:80', 60 * second);
    assert.deepEqual(trial.keeper.find(target('192.0.2.1:80')), [target('192.0.2.1:80')]);
    assert.deepEqual(trial.keeper.find(target('192.0.2.1:8')), []);
    assert.deepEqual(trial.keeper.find(network('192.0.2.1')), [network('192.0.2.0/24')]);
  });

  it('tells of a ban that no action enforces when all have tried', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    trial.actions.get('nftables')?.failures.push(new Error('no'));
    await trial.ban('192.0.2.1', 60 * second);
    assert.deepEqual(trial.asked, [{ networks: ['192.0.2.1'], inForce: [] }]);
  });

  it('keeps and enforces a ban as bounded', async (t) => {
    const trial = new Trial(t, (decision) => ({ ...decision, untilUsec: begin + second }));
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', 60 * second);
    assert.deepEqual([...(trial.actions.get('nftables')?.inForce.values() ?? [])], [begin + second]);
    assert.equal(trial.keeper.bans.nextEndUsec, begin + second);
  });

  it('a jail that names other actions by now and bans for longer lets the former ones go', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', 60 * second);
    await trial.ban('192.0.2.1', 90 * second, { actions: ['ufw'] });
    assert.deepEqual([trial.inForce('nftables'), trial.inForce('ufw')], [[], ['192.0.2.1']]);
    trial.keeper.remove(a);
    await trial.keeper.settle();
    assert.deepEqual(trial.inForce('ufw'), []);
  });

  it('a reload moves bans to what their jail names now, and leaves those of other jails', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', 60 * second, { jail: 'j' });
    await trial.ban('192.0.2.2', 60 * second, { jail: 'gone' });
    await trial.keeper.reload(usesOf('ufw'));
    await trial.keeper.settle();
    assert.deepEqual([trial.inForce('nftables'), trial.inForce('ufw')], [['192.0.2.2'], ['192.0.2.1']]);
    assert.deepEqual(trial.keeper.bans.get(a)?.holders.get('j')?.actions, ['ufw']);
    assert.equal(trial.keeper.bans.get(a)?.holders.get('j')?.untilUsec, begin + 60 * second);
  });

  it('a ban that was bounded, and confirmed after a reload, stays with what its jail names now', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', 60 * second, { jail: 'j' });
    await trial.keeper.reload(usesOf('ufw'));
    trial.keeper.unbind(decisionOf('192.0.2.1', begin + 120 * second, { jail: 'j', actions: ['nftables'] }));
    await trial.keeper.settle();
    assert.deepEqual([trial.inForce('nftables'), trial.inForce('ufw')], [[], ['192.0.2.1']]);
    assert.equal(trial.keeper.bans.get(a)?.holders.get('j')?.untilUsec, begin + 120 * second);
  });

  it('a reload gives up the actions that neither jails nor bans name, and begins with new ones', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', 60 * second);
    await trial.keeper.reload(usesOf('ufw'));
    await settled();
    assert.deepEqual(
      trial.keeper.actions().map(({ name }) => name),
      ['nftables', 'ufw'],
    );
    trial.keeper.remove(a);
    await trial.keeper.settle();
    await trial.keeper.reload(usesOf('ufw'));
    await settled();
    // Nobody puts back what is taken away now.
    assert.deepEqual(
      trial.keeper.actions().map(({ name }) => name),
      ['ufw'],
    );
  });

  it('lifts a ban when its time is over, and not a millisecond before', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', 60 * second);
    await trial.pass(60 * second - 1000);
    assert.deepEqual(trial.inForce(), ['192.0.2.1']);
    await trial.pass(1000);
    assert.deepEqual(trial.inForce(), []);
    assert.deepEqual(
      trial.ended.map(({ network: { text } }) => text),
      ['192.0.2.1'],
    );
  });

  it('a later ban that ends sooner is lifted sooner', async (t) => {
    const trial = new Trial(t);
    await trial.ban('192.0.2.1', 60 * second);
    await trial.ban('192.0.2.2', 30 * second);
    await trial.pass(30 * second);
    assert.deepEqual(trial.inForce(), ['192.0.2.1']);
    await trial.pass(30 * second);
    assert.deepEqual(trial.inForce(), []);
  });

  // A timer of Node that shall wait for 2^31 ms or more waits for one.
  for (const days of [1, 24, 25, 50, 365]) {
    it(`a ban for ${days} days lasts so long, and wakes nobody more than once a day`, async (t) => {
      const trial = new Trial(t);
      const timers = t.mock.method(globalThis, 'setTimeout');
      await trial.ban('192.0.2.1', days * day);
      for (let passed = 1; passed < days; passed++) await trial.pass(day);
      await trial.pass(day - 1000);
      assert.deepEqual(trial.inForce(), ['192.0.2.1']);
      await trial.pass(1000);
      assert.deepEqual(trial.inForce(), []);
      for (const {
        arguments: [, delayMs = 0],
      } of timers.mock.calls)
        assert.ok(delayMs <= 86_400_000);
      assert.ok(timers.mock.callCount() <= days + 1, String(timers.mock.callCount()));
    });
  }

  it('a ban for good sets no timer', async (t) => {
    const trial = new Trial(t);
    const timers = t.mock.method(globalThis, 'setTimeout');
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', Number.POSITIVE_INFINITY);
    assert.equal(timers.mock.callCount(), 0);
    assert.deepEqual([...(trial.actions.get('nftables')?.inForce.values() ?? [])], [Number.POSITIVE_INFINITY]);
  });

  it('a clock that was set ahead lifts at the next wake-up, one that was set back keeps the ban until its time', async (t) => {
    const trial = new Trial(t);
    await trial.ban('192.0.2.1', 3 * day);
    trial.nowUsec -= 2 * day;
    for (let passed = 0; passed < 4; passed++) await trial.pass(day);
    assert.deepEqual(trial.inForce(), ['192.0.2.1']);
    trial.nowUsec += 10 * day;
    await trial.pass(day);
    assert.deepEqual(trial.inForce(), []);
  });

  it('tells each action what concerns it, once', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables', 'ufw'));
    trial.keeper.add(decisionOf('192.0.2.1', begin + day));
    trial.keeper.add(decisionOf('192.0.2.2', begin + day, { actions: ['nftables', 'ufw'] }));
    await trial.keeper.settle();
    await trial.keeper.settle();
    assert.deepEqual(trial.actions.get('nftables')?.calls, ['reconcile', 'enforce 192.0.2.1 192.0.2.2']);
    assert.deepEqual(trial.actions.get('ufw')?.calls, ['reconcile', 'enforce 192.0.2.2']);
  });

  it('add says whether the list changed; what did not change is told to nobody', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    assert.equal(trial.keeper.add(decisionOf('192.0.2.1', begin + day)), true);
    assert.equal(trial.keeper.add(decisionOf('192.0.2.1', begin + day)), false);
    await trial.keeper.settle();
    assert.equal(trial.keeper.add(decisionOf('192.0.2.1', begin + 1)), false);
    await trial.keeper.settle();
    assert.deepEqual(trial.actions.get('nftables')?.calls, ['reconcile', 'enforce 192.0.2.1']);
  });

  it('a ban of two holders ends in the firewall with the later one', async (t) => {
    const trial = new Trial(t);
    await trial.ban('192.0.2.1', day);
    await trial.ban('192.0.2.1', 2 * day, { jail: 'sshd' });
    await trial.pass(day);
    assert.deepEqual(trial.inForce(), ['192.0.2.1']);
    assert.deepEqual(
      trial.ended.map(({ jail }) => jail),
      ['portscan'],
    );
    await trial.pass(day);
    assert.deepEqual(trial.inForce(), []);
  });

  it('remove lifts, whoever holds it, wherever it is enforced', async (t) => {
    const trial = new Trial(t);
    await trial.ban('192.0.2.1', day);
    await trial.ban('192.0.2.1', day, { jail: 'sshd', actions: ['ufw'] });
    assert.equal(trial.keeper.remove(a).length, 2);
    assert.deepEqual(trial.keeper.remove(a), []);
    await trial.keeper.settle();
    assert.deepEqual([trial.inForce(), trial.inForce('ufw')], [[], []]);
  });

  it('find gives every ban that shuts the address out: its own, and those of wider networks', async (t) => {
    const trial = new Trial(t);
    for (const text of ['192.0.2.0/24', '192.0.0.0/16', '192.0.2.1', '198.51.100.0/24']) await trial.ban(text, day);
    const find = (text: string) => trial.keeper.find(network(text)).map((found) => found.text);
    assert.deepEqual(find('192.0.2.1'), ['192.0.2.0/24', '192.0.0.0/16', '192.0.2.1']);
    assert.deepEqual(find('192.0.2.2'), ['192.0.2.0/24', '192.0.0.0/16']);
    assert.deepEqual(find('192.0.2.0/25'), ['192.0.2.0/24', '192.0.0.0/16']);
    assert.deepEqual(find('192.0.0.0/8'), []);
    assert.deepEqual(find('203.0.113.1'), []);
  });

  it('settle waits for what another settle took before it', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    const action = trial.actions.get('nftables');
    assert.ok(action);
    let open: () => void = () => assert.fail('not made yet');
    action.gate = new Promise((resolve) => {
      open = resolve;
    });
    trial.keeper.add(decisionOf('192.0.2.1', begin + day));
    const first = trial.keeper.settle();
    let isSettled = false;
    const second = trial.keeper.settle().then(() => {
      isSettled = true;
    });
    await settled();
    assert.equal(isSettled, false);
    open();
    await Promise.all([first, second]);
    assert.deepEqual(trial.inForce(), ['192.0.2.1']);
  });

  it('suspect has the action look again, where the ban is three seconds old', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('nftables'));
    await trial.ban('192.0.2.1', day);
    trial.actions.get('nftables')?.inForce.clear();
    trial.keeper.suspect(decisionOf('192.0.2.1', begin + day, { sinceUsec: begin + 3 * second - 1 }));
    trial.keeper.suspect(decisionOf('192.0.2.2', begin + day, { sinceUsec: begin + day }));
    await settled();
    assert.deepEqual(trial.inForce(), []);
    trial.keeper.suspect(decisionOf('192.0.2.1', begin + day, { sinceUsec: begin + 3 * second }));
    await settled();
    assert.deepEqual(trial.inForce(), ['192.0.2.1']);
  });
});

describe('BanKeeper, started', () => {
  it('brings back what was banned, and lifts what has ended meanwhile', async (t) => {
    const trial = new Trial(t);
    trial.actions.get('nftables')?.inForce.set('192.0.2.2', begin);
    trial.keeper.restore([
      decisionOf('192.0.2.1', begin + 1),
      decisionOf('192.0.2.2', begin),
      decisionOf('192.0.2.3', Number.POSITIVE_INFINITY),
    ]);
    await trial.keeper.start(usesOf('nftables'));
    assert.deepEqual(trial.inForce(), ['192.0.2.1', '192.0.2.3']);
    assert.deepEqual(trial.ended, []);
    await trial.pass(1000);
    assert.deepEqual(trial.inForce(), ['192.0.2.3']);
  });

  it('brings back later what could be read only then, as it was, also while bans are on probation', async (t) => {
    const trial = new Trial(t, (decision) => ({ ...decision, untilUsec: begin + 1 }));
    await trial.keeper.start(usesOf('nftables'));
    trial.keeper.restoreLate([
      decisionOf('192.0.2.1', begin + day),
      decisionOf('192.0.2.2', begin),
      decisionOf('192.0.2.3', begin + day, { actions: ['ufw'] }),
    ]);
    await trial.keeper.settle();
    assert.deepEqual([trial.inForce(), trial.inForce('ufw')], [['192.0.2.1'], ['192.0.2.3']]);
    await trial.pass(day);
    assert.deepEqual([trial.inForce(), trial.inForce('ufw')], [[], []]);
  });

  it('lifts what ended while the later ones were read', async (t) => {
    const trial = new Trial(t);
    await trial.keeper.start(usesOf('ufw'));
    await trial.ban('192.0.2.1', 60 * second, { actions: ['ufw'] });
    // The loop was held up: no timer could run.
    trial.nowUsec += 61 * second;
    trial.keeper.restoreLate([decisionOf('192.0.2.2', begin + day, { actions: ['ufw'] })]);
    await trial.keeper.settle();
    assert.deepEqual([trial.inForce('ufw'), trial.ended.map(({ network: { text } }) => text)], [['192.0.2.2'], ['192.0.2.1']]);
  });

  it('brings back bans of actions that no jail names any more', async (t) => {
    const trial = new Trial(t);
    trial.keeper.restore([decisionOf('192.0.2.1', begin + day, { actions: ['ufw'] })]);
    await trial.keeper.start(usesOf('nftables'));
    assert.deepEqual(trial.inForce('ufw'), ['192.0.2.1']);
  });

  it('asks the action of a ban that ended meanwhile, which may know no end of its own', async (t) => {
    const { keeper, actions } = new Trial(t);
    keeper.restore([decisionOf('192.0.2.1', begin - second, { actions: ['ufw'] })]);
    await keeper.start([]);
    assert.deepEqual(actions.get('ufw')?.calls, ['reconcile']);
  });

  it('rejects where an action is not permitted to work', async (t) => {
    const trial = new Trial(t);
    trial.actions.get('nftables')?.failures.push(new RingjailError('permission', 'CAP_NET_ADMIN'));
    await assert.rejects(trial.keeper.start(usesOf('nftables')), { code: 'permission' });
  });

  it('shows what is not enforced', async (t) => {
    const trial = new Trial(t);
    trial.actions.get('ufw')?.failures.push(new RingjailError('unavailable', 'ufw is not active'));
    trial.keeper.restore([decisionOf('192.0.2.1', begin + day)]);
    await trial.keeper.start(usesOf('nftables', 'ufw'));
    assert.deepEqual(
      trial.keeper.actions().map(({ name, bans, failure }) => ({ name, bans, failure })),
      [
        { name: 'nftables', bans: 1, failure: undefined },
        { name: 'ufw', bans: 0, failure: 'ufw is not active' },
      ],
    );
  });

  it('found: what each action has in force, asked once', (t) => {
    const trial = new Trial(t);
    const ban = { network: a, untilUsec: begin + day };
    for (const action of trial.actions.values()) action.foundBans = [ban];
    assert.deepEqual(trial.keeper.found(['nftables', 'ufw', 'nftables']), [
      { ...ban, action: 'nftables' },
      { ...ban, action: 'ufw' },
    ]);
  });

  it('found: an action that cannot be asked is told of, and the others count', (t) => {
    const trial = new Trial(t);
    const [nftables, ufw] = [trial.actions.get('nftables'), trial.actions.get('ufw')];
    assert.ok(nftables && ufw);
    nftables.found = () => assert.fail(new RingjailError('unavailable', 'no nf_tables'));
    ufw.foundBans = [{ network: a, untilUsec: begin }];
    assert.equal(trial.keeper.found(['nftables', 'ufw']).length, 1);
    assert.deepEqual(trial.log.lines, ['error: action nftables: cannot be asked for bans in force: no nf_tables']);
    nftables.found = () => assert.fail(new RingjailError('permission', 'CAP_NET_ADMIN'));
    assert.throws(() => trial.keeper.found(['nftables']), { code: 'permission' });
  });
});

describe('BanKeeper, stopped', () => {
  it('lifts nothing, and leaves no timer', async (t) => {
    const trial = new Trial(t);
    await trial.ban('192.0.2.1', day);
    await trial.keeper.stop();
    await trial.pass(2 * day);
    assert.deepEqual(trial.inForce(), ['192.0.2.1']);
    assert.deepEqual(trial.ended, []);
  });

  it('while a ban ends: sets no timer any more, which would keep the process alive', async (t) => {
    const trial = new Trial(t);
    await trial.ban('192.0.2.1', second);
    await trial.ban('192.0.2.2', day);
    const action = trial.actions.get('nftables');
    assert.ok(action);
    let open: () => void = () => undefined;
    action.gate = new Promise((resolve) => (open = resolve));
    await trial.pass(second);
    assert.equal(trial.ended.length, 1);
    const timers = t.mock.method(globalThis, 'setTimeout');
    const stopped = trial.keeper.stop();
    open();
    await stopped;
    await settled();
    assert.equal(timers.mock.callCount(), 0);
  });
});
