// `ringjail run --confirm` with the daemon and the real nftables: what nobody confirms does not stay.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { Laboratory, until } from '../lab/laboratory.ts';
import { LineProcess } from '../lab/line-process.ts';
import { needsRoot } from './requires-root.ts';

describe('run --confirm', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjconfirm');
  const daemons: DaemonProcess[] = [];

  before(() => {
    lab.up();
    lab.enableUfw('high');
  });

  after(async () => {
    for (const daemon of daemons) await daemon.dispose();
    lab.down();
  });

  const create = (...runArguments: string[]) => {
    const daemon = new DaemonProcess(lab, { runArguments });
    daemons.push(daemon);
    return daemon;
  };
  const banned = async (daemon: DaemonProcess) => (await daemon.elements('banned4')).sort();
  const ban = async (daemon: DaemonProcess, address: string) => assert.equal((await daemon.control('ban', 'portscan', address)).code, 0);

  test('not confirmed: bans are lifted when the time is over, none is made, and confirm ends that', async () => {
    const daemon = create('--confirm', '3s');
    await daemon.start();
    await ban(daemon, '10.77.0.10');
    assert.deepEqual(await banned(daemon), ['10.77.0.10']);
    assert.match((await daemon.status()).warnings.join('\n'), /not confirmed: in [123]s the bans since the start \(1\)/);
    await until('the ban is lifted', async () => (await banned(daemon)).length === 0);
    assert.match((await daemon.control('ban', 'portscan', '10.77.0.10')).stderr, /to ban again: ringjail confirm/);
    await lab.knock(
      '10.77.0.11',
      Array.from({ length: 20 }, (_, index) => 1001 + index),
    );
    await until('a ban is not made', async () => /and others \([1-9]\d*\) were not made/.test((await daemon.status()).warnings.join('\n')));
    assert.deepEqual(await banned(daemon), []);
    const { code, stdout } = await daemon.control('confirm');
    assert.deepEqual([code, /confirmed too late/.test(stdout)], [0, true]);
    await ban(daemon, '10.77.0.10');
    assert.equal(await daemon.stop(), 0);
    assert.deepEqual(await banned(daemon), ['10.77.0.10']);
  });

  test('stopped before: bans since the start are lifted, those from before stay', async () => {
    const daemon = create('--confirm', '1h');
    await daemon.start();
    await ban(daemon, '10.77.0.12');
    assert.match((await daemon.control('confirm')).stdout, /confirmed: 1 ban stays/);
    await daemon.stop();
    await daemon.start();
    await ban(daemon, '10.77.0.13');
    assert.deepEqual(await banned(daemon), ['10.77.0.12', '10.77.0.13']);
    assert.equal(await daemon.stop(), 0);
    assert.deepEqual(await banned(daemon), ['10.77.0.12']);
  });

  test('killed before: the kernel lifts the bans when the time would be over, and no later start brings them back', async () => {
    const daemon = create('--confirm', '3s');
    await daemon.start();
    await ban(daemon, '10.77.0.15');
    await daemon.stop('SIGKILL');
    assert.ok((await banned(daemon)).includes('10.77.0.15'));
    await until('the ban is over', async () => !(await banned(daemon)).includes('10.77.0.15'));
    await daemon.start();
    assert.equal((await banned(daemon)).includes('10.77.0.15'), false);
    await ban(daemon, '10.77.0.15');
    await daemon.control('confirm');
    await daemon.stop('SIGKILL');
    await sleep(3000);
    assert.ok((await banned(daemon)).includes('10.77.0.15'), 'confirmed, it stays as it was decided');
  });

  test('its terminal is lost: bans since the start are lifted', async () => {
    const daemon = create('--confirm', '1h');
    // script(1) holds the terminal; when it is killed, the terminal is gone.
    const terminal = new LineProcess(['script', '-qfec', daemon.commandLine, '/dev/null']);
    await until('the daemon watches', () => terminal.lines.some((line) => /everything up to now is read/.test(line)));
    await ban(daemon, '10.77.0.14');
    assert.deepEqual(await banned(daemon), ['10.77.0.14']);
    terminal.kill();
    await until('the ban is lifted', async () => (await banned(daemon)).length === 0);
    await until('the daemon ends', async () => (await daemon.control('status')).code === 69);
  });

  test('without --confirm there is nothing to confirm', async () => {
    const daemon = create();
    await daemon.start();
    const { code, stdout } = await daemon.control('confirm');
    assert.deepEqual([code, /nothing to confirm/.test(stdout)], [64, true]);
  });

  for (const time of ['0', '-1', 'soon', '30d']) {
    test(`--confirm ${time} is refused`, async () => {
      const { code, stderr } = await create(`--confirm=${time}`).runSecond();
      assert.deepEqual([code, /expected a time of up to 24 days/.test(stderr)], [64, true]);
    });
  }
});
