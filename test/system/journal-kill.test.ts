// The whole program and a real journald: ended at any moment, or the journal rotated, vacuumed and restarted under it, it counts each
// failure that was written once. RINGJAIL_SEED repeats a run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readStoreCopy } from '../../src/ban/store-file.ts';
import { systemClock } from '../../src/core/clock.ts';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { FalseSshd, failedPassword } from '../lab/false-sshd.ts';
import { Laboratory, until } from '../lab/laboratory.ts';
import { PrivateJournald } from '../lab/private-journald.ts';
import { Random } from '../record/random.ts';
import { needsRoot } from './requires-root.ts';

const seed = Number(process.env['RINGJAIL_SEED'] ?? Date.now() % 1_000_000);
const addresses = 100;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const addressOf = (block: number, index: number): string => `10.${block}.0.${1 + (index % addresses)}`;
const lineOf = (block: number, index: number): string => failedPassword(addressOf(block, index), 1 + index);

describe('the daemon counts what the journal holds, whatever happens', { skip: needsRoot, timeout: 280_000 }, () => {
  const lab = new Laboratory('rjjkill');
  const journald = new PrivateJournald();
  let daemon: DaemonProcess;
  let sshd: FalseSshd;

  before(async () => {
    lab.up();
    await journald.start();
    daemon = new DaemonProcess(lab, {
      isRoot: true,
      filters: ['sshd'],
      jailLocal: `[portscan]
enabled = false
[sshd]
enabled = true
backend = systemd[journalpath=${journald.journal}]
maxretry = 10000
findtime = 1d
`,
    });
    sshd = new FalseSshd(journald.devLog);
    // What comes before the first start is not counted; from now on the store knows where that was.
    await daemon.start();
    await daemon.stop();
  });
  after(async () => {
    sshd?.end();
    await daemon?.dispose();
    await journald.remove();
    lab.down();
  });

  /** Failures of the block's addresses, as the store holds them. */
  const counted = (block: number): Map<string, number> => {
    const windows = readStoreCopy(join(daemon.directory, 'state', 'state.db'), { clock: systemClock })?.windows.get('sshd') ?? [];
    return new Map(windows.filter(([identity]) => identity.startsWith(`10.${block}.`)).map(([identity, { length }]) => [identity, length]));
  };
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((total, count) => total + count, 0);
  const assertCounted = (block: number, total: number) => {
    const expected = new Map(Array.from({ length: addresses }, (_, index) => [addressOf(block, index), total / addresses]));
    const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort(([a], [b]) => a.localeCompare(b));
    assert.deepEqual(sorted(counted(block)), sorted(expected), `seed ${seed}`);
  };

  it(`50 kills while 20,000 entries arrive: each failure counted once (seed ${seed})`, async () => {
    const random = new Random(seed);
    const total = 20_000;
    let written = 0;
    const write = async () => {
      while (written < total) {
        const lot = 1 + random.below(80);
        const lines = Array.from({ length: Math.min(lot, total - written) }, (_, index) => lineOf(90, written + index));
        await sshd.sendAll(lines);
        written += lines.length;
        await wait(80);
      }
    };
    const writing = write();
    const during: number[] = [];
    for (let kill = 0; kill < 50; kill++) {
      await daemon.spawn();
      // Starting takes about half a second: some are killed before they read anything.
      await wait(300 + random.below(900));
      during.push(written);
      assert.notEqual(daemon.pid, -1);
      await daemon.stop('SIGKILL');
    }
    await writing;
    console.log(`killed after ${during[0]} to ${during.at(-1)} of ${total} entries`);
    await daemon.start();
    await until('all is counted', () => sum(counted(90)) >= total, 30_000);
    await daemon.stop();
    assertCounted(90, total);
  });

  it('20 kills in the middle of connections, of which each counts once whatever sshd writes about it', async () => {
    const random = new Random(seed);
    const total = 4000;
    /** So many connections are open at a time. */
    const open = 50;
    const opened = (index: number) => `<38>sshd[${1 + index}]: Invalid user admin from ${addressOf(92, index)} port 4242`;
    const closed = (index: number) =>
      `<38>sshd[${1 + index}]: Connection closed by invalid user admin ${addressOf(92, index)} port 4242 [preauth]`;
    let written = 0;
    const write = async () => {
      while (written < total + open) {
        const indices = Array.from({ length: Math.min(1 + random.below(40), total + open - written) }, (_, index) => written + index);
        await sshd.sendAll(
          indices.flatMap((index) => [...(index < total ? [opened(index)] : []), ...(index >= open ? [closed(index - open)] : [])]),
        );
        written += indices.length;
        await wait(80);
      }
    };
    const writing = write();
    const during: number[] = [];
    for (let kill = 0; kill < 20; kill++) {
      await daemon.spawn();
      await wait(500 + random.below(500));
      during.push(written);
      await daemon.stop('SIGKILL');
    }
    await writing;
    console.log(`killed after ${during[0]} to ${during.at(-1)} of ${total} connections`);
    await daemon.start();
    await until('all is counted', () => sum(counted(92)) >= total, 30_000);
    await daemon.stop();
    assertCounted(92, total);
  });

  it('rotation, vacuum and restarts of journald while entries arrive: each failure counted once', async () => {
    const total = 8000;
    const lot = 100;
    await daemon.start();
    for (let from = 0; from < total; from += lot) {
      await sshd.sendAll(Array.from({ length: lot }, (_, index) => lineOf(91, from + index)));
      if (from % 400 === 100) journald.rotate();
      if (from % 2000 === 1200) await journald.restart();
      // Only what is read already is taken away, as vacuuming takes the oldest.
      if (from % 2000 === 1800) {
        await until('it is read', () => sum(counted(91)) >= from + lot);
        execFileSync('journalctl', ['-D', journald.journal, '--vacuum-files=2'], { stdio: 'ignore' });
      }
    }
    await until('all is counted', () => sum(counted(91)) >= total, 30_000);
    await daemon.stop();
    assertCounted(91, total);
    assert.doesNotMatch(daemon.stderr, /lost/);
  });
});
