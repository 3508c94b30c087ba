// Two jails ban by the same command, which knows of one outside only: what one lifts, flushes or stops leaves the other's bans.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { decisionOf } from '../ban/decision.ts';
import { type SharedOptions, SharedOutside } from './shared-outside.ts';

const at = '192.0.2.1';
const trials: SharedOutside[] = [];
afterEach(async () => {
  for (const { keeper } of trials.splice(0)) await keeper.stop();
});

async function begin(options: SharedOptions = {}, action = 'deny'): Promise<SharedOutside> {
  const trial = new SharedOutside(options);
  trials.push(trial);
  await trial.keeper.start(['one', 'two'].map((jail) => ({ jail, action })));
  return trial;
}

/** Settled by hand. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('what one jail lifts', () => {
  it('at the second try only', async () => {
    const trial = await begin({ failing: [`one unban ${at}`] });
    for (const jail of ['one', 'two']) trial.ban(jail, 'deny', at);
    await trial.quiet();
    trial.keeper.remove(decisionOf(at, 1).network, 'one');
    await trial.quiet(700);
    assert.equal(trial.calls.filter((call) => call === `one unban ${at}`).length, 2);
    assert.deepEqual([...trial.addresses], [at], trial.calls.join());
  });

  it("while the other's ban is at work", async () => {
    const { opened, open } = gate();
    const trial = await begin({ afterwards: (call) => (call.startsWith('two ban') ? opened : Promise.resolve()) });
    trial.ban('one', 'deny', at);
    await trial.quiet();
    trial.ban('two', 'deny', at);
    await trial.quiet();
    trial.keeper.remove(decisionOf(at, 1).network, 'one');
    await trial.quiet();
    assert.deepEqual([...trial.addresses], [], 'lifted');
    open();
    await trial.quiet();
    assert.deepEqual([...trial.addresses], [at], trial.calls.join());
  });

  it('as it ended while the daemon was down', async () => {
    const { opened, open } = gate();
    const trial = new SharedOutside({ before: (call) => (call.startsWith('one unban') ? opened : Promise.resolve()) });
    trials.push(trial);
    trial.addresses.add(at);
    const actions = ['deny'];
    trial.keeper.restore([decisionOf(at, 5, { jail: 'one', actions }), decisionOf(at, 1e15, { jail: 'two', actions })]);
    await trial.keeper.start(['one', 'two'].map((jail) => ({ jail, action: 'deny' })));
    await trial.quiet();
    assert.ok(trial.calls.includes(`two ban ${at}`), 'made anew before it is lifted');
    open();
    await trial.quiet();
    assert.deepEqual([...trial.addresses], [at], trial.calls.join());
  });

  it('to make it anew in vain', async () => {
    const trial = await begin({ failing: [`one ban ${at}`] });
    trial.ban('two', 'deny', at);
    await trial.quiet();
    // It fails, may have done its work all the same, and is lifted before it is tried again.
    trial.ban('one', 'deny', at);
    await trial.quiet(700);
    assert.deepEqual([...trial.addresses], [at], trial.calls.join());
    trial.keeper.remove(decisionOf(at, 1).network, 'one');
    await trial.quiet();
    assert.deepEqual([...trial.addresses], [at], trial.calls.join());
  });

  it('is made anew once, however many share it', async () => {
    const trial = await begin();
    for (const jail of ['one', 'two', 'three', 'four']) trial.ban(jail, 'deny', at);
    await trial.quiet();
    trial.calls.splice(0);
    trial.keeper.remove(decisionOf(at, 1).network, 'one');
    await trial.quiet();
    assert.equal(trial.calls.length, 7, trial.calls.join());
    assert.deepEqual([...trial.addresses], [at], trial.calls.join());
  });
});

describe('what one jail flushes or stops', () => {
  const others = ['192.0.2.7', '192.0.2.8'];
  const end = async (trial: SharedOutside, action: string) => {
    trial.ban('one', 'map', '192.0.2.1', '192.0.2.2');
    trial.ban('two', action, ...others);
    await trial.quiet();
    await trial.keeper.reload([
      { jail: 'one', action: 'nftables' },
      { jail: 'two', action },
    ]);
    await trial.quiet();
  };

  it("has the other's bans in it", async () => {
    const trial = await begin({ isEmptied: true }, 'map');
    await end(trial, 'map');
    assert.deepEqual([...trial.addresses].toSorted(), others, trial.calls.join());
  });

  it("has the other's bans in it, as the words of both say", async () => {
    const trial = await begin({ isEmptied: true, emptyingOf: () => 'truncate' }, 'map');
    await end(trial, 'map');
    assert.deepEqual([...trial.addresses].toSorted(), others, trial.calls.join());
  });

  it('is edited, and with it what both empty', async () => {
    const words = new Map([
      ['one', 'truncate'],
      ['two', 'truncate'],
    ]);
    const { opened, open } = gate();
    const before = (call: string) => (call === 'two stop' ? opened : Promise.resolve());
    const trial = await begin({ isEmptied: true, emptyingOf: (jail) => words.get(jail), before }, 'map');
    trial.ban('one', 'map', at);
    trial.ban('two', 'map', ...others);
    await trial.quiet();
    for (const jail of ['one', 'two']) {
      trial.definitions.set(jail, 'second');
      words.set(jail, 'truncate, in other words');
    }
    await trial.keeper.reload(['one', 'two'].map((jail) => ({ jail, action: 'map' })));
    await trial.quiet();
    // One has begun by its new definition, and the old one of the other ends.
    assert.deepEqual([...trial.addresses], [at], trial.calls.join());
    open();
    await trial.quiet();
    assert.deepEqual([...trial.addresses].toSorted(), [at, ...others], trial.calls.join());
  });

  for (const [said, emptyingOf] of [
    ['is its own', (jail: string) => `flush f2b-${jail}`],
    ['is nothing', () => ''],
  ] as const) {
    it(`${said}: the other's bans are not lifted`, async () => {
      const trial = await begin({ emptyingOf }, 'map');
      await end(trial, 'map');
      assert.deepEqual([...trial.addresses].toSorted(), others);
      assert.deepEqual(
        trial.calls.filter((call) => call.startsWith('two')),
        others.map((network) => `two ban ${network}`),
      );
    });
  }

  it('is of another definition', async () => {
    const trial = await begin({}, 'map');
    await end(trial, 'other');
    assert.ok(!trial.calls.some((call) => call.startsWith('two unban')), trial.calls.join());
  });
});
