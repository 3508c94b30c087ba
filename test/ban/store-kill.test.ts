// Killed with SIGKILL at random moments under load: what the next start finds is what a model has that made every step up to the stored
// position, no less and no more. RINGJAIL_SEED=n repeats a run's steps; the moments are the machine's.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openBanStore } from '../../src/ban/store-file.ts';
import type { StoredSessionRow } from '../../src/ban/stored-session.ts';
import { Sequence } from '../lab/store-writer.ts';
import { Random } from '../record/random.ts';
import { emptyDirectory } from './store-fixture.ts';

const writer = fileURLToPath(new URL('../lab/store-writer.js', import.meta.url));
const seed = Number(process.env['RINGJAIL_SEED'] ?? Date.now() & 0x3fffffff);
const kills = 200;

/** Runs the writer until a kill; the last position that it knew to be committed. */
async function killedRun(path: string, lifeMs: number, sliceMs: number): Promise<{ committed: number; stderr: string }> {
  const child = spawn(process.execPath, [writer, path, String(seed), String(sliceMs)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const ended = once(child, 'close');
  // From the first commit on: a kill before it would only test the start of Node. Every tenth time the start is killed, too.
  if (lifeMs > 0) await Promise.race([once(child.stdout, 'data'), ended]);
  await sleep(Math.abs(lifeMs));
  child.kill('SIGKILL');
  await ended;
  // The last line may be cut.
  return { committed: Number(stdout.slice(0, stdout.lastIndexOf('\n')).split('\n').at(-1)), stderr };
}

const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);

const sessionsById = (rows: readonly StoredSessionRow[] = []) => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));

describe(`the store, killed ${kills} times under load`, { timeout: 280_000 }, () => {
  it(`loses nothing, doubles nothing (RINGJAIL_SEED=${seed})`, async () => {
    console.log(`seed ${seed}`);
    const path = join(emptyDirectory(), 'state.db');
    const random = new Random(seed);
    const model = new Sequence(seed);
    let advanced = 0;
    for (let kill = 0; kill < kills; kill++) {
      const before = model.position;
      const { committed, stderr } = await killedRun(
        path,
        kill % 10 === 9 ? -random.below(80) : 1 + random.below(60),
        kill % 2 === 0 ? 0 : 10,
      );
      assert.equal(stderr, '');
      // A copy would do; opening it here also replays the log, as the daemon's next start does.
      const { store, contents, setAside } = openBanStore(path, { clock: () => model.position });
      assert.equal(setAside, undefined);
      const position = Number(contents.positions['kernel']?.['sequence'] ?? 0);
      assert.ok(position >= Math.max(before, committed), `position ${position} after ${committed} was committed`);
      if (position > before) advanced++;
      while (model.position < position) model.step();
      for (const jail of model.jails) {
        const { name } = jail.options;
        assert.deepEqual(contents.windows.get(name) ?? [], jail.save(), `windows of ${name} at ${position}`);
      }
      assert.deepEqual(sessionsById(contents.sessions), sessionsById(model.sessionRows()), `sessions at ${position}`);
      const stored = contents.bans.map((ban) => ({ key: `${ban.network.text} ${ban.jail}`, ban })).sort(byKey);
      const expected = Array.from(model.bans.decisions(), (ban) => ({ key: `${ban.network.text} ${ban.jail}`, ban })).sort(byKey);
      assert.deepEqual(stored, expected, `bans at ${position}`);
      for (const { ban } of stored) {
        assert.deepEqual(store.evidence(ban.network.text, ban.jail).at(-1), ban.evidence, 'the record that completed the ban is the last');
        assert.equal(store.history(ban.network.text).filter(({ jail, endedUsec }) => jail === ban.jail && endedUsec === null).length, 1);
      }
      assert.equal(store.unreadCount, 0);
      store.close();
    }
    console.log(`${advanced} of ${kills} kills came after something was committed; position ${model.position}, ${model.bans.size} bans`);
    assert.ok(advanced > kills / 2);
    assert.ok(
      model.bans.size > 10 && model.jails.every((jail) => jail.trackedCount > 0) && model.sessionRows().length > 500,
      'there was load',
    );
  });
});
