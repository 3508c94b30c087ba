// Jails that share an outside and hold the same address: what one lifts is made anew by the others, and that must end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep, World } from './command-world.ts';

const at = '192.0.2.1';

async function run(delay: (call: string) => number, gapMs: number): Promise<{ after: number; world: World }> {
  const world = new World({ kind: 'set', jails: ['one', 'two', 'three', 'four'], checkIntervalMs: 0, delay });
  await world.start();
  for (const jail of world.setup.jails) world.ban(jail, at);
  await world.quiet(300);
  world.unban('three', at);
  await sleep(gapMs);
  world.unban('four', at);
  await sleep(3000);
  const { length } = world.calls;
  await sleep(3000);
  return { after: world.calls.length - length, world };
}

describe('two jails end their bans of an address that two others hold', () => {
  for (const [name, delay] of [
    ['all commands take 20 ms', () => 20],
    ['commands take 15 to 25 ms', () => 15 + Math.random() * 10],
    ['commands take 5 to 50 ms', () => 5 + Math.random() * 45],
  ] as const) {
    it(`${name}: three seconds later all is quiet`, async () => {
      const { after, world } = await run(delay, 30);
      await world.keeper.stop();
      assert.equal(after, 0, `${after} commands within 3 s`);
    });
  }

  it('after a restart during which one ban ended', async () => {
    const world = new World({ kind: 'set', jails: ['one', 'two', 'three'], checkIntervalMs: 0, delay: () => 20 });
    await world.start();
    for (const jail of world.setup.jails) world.ban(jail, at);
    await world.quiet(300);
    const held = world.held();
    await world.keeper.stop();
    world.boot();
    world.keeper.restore(held.map((one) => (one.jail === 'three' ? { ...one, untilUsec: 5 } : one)));
    await world.start();
    await sleep(3000);
    const { length } = world.calls;
    await sleep(2000);
    const after = world.calls.length - length;
    await world.keeper.stop();
    assert.equal(after, 0, `${after} commands within 2 s`);
  });

  it('by "ringjail unban --all" of other addresses nothing of it happens', async () => {
    const world = new World({ kind: 'set', jails: ['one', 'two'], checkIntervalMs: 0, delay: () => 20 });
    await world.start();
    for (const jail of world.setup.jails) world.ban(jail, at);
    world.ban('one', '192.0.2.2');
    await world.quiet(300);
    world.unban('one', '192.0.2.2');
    await world.quiet(500);
    await world.keeper.stop();
    assert.deepEqual(world.entries, [at]);
  });
});
