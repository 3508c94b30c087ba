// The main job as a system service: systemd/ringjail.service as it ships, installed by scripts/install-service.sh into a booted Debian
// with the real ufw. This machine's kernel log and its nf_tables do the work; its own firewall and files are not touched.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { DaemonStatus } from '../../src/control/messages.ts';
import { projectDirectory, until } from '../lab/laboratory.ts';
import { leaveStore } from '../lab/left-store.ts';
import { BootedDebian } from './booted-debian.ts';
import { ensureDebianTree } from './debian-tree.ts';
import { needsRoot } from './requires-root.ts';
import { logAllNamespaces, TwoHosts } from './two-hosts.ts';

const project = '/opt/ringjail';
const install = `${project}/scripts/install-service.sh`;
const scanned = Array.from({ length: 20 }, (_, index) => 1001 + index);

const helperSocket = '/run/ringjail-actions.sock';
const askingProgram = `
const socket = require('node:net').connect(process.argv[1], () => {
  socket.write(JSON.stringify({ id: 1, op: 'check', jail: 'portscan', action: 'nobody' }) + '\\n');
});
const end = (said) => { process.stdout.write(said + '\\n'); process.exit(); };
socket.on('data', (chunk) => end(String(chunk).trim()));
socket.on('error', (error) => end(error.code));
socket.on('close', () => end('closed'));
`;

// CAP_NET_ADMIN is bit 12, CAP_SYSLOG bit 34.
const twoCapabilities = '0000000400001000';

function findLack(): string | false {
  if (needsRoot !== false) return needsRoot;
  for (const [command, packageName] of [
    ['systemd-nspawn', 'systemd-container'],
    ['debootstrap', 'debootstrap'],
    ['ip', 'iproute2'],
  ] as const) {
    try {
      execFileSync('sh', ['-c', `command -v ${command}`]);
    } catch {
      return `needs ${command} to boot a Debian: sudo apt-get install ${packageName}, or run sudo npm test`;
    }
  }
  if (!existsSync(logAllNamespaces)) return `needs ${logAllNamespaces}: run it on the machine itself, not in a container`;
  return false;
}

describe('the service in a booted Debian', { skip: findLack() }, () => {
  const hosts = new TwoHosts();
  let debian: BootedDebian;

  const dispose = () => {
    debian?.stop();
    hosts.down();
  };
  const status = async () => JSON.parse(await debian.output('ringjail', '--json', 'status')) as DaemonStatus;
  const failures = async () => (await status()).jails[0]?.failures ?? 0;
  const mainPid = async () => (await debian.output('systemctl', 'show', '--property=MainPID', '--value', 'ringjail')).trim();
  const elements = async (set: string): Promise<string[]> => {
    const listing = JSON.parse(await debian.output('nft', '--json', 'list', 'set', 'inet', 'ringjail', set)) as {
      nftables: { set?: { elem?: { elem: { val: string } }[] } }[];
    };
    return listing.nftables.flatMap(({ set: listed }) => listed?.elem ?? []).map(({ elem }) => elem.val);
  };

  /** What the helper answers, "closed", or the error's code. */
  const askHelper = (...identity: string[]) =>
    debian.output('setpriv', ...identity, '--clear-groups', 'node', '-e', askingProgram, helperSocket);

  before(async () => {
    // Where the run is cut short, or this function fails, `after` may not come to its turn.
    process.on('exit', dispose);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
    const { path: tree, hasNode } = await ensureDebianTree();
    hosts.up([10, 11]);
    const node: [string, string][] = hasNode ? [] : [[process.execPath, '/usr/local/bin/node']];
    debian = new BootedDebian({ tree, networkNamespace: hosts.serverNamespace, mounts: new Map([[projectDirectory, project], ...node]) });
    await debian.booted();
    for (const rule of ['--force enable', 'default deny incoming', 'allow 22/tcp', 'logging high'])
      await debian.output('ufw', ...rule.split(' '));
    // As after an earlier run that ended now: the ring still holds what earlier tests did. It is root's here, as after a backup.
    mkdirSync(debian.path('/var/lib/ringjail'));
    // Copied: SQLite would take the way through /proc for a link, and lead back to this machine's own.
    const store = join(mkdtempSync(join(tmpdir(), 'ringjail-service-')), 'state.db');
    leaveStore(store);
    copyFileSync(store, debian.path('/var/lib/ringjail/state.db'));
    rmSync(dirname(store), { recursive: true });
  });

  after(dispose);

  test('is installed, active, and shows its status', async () => {
    const said = await debian.output(install);
    assert.match(said, /^source kernel: reading/m);
    assert.match(said, /\bportscan\b/);
    assert.equal(await debian.output('systemctl', 'is-active', 'ringjail'), 'active\n');
    assert.equal(await debian.output('systemctl', 'is-enabled', 'ringjail'), 'enabled\n');
  });

  test('runs as the user ringjail with two capabilities, and can gain no more', async () => {
    const process = await debian.output('cat', `/proc/${await mainPid()}/status`);
    const uid = (await debian.output('id', '-u', 'ringjail')).trim();
    assert.notEqual(uid, '0');
    assert.match(process, new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'm'));
    for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'])
      assert.match(process, new RegExp(`^${set}:\t${twoCapabilities}$`, 'm'));
    assert.match(process, /^NoNewPrivs:\t1$/m);
    assert.match(process, /^Seccomp:\t2$/m);
  });

  test('exposure as systemd-analyze security rates the unit: 2.0 or lower', async (context) => {
    const said = await debian.output('systemd-analyze', 'security', '--offline=true', `${project}/systemd/ringjail.service`);
    const exposure = Number(/exposure level for ringjail\.service: ([\d.]+)/.exec(said)?.[1]);
    context.diagnostic(`exposure ${exposure}`);
    assert.ok(exposure <= 2, said);
  });

  test('exposure of the helper, which is root, as systemd-analyze security rates it: 5.0 or lower', async (context) => {
    const said = await debian.output('systemd-analyze', 'security', '--offline=true', `${project}/systemd/ringjail-actions.service`);
    const exposure = Number(/exposure level for ringjail-actions\.service: ([\d.]+)/.exec(said)?.[1]);
    context.diagnostic(`exposure of ringjail-actions.service ${exposure}`);
    assert.ok(exposure <= 5, said);
  });

  test("the helper's socket is root's and the group's, and answers the daemon's user and root only", async () => {
    assert.equal(await debian.output('stat', '-c', '%a %U:%G', helperSocket), '660 root:ringjail\n');
    // The kernel refuses who is not in the group; the helper itself refuses who is, but is another user.
    const group = (await debian.output('getent', 'group', 'ringjail')).split(':')[2] ?? '';
    assert.match(await askHelper('--reuid=65534', '--regid=65534'), /^EACCES$/m);
    assert.match(await askHelper('--reuid=65534', `--regid=${group}`), /^(closed|EPIPE|ECONNRESET)$/m);
    for (const user of ['ringjail', 'root']) {
      assert.match(
        await askHelper(`--reuid=${user}`, `--regid=${group}`),
        /"ok":false,"error":"no enabled jail portscan [^"]*names action nobody/,
      );
    }
    assert.equal(await debian.output('systemctl', 'is-active', 'ringjail-actions.service'), 'active\n');
  });

  test('bans a scan of 20 ports, and nobody who retries one closed port 50 times', async () => {
    for (const host of ['10.78.0.10', '10.78.0.11', 'fd78::10']) assert.deepEqual(await hosts.knock(host, [22]), ['connected']);
    await hosts.knock('10.78.0.11', Array(50).fill(8443));
    await until('50 records are counted', async () => (await failures()) >= 50);
    await hosts.knock('10.78.0.10', scanned);
    await hosts.knock('fd78::10', scanned);
    await until('10.78.0.10 is in the kernel set', async () => (await elements('banned4')).includes('10.78.0.10'));
    await until('fd78::10 is in the kernel set', async () => (await elements('banned6')).includes('fd78::10'));
    assert.equal((await elements('banned4')).includes('10.78.0.11'), false);
  });

  test('afterwards the attacker cannot reach the allowed port, the neighbour can', async () => {
    assert.deepEqual(await hosts.knock('10.78.0.10', [22]), ['silent']);
    assert.deepEqual(await hosts.knock('fd78::10', [22]), ['silent']);
    assert.deepEqual(await hosts.knock('10.78.0.11', [22]), ['connected']);
  });

  test('systemctl restart keeps the ban', async () => {
    const former = await mainPid();
    await debian.output('systemctl', 'restart', 'ringjail');
    assert.notEqual(await mainPid(), former);
    assert.ok((await elements('banned4')).includes('10.78.0.10'));
    assert.ok((await status()).jails[0]?.banned.some(({ network }) => network === '10.78.0.10'));
  });

  test('systemctl reload takes the changed configuration in the running process', async () => {
    const former = await mainPid();
    writeFileSync(debian.path('/etc/ringjail/jail.local'), '[second]\nenabled = true\nbackend = kernel\nfilter = portscan\n');
    await debian.output('systemctl', 'reload', 'ringjail');
    await until('the second jail runs', async () => (await status()).jails.some(({ name }) => name === 'second'));
    assert.equal(await mainPid(), former);
  });

  test('a killed daemon is started again', async () => {
    const former = await mainPid();
    await debian.output('sh', '-c', `kill -KILL ${former}`);
    await until(
      'another process is up',
      async () => !['0', former].includes(await mainPid()) && (await debian.run('ringjail', 'status')).code === 0,
    );
    assert.ok((await status()).jails[0]?.banned.some(({ network }) => network === '10.78.0.10'));
  });

  test('installing again changes nothing where nothing changed', async () => {
    const former = await mainPid();
    const { code, stderr } = await debian.run(install);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /ringjail\.service is current/);
    assert.equal(await mainPid(), former);
  });

  test('--syslog opens the running service to the network, a record that comes that way is read, and --no-syslog shuts it off', async () => {
    const addresses = () =>
      debian.output('systemctl', 'show', '--property=IPAddressDeny,IPAddressAllow,RestrictAddressFamilies', 'ringjail');
    assert.doesNotMatch(await addresses(), /AF_INET/);
    writeFileSync(debian.path('/etc/ringjail/ringjail.local'), '[Definition]\nsyslog_listen = udp://127.0.0.1:5514\n');
    writeFileSync(debian.path('/etc/ringjail/filter.d/knock.local'), '[Definition]\nfailregex = knocked from <HOST>$\n');
    writeFileSync(debian.path('/etc/ringjail/jail.local'), '[remote]\nenabled = true\nbackend = syslog\nfilter = knock\nmaxretry = 1\n');
    const opened = await debian.run(install, '--syslog');
    assert.equal(opened.code, 0, opened.stderr);
    assert.match(await addresses(), /RestrictAddressFamilies=.*AF_INET/);
    await debian.output(
      'logger',
      '--server',
      '127.0.0.1',
      '--port',
      '5514',
      '--udp',
      '-p',
      'auth.info',
      'somebody knocked from 10.78.0.77',
    );
    await until('who knocked is in the kernel set', async () => (await elements('banned4')).includes('10.78.0.77'));
    writeFileSync(debian.path('/etc/ringjail/jail.local'), '');
    rmSync(debian.path('/etc/ringjail/ringjail.local'));
    const closed = await debian.run(install, '--no-syslog');
    assert.equal(closed.code, 0, closed.stderr);
    assert.doesNotMatch(await addresses(), /AF_INET/);
  });

  test('--remove takes out what was installed, and keeps what was written and what is banned', async () => {
    const { code, stderr } = await debian.run(install, '--remove');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /nft delete table inet ringjail/);
    assert.notEqual((await debian.run('systemctl', 'cat', 'ringjail')).code, 0);
    for (const gone of ['/usr/local/lib/ringjail', '/usr/local/bin/ringjail', '/etc/ringjail/jail.conf'])
      assert.equal(existsSync(debian.path(gone)), false);
    for (const kept of ['/etc/ringjail/jail.local', '/var/lib/ringjail/state.db']) assert.ok(existsSync(debian.path(kept)));
    assert.ok((await elements('banned4')).includes('10.78.0.10'));
    assert.deepEqual(await hosts.knock('10.78.0.10', [22]), ['silent']);
    await debian.output('nft', 'delete', 'table', 'inet', 'ringjail');
    assert.deepEqual(await hosts.knock('10.78.0.10', [22]), ['connected']);
  });
});
