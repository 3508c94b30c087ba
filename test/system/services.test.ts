// Real services that log to the real journald, in a booted Debian: whoever logs in wrongly, asks what is denied or wants mail relayed is
// banned, and nobody else. ringjail runs as the unit that it ships.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { DaemonStatus } from '../../src/control/messages.ts';
import { projectDirectory, run, until } from '../lab/laboratory.ts';
import { BootedDebian } from './booted-debian.ts';
import { ensureDebianTree } from './debian-tree.ts';
import { needsRoot } from './requires-root.ts';
import { TwoHosts } from './two-hosts.ts';

const project = '/opt/ringjail';

const jailLocal = `[DEFAULT]
maxretry = 3

[portscan]
enabled = false

[sshd]
action = nftables
         ufw
         mail
         note[file=/var/lib/notes]
`;

/** A command of one's own, in fail2ban's form. What the attacker wrote must reach it as text. */
const note = `[Definition]
norestored = 1
actionban = printf '%%s\\n' "ban <ip> <failures> <F-USER>" >>"<file>"
actionunban = printf '%%s\\n' "unban <ip>" >>"<file>"
`;

// Who asks from outside gets no recursion; mail is for this host only.
const namedOptions = `options { directory "/var/cache/bind"; recursion yes; allow-recursion { none; }; allow-query-cache { none; }; };\n`;
const postfixSettings = [
  'mynetworks=127.0.0.0/8',
  'mydestination=server.example',
  'inet_interfaces=all',
  'myhostname=server.example',
  'compatibility_level=3.6',
];

describe('services in a booted Debian', { skip: needsRoot }, () => {
  const hosts = new TwoHosts();
  const keys = mkdtempSync(join(tmpdir(), 'ringjail-keys-'));
  let debian: BootedDebian;

  const dispose = () => {
    debian?.stop();
    hosts.down();
    rmSync(keys, { recursive: true, force: true });
  };
  const status = async () => JSON.parse(await debian.output('ringjail', '--json', 'status')) as DaemonStatus;
  const jailOf = async (name: string) => (await status()).jails.find((jail) => jail.name === name);
  const bannedBy = async (name: string) => (await jailOf(name))?.banned.map(({ network }) => network) ?? [];
  const isBanned = (name: string, address: string) =>
    until(`${address} is banned by ${name}`, async () => (await bannedBy(name)).includes(address));

  const ssh = async (from: string, user: string, ...options: string[]): Promise<number> => {
    const known = [
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'LogLevel=ERROR',
      '-o',
      'ConnectTimeout=3',
    ];
    const command = ['ssh', '-F', 'none', '-b', from, ...known, ...options, `${user}@10.78.0.2`, 'true'];
    const environment = ['env', `SSH_ASKPASS=${keys}/askpass`, 'SSH_ASKPASS_REQUIRE=force', 'DISPLAY=none'];
    return (await run(hosts.onAttacker(...environment, ...command))).code;
  };
  const password = ['-o', 'PreferredAuthentications=password', '-o', 'PubkeyAuthentication=no', '-o', 'NumberOfPasswordPrompts=1'];
  const attack = async (...args: string[]): Promise<string[]> =>
    JSON.parse((await run(hosts.onAttacker(process.execPath, `${projectDirectory}/dist/test/lab/attack.js`, ...args))).stdout) as string[];

  before(async () => {
    process.on('exit', dispose);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
    const { path: tree, hasNode } = await ensureDebianTree();
    hosts.up([10, 11, 12, 13, 14]);
    const node: [string, string][] = hasNode ? [] : [[process.execPath, '/usr/local/bin/node']];
    debian = new BootedDebian({ tree, networkNamespace: hosts.serverNamespace, mounts: new Map([[projectDirectory, project], ...node]) });
    await debian.booted();
    writeFileSync(`${keys}/askpass`, '#!/bin/sh\necho wrong\n');
    chmodSync(`${keys}/askpass`, 0o755);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${keys}/key`]);
    await debian.output('mkdir', '-p', '-m', '700', '/root/.ssh');
    writeFileSync(debian.path('/root/.ssh/authorized_keys'), readFileSync(`${keys}/key.pub`));
    writeFileSync(debian.path('/etc/bind/named.conf.options'), namedOptions);
    await debian.output('postconf', '-e', ...postfixSettings);
    for (const unit of ['named', 'postfix']) await debian.output('systemctl', 'restart', unit);
    // Rules of an ufw that is not active shut nobody out, and our own action says so.
    for (const rule of ['--force enable', 'allow 22/tcp', 'allow 25/tcp', 'allow 53']) await debian.output('ufw', ...rule.split(' '));
    await debian.output('mkdir', '-p', '/etc/ringjail');
    writeFileSync(debian.path('/etc/ringjail/jail.local'), jailLocal);
    await debian.output('mkdir', '-p', '/etc/ringjail/action.d');
    writeFileSync(debian.path('/etc/ringjail/action.d/note.conf'), note);
    await debian.output(`${project}/scripts/install-service.sh`);
  });

  after(dispose);

  test('enabled = auto starts the jails of services that are here', async () => {
    const names = (await status()).jails.map(({ name }) => name);
    for (const name of ['sshd', 'named-refused', 'postfix']) assert.ok(names.includes(name), `${name} is not among ${names.join(', ')}`);
    assert.match((await status()).sources.map(({ name, state }) => `${name}: ${state}`).join('\n'), /^journal: reading$/m);
  });

  test('wrong logins, denied queries and mail to be relayed ban exactly those three', async () => {
    for (let count = 0; count < 2; count++) assert.notEqual(await ssh('10.78.0.13', 'root', ...password), 0);
    assert.equal(await ssh('10.78.0.13', 'root', '-i', `${keys}/key`), 0);
    for (const user of ['root', 'x from 10.78.0.14 port 22 ssh2', '$(touch /var/lib/owned)', 'nobody'])
      await ssh('10.78.0.10', user, ...password);
    await isBanned('sshd', '10.78.0.10');
    assert.deepEqual(await attack('dns', '10.78.0.11', '10.78.0.2', ...Array(5).fill('example.com')), Array(5).fill('refused'));
    await isBanned('named-refused', '10.78.0.11');
    const [said = ''] = await attack('smtp', '10.78.0.12', '10.78.0.2', ...['a', 'b', 'c', 'd'].map((name) => `${name}@elsewhere.example`));
    assert.match(said, /Relay access denied/);
    await isBanned('postfix', '10.78.0.12');
    const all = (await status()).jails.flatMap(({ banned }) => banned.map(({ network }) => network));
    assert.deepEqual(all.sort(), ['10.78.0.10', '10.78.0.11', '10.78.0.12']);
    assert.equal(await ssh('10.78.0.13', 'root', '-i', `${keys}/key`), 0);
    assert.equal((await hosts.knock('10.78.0.10', [22]))[0] === 'connected', false);
  });

  test('commands, ufw and mail are done by the helper, as root, and once', async () => {
    const notes = () => debian.output('cat', '/var/lib/notes');
    await until('the command ran', async () => (await debian.run('test', '-s', '/var/lib/notes')).code === 0);
    assert.match(await notes(), /^ban 10\.78\.0\.10 3 \S+\n$/);
    assert.notEqual((await debian.run('test', '-e', '/var/lib/owned')).code, 0);
    await until('ufw has the rule', async () => /DENY +10\.78\.0\.10|from 10\.78\.0\.10/.test(await debian.output('ufw', 'show', 'added')));
    await until('the mail is there', async () => (await debian.run('test', '-s', '/var/mail/root')).code === 0);
    assert.match(await debian.output('cat', '/var/mail/root'), /^Subject: \[ringjail\] sshd: banned 10\.78\.0\.10 on /m);
    await debian.output('systemctl', 'restart', 'ringjail');
    await isBanned('sshd', '10.78.0.10');
    await debian.output('ringjail', 'unban', '10.78.0.10');
    await until('ufw has no rule', async () => !(await debian.output('ufw', 'show', 'added')).includes('10.78.0.10'));
    // What is not told again after a restart is not told of its end either, as in fail2ban.
    assert.match(await notes(), /^ban 10\.78\.0\.10 3 \S+\n$/);
    assert.equal((await debian.output('grep', '-c', '^Subject: .ringjail', '/var/mail/root')).trim(), '1');
  });

  test('what a local user says of himself bans nobody', async () => {
    const before = (await jailOf('sshd'))?.failures;
    await debian.output('useradd', '-m', 'mallory');
    const line = 'Failed password for root from 10.78.0.14 port 22 ssh2';
    for (let count = 0; count < 5; count++) {
      await debian.output('setpriv', '--reuid=mallory', '--clear-groups', 'logger', '-t', 'sshd', '-p', 'auth.info', line);
    }
    // Read in order, so that what is counted after them tells that they were read.
    await ssh('10.78.0.13', 'root', ...password);
    await until('one more failure is counted', async () => ((await jailOf('sshd'))?.failures ?? 0) > (before ?? 0));
    assert.equal((await jailOf('sshd'))?.failures, (before ?? 0) + 1);
    assert.equal((await bannedBy('sshd')).includes('10.78.0.14'), false);
  });
});
