// The main job in the laboratory: packets on a wire, the real ufw's log rules, the real kernel log, the real nftables; no root.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { Laboratory, run, until } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

const scanned = Array.from({ length: 20 }, (_, index) => 1001 + index);

describe('a port scan', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjscan');
  let daemon: DaemonProcess;
  let listener: ChildProcess;

  before(async () => {
    lab.up();
    lab.enableUfw('high');
    // Gateways as they come: of the main table, of another, one of several next hops, and of the other family.
    await run(lab.onServer('ip', 'route', 'add', '192.0.2.0/24', 'via', '10.77.0.13'));
    await run(lab.onServer('ip', 'route', 'add', 'default', 'via', '10.77.0.16', 'table', '100'));
    await run(lab.onServer('ip', 'route', 'add', '198.51.100.0/24', 'nexthop', 'via', '10.77.0.17', 'nexthop', 'via', '10.77.0.18'));
    await run(lab.onServer('ip', 'route', 'add', '203.0.113.0/24', 'via', 'inet6', 'fd77::19'));
    listener = lab.listen(22);
    if (listener.stdout !== null) await once(listener.stdout, 'data');
    daemon = new DaemonProcess(lab, { jailLocal: '[DEFAULT]\nignoreip = 10.77.0.12 fd77::12\n' });
    await daemon.start();
  });

  after(async () => {
    await daemon?.dispose();
    listener?.kill();
    lab.down();
  });

  const failures = async () => (await daemon.status()).jails[0]?.failures ?? 0;
  const knockAndCount = async (from: string, ports: readonly number[]) => {
    const before = await failures();
    await lab.knock(from, ports);
    await until(`${ports.length} records are counted`, async () => (await failures()) >= before + ports.length);
  };

  test('runs without root and with no more than two capabilities', () => {
    const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
    assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
    // CAP_NET_ADMIN is bit 12, CAP_SYSLOG bit 34.
    for (const set of ['CapEff', 'CapPrm', 'CapBnd']) assert.match(status, new RegExp(`^${set}:\t0000000400001000$`, 'm'));
  });

  test('before: both the attacker and the neighbour reach the allowed port', async () => {
    assert.deepEqual(await lab.knock('10.77.0.10', [22]), ['connected']);
    assert.deepEqual(await lab.knock('10.77.0.11', [22]), ['connected']);
    assert.deepEqual(await lab.knock('fd77::10', [22]), ['connected']);
  });

  test('of 20 ports from an IPv4 address bans it', async () => {
    await lab.knock('10.77.0.10', scanned);
    await until('10.77.0.10 is in the kernel set', async () => (await daemon.elements('banned4')).includes('10.77.0.10'));
    assert.ok((await daemon.banned()).includes('10.77.0.10'));
  });

  test('of 20 ports from an IPv6 address on our own link bans the single address', async () => {
    await lab.knock('fd77::10', scanned);
    await until('fd77::10 is in the kernel set', async () => (await daemon.elements('banned6')).includes('fd77::10'));
    assert.equal((await daemon.elements('banned6_64')).includes('fd77::'), false);
  });

  test('from many addresses of a distant IPv6 network bans its /64, and nobody beside it', async () => {
    const [near, beside] = ['2001:db8:77:1', '2001:db8:77:2'];
    await run(lab.onServer('ip', '-6', 'route', 'add', '2001:db8:77::/48', 'dev', `${lab.name}-s`));
    const sources = [1, 2, 3].map((host) => `${near}::${host}`);
    for (const source of [...sources, `${beside}::1`]) {
      await run(lab.onAttacker('ip', 'addr', 'add', `${source}/64`, 'dev', `${lab.name}-a`, 'nodad'));
    }
    assert.deepEqual(await lab.knock(`${near}::1`, [22]), ['connected']);
    for (const [index, source] of sources.entries()) await lab.knock(source, scanned.slice(2 * index, 2 * index + 2));
    await until('the /64 is in the kernel set', async () => (await daemon.elements('banned6_64')).includes(`${near}::`));
    assert.deepEqual(await lab.knock(`${near}::3`, [22]), ['silent']);
    assert.deepEqual(await lab.knock(`${beside}::1`, [22]), ['connected']);
    assert.equal((await daemon.control('unban', `${near}::99`)).stdout, `unbanned ${near}::/64\n`);
    assert.deepEqual(await lab.knock(`${near}::3`, [22]), ['connected']);
  });

  test('is not what a lost client does that tries one closed port 50 times', async () => {
    for (let round = 0; round < 5; round++) await knockAndCount('10.77.0.11', Array(10).fill(8443));
    assert.equal((await daemon.banned()).includes('10.77.0.11'), false);
  });

  test('after: the attacker does not reach the allowed port, the neighbour does', async () => {
    assert.deepEqual(await lab.knock('10.77.0.10', [22]), ['silent']);
    assert.deepEqual(await lab.knock('fd77::10', [22]), ['silent']);
    assert.deepEqual(await lab.knock('10.77.0.11', [22]), ['connected']);
    assert.deepEqual(await lab.knock('fd77::11', [22]), ['connected']);
  });

  test('from an address in ignoreip bans nobody', async () => {
    const ignoredBefore = (await daemon.status()).jails[0]?.ignored ?? 0;
    await lab.knock('10.77.0.12', scanned);
    await lab.knock('fd77::12', scanned);
    await until('the records are seen', async () => ((await daemon.status()).jails[0]?.ignored ?? 0) >= ignoredBefore + 40);
    assert.deepEqual(await lab.knock('10.77.0.12', [22]), ['connected']);
  });

  test('in the name of the gateway bans nobody, and is told of', async () => {
    await lab.knock('10.77.0.13', scanned);
    await until('a ban is refused', async () => ((await daemon.status()).jails[0]?.refused ?? 0) > 0);
    assert.match(daemon.stderr, /10\.77\.0\.13 is not banned by jail portscan, because it is protected \(gateway\)/);
    assert.deepEqual(await lab.knock('10.77.0.13', [22]), ['connected']);
  });

  for (const gateway of ['10.77.0.16', '10.77.0.18', 'fd77::19']) {
    test(`in the name of ${gateway}, a gateway of another kind of route, bans nobody`, async () => {
      const refusedBefore = (await daemon.status()).jails[0]?.refused ?? 0;
      await lab.knock(gateway, scanned);
      await until('a ban is refused', async () => ((await daemon.status()).jails[0]?.refused ?? 0) > refusedBefore);
      assert.deepEqual(await lab.knock(gateway, [22]), ['connected']);
    });
  }

  test('shows in status what was done and why', async () => {
    const { stdout } = await daemon.control('status', 'portscan');
    assert.match(stdout, /action nftables: \d+ bans? enforced/);
    assert.match(stdout, /^ {2}10\.77\.0\.10 .* left +portscan: ports 10/m);
  });

  test('explains who is banned and why, who is not, and what spares somebody', async () => {
    const { stdout, code } = await daemon.control('explain', '10.77.0.10');
    assert.equal(code, 0);
    assert.match(stdout, /^10\.77\.0\.10 is banned by portscan; every action enforces it$/m);
    assert.match(stdout, /^ {2}BANNED since \S+Z until \S+Z \(.* left\)$/m);
    assert.match(stdout, /^ {2}because: \d+ different ports \(10\d\d, /m);
    assert.match(stdout, /^ {2}action nftables: in force \(asked of the firewall\)$/m);
    assert.match(stdout, /^ {4}kernel #\d+: .*\[UFW BLOCK\].* SRC=10\.77\.0\.10 .*DPT=10\d\d/m);
    const neighbour = (await daemon.control('explain', '10.77.0.11')).stdout;
    assert.match(neighbour, /^10\.77\.0\.11 is not banned$/m);
    assert.match(neighbour, /^ {2}counted now: 1 of 5 \(8443\), the latest \S+Z/m);
    const gateway = (await daemon.control('explain', '10.77.0.13')).stdout;
    assert.match(gateway, /^protected: gateway; no jail bans it$/m);
    const ignored = (await daemon.control('explain', '10.77.0.12')).stdout;
    assert.match(ignored, /^ {2}never banned by it: ignoreip$/m);
    assert.equal((await daemon.control('explain', 'example.org')).code, 64);
  });

  test('counts what it put back, and explains it as in force again', async () => {
    await run(lab.onServer('nft', 'delete', 'element', 'inet', 'ringjail', 'banned4', '{', '10.77.0.10', '}'));
    await until('the ban is back', async () => /every action enforces it/.test((await daemon.control('explain', '10.77.0.10')).stdout));
    await until('it was counted', async () => ((await daemon.status()).actions[0]?.repairs ?? 0) > 0);
  });

  test('bans last when the daemon stops, and when it starts again nothing is counted twice', async () => {
    const kernelRecords = async () => Number((await daemon.status()).sources.find(({ name }) => name === 'kernel')?.['records']);
    const before = await kernelRecords();
    assert.equal(await daemon.stop(), 0);
    assert.ok((await daemon.elements('banned4')).includes('10.77.0.10'));
    assert.deepEqual(await lab.knock('10.77.0.10', [22]), ['silent']);
    await daemon.start();
    assert.ok((await daemon.banned()).includes('10.77.0.10'));
    assert.ok((await kernelRecords()) < before, 'the ring was read from the beginning again');
    assert.equal((await daemon.status()).jails[0]?.failures, 0);
  });

  test('bans last through kill -9, and the records since are counted', async () => {
    await knockAndCount('10.77.0.14', scanned.slice(0, 3));
    // The state on disk may be a second old; the records since are read again.
    await daemon.stop('SIGKILL');
    await lab.knock('10.77.0.14', scanned.slice(3, 5));
    await daemon.start();
    await until('10.77.0.14 is banned', async () => (await daemon.elements('banned4')).includes('10.77.0.14'));
  });

  test('a second daemon at the same socket ends at once with code 69, and changes nothing', async () => {
    const before = await daemon.elements('banned4');
    assert.ok(before.length > 0);
    const { code, stderr } = await daemon.runSecond();
    assert.equal(code, 69);
    assert.match(
      stderr,
      /another ringjail already answers at .*ringjail\.sock: stop it first, or give this one another socket \(-s\) and another state directory/,
    );
    assert.deepEqual(await daemon.elements('banned4'), before);
  });

  test('a ban that was before the restarts is explained as before, with the records from the store', async () => {
    const { stdout } = await daemon.control('explain', '10.77.0.10');
    assert.match(stdout, /^ {4}kernel #\d+: .* SRC=10\.77\.0\.10 /m);
    assert.match(stdout, /^ {2}configuration [0-9a-f]{16}$/m);
  });

  test('unban lifts the ban, in the list and in the kernel', async () => {
    const { stdout, code } = await daemon.control('unban', '10.77.0.10', 'fd77::10');
    assert.equal(code, 0);
    assert.equal(stdout, 'unbanned 10.77.0.10\nunbanned fd77::10\n');
    assert.equal((await daemon.elements('banned4')).includes('10.77.0.10'), false);
    assert.deepEqual(await lab.knock('10.77.0.10', [22]), ['connected']);
    assert.deepEqual(await lab.knock('fd77::10', [22]), ['connected']);
    assert.match((await daemon.control('explain', '10.77.0.10')).stdout, /^ {2}banned before: 1 time\n {4}\S+Z to \S+Z$/m);
  });

  test('ban by hand shuts out addresses and networks, and spares what is protected', async () => {
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.20', '10.77.0.32/28', '2001:db8::/64')).code, 0);
    assert.deepEqual(await lab.knock('10.77.0.20', [22]), ['silent']);
    assert.deepEqual(await lab.knock('10.77.0.40', [22]), ['silent']);
    assert.deepEqual(await lab.knock('10.77.0.48', [22]), ['connected']);
    assert.ok((await daemon.elements('banned6_64')).includes('2001:db8::'));
    const own = await daemon.control('ban', 'portscan', '10.77.0.0/24');
    assert.equal(own.code, 64);
    assert.match(own.stderr, /never banned: (address of this machine|gateway|ignoreip)/);
    assert.match((await daemon.control('unban', '10.77.0.40')).stdout, /^unbanned 10\.77\.0\.32\/28$/m);
    assert.deepEqual(await lab.knock('10.77.0.40', [22]), ['connected']);
    assert.equal((await daemon.control('unban', '--all')).code, 0);
    assert.deepEqual(await daemon.banned(), []);
    for (const set of ['banned4', 'banned6', 'banned6_64']) assert.deepEqual(await daemon.elements(set), []);
  });

  test('a flushed ruleset is put right when a banned address is seen again', async () => {
    await daemon.control('ban', 'portscan', '10.77.0.30');
    await run(lab.onServer('nft', 'delete', 'table', 'inet', 'ringjail'));
    // Packets within three seconds may have been on their way before the ban.
    await new Promise((resolve) => setTimeout(resolve, 3100));
    await lab.knock('10.77.0.30', scanned);
    await until('the ban is back', async () => (await daemon.elements('banned4')).includes('10.77.0.30'));
    await daemon.control('unban', '--all');
  });

  test('a deleted table is put back without anybody asking', async () => {
    await daemon.control('ban', 'portscan', '10.77.0.34');
    await run(lab.onServer('nft', 'delete', 'table', 'inet', 'ringjail'));
    await until('the ban is back', async () => (await daemon.elements('banned4')).includes('10.77.0.34'));
    assert.equal((await daemon.status()).actions[0]?.failure, null);
    assert.deepEqual(await lab.knock('10.77.0.34', [22]), ['silent']);
    assert.match(daemon.stderr, /somebody changed what enforces the bans: table gone/);
    await daemon.control('unban', '--all');
  });

  test('a ban of what is protected or ignored by now is lifted by a reload', async () => {
    await daemon.control('ban', 'portscan', '10.77.0.35');
    daemon.configure('[DEFAULT]\nignoreip = 10.77.0.35\n');
    assert.equal((await daemon.control('reload')).code, 0);
    assert.deepEqual(await lab.knock('10.77.0.35', [22]), ['connected']);
    daemon.configure('');
    assert.equal((await daemon.control('reload')).code, 0);
  });

  test('reload takes changed options and keeps bans and windows; a broken jail runs on as it was', async () => {
    await daemon.control('ban', 'portscan', '10.77.0.31');
    await knockAndCount('10.77.0.33', scanned.slice(0, 4));
    daemon.configure('[portscan]\nmaxretry = many\n');
    const broken = await daemon.control('reload');
    assert.equal(broken.code, 78);
    assert.match(broken.stdout, /jail\.local:2: maxretry = "many": expected a whole number/);
    daemon.configure('[portscan]\nmaxretry = 6\n');
    assert.equal((await daemon.control('reload')).code, 0);
    await knockAndCount('10.77.0.33', scanned.slice(4, 5));
    assert.ok((await daemon.banned()).includes('10.77.0.31'));
    assert.equal((await daemon.banned()).includes('10.77.0.33'), false);
    await lab.knock('10.77.0.33', scanned.slice(5, 6));
    await until('the sixth port bans', async () => (await daemon.banned()).includes('10.77.0.33'));
  });
});
