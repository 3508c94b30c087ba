// An action that a reload ends (its definition was edited, or no jail names it any more) while a ban of it is at work.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep, World } from './command-world.ts';

const at = '192.0.2.1';

async function begin(kind: 'chain' | 'set' = 'chain') {
  const world = new World({ kind, jails: ['one'], checkIntervalMs: 0, delay: (call) => (call.startsWith('one ban') ? 100 : 0) });
  await world.start();
  world.ban('one', at);
  await sleep(30);
  return world;
}

describe('a reload while a ban is at work', () => {
  it('that edits the definition: the ban is there once', async () => {
    const world = await begin();
    world.versions.set('one', 'v2');
    void world.keeper.reload(world.uses);
    await world.quiet(400);
    await world.keeper.stop();
    assert.deepEqual(world.entries, [at], world.calls.join('; '));
  });

  it('that edits the definition, and the ban is lifted later', async () => {
    const world = await begin();
    world.versions.set('one', 'v2');
    void world.keeper.reload(world.uses);
    await world.quiet(400);
    world.unban('one', at);
    await world.quiet(400);
    await world.keeper.stop();
    assert.deepEqual(world.entries, [], world.calls.join('; '));
  });

  it('after which nobody names it and the ban is lifted by the unban before', async () => {
    const world = await begin('set');
    world.unban('one', at);
    await sleep(0);
    void world.keeper.reload([{ jail: 'one', action: 'nftables' }]);
    await world.quiet(400);
    await world.keeper.stop();
    assert.deepEqual(world.entries, [], world.calls.join('; '));
  });

  it('that names another action: the ban leaves the first', async () => {
    const world = await begin('set');
    void world.keeper.reload([{ jail: 'one', action: 'nftables' }]);
    await world.quiet(600);
    await world.keeper.stop();
    assert.deepEqual(world.entries, [], world.calls.join('; '));
  });
});
