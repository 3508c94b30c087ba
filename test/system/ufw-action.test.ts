// The action ufw with the real ufw, by a daemon that is root; what an unprivileged daemon says to it; and the limit of ufw's log.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { Laboratory, run, until } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

const jailLocal = '[portscan]\naction = ufw\n';

describe('the action ufw', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjufw');
  let daemon: DaemonProcess;
  let listener: ChildProcess;
  const rules = async () => (await run(lab.onServer('ufw', 'show', 'added'))).stdout.split('\n').filter((line) => line.startsWith('ufw '));

  before(async () => {
    lab.up();
    lab.enableUfw('high');
    await run(lab.onServer('ufw', 'deny', 'from', '10.77.0.21'));
    listener = lab.listen(22);
    if (listener.stdout !== null) await once(listener.stdout, 'data');
    daemon = new DaemonProcess(lab, { jailLocal, isRoot: true });
    await daemon.start();
  });

  after(async () => {
    await daemon?.dispose();
    listener?.kill();
    lab.down();
  });

  test('puts the ban before the rule that allows ssh, for both families', async () => {
    const ports = Array.from({ length: 20 }, (_, index) => 2001 + index);
    await lab.knock('10.77.0.10', ports);
    await lab.knock('fd77::10', ports);
    await until('both are banned', async () => (await rules()).filter((rule) => rule.includes("'ringjail'")).length === 2);
    assert.deepEqual(await lab.knock('10.77.0.10', [22]), ['silent']);
    assert.deepEqual(await lab.knock('fd77::10', [22]), ['silent']);
    assert.deepEqual(await lab.knock('10.77.0.11', [22]), ['connected']);
    const { stdout } = await run(lab.onServer('ufw', 'status'));
    assert.match(stdout, /Anywhere +DENY +10\.77\.0\.10 +# ringjail\n(.*\n)*22\/tcp +ALLOW +Anywhere/);
  });

  test('unban deletes exactly the rule that the ban made', async () => {
    const before = await rules();
    assert.equal((await daemon.control('unban', '10.77.0.10')).code, 0);
    const gone = before.filter((rule) => rule.includes('10.77.0.10'));
    assert.equal(gone.length, 1);
    assert.deepEqual(
      await rules(),
      before.filter((rule) => rule !== gone[0]),
    );
    assert.deepEqual(await lab.knock('10.77.0.10', [22]), ['connected']);
  });

  test("a rule of the owner's that says the same stays when the ban ends", async () => {
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.21')).code, 0);
    assert.equal((await daemon.control('unban', '10.77.0.21')).code, 0);
    assert.ok((await rules()).includes('ufw deny from 10.77.0.21'));
  });

  test('a ban that ended while the daemon was stopped is lifted at the start', async () => {
    daemon.configure(`${jailLocal}bantime = 2\n`);
    assert.equal((await daemon.control('reload')).code, 0);
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.22')).code, 0);
    assert.equal(await daemon.stop(), 0);
    assert.ok((await rules()).some((rule) => rule.includes('10.77.0.22')));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await daemon.start();
    assert.equal(
      (await rules()).some((rule) => rule.includes('10.77.0.22')),
      false,
    );
  });

  test('a ban that ends is lifted by the daemon, as ufw knows no end of a rule', async () => {
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.23')).code, 0);
    assert.ok((await rules()).some((rule) => rule.includes('10.77.0.23')));
    await until('the rule is gone', async () => !(await rules()).some((rule) => rule.includes('10.77.0.23')));
  });

  test('a daemon without root leaves it to the helper; where that is not there, the ban is not enforced, with the reason and the cure', async () => {
    const unprivileged = new DaemonProcess(lab, { jailLocal });
    await unprivileged.start();
    assert.equal((await unprivileged.control('ban', 'portscan', '10.77.0.24')).code, 0);
    const told = /action ufw of portscan: NOT ENFORCED: cannot talk to the privileged helper .*ringjail-actions\.socket/;
    await until('status says so', async () => told.test((await unprivileged.control('status')).stdout));
    assert.equal(
      (await rules()).some((rule) => rule.includes('10.77.0.24')),
      false,
    );
    await unprivileged.dispose();
  });
});

describe('bans in ufw that somebody takes away', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjufwv');
  const addresses = ['10.77.0.31', 'fd77::31'];
  let daemon: DaemonProcess;
  const ufw = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(lab.onServer('ufw', ...args));
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  const inKernel = async () => {
    const shown = await Promise.all(
      [
        ['iptables', 'ufw-user-input'],
        ['ip6tables', 'ufw6-user-input'],
      ].map(([program = '', chain = '']) => run(lab.onServer(program, '-w', '5', '-S', chain))),
    );
    const rules = shown.map(({ stdout }) => stdout).join();
    return addresses.filter((address) => rules.includes(` -s ${address}/`));
  };
  const back = () => until('the bans are back', async () => (await inKernel()).length === 2);
  const action = async () => (await daemon.status()).actions.find(({ name }) => name === 'ufw');

  before(async () => {
    lab.up();
    lab.enableUfw('high');
    daemon = new DaemonProcess(lab, { jailLocal, isRoot: true, settings: '[Definition]\ncheckinterval = 1\n' });
    await daemon.start();
    assert.equal((await daemon.control('ban', 'portscan', ...addresses)).code, 0);
    await back();
  });

  after(async () => {
    await daemon?.dispose();
    lab.down();
  });

  test('ufw delete: back, counted, told, and only what was missing', async () => {
    await ufw('delete', 'deny', 'from', addresses[0] ?? '');
    assert.deepEqual(await inKernel(), addresses.slice(1));
    await back();
    await until('it is counted', async () => (await action())?.repairs === 1);
    assert.match(daemon.stderr, /action ufw: somebody changed what enforces the bans: 1 rule of ufw missing; 1 ban put back/);
    assert.match((await daemon.control('status')).stdout, /action ufw: 2 bans enforced; put back 1 time after others changed it/);
    assert.equal((await ufw('show', 'added')).split('\n').filter((line) => line.includes('ringjail')).length, 2);
  });

  test('ufw --force reset, which disables it: told, and in force as soon as somebody enables it', async () => {
    await ufw('--force', 'reset');
    await until('it is told', async () => /ufw is not active/.test((await action())?.failure ?? ''));
    await ufw('--force', 'enable');
    await back();
    await until('all is well again', async () => (await action())?.failure === null);
    assert.match(daemon.stderr, /2 rules of ufw missing; 2 bans put back/);
  });

  test('iptables flushed behind the back of ufw: told with the cure, as more than the bans is gone; enforced after that', async () => {
    await run(lab.onServer('iptables', '-w', '5', '-F'));
    const flush = '/usr/lib/ufw/ufw-init';
    await until('it is told', async () => ((await action())?.failure ?? '').includes(`sudo ${flush} flush-all && sudo ufw reload`));
    assert.equal((await run(lab.onServer(flush, 'flush-all'))).code, 0);
    await ufw('reload');
    assert.match((await run(lab.onServer('iptables', '-S', 'INPUT'))).stdout, /-j ufw-before-input/);
    await back();
    await until('all is well again', async () => (await action())?.failure === null, 30_000);
  });
});

describe("the limit of ufw's log", { skip: needsRoot }, () => {
  const lab = new Laboratory('rjlimit');
  let daemon: DaemonProcess;

  before(() => {
    lab.up();
    daemon = new DaemonProcess(lab);
  });

  after(async () => {
    await daemon?.dispose();
    lab.down();
  });

  test('is told of at the start, once, with the cure', async () => {
    lab.enableUfw('low');
    await daemon.start();
    assert.equal(daemon.stderr.split('sudo ufw logging high').length, 2, daemon.stderr);
    assert.match((await daemon.control('status')).stdout, /warning: ufw limits its log to 3 records a minute/);
    await daemon.stop();
  });

  test('is not told of at level high', async () => {
    await run(lab.onServer('ufw', 'logging', 'high'));
    await daemon.start();
    assert.doesNotMatch(daemon.stderr, /ufw logging/);
    await daemon.stop();
  });

  test('ufw that logs nothing is told of', async () => {
    await run(lab.onServer('ufw', 'logging', 'off'));
    await daemon.start();
    assert.match(daemon.stderr, /ufw writes no log \(logging off\).*sudo ufw logging high/);
    await daemon.stop();
  });
});
