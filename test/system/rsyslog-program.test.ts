// The real rsyslog between journald and the whole program, stopped and started under load: who is banned by what it forwards is who is
// banned by the journal. Both log daemons run with sockets and files of their own, in the laboratory.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { FalseSshd, failedPassword } from '../lab/false-sshd.ts';
import { Laboratory, until } from '../lab/laboratory.ts';
import { PrivateJournald } from '../lab/private-journald.ts';
import { needsRoot } from './requires-root.ts';

const attackers = 20;
const rounds = 30;

describe('what rsyslog forwards bans whom the journal bans', { skip: needsRoot, timeout: 120_000 }, () => {
  const lab = new Laboratory('rjrsys');
  const journald = new PrivateJournald(['Storage=persistent', 'ForwardToSyslog=yes']);
  const socket = `${journald.directory}/sockets/syslog`;
  const config = `${journald.directory}/rsyslog.conf`;
  let daemon: DaemonProcess;
  let sshd: FalseSshd;
  let rsyslog: ChildProcess | undefined;

  const startRsyslog = async () => {
    rmSync(socket, { force: true });
    const [program = '', ...args] = lab.onServer('rsyslogd', '-n', '-iNONE', '-f', config);
    rsyslog = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    await until('rsyslog listens', () => {
      assert.equal(rsyslog?.exitCode, null, 'rsyslogd has ended');
      return existsSync(socket);
    });
  };
  const stopRsyslog = async () => {
    const child = rsyslog;
    rsyslog = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  const forward = (template: string) =>
    writeFileSync(
      config,
      `global(localHostname="web1" workDirectory="${journald.directory}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${socket}" RateLimit.Interval="0")
action(type="omfwd" Target="127.0.0.1" Port="5514" Protocol="udp" Template="${template}")
`,
    );
  const jail = async (name: string) => (await daemon.status()).jails.find((one) => one.name === name) ?? assert.fail();
  const bannedBy = async (name: string, block: string) =>
    (await jail(name)).banned.map(({ network }) => network).filter((network) => network.startsWith(block));

  before(async () => {
    lab.up();
    await journald.start();
    daemon = new DaemonProcess(lab, {
      isRoot: true,
      filters: ['sshd'],
      settings: '[Definition]\nsyslog_listen = udp://127.0.0.1:5514\n',
      jailLocal: `[portscan]
enabled = false
[sshd]
enabled = true
backend = systemd[journalpath=${journald.journal}]
[sshd-forwarded]
enabled = true
filter = sshd
backend = syslog
logpath = /var/log/auth.log
[sshd-both]
enabled = true
filter = sshd
backend = systemd[journalpath=${journald.journal}], syslog
logpath = /var/log/auth.log
maxretry = 10000
`,
    });
    await daemon.start();
    sshd = new FalseSshd(journald.devLog);
  });
  after(async () => {
    sshd?.end();
    await stopRsyslog();
    await daemon?.dispose();
    await journald.remove();
    lab.down();
  });

  for (const [index, template] of [
    'RSYSLOG_TraditionalForwardFormat',
    'RSYSLOG_ForwardFormat',
    'RSYSLOG_SyslogProtocol23Format',
  ].entries()) {
    it(`${template}, stopped and started under load`, async () => {
      const block = `10.${95 + index}.0.`;
      forward(template);
      await startRsyslog();
      for (let round = 0; round < rounds; round++) {
        // The last is a user who mistyped a password.
        const lines = Array.from({ length: attackers }, (_, at) => failedPassword(`${block}${at + 1}`, 1000 * round + at));
        if (round < 2) lines.push(failedPassword(`${block}200`, 1000 * round + 999));
        await sshd.sendAll(lines);
        if (round % 10 === 7) {
          await stopRsyslog();
          await startRsyslog();
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const expected = Array.from({ length: attackers }, (_, at) => `${block}${at + 1}`).sort();
      for (const name of ['sshd', 'sshd-forwarded']) {
        await until(`jail ${name} bans all`, async () => (await bannedBy(name, block)).length >= attackers);
        assert.deepEqual((await bannedBy(name, block)).sort(), expected, name);
      }
      await stopRsyslog();
    });
  }

  it('what comes by the journal and from rsyslog is counted once', async () => {
    await startRsyslog();
    const before = (await jail('sshd-both')).failures;
    const forwarded = async () => (await jail('sshd-forwarded')).failures;
    const start = await forwarded();
    const read = (await jail('sshd')).failures;
    const both = 20;
    for (let sent = 1; sent <= both; sent++) {
      // One by one: journald drops what rsyslog's socket, of ten messages, has no room for.
      await sshd.send(failedPassword('10.99.0.1', 70_000 + sent));
      await until('rsyslog has forwarded it', async () => (await forwarded()) >= start + sent);
    }
    await until('the journal is read', async () => (await jail('sshd')).failures >= read + both);
    assert.equal((await jail('sshd-both')).failures, before + both);
  });
});
