// What keeps the bans is broken, or its disk is full, while the whole program runs: it says so, goes on, and is whole again when it can be.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { BareServer } from '../lab/bare-server.ts';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { until } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

/** A server on which the daemon's state lies on a disk of one megabyte, which only its own processes see. */
class SmallServer extends BareServer {
  state: string | undefined;

  override onServer(...command: string[]): string[] {
    if (this.state === undefined) return super.onServer(...command);
    const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
    return super.onServer('unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, this.state, ...command);
  }
}

describe('the store of the running program', { skip: needsRoot, timeout: 120_000 }, () => {
  const lab = new SmallServer('rjtrouble');
  let daemon: DaemonProcess;
  const state = () => join(daemon.directory, 'state');
  const ban = (address: string) => daemon.control('ban', 'portscan', address);

  before(() => {
    lab.up();
    daemon = new DaemonProcess(lab, { isRoot: true });
  });

  afterEach(() => daemon.stop());

  after(async () => {
    await daemon?.dispose();
    lab.down();
  });

  const harms: readonly (readonly [string, () => void])[] = [
    ['is no database any more', () => writeFileSync(join(state(), 'state.db'), 'x'.repeat(100_000))],
    [
      'has broken pages',
      () => {
        const bytes = readFileSync(join(state(), 'state.db'));
        writeFileSync(join(state(), 'state.db'), bytes.fill(0xa5, 4096));
      },
    ],
    ['is cut off', () => writeFileSync(join(state(), 'state.db'), readFileSync(join(state(), 'state.db')).subarray(0, 5000))],
  ];

  for (const [index, [name, harm]] of harms.entries()) {
    test(`${name}: it starts, says so, lifts nothing, and goes on with a new one`, async () => {
      await daemon.start();
      assert.equal((await ban(`192.0.2.${10 + index}`)).code, 0);
      assert.equal(await daemon.stop(), 0);
      harm();
      const aside = () => readdirSync(state()).filter((file) => /^state\.db\.broken-[\dT]+Z(-\d+)?$/.test(file)).length;
      const before = aside();
      await daemon.start();
      assert.match(daemon.stderr, /warning what was kept of bans and counts could not be read \(.*\); it stays as .*state\.db\.broken-/);
      assert.match((await daemon.status()).warnings.join('\n'), /could not be read/);
      assert.equal(aside(), before + 1);
      assert.ok((await daemon.elements('banned4')).includes(`192.0.2.${10 + index}`));
      assert.equal((await ban(`192.0.2.${20 + index}`)).code, 0);
      assert.equal(await daemon.stop(), 0);
      await daemon.start();
      assert.doesNotMatch(daemon.stderr, /could not be read/);
      const elements = await daemon.elements('banned4');
      for (const kept of [10 + index, 20 + index]) assert.ok(elements.includes(`192.0.2.${kept}`), `${kept}`);
      assert.equal(await daemon.stop(), 0);
    });
  }

  test('a disk that fills up: bans are made, who asks is told that they are not on disk, and they are as soon as there is room', async () => {
    lab.state = state();
    await daemon.start();
    assert.equal((await ban('192.0.2.30')).code, 0);
    const filler = `/proc/${daemon.pid}/root${state()}/filler`;
    try {
      writeFileSync(filler, Buffer.alloc(1 << 21));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
    const addresses = Array.from({ length: 200 }, (_, index) => `198.51.100.${index}`);
    const refused = await daemon.control('ban', 'portscan', ...addresses);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /done, but not on disk/);
    assert.match((await daemon.status()).warnings.join('\n'), /the store cannot be written, bans and counts are kept in memory only/);
    const elements = await daemon.elements('banned4');
    for (const address of addresses) assert.ok(elements.includes(address), address);
    rmSync(filler);
    await until('the store is written again', () => /store .*: written again/.test(daemon.stderr), 20_000);
    assert.deepEqual(
      (await daemon.status()).warnings.filter((warning) => warning.includes('cannot be written')),
      [],
    );
    assert.equal((await ban('192.0.2.31')).code, 0);
  });
});
