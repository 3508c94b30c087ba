import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BanTicket } from '../../src/action/ban-ticket.ts';
import { nothingLost, type TicketAction } from '../../src/action/ticket-action.ts';
import type { BanDecision } from '../../src/ban/ban.ts';
import { BanKeeper } from '../../src/daemon/ban-keeper.ts';
import { ticketOf } from '../../src/daemon/ban-tickets.ts';
import { decisionOf } from '../ban/decision.ts';
import { FakeAction } from './fake-action.ts';
import { recordingLog } from './recording-log.ts';
import { settled } from './settled.ts';

/** A keeper with a firewall and any number of commands, all of whose calls are written down. */
class Trial {
  readonly calls: string[] = [];
  nowUsec = 10;
  readonly keeper: BanKeeper;

  constructor(norestored = false) {
    const tell = (use: string, call: string) => async (ticket?: BanTicket) => {
      this.calls.push(`${use}: ${call}${ticket === undefined ? '' : ` ${ticket.network}`}`);
      return nothingLost;
    };
    const create = (jail: string, name: string): TicketAction => {
      const use = `${name} of ${jail}`;
      const own = { start: tell(use, 'start'), check: tell(use, 'check'), prolong: tell(use, 'prolong') };
      const other = { ban: tell(use, 'ban'), unban: tell(use, 'unban'), flush: async () => false };
      const rest = { reload: async () => void (await tell(use, 'reload')()), stop: async () => void (await tell(use, 'stop')()) };
      return { name, norestored, ...own, ...other, ...rest };
    };
    this.keeper = new BanKeeper({
      createAction: (name) => new FakeAction(name),
      tickets: {
        create,
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
    assert.ok(told.includes('ufw[a=b] of one: ban 192.0.2.1'), told.join());
    await firewall.keeper.stop();
    const mail = new Trial(true);
    mail.keeper.restore(restored);
    await mail.keeper.start([use('one', 'ufw[a=b]')]);
    assert.deepEqual(await mail.told(), ['ufw[a=b] of one: start']);
    await mail.keeper.stop();
  });

  it('a reload: what stays is told, what no jail names and holds no ban goes', async () => {
    const trial = new Trial();
    await trial.keeper.start([use('one', 'a'), use('one', 'b'), use('one', 'c')]);
    trial.ban('192.0.2.1', 'one', 'c');
    await trial.told();
    trial.keeper.reload([use('one', 'a'), use('one', 'd')]);
    const told = await trial.told();
    assert.deepEqual(told.toSorted(), ['a of one: reload', 'b of one: stop', 'd of one: start']);
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
