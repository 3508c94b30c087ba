// Somebody takes away what enforces the bans while the whole program runs: the real ufw, and nft(8). It is always put back; how long it
// took, by another process that asks the kernel, is printed, and nothing depends on it. ufw's reload flushes only its own rules by
// iptables-nft, and must leave ours alone; a reload by somebody who flushes all first (nftables.service does) must not cost a ban.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { Laboratory, projectDirectory, run, until } from '../lab/laboratory.ts';
import { benchAddress } from '../lab/watch-set.ts';
import { needsRoot } from './requires-root.ts';

// More with RINGJAIL_TIMES: so many repairs within a minute are no fight yet (repair-pace.ts), and the daemon is started anew after them.
const fightless = 19;
const times = Number(process.env['RINGJAIL_TIMES'] ?? fightless);
// Half a second is the least between two repairs.
const restMs = 550;
const bans = 1000;
const first = benchAddress(0);

describe('the program, while others change the firewall', { skip: needsRoot, timeout: 600_000 }, () => {
  const lab = new Laboratory('rjreload');
  let daemon: DaemonProcess;
  let vandal: ChildProcess;

  before(async () => {
    lab.up();
    lab.enableUfw('low');
    daemon = new DaemonProcess(lab, { jailLocal: '[DEFAULT]\nbantime = 1h\n' });
    await daemon.start();
    const addresses = Array.from({ length: bans }, (_, index) => benchAddress(index));
    const banned = await daemon.control('ban', 'portscan', ...addresses);
    assert.equal(banned.code, 0, banned.stderr);
    const [program = '', ...args] = lab.onServer(process.execPath, `${projectDirectory}/dist/test/lab/vandal.js`, String(bans));
    vandal = spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  });

  after(async () => {
    vandal?.kill();
    await daemon?.dispose();
    lab.down();
  });

  /** Milliseconds until all bans are there again; NaN where none was missing at any time. */
  const harm = async (command: readonly string[]): Promise<number> => {
    vandal.send(command);
    const [answer] = (await once(vandal, 'message')) as [{ code: number; tookMs: number | null; output: string }];
    assert.equal(answer.code, 0, answer.output);
    return answer.tookMs ?? Number.NaN;
  };

  const repairsTold = () => daemon.stderr.split('somebody changed what enforces the bans').length - 1;

  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['nft flush ruleset', ['nft', 'flush', 'ruleset']],
    ['ufw reload', ['ufw', 'reload']],
    ['the table deleted', ['nft', 'delete', 'table', 'inet', 'ringjail']],
    ['a set deleted', ['nft', 'flush chain inet ringjail input; flush chain inet ringjail forward; delete set inet ringjail banned4']],
    ['one element deleted', ['nft', 'delete', 'element', 'inet', 'ringjail', 'banned4', `{ ${first} }`]],
  ];

  for (const [name, command] of cases) {
    test(`${name}, ${times} times, with ${bans} bans`, async (t) => {
      const tookMs: number[] = [];
      let untouched = 0;
      let repairs = 0;
      for (let time = 0; time < times; time++) {
        if (time % fightless === 0) {
          if (time > 0) repairs += repairsTold();
          assert.equal(await daemon.stop(), 0);
          await daemon.start();
        }
        await sleep(restMs);
        const took = await harm(command);
        if (Number.isNaN(took)) untouched++;
        else tookMs.push(took);
      }
      const rules = async () => (await run(lab.onServer('nft', 'list', 'chain', 'inet', 'ringjail', 'input'))).stdout;
      await until('the rules are back', async () => (await rules()).includes('@banned4'));
      await until('all elements are back', async () => (await daemon.elements('banned4')).length === bans);
      tookMs.sort((a, b) => a - b);
      const at = (share: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(share * tookMs.length))]?.toFixed(1) ?? '-';
      t.diagnostic(
        `${name}: ${tookMs.length} times taken away and put back, least ${at(0)} ms, median ${at(0.5)} ms, nine in ten below ${at(0.9)} ms, ` +
          `most ${at(1)} ms; ${untouched} times nothing was missing`,
      );
      assert.equal(repairs + repairsTold() >= times, name !== 'ufw reload', daemon.stderr);
    });
  }

  test('no ban is lost to the daemon', async () => {
    assert.equal((await daemon.banned()).length, bans);
  });
});
