import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { BanTicket } from '../../src/action/ban-ticket.ts';
import { nothingLost, type TicketAction } from '../../src/action/ticket-action.ts';
import type { BanDecision } from '../../src/ban/ban.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { ticketOf } from '../../src/enforce/ban-tickets.ts';
import { decisionOf } from '../ban/decision.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { settled } from '../daemon/settled.ts';
import { FakeAction } from './fake-action.ts';

const trials: Trial[] = [];
afterEach(async () => {
  for (const { keeper } of trials.splice(0)) await keeper.stop();
});

/** A keeper with a firewall and any number of commands, all of whose calls are written down. */
class Trial {
  readonly calls: string[] = [];
  /** Calls that will not do. */
  readonly failing = new Set<string>();
  nowUsec = 10;
  readonly keeper: BanKeeper;
  /** By action, what its definition says now; undefined for one in error. */
  readonly definitions = new Map<string, string | undefined>();

  constructor(norestored = false) {
    trials.push(this);
    const tell = (use: string, call: string) => async (ticket?: BanTicket) => {
      const told = `${use}: ${call}${ticket === undefined ? '' : ` ${ticket.network}${call === 'ban' && ticket.restored ? ' restored' : ''}`}`;
      this.calls.push(told);
      if (this.failing.has(told)) throw new Error('not now');
      return nothingLost;
    };
    const create = (jail: string, name: string): TicketAction => {
      const definition = this.definitions.get(name);
      const use = `${name} of ${jail}${definition === undefined ? '' : ` (${definition})`}`;
      const own = { start: tell(use, 'start'), check: tell(use, 'check'), prolong: tell(use, 'prolong') };
      const other = { ban: tell(use, 'ban'), unban: tell(use, 'unban'), flush: async () => false };
      const rest = { reload: async () => void (await tell(use, 'reload')()), stop: async () => void (await tell(use, 'stop')()) };
      return { name, norestored: norestored || name === 'mail', ...own, ...other, ...rest };
    };
    this.keeper = new BanKeeper({
      createAction: (name) => new FakeAction(name),
      tickets: {
        create,
        fingerprintOf: (_, name) => (this.definitions.has(name) ? this.definitions.get(name) : 'first'),
        isTicketAction: (name) => name !== 'nftables',
        ticketOf: (decision) => ticketOf(decision, { evidence: () => [], earlierBans: () => 1 }),
      },
      clock: () => this.nowUsec,
      log: recordingLog(),
      onEnded: () => undefined,
    });
  }

  /** What was told since the last call. */
  async told(): Promise<string[]> {
    await this.keeper.settle();
    for (let turn = 0; turn < 20; turn++) await settled();
    return this.calls.splice(0);
  }

  ban(network: string, jail: string, ...actions: string[]): BanDecision {
    const decision = decisionOf(network, 1e15, { jail, actions });
    this.keeper.add(decision);
    return decision;
  }
}

const use = (jail: string, action: string) => ({ jail, action });

describe('BanKeeper with actions of tickets', () => {
  it('tells each use of an action of the bans of its own jail', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'mail'), use('two', 'mail'), use('one', 'nftables')]);
    assert.deepEqual(await trial.told(), ['mail of one: start', 'mail of two: start']);
    const first = trial.ban('192.0.2.1', 'one', 'nftables', 'mail');
    trial.ban('192.0.2.1', 'two', 'mail');
    assert.deepEqual(await trial.told(), ['mail of one: ban 192.0.2.1', 'mail of two: ban 192.0.2.1']);
    trial.keeper.remove(first.network, 'one');
    assert.equal((await trial.told())[0], 'mail of one: unban 192.0.2.1');
    await trial.keeper.stop();
  });

  it('an earlier run: what has ended since is lifted, what is norestored is not told again', async () => {
    const restored = [
      decisionOf('192.0.2.1', 1e15, { jail: 'one', actions: ['ufw[a=b]'] }),
      decisionOf('192.0.2.2', 5, { jail: 'one', actions: ['ufw[a=b]'] }),
    ];
    const firewall = new Trial();
    firewall.keeper.restore(restored);
    await firewall.keeper.start([use('one', 'ufw[a=b]')]);
    const told = await firewall.told();
    assert.ok(told.includes('ufw[a=b] of one: unban 192.0.2.2'), told.join());
    assert.ok(told.includes('ufw[a=b] of one: ban 192.0.2.1 restored'), told.join());
    await firewall.keeper.stop();
    const mail = new Trial(true);
    mail.keeper.restore(restored);
    await mail.keeper.start([use('one', 'ufw[a=b]')]);
    assert.deepEqual(await mail.told(), ['ufw[a=b] of one: start']);
    await mail.keeper.stop();
  });

  it('an earlier run that could be read only later: the same', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'mail'), use('one', 'a')]);
    await trial.told();
    trial.keeper.restoreLate([
      decisionOf('192.0.2.1', 1e15, { jail: 'one', actions: ['a', 'mail', 'nftables'] }),
      decisionOf('192.0.2.2', 5, { jail: 'one', actions: ['a', 'mail'] }),
    ]);
    const told = await trial.told();
    assert.ok(told.includes('a of one: ban 192.0.2.1 restored'), told.join());
    assert.ok(told.includes('a of one: unban 192.0.2.2'), told.join());
    assert.deepEqual(
      told.filter((call) => call.startsWith('mail')),
      [],
    );
    await trial.keeper.stop();
  });

  it('a reload: what stays is told, what its jail names no more lifts its bans and stops, what is new is told of them', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'a'), use('one', 'b'), use('one', 'c')]);
    const { network } = trial.ban('192.0.2.1', 'one', 'a', 'c');
    await trial.told();
    await trial.keeper.reload([use('one', 'a'), use('one', 'd')]);
    const told = await trial.told();
    assert.deepEqual(told.toSorted(), [
      'a of one: reload',
      'b of one: stop',
      'c of one: stop',
      'c of one: unban 192.0.2.1',
      'd of one: ban 192.0.2.1 restored',
      'd of one: start',
    ]);
    assert.ok(told.indexOf('c of one: unban 192.0.2.1') < told.indexOf('c of one: stop'));
    assert.deepEqual(trial.keeper.bans.get(network)?.holders.get('one')?.actions, ['a', 'd']);
    trial.keeper.remove(network);
    assert.deepEqual(await trial.told(), ['a of one: unban 192.0.2.1', 'd of one: unban 192.0.2.1']);
    await trial.keeper.stop();
  });

  it('a reload: mail is not sent for bans that were made before its jail named it', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'a')]);
    const { network } = trial.ban('192.0.2.1', 'one', 'a');
    await trial.told();
    for (let time = 0; time < 2; time++) {
      await trial.keeper.reload([use('one', 'a'), use('one', 'mail')]);
      const told = await trial.told();
      assert.equal(
        told.some((call) => call.includes('ban')),
        false,
        told.join(),
      );
    }
    assert.deepEqual(trial.keeper.bans.get(network)?.holders.get('one')?.actions, ['a']);
    trial.ban('192.0.2.2', 'one', 'a', 'mail');
    assert.deepEqual(await trial.told(), ['a of one: ban 192.0.2.2', 'mail of one: ban 192.0.2.2']);
    await trial.keeper.stop();
  });

  it('a reload: bans of a jail that is gone stay with what they rest on', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('gone', 'a'), use('one', 'a')]);
    trial.ban('192.0.2.1', 'gone', 'a');
    await trial.told();
    await trial.keeper.reload([use('one', 'a')]);
    assert.deepEqual(await trial.told(), ['a of one: reload']);
    trial.keeper.remove(trial.ban('192.0.2.1', 'gone', 'a').network);
    assert.equal((await trial.told())[0], 'a of gone: unban 192.0.2.1');
    await trial.keeper.stop();
  });

  it('a reload: a definition that changed ends by the old one and begins by the new one, one after the other', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'a'), use('one', 'mail')]);
    trial.ban('192.0.2.1', 'one', 'a', 'mail');
    await trial.told();
    for (const name of ['a', 'mail']) trial.definitions.set(name, 'second');
    await trial.keeper.reload([use('one', 'a'), use('one', 'mail')]);
    const told = await trial.told();
    assert.deepEqual(
      told.filter((call) => call.startsWith('a ')),
      [
        'a of one: unban 192.0.2.1',
        'a of one: stop',
        'a of one (second): reload',
        'a of one (second): start',
        'a of one (second): ban 192.0.2.1 restored',
      ],
    );
    assert.deepEqual(
      told.filter((call) => call.startsWith('mail')),
      ['mail of one: stop', 'mail of one (second): reload', 'mail of one (second): start'],
    );
    await trial.keeper.reload([use('one', 'a'), use('one', 'mail')]);
    assert.deepEqual(await trial.told(), ['a of one (second): reload', 'mail of one (second): reload']);
    trial.keeper.remove(decisionOf('192.0.2.1', 1).network);
    assert.ok((await trial.told()).includes('a of one (second): unban 192.0.2.1'));
    await trial.keeper.stop();
  });

  it('a reload: mail whose definition changed goes on: what was not told is told, and the end of what was', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'mail')]);
    const first = trial.ban('192.0.2.1', 'one', 'mail');
    await trial.told();
    trial.failing.add('mail of one: ban 192.0.2.2');
    trial.ban('192.0.2.2', 'one', 'mail');
    const third = trial.ban('192.0.2.3', 'one', 'mail');
    await trial.told();
    trial.failing.add('mail of one: unban 192.0.2.3');
    trial.keeper.remove(third.network);
    await trial.told();
    trial.definitions.set('mail', 'second');
    await trial.keeper.reload([use('one', 'mail')]);
    const told = await trial.told();
    assert.deepEqual(told.slice(0, 3), ['mail of one: stop', 'mail of one (second): reload', 'mail of one (second): start']);
    assert.deepEqual(told.slice(3).toSorted(), ['mail of one (second): ban 192.0.2.2', 'mail of one (second): unban 192.0.2.3']);
    trial.keeper.remove(first.network);
    assert.deepEqual(await trial.told(), ['mail of one (second): unban 192.0.2.1']);
  });

  it('mail that could not be sent is sent again, and not that its ban has ended', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'mail')]);
    trial.failing.add('mail of one: ban 192.0.2.1');
    trial.ban('192.0.2.1', 'one', 'mail');
    await trial.told();
    trial.failing.clear();
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual(await trial.told(), ['mail of one: ban 192.0.2.1']);
  });

  it('a reload: a definition that is in error now goes on as it was', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'a')]);
    trial.ban('192.0.2.1', 'one', 'a');
    await trial.told();
    trial.definitions.set('a', undefined);
    await trial.keeper.reload([use('one', 'a')]);
    assert.deepEqual(await trial.told(), ['a of one: reload']);
    await trial.keeper.stop();
  });

  it('a reload: what one jail lets go is made anew for another that rests on the same command', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'ufw[name="one"]'), use('two', 'ufw[name="two"]')]);
    trial.ban('192.0.2.1', 'one', 'ufw[name="one"]');
    trial.ban('192.0.2.1', 'two', 'ufw[name="two"]');
    await trial.told();
    await trial.keeper.reload([use('one', 'nftables'), use('two', 'ufw[name="two"]')]);
    assert.deepEqual((await trial.told()).slice(-2), ['ufw[name="two"] of two: unban 192.0.2.1', 'ufw[name="two"] of two: ban 192.0.2.1']);
    await trial.keeper.stop();
  });

  it('what one jail lifts is made anew for another that rests on the same command; other commands are left alone', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'ufw[name="one"]'), use('two', 'ufw[name="two"]'), use('two', 'route')]);
    const first = trial.ban('192.0.2.1', 'one', 'ufw[name="one"]');
    trial.ban('192.0.2.1', 'two', 'ufw[name="two"]', 'route');
    await trial.told();
    trial.keeper.remove(first.network, 'one');
    assert.deepEqual(await trial.told(), [
      'ufw[name="one"] of one: unban 192.0.2.1',
      'ufw[name="two"] of two: unban 192.0.2.1',
      'ufw[name="two"] of two: ban 192.0.2.1',
    ]);
    await trial.keeper.stop();
  });

  it('shows each use beside the firewalls', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'nftables'), use('one', 'mail')]);
    trial.ban('192.0.2.1', 'one', 'nftables', 'mail');
    await trial.told();
    assert.deepEqual(
      trial.keeper.actions().map(({ name, bans, failure }) => [name, bans, failure]),
      [
        ['nftables', 1, undefined],
        ['mail of one', 1, undefined],
      ],
    );
    await trial.keeper.stop();
  });
});

describe('ticketOf', () => {
  it('tells of the ban, with the lines that the store has of it, and what the filter captured', () => {
    const record = (text: string) => ({ source: 'journal', sequence: 1, text });
    const decision = decisionOf('192.0.2.1', Number.POSITIVE_INFINITY, { evidence: { ...record('last'), fields: { 'F-USER': 'root' } } });
    const ticket = ticketOf(decision, { evidence: () => [record('first'), record('last')], earlierBans: () => 3 });
    assert.deepEqual(
      [ticket.network, ticket.untilUsec, ticket.matches, ticket.bancount, ticket.fields],
      ['192.0.2.1', undefined, ['first', 'last'], 3, { 'F-USER': 'root' }],
    );
  });

  it('has the last record at least, where the store cannot tell', () => {
    const ticket = ticketOf(decisionOf('192.0.2.1', 5, { bancount: 2 }), { evidence: () => [], earlierBans: () => 0 });
    assert.deepEqual([ticket.matches, ticket.bancount, ticket.untilUsec], [['packet'], 2, 5]);
  });
});
