// What commands have yet to lift, through the end of a run and the beginning of the next.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { nothingLost, type TicketAction } from '../../src/action/ticket-action.ts';
import type { BanDecision } from '../../src/ban/ban.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { ticketOf } from '../../src/enforce/ban-tickets.ts';
import { decisionOf } from '../ban/decision.ts';
import { target } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { settled } from '../daemon/settled.ts';
import { FakeAction } from './fake-action.ts';

const runs: BanKeeper[] = [];
afterEach(async () => {
  for (const keeper of runs.splice(0)) await keeper.stop();
});

/** What the commands have banned, by command; it outlives each run. */
class Outside {
  readonly held = new Map<string, Set<string>>();
  readonly calls: string[] = [];
  failing: string | undefined;

  /** A run of the daemon, after another with what the store has of that. */
  async run(uses: readonly string[], stored: { bans?: readonly BanDecision[]; lifts?: unknown } = {}): Promise<BanKeeper> {
    const keeper = new BanKeeper({
      createAction: (name) => new FakeAction(name),
      tickets: {
        create: (_, name) => this.#command(name),
        isTicketAction: (name) => name !== 'nftables',
        ticketOf: (decision) => ticketOf(decision, { evidence: () => [], earlierBans: () => 1 }),
      },
      clock: () => 10,
      log: recordingLog(),
      onEnded: () => undefined,
      checkIntervalMs: 0,
    });
    runs.push(keeper);
    keeper.restore(stored.bans ?? []);
    keeper.lifts.restore(stored.lifts);
    await keeper.start(uses.map((action) => ({ jail: 'one', action })));
    await rest(keeper);
    return keeper;
  }

  #command(name: string): TicketAction {
    const held = this.held.get(name) ?? new Set();
    this.held.set(name, held);
    const run = async (call: string, work: () => void = () => undefined) => {
      this.calls.push(`${name} ${call}`);
      if (this.failing === name) throw new Error('it fails');
      work();
      return nothingLost;
    };
    return {
      name,
      norestored: name === 'mail',
      start: () => run('start'),
      check: () => run('check'),
      ban: ({ network }) => run(`ban ${network}`, () => held.add(network)),
      prolong: ({ network }) => run(`prolong ${network}`),
      unban: ({ network }) => run(`unban ${network}`, () => held.delete(network)),
      flush: async () => false,
      reload: async () => void (await run('reload')),
      stop: async () => void (await run('stop')),
    };
  }

  of(name: string): string[] {
    return [...(this.held.get(name) ?? [])];
  }
}

async function rest(keeper: BanKeeper): Promise<void> {
  await keeper.settle();
  for (let turn = 0; turn < 20; turn++) await settled();
}

/** As the store has it: through JSON. */
const saved = (keeper: BanKeeper) => JSON.parse(JSON.stringify(keeper.lifts.save())) as unknown;

const ban = (text: string, ...actions: string[]) => decisionOf(text, 1e15, { jail: 'one', actions });

describe('what commands have yet to lift', () => {
  it('is lifted by the next run where this one was killed before', async () => {
    const outside = new Outside();
    const first = await outside.run(['ufw']);
    for (const text of ['192.0.2.1', '192.0.2.2', 'someone']) first.add(ban(text, 'ufw'));
    await rest(first);
    for (const text of ['192.0.2.1', 'someone']) first.remove(target(text));
    // Killed here: no command has run yet.
    const lifts = saved(first);
    assert.deepEqual(lifts, [
      ['one', 'ufw', '192.0.2.1'],
      ['one', 'ufw', 'someone'],
    ]);
    const next = await outside.run(['ufw'], { bans: [ban('192.0.2.2', 'ufw')], lifts });
    assert.deepEqual([outside.of('ufw'), saved(next)], [['192.0.2.2'], []]);
  });

  it('is nothing where they have lifted it, or nothing was to lift', async () => {
    const outside = new Outside();
    const keeper = await outside.run(['ufw', 'mail', 'nftables']);
    keeper.add(ban('192.0.2.1', 'ufw', 'mail', 'nftables'));
    await rest(keeper);
    keeper.add(ban('192.0.2.2', 'ufw'));
    keeper.remove(target('192.0.2.2'));
    keeper.remove(target('192.0.2.1'));
    const { revision } = keeper.lifts;
    await rest(keeper);
    assert.deepEqual([outside.of('ufw'), saved(keeper)], [[], []]);
    assert.ok(keeper.lifts.revision > revision);
  });

  it('goes on where an action that bans have left could not lift them', async () => {
    const outside = new Outside();
    const first = await outside.run(['old']);
    first.add(ban('192.0.2.1', 'old'));
    await rest(first);
    outside.failing = 'old';
    await first.reload([{ jail: 'one', action: 'new' }]);
    await rest(first);
    assert.deepEqual([outside.of('old'), outside.of('new'), saved(first)], [['192.0.2.1'], ['192.0.2.1'], [['one', 'old', '192.0.2.1']]]);
    assert.deepEqual(
      first.actions().map(({ name, unlifted }) => [name, unlifted]),
      [
        ['new of one', 0],
        ['old of one, which ends', 1],
      ],
    );
    outside.failing = undefined;
    const next = await outside.run(['new'], { bans: Array.from(first.bans.decisions()), lifts: saved(first) });
    assert.deepEqual([outside.of('old'), outside.of('new'), saved(next)], [[], ['192.0.2.1'], []]);
  });

  it('is nothing any more where it is a ban again', async () => {
    const outside = new Outside();
    const keeper = await outside.run(['ufw'], { bans: [ban('192.0.2.1', 'ufw')], lifts: [['one', 'ufw', '192.0.2.1']] });
    assert.deepEqual([outside.of('ufw'), saved(keeper)], [['192.0.2.1'], []]);
    keeper.remove(target('192.0.2.1'));
    keeper.add(ban('192.0.2.1', 'ufw'));
    await rest(keeper);
    assert.deepEqual([outside.of('ufw'), saved(keeper)], [['192.0.2.1'], []]);
  });

  it('is also what ended while nothing ran, through a second kill', async () => {
    const outside = new Outside();
    outside.held.set('ufw', new Set(['192.0.2.1']));
    outside.failing = 'ufw';
    const first = await outside.run(['ufw'], { bans: [decisionOf('192.0.2.1', 5, { jail: 'one', actions: ['ufw'] })] });
    assert.deepEqual(saved(first), [['one', 'ufw', '192.0.2.1']]);
    outside.failing = undefined;
    const next = await outside.run(['ufw'], { lifts: saved(first) });
    assert.deepEqual([outside.of('ufw'), saved(next)], [[], []]);
  });

  it('is no mail: nobody is told later of an end', async () => {
    const outside = new Outside();
    const keeper = await outside.run(['mail'], { lifts: [['one', 'mail', '192.0.2.1']] });
    assert.deepEqual([outside.calls, saved(keeper)], [['mail start'], []]);
  });

  it('is left out where it makes no sense', async () => {
    const keeper = await new Outside().run(['ufw'], { lifts: [null, ['one'], ['one', 'ufw', 7], 'x', ['one', 'nftables', '192.0.2.1']] });
    assert.deepEqual(saved(keeper), []);
  });
});
