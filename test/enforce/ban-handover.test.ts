// Bans whose jail names other actions by now, seen from outside: what the firewall holds while a command is slow, or fails.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { nothingLost, type TicketAction } from '../../src/action/ticket-action.ts';
import type { BanDecision } from '../../src/ban/ban.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { ticketOf } from '../../src/enforce/ban-tickets.ts';
import { decisionOf } from '../ban/decision.ts';
import { network, target } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { settled } from '../daemon/settled.ts';
import { FakeAction } from './fake-action.ts';

const trials: Trial[] = [];
afterEach(async () => {
  for (const { keeper } of trials.splice(0)) await keeper.stop();
});

/** A keeper with firewalls and commands; each command holds what it was told to ban. */
class Trial {
  readonly firewalls = new Map<string, FakeAction>();
  readonly held = new Map<string, Set<string>>();
  readonly calls: string[] = [];
  /** Awaited by each command before it does anything; `open` ends it. */
  #gate: Promise<void> = Promise.resolve();
  open: () => void = () => undefined;
  isFailing = false;
  leftTimes = 0;
  readonly keeper: BanKeeper;

  constructor() {
    trials.push(this);
    this.keeper = new BanKeeper({
      createAction: (name) => {
        const firewall = new FakeAction(name);
        this.firewalls.set(name, firewall);
        return firewall;
      },
      tickets: {
        create: (_, name) => this.#command(name),
        isTicketAction: (name) => !name.startsWith('nftables'),
        ticketOf: (decision) => ticketOf(decision, { evidence: () => [], earlierBans: () => 1 }),
      },
      clock: () => 10,
      log: recordingLog(),
      onEnded: () => undefined,
      onLeft: () => void this.leftTimes++,
    });
  }

  #command(name: string): TicketAction {
    const held = this.held.get(name) ?? new Set();
    this.held.set(name, held);
    const run = async (call: string, work: () => void = () => undefined) => {
      this.calls.push(`${name} ${call}`);
      await this.#gate;
      if (this.isFailing) throw new Error('it fails');
      work();
      return nothingLost;
    };
    return {
      name,
      norestored: name === 'mail',
      start: () => run('start'),
      check: () => run('check'),
      ban: ({ network: text }) => run(`ban ${text}`, () => held.add(text)),
      prolong: ({ network: text }) => run(`prolong ${text}`),
      unban: ({ network: text }) => run(`unban ${text}`, () => held.delete(text)),
      flush: async () => false,
      reload: async () => void (await run('reload')),
      stop: async () => void (await run('stop')),
    };
  }

  close(): void {
    this.#gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  ban(text: string, untilUsec = 1e15, actions = ['nftables']): BanDecision {
    const decision = decisionOf(text, untilUsec, { jail: 'one', actions });
    this.keeper.add(decision);
    return decision;
  }

  inForce(firewall = 'nftables'): string[] {
    return [...(this.firewalls.get(firewall)?.inForce.keys() ?? [])];
  }

  actionsOf(text: string): readonly string[] | undefined {
    return this.keeper.bans.get(target(text))?.holders.get('one')?.actions;
  }

  async rest(): Promise<void> {
    await this.keeper.settle();
    for (let turn = 0; turn < 20; turn++) await settled();
  }
}

const uses = (...actions: string[]) => actions.map((action) => ({ jail: 'one', action }));

/** A ban that the firewall holds, and that is to move to a command which does not answer yet. */
async function moving(): Promise<Trial> {
  const trial = new Trial();
  await trial.keeper.start(uses('nftables'));
  trial.ban('192.0.2.1');
  await trial.rest();
  trial.close();
  await trial.keeper.reload(uses('ufw'));
  await trial.rest();
  return trial;
}

describe('bans that move to other actions', () => {
  it('the action that they leave lets go when the one that they move to enforces them', async () => {
    const trial = await moving();
    assert.deepEqual([trial.inForce(), trial.actionsOf('192.0.2.1')], [['192.0.2.1'], ['ufw', 'nftables']]);
    assert.equal(trial.leftTimes, 0);
    trial.open();
    await trial.rest();
    assert.deepEqual([trial.inForce(), [...(trial.held.get('ufw') ?? [])]], [[], ['192.0.2.1']]);
    assert.deepEqual(trial.actionsOf('192.0.2.1'), ['ufw']);
    assert.equal(trial.leftTimes, 1);
    assert.deepEqual(
      trial.keeper.actions().map(({ name }) => name),
      ['ufw of one'],
    );
  });

  it('while the new one fails they stay with both', async () => {
    const trial = await moving();
    trial.isFailing = true;
    trial.open();
    await trial.rest();
    assert.deepEqual([trial.inForce(), trial.actionsOf('192.0.2.1')], [['192.0.2.1'], ['ufw', 'nftables']]);
    assert.deepEqual(
      trial.keeper.actions().map(({ name, failure }) => [name, failure]),
      [
        ['nftables', undefined],
        ['ufw of one', 'it fails'],
      ],
    );
  });

  it('one that is made longer meanwhile is held by both as well', async () => {
    const trial = await moving();
    trial.ban('192.0.2.1', 2e15, ['ufw']);
    await trial.rest();
    assert.deepEqual([trial.inForce(), trial.actionsOf('192.0.2.1')], [['192.0.2.1'], ['ufw', 'nftables']]);
    trial.open();
    await trial.rest();
    assert.deepEqual([trial.inForce(), trial.actionsOf('192.0.2.1')], [[], ['ufw']]);
    assert.equal(trial.keeper.bans.get(network('192.0.2.1'))?.holders.get('one')?.untilUsec, 2e15);
  });

  it('one that is lifted meanwhile is lifted by both', async () => {
    const trial = await moving();
    trial.keeper.remove(network('192.0.2.1'));
    trial.open();
    await trial.rest();
    assert.deepEqual([trial.inForce(), [...(trial.held.get('ufw') ?? [])]], [[], []]);
    assert.equal(trial.actionsOf('192.0.2.1'), undefined);
  });

  it('a reload that takes it back leaves them where they were', async () => {
    const trial = await moving();
    await trial.keeper.reload(uses('nftables'));
    trial.open();
    await trial.rest();
    assert.deepEqual([trial.inForce(), [...(trial.held.get('ufw') ?? [])]], [['192.0.2.1'], []]);
    assert.deepEqual(trial.actionsOf('192.0.2.1'), ['nftables']);
  });

  it('a start goes on where a kill came in between, and moves what was configured while it was stopped', async () => {
    for (const actions of [['ufw', 'nftables'], ['nftables']]) {
      const trial = new Trial();
      trial.close();
      trial.keeper.restore([decisionOf('192.0.2.1', 1e15, { jail: 'one', actions })]);
      await trial.keeper.start(uses('ufw'));
      await trial.rest();
      assert.deepEqual([trial.inForce(), trial.actionsOf('192.0.2.1')?.toSorted()], [['192.0.2.1'], ['nftables', 'ufw']]);
      trial.open();
      await trial.rest();
      assert.deepEqual([trial.inForce(), [...(trial.held.get('ufw') ?? [])]], [[], ['192.0.2.1']]);
      assert.deepEqual(trial.actionsOf('192.0.2.1'), ['ufw']);
    }
  });

  it('bans of a store that was read late move as well', async () => {
    const trial = new Trial();
    await trial.keeper.start(uses('ufw'));
    trial.close();
    trial.keeper.restoreLate([decisionOf('192.0.2.1', 1e15, { jail: 'one' })]);
    await trial.rest();
    assert.deepEqual([trial.inForce(), trial.actionsOf('192.0.2.1')], [['192.0.2.1'], ['ufw', 'nftables']]);
    trial.open();
    await trial.rest();
    assert.deepEqual([trial.inForce(), [...(trial.held.get('ufw') ?? [])]], [[], ['192.0.2.1']]);
  });

  it('from one firewall to another it is done when the reload is', async () => {
    const trial = new Trial();
    await trial.keeper.start(uses('nftables'));
    trial.ban('192.0.2.1');
    await trial.rest();
    const calls = trial.firewalls.get('nftables')?.calls ?? [];
    calls.length = 0;
    await trial.keeper.reload(uses('nftables[port=22]'));
    assert.deepEqual([trial.inForce(), trial.inForce('nftables[port=22]')], [[], ['192.0.2.1']]);
    assert.deepEqual(calls, ['enforce 192.0.2.1']);
    assert.deepEqual(
      trial.keeper.actions().map(({ name }) => name),
      ['nftables[port=22]'],
    );
  });

  it('from a command to a firewall: the command lifts them as a whole, and stops', async () => {
    const trial = new Trial();
    await trial.keeper.start(uses('ufw'));
    trial.ban('192.0.2.1', 1e15, ['ufw']);
    await trial.rest();
    trial.calls.length = 0;
    await trial.keeper.reload(uses('nftables'));
    await trial.rest();
    assert.deepEqual([trial.calls, trial.inForce()], [['ufw unban 192.0.2.1', 'ufw stop'], ['192.0.2.1']]);
  });

  it('mail holds nothing: it is neither waited for nor told', async () => {
    const trial = new Trial();
    await trial.keeper.start(uses('nftables', 'mail'));
    trial.ban('192.0.2.1', 1e15, ['nftables', 'mail']);
    await trial.rest();
    trial.calls.length = 0;
    await trial.keeper.reload(uses('mail'));
    await trial.rest();
    assert.deepEqual([trial.inForce(), trial.actionsOf('192.0.2.1'), trial.calls], [[], ['mail'], ['mail reload']]);
  });

  it('what is no address moves to no firewall, and is let go', async () => {
    const trial = new Trial();
    await trial.keeper.start(uses('ufw'));
    for (const text of ['someone', '192.0.2.1']) trial.ban(text, 1e15, ['ufw']);
    await trial.rest();
    await trial.keeper.reload(uses('nftables'));
    await trial.rest();
    assert.deepEqual([trial.inForce(), [...(trial.held.get('ufw') ?? [])]], [['192.0.2.1'], []]);
  });

  it('a command that is named again while it lifts its last bans begins when it has ended', async () => {
    const trial = new Trial();
    await trial.keeper.start(uses('ufw', 'nftables'));
    trial.ban('192.0.2.1', 1e15, ['ufw', 'nftables']);
    await trial.rest();
    trial.calls.length = 0;
    trial.close();
    await trial.keeper.reload(uses('nftables'));
    await trial.rest();
    await trial.keeper.reload(uses('ufw', 'nftables'));
    await trial.rest();
    assert.deepEqual(trial.calls, ['ufw unban 192.0.2.1']);
    trial.open();
    await trial.rest();
    assert.deepEqual(trial.calls, ['ufw unban 192.0.2.1', 'ufw stop', 'ufw reload', 'ufw start', 'ufw ban 192.0.2.1']);
    assert.deepEqual([...(trial.held.get('ufw') ?? [])], ['192.0.2.1']);
  });
});
