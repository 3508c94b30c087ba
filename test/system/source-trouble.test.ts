// Sources that cannot be read, with the whole program: it says what is wrong and what helps, reads the others meanwhile, shows it all in
// its status, and goes on by itself when the cause is gone.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { FalseSshd, failedPassword } from '../lab/false-sshd.ts';
import { writeJournal } from '../lab/journal-file.ts';
import { Laboratory, until } from '../lab/laboratory.ts';
import { PrivateJournald } from '../lab/private-journald.ts';
import { needsRoot } from './requires-root.ts';

const refused = (address: string) => `client @0x7f01 ${address}#33116 (example.com): query (cache) 'example.com/NS/IN' denied`;

describe('sources that cannot be read', { skip: needsRoot, timeout: 120_000 }, () => {
  const lab = new Laboratory('rjtrbl');
  const journald = new PrivateJournald();
  const directory = mkdtempSync(`${tmpdir()}/ringjail-trouble-`);
  const file = `${directory}/journal/named.journal`;
  const helpers: ChildProcess[] = [];
  let daemon: DaemonProcess;
  let sshd: FalseSshd | undefined;

  /** On the server; resolves when it says that it is ready. */
  const onServer = async (source: string): Promise<ChildProcess> => {
    const [program = '', ...args] = lab.onServer(process.execPath, '-e', source);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    helpers.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    return child;
  };
  const stateOf = async (source: string) => (await daemon.status()).sources.find(({ name }) => name === source)?.state;
  const failuresOf = async (jail: string) => (await daemon.status()).jails.find(({ name }) => name === jail)?.failures;

  before(async () => {
    lab.up();
    await journald.start();
    mkdirSync(`${directory}/journal`);
    daemon = new DaemonProcess(lab, {
      isRoot: true,
      filters: ['sshd', 'named-refused'],
      settings: '[Definition]\nsyslog_listen = udp://127.0.0.1:5514\n',
      jailLocal: `[DEFAULT]
maxretry = 3
findtime = 1d
[portscan]
enabled = false
[sshd]
enabled = true
backend = systemd[journalpath=${journald.journal}]
[named-refused]
enabled = true
backend = syslog
logpath = /var/log/syslog
[named-file]
enabled = true
filter = named-refused
backend = systemd[journalfiles=${file}]
journalmatch = _COMM=named
`,
    });
  });
  after(async () => {
    sshd?.end();
    for (const helper of helpers) helper.kill();
    await daemon?.dispose();
    await journald.remove();
    lab.down();
    rmSync(directory, { recursive: true });
  });

  it('a port in use and a journal that is not there: told with the cure, in status, and the others are read', async () => {
    const holder = `const s = require('node:dgram').createSocket('udp4'); s.bind(5514, '127.0.0.1', () => console.log('bound'));`;
    await onServer(holder);
    await daemon.start();
    await until('both are told', () => /source syslog: /.test(daemon.stderr) && /source journal:\S*named\.journal: /.test(daemon.stderr));
    assert.match(
      daemon.stderr,
      /source syslog: cannot listen on udp:\/\/127\.0\.0\.1:5514: .*another program has the port; see which: sudo ss -lnup sport = :5514.*; trying again in 1 s/,
    );
    assert.match(daemon.stderr, /source journal:\S*named\.journal: cannot open journal:\S*named\.journal: .*; trying again in 1 s/);
    await until('status says so', async () => /^failed|^starting/.test((await stateOf('syslog')) ?? ''));
    assert.match((await stateOf('syslog')) ?? '', /: cannot listen on udp:\/\/127\.0\.0\.1:5514: /);
    assert.match((await stateOf(`journal:${file}`)) ?? '', /: cannot open journal:/);
    sshd = new FalseSshd(journald.devLog);
    await sshd.sendAll(Array(3).fill(failedPassword('10.94.0.1')));
    await until('the jail of the journal that is there bans', async () => (await daemon.elements('banned4')).includes('10.94.0.1'));
  });

  it('the port is free again, and the journal is there: both are read without anybody doing anything', async () => {
    helpers.pop()?.kill();
    const now = Date.now() * 1000;
    writeJournal(file, [{ MESSAGE: 'running', _COMM: 'named', SYSLOG_IDENTIFIER: 'named' }], now);
    await until('syslog is read', async () => (await stateOf('syslog')) === 'reading', 20_000);
    await until('the journal is read', async () => (await stateOf(`journal:${file}`)) === 'reading', 20_000);
    const text = `<30>named[77]: ${refused('10.94.0.2')}`;
    await onServer(
      `require('node:dgram').createSocket('udp4').send(${JSON.stringify(text)}, 5514, '127.0.0.1', () => console.log('sent'))`,
    );
    await until('it counts', async () => (await failuresOf('named-refused')) === 1);
  });
});
