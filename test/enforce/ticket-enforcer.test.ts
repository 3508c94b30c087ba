import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { type BanTicket, targetOfTicket } from '../../src/action/ban-ticket.ts';
import { type ActionOutcome, nothingGone, type Sight, type TicketAction } from '../../src/action/ticket-action.ts';
import { RingjailError } from '../../src/core/errors.ts';
import { TicketEnforcer } from '../../src/enforce/ticket-enforcer.ts';
import { ticketOf } from '../action/ban-ticket.ts';
import { network } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';

const enforcers: TicketEnforcer[] = [];
afterEach(async () => {
  await Promise.all(enforcers.splice(0).map((enforcer) => enforcer.stop()));
});

class FakeAction implements TicketAction {
  readonly name = 'fake';
  readonly calls: string[] = [];
  readonly fails = new Map<string, number>();
  /** Calls that will never do. */
  readonly refuses = new Set<string>();
  lost: ActionOutcome['lost'] = [];
  hasFlush = false;
  running = 0;
  readonly norestored: boolean;
  /** What the next looks find lost; the check that follows tells the same. */
  readonly found: ActionOutcome['lost'][] = [];
  readonly look: ((networks: readonly string[]) => Promise<Sight>) | undefined;
  /** What the next look does not find. */
  unseen: readonly string[] = [];
  looks = 0;
  missing: ActionOutcome['lost'] = [];

  constructor(norestored = false, canLook = true) {
    this.norestored = norestored;
    if (canLook) {
      this.look = async () => {
        this.looks += 1;
        this.missing = this.found.shift() ?? [];
        const missing = this.unseen;
        this.unseen = [];
        return { lost: this.missing, missing };
      };
    }
  }

  start = () => this.#do('start');
  check = async () => {
    await this.#do('check');
    const lost = this.missing;
    this.missing = [];
    return { lost };
  };
  ban = (ticket: BanTicket) => this.#do(`ban ${ticket.network}${ticket.restored ? ' restored' : ''}`);
  unban = (ticket: BanTicket) => {
    assert.notEqual(targetOfTicket(ticket), undefined, 'the mark is right');
    return this.#do(`unban ${ticket.network}`);
  };
  prolong = (ticket: BanTicket) => this.#do(`prolong ${ticket.network}`);
  flush = async () => {
    await this.#do('flush');
    return this.hasFlush;
  };
  reload = async () => void (await this.#do('reload'));
  stop = async () => void (await this.#do('stop'));

  async #do(call: string): Promise<ActionOutcome> {
    this.running += 1;
    assert.equal(this.running, 1, 'one call at a time');
    this.calls.push(call);
    await new Promise((resolve) => setImmediate(resolve));
    this.running -= 1;
    if (this.refuses.has(call)) throw new RingjailError('usage', `not for ${call}`);
    const failures = this.fails.get(call) ?? 0;
    if (failures > 0) {
      this.fails.set(call, failures - 1);
      throw new Error(`no ${call}`);
    }
    const { lost } = this;
    this.lost = [];
    return { lost };
  }
}

function create(action = new FakeAction(), checkIntervalMs?: number) {
  const log = recordingLog();
  const enforcer = new TicketEnforcer(action, 'sshd', log, { checkIntervalMs });
  enforcers.push(enforcer);
  return { action, enforcer, log };
}

const a = ticketOf('192.0.2.1');
const b = ticketOf('192.0.2.2');
const c = ticketOf('2001:db8::1');

async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!isTrue() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isTrue(), `waited in vain: ${isTrue}`);
}

describe('TicketEnforcer', () => {
  it('bans once, prolongs what ends later, lifts', async () => {
    const { action, enforcer } = create();
    await Promise.all([enforcer.ban(a), enforcer.ban(b), enforcer.ban(a)]);
    await enforcer.ban({ ...a, untilUsec: (a.untilUsec ?? 0) + 1 });
    await enforcer.ban(a);
    await enforcer.unban('192.0.2.1');
    await enforcer.unban('192.0.2.99');
    assert.deepEqual(action.calls, ['start', 'ban 192.0.2.1', 'ban 192.0.2.2', 'prolong 192.0.2.1', 'unban 192.0.2.1']);
    assert.deepEqual([enforcer.isEnforced('192.0.2.1'), enforcer.isEnforced('192.0.2.2')], [false, true]);
  });

  it('what failed is tried again, is known meanwhile, and holds up nothing', async () => {
    const { action, enforcer, log } = create();
    action.fails.set('ban 192.0.2.1', 1);
    await enforcer.ban(a);
    await enforcer.ban(b);
    assert.equal(enforcer.failureOf('192.0.2.1'), 'no ban 192.0.2.1');
    assert.equal(enforcer.failureOf('192.0.2.2'), undefined);
    assert.equal(enforcer.failure, 'no ban 192.0.2.1');
    const { bans, failed, waiting, unlifted } = enforcer.health();
    assert.deepEqual({ bans, failed, waiting, unlifted }, { bans: 2, failed: 1, waiting: 0, unlifted: 0 });
    assert.deepEqual([enforcer.isEnforced('192.0.2.1'), enforcer.isEnforced('192.0.2.2')], [false, true]);
    await until(() => enforcer.isEnforced('192.0.2.1'));
    assert.equal(enforcer.failure, undefined);
    assert.deepEqual(log.lines, [
      'error: action fake: 192.0.2.1 is not enforced: no ban 192.0.2.1',
      'notice: action fake: 192.0.2.1 is as it should be now',
    ]);
  });

  it('counts what it was not told of yet, what its start keeps out, and what it cannot lift', async () => {
    const { action, enforcer } = create();
    const counts = () => {
      const { failed, waiting, unlifted } = enforcer.health();
      return { failed, waiting, unlifted };
    };
    void enforcer.ban(a);
    const told = enforcer.ban(b);
    assert.deepEqual(counts(), { failed: 0, waiting: 2, unlifted: 0 });
    await told;
    assert.deepEqual(counts(), { failed: 0, waiting: 0, unlifted: 0 });
    action.fails.set('unban 192.0.2.2', 1);
    await enforcer.unban('192.0.2.2');
    assert.deepEqual(counts(), { failed: 0, waiting: 0, unlifted: 1 });
    const broken = create();
    broken.action.fails.set('start', 1);
    void broken.enforcer.ban(a);
    await broken.enforcer.ban(b);
    assert.equal(broken.enforcer.health().failed, 2);
  });

  it('what is no address is lifted as such where it ended meanwhile, and put back with IPv4', async () => {
    const { action, enforcer } = create();
    enforcer.restore([], ['bob', '192.0.2.9']);
    await enforcer.start();
    await enforcer.ban(ticketOf('eve', { isRaw: true }));
    action.found.push([6], [4]);
    await enforcer.check();
    await enforcer.check();
    assert.deepEqual(action.calls, ['start', 'unban bob', 'unban 192.0.2.9', 'ban eve', 'check', 'ban eve restored']);
  });

  it('what is refused is told and known, and not tried again, nor lifted', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { action, enforcer, log } = create();
    for (const call of ['ban a "b', 'unban a "b', 'unban c']) action.refuses.add(call);
    enforcer.restore([], ['c']);
    await enforcer.ban(ticketOf('a "b', { isRaw: true }));
    t.mock.timers.tick(3_600_000);
    await enforcer.ban(b);
    assert.deepEqual(action.calls, ['start', 'unban c', 'ban a "b', 'ban 192.0.2.2']);
    assert.equal(enforcer.failureOf('a "b'), 'not for ban a "b');
    await enforcer.unban('a "b');
    t.mock.timers.tick(3_600_000);
    await enforcer.check();
    assert.deepEqual([action.calls.slice(4), action.looks], [[], 1]);
    assert.equal(enforcer.failure, undefined);
    assert.deepEqual(
      log.lines.filter((line) => line.startsWith('error')),
      [
        'error: action fake: "c" is not lifted: not for unban c',
        'error: action fake: gives up lifting "c" after 1 tries',
        'error: action fake: "a \\"b" is not enforced: not for ban a "b',
      ],
    );
  });

  it('a start that fails is tried again before any ban', async () => {
    const { action, enforcer } = create();
    action.fails.set('start', 1);
    await enforcer.ban(a);
    assert.equal(enforcer.failureOf('192.0.2.1'), 'no start');
    await until(() => enforcer.isEnforced('192.0.2.1'));
    assert.deepEqual(action.calls, ['start', 'start', 'ban 192.0.2.1']);
  });

  it('bans of a family that were lost are put back', async () => {
    const { action, enforcer, log } = create();
    await enforcer.ban(a);
    await enforcer.ban(c);
    action.lost = [4];
    await enforcer.ban(b);
    assert.deepEqual(action.calls.slice(3), ['ban 192.0.2.2', 'ban 192.0.2.1 restored']);
    assert.deepEqual([enforcer.health().repairs, log.lines.length], [1, 1]);
  });

  it('a restart: firewalls that cannot be looked at are told again, once, and lifted what ended meanwhile', async () => {
    const { action, enforcer } = create(new FakeAction(false, false));
    enforcer.restore([a], ['192.0.2.9']);
    await enforcer.start();
    assert.deepEqual(action.calls, ['start', 'unban 192.0.2.1', 'ban 192.0.2.1 restored', 'unban 192.0.2.9']);
  });

  it('a restart: what a look finds is left as it is; what it does not find, or did not look for, is told again', async () => {
    for (const [said, sight, again] of [
      ['all there', {}, []],
      ['missing', { missing: ['192.0.2.1'] }, ['192.0.2.1']],
      ['not asked', { unasked: ['192.0.2.2'] }, ['192.0.2.2']],
      ['lost', { lost: [4] as const }, ['192.0.2.1', '192.0.2.2']],
      ['broken', { broken: 'nothing leads to it' }, ['192.0.2.1', '192.0.2.2', '2001:db8::1']],
      ['cannot look', undefined, ['192.0.2.1', '192.0.2.2', '2001:db8::1']],
    ] as const) {
      const { action, enforcer } = create();
      const asked: (readonly string[])[] = [];
      const look = async (networks: readonly string[]) => {
        asked.push(networks);
        if (sight === undefined) throw new Error('no look');
        return { ...nothingGone, ...sight };
      };
      Object.assign(action, { look });
      enforcer.restore([a, b, c], ['192.0.2.9']);
      await enforcer.start();
      const told = again.flatMap((network) => [`unban ${network}`, `ban ${network} restored`]);
      await until(() => enforcer.health().waiting === 0);
      assert.deepEqual([asked, action.calls], [[['192.0.2.1', '192.0.2.2', '2001:db8::1']], ['start', 'unban 192.0.2.9', ...told]], said);
      assert.equal(
        [a, b, c].every(({ network }) => enforcer.isEnforced(network)),
        true,
        said,
      );
    }
  });

  it('a restart: while a look goes on, other bans are made, and one that is lifted is lifted', async () => {
    const { action, enforcer } = create();
    let answer: (sight: Sight) => void = () => undefined;
    Object.assign(action, { look: () => new Promise((resolve) => (answer = resolve)) });
    enforcer.restore([a, { ...b, untilUsec: 10 }], []);
    await enforcer.start();
    await enforcer.ban(c);
    await enforcer.unban(a.network);
    // Made longer meanwhile, it is not as it was found.
    await enforcer.ban({ ...b, untilUsec: 20 });
    answer(nothingGone);
    await until(() => enforcer.health().waiting === 0);
    assert.deepEqual(action.calls, ['start', 'ban 2001:db8::1', 'unban 192.0.2.1', 'unban 192.0.2.2', 'ban 192.0.2.2']);
  });

  it('what others may have lifted is made anew, and what a look finds of all is left as it is', async () => {
    for (const canLook of [true, false]) {
      const { action, enforcer } = create(new FakeAction(false, canLook));
      for (const ticket of [a, b]) await enforcer.ban(ticket);
      action.calls.length = 0;
      action.unseen = ['192.0.2.2'];
      await enforcer.againAll();
      const again = canLook ? ['192.0.2.2'] : ['192.0.2.1', '192.0.2.2'];
      await until(() => enforcer.health().waiting === 0);
      assert.deepEqual(
        action.calls,
        again.flatMap((network) => [`unban ${network}`, `ban ${network}`]),
      );
    }
  });

  it('what others may have lifted while a look went on is made anew, whatever the look says', async () => {
    const { action, enforcer } = create();
    let answer: (sight: Sight) => void = () => undefined;
    Object.assign(action, { look: () => new Promise((resolve) => (answer = resolve)) });
    enforcer.restore([a, b], []);
    await enforcer.start();
    const again = enforcer.again(a.network);
    answer(nothingGone);
    await again;
    await until(() => enforcer.health().waiting === 0);
    assert.deepEqual(action.calls, ['start', 'unban 192.0.2.1', 'ban 192.0.2.1 restored']);
  });

  it('a restart: mail is not sent again, nor for what ended', async () => {
    const { action, enforcer } = create(new FakeAction(true));
    enforcer.restore([a, b], ['192.0.2.9']);
    await enforcer.start();
    assert.deepEqual(action.calls, ['start']);
  });

  it('wanted no more: lifts all at once where it can, else one by one', async () => {
    for (const hasFlush of [true, false]) {
      const { action, enforcer } = create();
      action.hasFlush = hasFlush;
      await enforcer.ban(a);
      await enforcer.ban(b);
      await enforcer.stop({ isFinal: true });
      assert.deepEqual(action.calls.slice(3), [...(hasFlush ? ['flush'] : ['flush', 'unban 192.0.2.1', 'unban 192.0.2.2']), 'stop']);
      assert.deepEqual([enforcer.isEnforced('192.0.2.1'), enforcer.isEnforced('192.0.2.2')], [false, false]);
    }
  });

  it('what cannot be lifted is forgotten in the end', async () => {
    const { action, enforcer, log } = create();
    await enforcer.ban(a);
    action.fails.set('unban 192.0.2.1', 100);
    await enforcer.unban('192.0.2.1');
    await until(() => log.lines.some((line) => line.includes('gives up')));
    assert.equal(action.calls.filter((call) => call.startsWith('unban')).length, 5);
  });

  it('what nobody could be asked to lift is not forgotten', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { action, enforcer, log } = create();
    await enforcer.ban(a);
    const { unban } = action;
    let tries = 0;
    const unreached = () => Promise.reject(new RingjailError('unreachable', 'no socket'));
    Object.assign(action, { unban: (ticket: BanTicket) => (tries++ < 20 ? unreached() : unban(ticket)) });
    await enforcer.unban('192.0.2.1');
    while (tries < 21) {
      t.mock.timers.tick(60_000);
      await enforcer.start();
    }
    assert.deepEqual([action.calls, enforcer.failure], [['start', 'ban 192.0.2.1', 'unban 192.0.2.1'], undefined]);
    assert.equal(log.lines.filter((line) => line.startsWith('error')).length, 1);
  });

  it('a reload that fails leaves what is enforced as it is, and says so', async () => {
    const { action, enforcer, log } = create();
    await enforcer.ban(a);
    action.fails.set('reload', 1);
    await enforcer.reload();
    assert.deepEqual([enforcer.failure, log.lines], [undefined, ['error: action fake goes on as it was: no reload']]);
    await enforcer.ban(b);
    assert.equal(enforcer.isEnforced('192.0.2.2'), true);
  });

  it('stops without lifting, and for good with', async () => {
    const first = create();
    await first.enforcer.ban(a);
    await first.enforcer.stop();
    assert.deepEqual(first.action.calls, ['start', 'ban 192.0.2.1']);
    const last = create();
    await last.enforcer.ban(a);
    await last.enforcer.stop({ isFinal: true });
    assert.deepEqual(last.action.calls, ['start', 'ban 192.0.2.1', 'unban 192.0.2.1', 'stop']);
  });

  it('for good, what cannot be lifted at once is tried again, until it is lifted or given up', async () => {
    const { action, enforcer, log } = create();
    await enforcer.ban(a);
    action.fails.set('unban 192.0.2.1', 2);
    await enforcer.stop({ isFinal: true });
    assert.deepEqual(action.calls.slice(2), [...Array(3).fill('unban 192.0.2.1'), 'stop']);
    assert.equal(enforcer.isEnforced('192.0.2.1'), false);
    assert.ok(!log.lines.some((line) => line.includes('gives up')));
  });

  it('for good, a stop cuts the tries short', async () => {
    const { action, enforcer } = create();
    await enforcer.ban(a);
    action.fails.set('unban 192.0.2.1', 100);
    const ended = enforcer.stop({ isFinal: true });
    await until(() => action.calls.includes('unban 192.0.2.1'));
    await enforcer.stop();
    await ended;
    assert.equal(action.calls.filter((call) => call === 'unban 192.0.2.1').length, 1);
  });

  it('for good, bans of an earlier run are lifted also where the action cannot be started', async () => {
    const { action, enforcer } = create();
    action.fails.set('start', 100);
    enforcer.restore([a], []);
    await enforcer.start();
    await enforcer.stop({ isFinal: true });
    assert.deepEqual(action.calls, ['start', 'unban 192.0.2.1', 'stop']);
  });

  it('where the start fails, what ended and what is lifted by hand is lifted all the same, and tried again', async () => {
    const { action, enforcer } = create();
    action.fails.set('start', 100);
    action.fails.set('unban 192.0.2.1', 1);
    enforcer.restore([a, b], ['192.0.2.9']);
    await enforcer.start();
    assert.deepEqual(action.calls, ['start', 'unban 192.0.2.9']);
    await enforcer.unban('192.0.2.1');
    await until(() => action.calls.filter((call) => call === 'unban 192.0.2.1').length === 2);
    assert.ok(!action.calls.some((call) => call.includes('192.0.2.2')), action.calls.join());
    assert.deepEqual([enforcer.failureOf('192.0.2.2'), enforcer.networks], ['no start', ['192.0.2.2']]);
  });

  it('what no jail names is not started to lift what ended, and fails no more when its last ban is lifted', async () => {
    const first = create();
    first.enforcer.restore([], ['192.0.2.9']);
    await first.enforcer.resume();
    assert.deepEqual(first.action.calls, ['unban 192.0.2.9']);
    const { action, enforcer } = create();
    action.fails.set('start', 100);
    enforcer.restore([a], []);
    await enforcer.resume();
    assert.equal(enforcer.failure, 'no start');
    await enforcer.unban('192.0.2.1');
    assert.deepEqual([action.calls, enforcer.failure], [['start', 'unban 192.0.2.1'], undefined]);
  });

  it('what another definition began is lifted and stopped by that one, and begun anew', async () => {
    const { action, enforcer, log } = create();
    const { stop } = action;
    Object.assign(action, {
      isOutdated: true,
      stop: async () => {
        await stop();
        Object.assign(action, { isOutdated: false });
      },
    });
    action.fails.set('unban 192.0.2.1', 1);
    enforcer.restore([a], ['192.0.2.9']);
    await enforcer.start();
    const renewed = ['unban 192.0.2.9', 'unban 192.0.2.1', 'stop', 'reload', 'start', 'ban 192.0.2.1 restored'];
    assert.deepEqual(action.calls, ['start', ...renewed]);
    assert.equal(log.lines.filter((line) => line.includes('did not lift 192.0.2.1: no unban')).length, 1);
    Object.assign(action, { isOutdated: true });
    action.calls.length = 0;
    await enforcer.reload();
    assert.deepEqual(action.calls, ['reload', 'start', 'unban 192.0.2.1', 'stop', 'reload', 'start', 'ban 192.0.2.1 restored']);
    assert.deepEqual([enforcer.health().repairs, enforcer.failure], [0, undefined]);
  });

  it('mail that another definition began is stopped by that one and begun anew, and its bans go on', async () => {
    const { action, enforcer } = create(new FakeAction(true));
    const { stop } = action;
    Object.assign(action, {
      isOutdated: true,
      stop: async () => {
        await stop();
        Object.assign(action, { isOutdated: false });
      },
    });
    enforcer.restore([a], []);
    await enforcer.start();
    assert.deepEqual([action.calls, enforcer.isEnforced(a.network)], [['start', 'stop', 'reload', 'start'], true]);
  });

  it('a ban of which nothing was run is tried again, without lifting it first', async () => {
    const { action, enforcer } = create();
    const { ban } = action;
    let tries = 0;
    Object.assign(action, {
      ban: (ticket: BanTicket) => (tries++ < 2 ? Promise.reject(new RingjailError('configuration', 'in error')) : ban(ticket)),
    });
    await enforcer.ban(a);
    assert.equal(enforcer.failureOf('192.0.2.1'), 'in error');
    await until(() => enforcer.isEnforced('192.0.2.1'));
    assert.deepEqual([action.calls, tries], [['start', 'ban 192.0.2.1'], 3]);
  });

  it('a call that fails after the stop leaves no timer', async (t) => {
    const { action, enforcer } = create();
    const running: { end?: (error: Error) => void } = {};
    Object.assign(action, { ban: () => new Promise((_, reject) => Object.assign(running, { end: reject })) });
    void enforcer.ban(a);
    await until(() => running.end !== undefined);
    const set = t.mock.method(globalThis, 'setTimeout');
    const cleared = t.mock.method(globalThis, 'clearTimeout');
    const stopped = enforcer.stop();
    running.end?.(new Error('no ban'));
    await stopped;
    const open = new Set(set.mock.calls.map(({ result }) => result));
    for (const { arguments: given } of cleared.mock.calls) open.delete(given[0] as NodeJS.Timeout);
    assert.equal(open.size, 0);
    assert.equal(enforcer.failureOf('192.0.2.1'), 'no ban');
  });
});

describe('TicketEnforcer, when others take away what the action set up', () => {
  const banned = async (action = new FakeAction(), checkIntervalMs = 20) => {
    const created = create(action, checkIntervalMs);
    await Promise.all([a, b, c].map((ticket) => created.enforcer.ban({ ...ticket, untilUsec: undefined })));
    action.calls.length = 0;
    return created;
  };
  const gone =
    'warning: action fake: somebody changed what enforces the bans: what the action had set up for IPv4 was gone; 2 bans put back';

  it('looks by itself, has it repaired, tells the bans of the family again as restored, counts and says it', async () => {
    const { action, enforcer, log } = await banned();
    action.found.push([], [4]);
    await until(() => enforcer.health().repairs === 1);
    assert.deepEqual(action.calls, ['check', 'ban 192.0.2.1 restored', 'ban 192.0.2.2 restored']);
    assert.deepEqual([log.lines, enforcer.failure], [[gone], undefined]);
    await until(() => action.looks === 5);
    assert.equal(action.calls.length, 3);
  });

  it('bans that a look does not find are made anew, each once; not those that end now, and no others', async () => {
    const { action, enforcer, log } = await banned();
    const ending = { ...ticketOf('192.0.2.3'), untilUsec: (Date.now() + 1000) * 1000 };
    await enforcer.ban(ending);
    action.calls.length = 0;
    action.unseen = ['192.0.2.1', ending.network, '198.51.100.7'];
    await until(() => enforcer.health().repairs === 1);
    assert.deepEqual(action.calls, ['unban 192.0.2.1', 'ban 192.0.2.1 restored']);
    assert.deepEqual(log.lines, ['warning: action fake: somebody changed what enforces the bans: bans were gone; 1 ban put back']);
    assert.equal(enforcer.isEnforced('192.0.2.1'), true);
  });

  it('a ban that is not listed even right after it is put back is put back twice, then told once and left alone, until a look finds it', async () => {
    const { action, enforcer, log } = await banned(new FakeAction(), 20);
    let looks = 0;
    let unlisted: readonly string[] = ['192.0.2.1'];
    // Of more bans than a look may find, it finds these at every second look only.
    let isAsked = true;
    const look = async (networks: readonly string[]) => {
      looks += 1;
      isAsked = networks.length === 1 || !isAsked;
      const missing = networks.filter((text) => unlisted.includes(text));
      return isAsked ? { lost: [], missing } : { lost: [], missing: [], unasked: missing };
    };
    Object.assign(action, { look });
    await until(() => enforcer.health().isUnknown);
    const seenLooks = looks;
    await until(() => looks > seenLooks + 5);
    const again = ['unban 192.0.2.1', 'ban 192.0.2.1 restored'];
    assert.deepEqual(action.calls, [...again, ...again]);
    assert.equal(log.lines.filter((line) => line.includes('is still not listed')).length, 1);
    assert.equal((await enforcer.enforcement(network('192.0.2.1'))).isEnforced, undefined);
    assert.equal((await enforcer.enforcement(network('192.0.2.2'))).isEnforced, true);
    assert.match(enforcer.health().failure ?? '', /^1 ban is not listed although the action agreed each time/);
    unlisted = [];
    await until(() => !enforcer.health().isUnknown);
    assert.equal((await enforcer.enforcement(network('192.0.2.1'))).isEnforced, true);
    unlisted = ['192.0.2.1'];
    await until(() => action.calls.length > 4);
  });

  it('one that is never listed is forgotten with its ban', async () => {
    const { action, enforcer } = await banned(new FakeAction(), 20);
    Object.assign(action, { look: async () => ({ lost: [], missing: ['192.0.2.1'] }) });
    await until(() => enforcer.health().isUnknown);
    await enforcer.unban('192.0.2.1');
    assert.deepEqual([enforcer.health().isUnknown, enforcer.health().failure], [false, undefined]);
  });

  it('what others take away again and again is put back for ever, also where they are faster than a look', async () => {
    for (const [said, isThere] of [
      ['after a look', true],
      ['before it', false],
    ] as const) {
      const { action, enforcer } = await banned(new FakeAction(), 20);
      let looks = 0;
      let isPutBack = true;
      const look = async (networks: readonly string[]) => {
        looks += 1;
        const isMissing = looks > 1 && !(isPutBack && networks.length === 1 && isThere);
        return { lost: [], missing: isMissing ? ['192.0.2.1'] : [] };
      };
      Object.assign(action, { look });
      await until(() => enforcer.health().isContested);
      assert.equal(enforcer.health().isUnknown, false, said);
      isPutBack = false;
      const { length } = action.calls;
      await until(() => action.calls.length > length + 2);
    }
  });

  it('what is no address is not looked for, and stays where IPv6 is lost', async () => {
    const { action, enforcer } = await banned();
    await enforcer.ban({ ...ticketOf('host:22', { isRaw: true }), untilUsec: undefined });
    const asked: (readonly string[])[] = [];
    action.calls.length = 0;
    Object.assign(action, {
      look: async (networks: readonly string[]) => {
        asked.push(networks);
        return { lost: asked.length === 1 ? [6] : [], missing: [] };
      },
    });
    await until(() => asked.length > 2);
    assert.deepEqual([...new Set(asked.flat())], ['192.0.2.1', '192.0.2.2', c.network]);
    assert.ok(!action.calls.some((call) => call.includes('host:22')), action.calls.join());
    assert.equal(enforcer.isEnforced('host:22'), true);
  });

  it('where the check then finds all in place, nothing was lost', async () => {
    const { action, enforcer } = await banned();
    let looks = 0;
    Object.assign(action, { look: async () => ({ lost: looks++ === 0 ? [4] : [], missing: [] }) });
    await until(() => looks > 2);
    assert.deepEqual([action.calls, enforcer.health().repairs], [['check'], 0]);
  });

  it('of an action that has no way to look, and without a ban, nothing is run and no timer is set', async (t) => {
    for (const [canLook, tickets] of [
      [false, [a]],
      [true, []],
    ] as const) {
      const action = new FakeAction(false, canLook);
      const { enforcer } = create(action, 5000);
      const timers = t.mock.method(globalThis, 'setTimeout');
      await enforcer.start();
      for (const ticket of tickets) await enforcer.ban(ticket);
      await enforcer.check();
      assert.deepEqual([timers.mock.callCount(), action.looks, action.calls.includes('check')], [0, 0, false]);
      timers.mock.restore();
    }
  });

  it('no timer is left when the last ban is lifted', async (t) => {
    const { action, enforcer } = await banned();
    for (const { network } of [a, b, c]) await enforcer.unban(network);
    const { looks } = action;
    // The one that was set before.
    await new Promise((resolve) => setTimeout(resolve, 40));
    const timers = t.mock.method(globalThis, 'setTimeout');
    await enforcer.check();
    assert.deepEqual([timers.mock.callCount(), action.looks], [0, looks]);
  });

  it('a look that hangs holds up no ban, and one that fails is told once', async () => {
    const { action, enforcer, log } = await banned(new FakeAction(), 20);
    const hang: { end?: (error: Error) => void } = {};
    Object.assign(action, { look: () => new Promise((_, reject) => Object.assign(hang, { end: reject })) });
    await until(() => hang.end !== undefined);
    await enforcer.ban(ticketOf('192.0.2.3'));
    assert.deepEqual(action.calls, ['ban 192.0.2.3']);
    for (let time = 0; time < 2; time++) {
      const { end } = hang;
      delete hang.end;
      end?.(new Error('took longer than 60 s'));
      await until(() => hang.end !== undefined);
    }
    const told = 'warning: action fake: nobody can tell whether the bans are still in force: took longer than 60 s';
    assert.deepEqual([log.lines, enforcer.health().repairs], [[told], 0]);
    const reason = told.slice('warning: action fake: '.length);
    const { failure, isUnknown } = enforcer.health();
    assert.deepEqual({ failure, isUnknown }, { failure: reason, isUnknown: true });
    assert.deepEqual(await enforcer.enforcement(network('192.0.2.1')), { isEnforced: undefined, reason });
    Object.assign(action, { look: () => Promise.resolve(nothingGone) });
    hang.end?.(new Error('took longer than 60 s'));
    await until(() => !enforcer.health().isUnknown);
    assert.deepEqual([enforcer.health().failure, (await enforcer.enforcement(network('192.0.2.1'))).isEnforced], [undefined, true]);
  });

  it("what is broken and not the action's to repair is not enforced, told once, and nothing is lifted or made", async () => {
    const { action, enforcer, log } = await banned(new FakeAction(), 20);
    let looks = 0;
    let broken: string | undefined = 'flushed:\nsudo ufw reload';
    Object.assign(action, { look: async () => ({ ...nothingGone, broken, looks: looks++ }) });
    await until(() => looks > 2);
    const reason = 'flushed:; sudo ufw reload';
    assert.deepEqual(await enforcer.enforcement(network('192.0.2.1')), { isEnforced: false, reason });
    assert.equal(enforcer.failureOf('192.0.2.1'), reason);
    const { failure, isUnknown, isContested } = enforcer.health();
    assert.deepEqual([failure, isUnknown, isContested], [reason, false, false]);
    broken = undefined;
    await until(() => enforcer.health().failure === undefined);
    assert.deepEqual(action.calls, []);
    assert.deepEqual(log.lines, [`error: action fake: bans are not enforced: ${reason}`, 'notice: action fake: works again']);
  });

  it('what cannot be repaired is not enforced, and tried again', async () => {
    const { action, enforcer, log } = await banned();
    action.found.push([4]);
    action.fails.set('check', 1);
    action.fails.set('ban 192.0.2.1 restored', 1);
    await until(() => enforcer.failureOf('192.0.2.1') !== undefined);
    assert.ok(log.lines.includes('error: action fake: no check'));
    await until(() => enforcer.isEnforced('192.0.2.1'));
    assert.equal(enforcer.failure, undefined);
  });

  it('mail is not sent again', async () => {
    const { action } = await banned(new FakeAction(true));
    action.found.push([4]);
    await until(() => action.looks > 2);
    assert.deepEqual(action.calls, ['check']);
  });

  it('a fight is told, and looked at ever more seldom', async () => {
    const { action, enforcer, log } = await banned();
    action.found.push([4], [4], [4], [4], [4]);
    await until(() => enforcer.health().isContested);
    assert.equal(enforcer.health().repairs, 5);
    assert.match(enforcer.failure ?? enforcer.health().failure ?? '', /somebody keeps taking away .* every 0\.04 s only$/);
    assert.match(log.lines.at(-1) ?? '', /^error: action fake: somebody keeps/);
  });
});
