// What an undo finds lost (and has started anew) is told to nobody, where the ban that follows is what was wanted.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sleep, World } from './command-world.ts';

it('the table goes while a ban is to be tried again: the other bans come back, too', async () => {
  let mustFail = true;
  const world = new World({
    kind: 'set',
    jails: ['one'],
    hasStart: true,
    hasCheck: true,
    checkIntervalMs: 2000,
    fails: (call) => {
      const fails = mustFail && call === 'one ban 192.0.2.2';
      if (fails) mustFail = false;
      return fails ? 'before' : undefined;
    },
  });
  await world.start();
  world.ban('one', '192.0.2.1');
  world.ban('one', '192.0.2.2'); // fails, is undone and tried again in 500 ms
  await sleep(200);
  world.exists = false; // somebody reloads his firewall
  world.entries = [];
  await sleep(5000); // two looks pass
  const health = world.health();
  await world.keeper.stop();
  assert.deepEqual([...world.entries].sort(), ['192.0.2.1', '192.0.2.2'], `${world.calls.join('; ')} ${JSON.stringify(health)}`);
});

it('the table goes, and the ban that finds it out fails for a reason of its own: the other bans come back', async () => {
  const world = new World({
    kind: 'set',
    jails: ['one'],
    hasStart: true,
    hasCheck: true,
    checkIntervalMs: 2000,
    fails: (call) => (call === 'one ban 2001:db8::1' ? 'before' : undefined),
  }); // no IPv6 here
  await world.start();
  world.ban('one', '192.0.2.1');
  await world.quiet(200);
  world.exists = false; // somebody reloads his firewall
  world.entries = [];
  world.ban('one', '2001:db8::1');
  await sleep(5000);
  const health = world.health();
  await world.keeper.stop();
  assert.deepEqual(world.entries, ['192.0.2.1'], `${world.calls.join('; ')} ${JSON.stringify(health)}`);
});
