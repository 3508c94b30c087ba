// A daemon that is root, whose actions change while bans are in force: what a reload tells the commands of action.d.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { Laboratory, until } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

const jailOf = (...actions: string[]) => `[portscan]\naction = ${actions.join('\n  ')}\n`;

describe('a reload while bans are in force', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjreload');
  let daemon: DaemonProcess;
  const file = () => join(daemon.directory, 'told');
  const define = (version: string) => {
    const line = (name: string, values: string) => `action${name} = echo "${version} ${name} ${values}" >>${file()}\n`;
    const commands = [line('start', ''), line('stop', ''), line('ban', '<ip> <restored>'), line('unban', '<ip>')];
    writeFileSync(join(daemon.directory, 'config/action.d/told.conf'), `[Definition]\n${commands.join('')}`);
  };
  /** Waits for so many lines more, and gives them. */
  const told = async (count: number) => {
    await until(`${count} lines`, () => readFileSync(file(), 'utf8').split('\n').length > count);
    const lines = readFileSync(file(), 'utf8').split('\n').slice(0, -1);
    writeFileSync(file(), '');
    return lines.map((line) => line.trim());
  };
  const reload = async () => assert.equal((await daemon.control('reload')).code, 0);

  before(async () => {
    lab.up();
    daemon = new DaemonProcess(lab, { jailLocal: jailOf('nftables'), isRoot: true });
    define('first');
    writeFileSync(file(), '');
    await daemon.start();
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.41', 'fd77::41')).code, 0);
  });

  after(async () => {
    await daemon?.dispose();
    lab.down();
  });

  test('a command that is named now is told of them, as restored ones', async () => {
    daemon.configure(jailOf('nftables', 'told'));
    await reload();
    assert.deepEqual(await told(3), ['first start', 'first ban 10.77.0.41 1', 'first ban fd77::41 1']);
    await until('status has it', async () =>
      (await daemon.status()).actions.some((action) => action.name === 'told of portscan' && action.bans === 2),
    );
  });

  test('a definition that was edited: ended by the old one, begun by the new one', async () => {
    define('second');
    await reload();
    assert.deepEqual(await told(6), [
      'first unban 10.77.0.41',
      'first unban fd77::41',
      'first stop',
      'second start',
      'second ban 10.77.0.41 1',
      'second ban fd77::41 1',
    ]);
    await reload();
    assert.equal((await daemon.control('unban', '10.77.0.41')).code, 0);
    assert.deepEqual(await told(1), ['second unban 10.77.0.41']);
  });

  test('a command that is named no more lifts them and stops, and the ban holds', async () => {
    daemon.configure(jailOf('nftables'));
    await reload();
    assert.deepEqual(await told(2), ['second unban fd77::41', 'second stop']);
    const { jails, actions } = await daemon.status();
    assert.deepEqual(
      [jails[0]?.banned.map(({ network }) => network), actions.map(({ name, bans }) => [name, bans])],
      [['fd77::41'], [['nftables', 1]]],
    );
  });

  test('bans that move to a slow command are in force all the while', async () => {
    const bans = Array.from({ length: 40 }, (_, index) => `10.77.1.${index + 1}`);
    assert.equal((await daemon.control('ban', 'portscan', ...bans)).code, 0);
    const line = (name: string, command: string) => `action${name} = ${command} >>${file()}\n`;
    writeFileSync(
      join(daemon.directory, 'config/action.d/slow.conf'),
      `[Definition]\n${line('ban', 'sleep 0.02; echo <ip>')}${line('unban', 'echo unban <ip>')}`,
    );
    daemon.configure(jailOf('slow'));
    await reload();
    let betweens = 0;
    await until('the command was told of all', async () => {
      // In this order: what the kernel let go in between counts as in force only where the command was told before.
      const inKernel = new Set(await daemon.elements('banned4'));
      const isTold = readFileSync(file(), 'utf8').split('\n');
      const missing = bans.filter((ban) => !inKernel.has(ban) && !isTold.includes(ban));
      assert.deepEqual(missing, []);
      if (inKernel.size > 0 && isTold.length > 1) betweens++;
      return bans.every((ban) => isTold.includes(ban)) && inKernel.size === 0;
    });
    assert.ok(betweens > 0, 'nobody looked while it was slow');
    assert.deepEqual(
      (await daemon.status()).actions.map(({ name }) => name),
      ['slow of portscan'],
    );
  });
});

describe('a command that two jails share', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjshare');
  let daemon: DaemonProcess;
  const jails = (first: string) => `[portscan]\naction = ${first}\n[second]\nenabled = true\nfilter = portscan\naction = map\n`;
  const linesOf = (name: string) => readFileSync(join(daemon.directory, name), 'utf8').split('\n').slice(0, -1);
  const map = () => linesOf('map').toSorted();

  before(async () => {
    lab.up();
    daemon = new DaemonProcess(lab, { jailLocal: jails('map'), isRoot: true });
    const [file, calls] = ['map', 'calls'].map((name) => join(daemon.directory, name));
    for (const path of [file, calls]) writeFileSync(path ?? '', '');
    const commands = [
      `actionban = echo ban <ip> >>${calls}; echo <ip> >>${file}`,
      `actionunban = echo unban <ip> >>${calls}; sed -i "/^<ip>$/d" ${file}`,
      `actionflush = truncate -s 0 ${file}`,
      `actionlist = cat ${file}`,
    ];
    writeFileSync(join(daemon.directory, 'config/action.d/map.conf'), `[Definition]\n${commands.join('\n')}\n`);
    await daemon.start();
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.51', '10.77.0.52', '10.77.0.53')).code, 0);
    assert.equal((await daemon.control('ban', 'second', '10.77.0.51', '10.77.0.54')).code, 0);
    await until('all are in the file', () => map().length === 5);
  });

  after(async () => {
    await daemon?.dispose();
    lab.down();
  });

  test('a restart leaves what the list has, and puts back what it has not', async () => {
    await daemon.stop();
    const left = map().filter((line) => line !== '10.77.0.54');
    writeFileSync(join(daemon.directory, 'map'), `${left.join('\n')}\n`);
    writeFileSync(join(daemon.directory, 'calls'), '');
    await daemon.start();
    await until('it is back', () => map().length === 5);
    assert.deepEqual(linesOf('calls'), ['unban 10.77.0.54', 'ban 10.77.0.54']);
  });

  test('one jail names it no more, and flushes it: the bans of the other are put back, each once', async () => {
    daemon.configure(jails('nftables'));
    assert.equal((await daemon.control('reload')).code, 0);
    await until('they are there', () => map().join() === '10.77.0.51,10.77.0.54');
    await until('status says so', async () => {
      const { actions } = await daemon.status();
      return actions.some(({ name, bans, waiting, failed }) => name === 'map of second' && bans === 2 && waiting === 0 && failed === 0);
    });
    assert.deepEqual(map(), ['10.77.0.51', '10.77.0.54']);
  });
});
