import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type RunCommand, runCommand } from '../../src/action/run-command.ts';
import type { IgnoreCommand } from '../../src/config/ignore-config.ts';
import { IgnoreCheck, questionOf } from '../../src/daemon/ignore-check.ts';
import { decisionOf } from '../ban/decision.ts';
import { network, target } from '../core/network.ts';
import { recordingLog } from './recording-log.ts';
import { settled } from './settled.ts';

const ticket = (address = '192.0.2.7') => questionOf(decisionOf('2001:db8::/64', 5, { jail: 'sshd', failures: 3 }), network(address));
const command = (program: string, args: readonly string[] = [], cache?: IgnoreCommand['cache']): IgnoreCommand => ({
  program,
  args,
  cache,
});

class Trial {
  readonly log = recordingLog();
  readonly calls: string[] = [];
  nowUsec = 1e12;
  readonly check: IgnoreCheck;

  constructor(run: RunCommand = async () => ({ stdout: '', stderr: '' })) {
    this.check = new IgnoreCheck({
      runCommand: (program, args) => {
        this.calls.push([program, ...args].join('|'));
        return run(program, args);
      },
      clock: () => this.nowUsec,
      log: this.log,
    });
  }
}

describe('IgnoreCheck', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-ignore-'));
  after(() => rmSync(directory, { recursive: true }));
  const script = join(directory, 'check');
  writeFileSync(script, '#!/bin/sh\n[ "$1" = 192.0.2.7 ] && exit 0\n[ "$1" = 192.0.2.8 ] && exit 1\nexit 127\n');
  chmodSync(script, 0o755);

  it('a real program: 0 is yes, another exit code is no', async () => {
    const trial = new Trial(runCommand);
    assert.equal(await trial.check.isIgnored(command(script, ['<ip>']), ticket('192.0.2.7')), true);
    assert.equal(await trial.check.isIgnored(command(script, ['<ip>']), ticket('192.0.2.8')), false);
    assert.deepEqual(trial.log.lines, []);
  });

  it('one that cannot be asked passes over nobody, and is told of once a minute', async () => {
    const trial = new Trial(runCommand);
    const missing = command(join(directory, 'none'), [], { key: '<ip>', maxCount: 9, maxTimeUsec: 1e9 });
    assert.equal(await trial.check.isIgnored(missing, ticket()), false);
    assert.equal(await trial.check.isIgnored(command(script, ['<ip>']), ticket('192.0.2.9')), false);
    assert.equal(trial.log.lines.length, 1);
    assert.match(trial.log.lines[0] ?? '', /^warning: jail sshd: ignorecommand gives no answer, so nobody is passed over: .*ENOENT/);
    trial.nowUsec += 60_000_000;
    await trial.check.isIgnored(missing, ticket());
    assert.equal(trial.log.lines.length, 2);
    assert.equal(trial.calls.length, 3);
    trial.nowUsec += 60_000_000;
    await trial.check.isIgnored(command(script, ['<ip>']), ticket('192.0.2.9'));
    assert.equal(trial.log.lines.length, 3);
  });

  it('tags are filled in, each within its word', async () => {
    const trial = new Trial();
    await trial.check.isIgnored(command('p', ['<ip> <ip-rev>', '--family=<family>', '<fid>', '<failures>']), ticket());
    assert.deepEqual(trial.calls, ['p|192.0.2.7 7.2.0.192.|--family=inet4|192.0.2.7|3']);
  });

  it('what is no address stands for <ip>, too, and is no option of the program', async () => {
    const trial = new Trial();
    const ask = (text: string, ...args: string[]) =>
      trial.check.isIgnored(command('p', args), questionOf(decisionOf(text, 5, { jail: 'sshd' }), target(text)));
    assert.equal(await ask('$(x) "<fid>', '<ip>', '<fid>', '--user=<fid>', '<family>'), true);
    assert.deepEqual(trial.calls, ['p|$(x) "<fid>|$(x) "<fid>|--user=$(x) "<fid>|']);
    assert.equal(await ask('-rf', '<fid>'), false);
    assert.equal(await ask('-rf', '--user=<fid>'), true);
    assert.equal(trial.calls.length, 2);
  });

  it('an answer is kept for its key and its time, and only so many of them', async () => {
    const trial = new Trial();
    const cached = command('p', [], { key: '<ip>', maxCount: 2, maxTimeUsec: 1000 });
    const ask = async (...addresses: string[]) => {
      for (const address of addresses) await trial.check.isIgnored(cached, ticket(address));
      return trial.calls.length;
    };
    assert.equal(await ask('192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.1'), 2);
    trial.nowUsec += 999;
    assert.equal(await ask('192.0.2.1'), 2);
    trial.nowUsec += 1;
    assert.equal(await ask('192.0.2.1'), 3);
    assert.equal(await ask('192.0.2.3', '192.0.2.1'), 4);
    assert.equal(await ask('192.0.2.2'), 5);
  });

  it('eight programs at once, and the others after them', async () => {
    const ends: (() => void)[] = [];
    const trial = new Trial(() => new Promise((resolve) => ends.push(() => resolve({ stdout: '', stderr: '' }))));
    const asked = Array.from({ length: 20 }, () => trial.check.isIgnored(command('p'), ticket()));
    await settled();
    assert.equal(ends.length, 8);
    for (let index = 0; index < 20; index++) {
      ends[index]?.();
      await settled();
      assert.equal(ends.length, Math.min(20, 9 + index));
    }
    assert.deepEqual(new Set(await Promise.all(asked)), new Set([true]));
  });
});
