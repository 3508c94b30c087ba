// Cutting connections in the laboratory: real TCP connections, a real conntrack, a real sshd, and a cutter without root.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { after, before, describe, test } from 'node:test';
import { unprivileged } from '../lab/daemon-process.ts';
import { Laboratory, projectDirectory, run } from '../lab/laboratory.ts';
import { LineProcess } from '../lab/line-process.ts';
import { stagedProgram } from '../lab/staged-program.ts';
import { needsRoot } from './requires-root.ts';

const holdProgram = `${projectDirectory}/dist/test/lab/hold.js`;

interface Target {
  readonly network: string;
  readonly ports?: readonly (readonly [number, number])[];
  readonly protocol?: number;
}

describe('the connection cutter', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjcut');
  const inner = 'rjcut-inner';
  const processes: LineProcess[] = [];
  const start = (command: readonly string[]) => {
    const process = new LineProcess(command);
    processes.push(process);
    return process;
  };
  let server: LineProcess;

  /** Cuts as the daemon would: not as root, with one capability; beside the targets, `more` addresses that nobody here has. */
  async function cut(targets: readonly Target[], { more = 0, capabilities = ['net_admin'] } = {}) {
    const dist = `${stagedProgram()}/dist/src`;
    const source = `import { ConnectionCutter } from '${dist}/action/connection-cutter.js';
      import { cutConnections } from '${dist}/binding/addon.js';
      import { parseIpNetwork } from '${dist}/core/ip-network.js';
      const log = [];
      const line = (text) => void log.push(text);
      const cutter = new ConnectionCutter({ cutConnections, log: { warning: line, info: () => undefined } });
      const more = Array.from({ length: ${more} }, (_, index) => ({ network: \`198.18.\${index >> 8}.\${index & 255}\` }));
      await cutter.cut([...more, ...${JSON.stringify(targets)}].map((target) => ({ ...target, network: parseIpNetwork(target.network) })));
      console.log(JSON.stringify({ ...cutter.counts, log }));`;
    const command = lab.onServer(...unprivileged(capabilities), process.execPath, '--input-type=module', '-e', source);
    const { stdout, stderr } = await run(command);
    assert.equal(stderr, '');
    return JSON.parse(stdout) as { sockets: number; flows: number; failures: number; log: string[] };
  }

  /** A client of the attacker's, connected to these ports of the server. */
  async function hold(from: string, ...ports: number[]): Promise<LineProcess> {
    const to = from.includes(':') ? lab.serverAddress6 : lab.serverAddress;
    const client = start(lab.onAttacker(process.execPath, holdProgram, 'connect', from, to, ...ports.map(String)));
    for (const port of ports) {
      await client.has(`open ${from} ${port}`);
      await server.has(`open ${from} ${port}`);
    }
    return client;
  }

  async function assertLives(client: LineProcess, from: string, port: number): Promise<void> {
    const echoes = client.count(`echo ${from} ${port}`);
    client.send('still there?');
    await client.has(`echo ${from} ${port}`, echoes + 1);
  }

  async function assertDied(client: LineProcess, from: string, port: number): Promise<void> {
    await server.has(`ECONNABORTED ${from} ${port}`);
    await client.has(`ECONNRESET ${from} ${port}`);
  }

  /** The sources of tracked flows of a protocol to a port, according to the kernel. */
  async function tracked(family: 'ipv4' | 'ipv6', protocol: string, port: number): Promise<string[]> {
    const { stdout } = await run(lab.onServer('conntrack', '-L', '-f', family, '-p', protocol, '--orig-port-dst', String(port)));
    return Array.from(stdout.matchAll(/^\S.*?src=(\S+)/gm), ([, source = '']) => source).sort();
  }

  async function sendUdp(from: string, to: string, port: number): Promise<void> {
    const source = `const s = require('node:dgram').createSocket('${from.includes(':') ? 'udp6' : 'udp4'}');
      s.bind(0, '${from}', () => s.send('x', ${port}, '${to}', () => s.close()));`;
    const { stderr } = await run(lab.onAttacker(process.execPath, '-e', source));
    assert.equal(stderr, '');
  }

  before(async () => {
    lab.up();
    // A second IPv6 network, and a host behind the server, whose port 80 is the server's 8080.
    const shell = (script: string) => execFileSync('sh', ['-ec', script], { stdio: ['ignore', 'ignore', 'inherit'] });
    shell(`
      ip -n rjcut-attacker addr add fd79::10/64 dev rjcut-a nodad
      ip -n rjcut-server route add fd79::/64 dev rjcut-s
      ip netns del ${inner} 2>/dev/null || true
      ip netns add ${inner}
      ip link add rjcut-i netns rjcut-server type veth peer name rjcut-h netns ${inner}
      ip -n rjcut-server addr add 10.76.0.1/24 dev rjcut-i
      ip -n rjcut-server link set rjcut-i up
      ip -n ${inner} addr add 10.76.0.2/24 dev rjcut-h
      ip -n ${inner} link set rjcut-h up
      ip -n ${inner} route add default via 10.76.0.1
    `);
    const rules = `table inet t {
      chain input { type filter hook input priority 0; ct state new accept; }
      chain translate { type nat hook prerouting priority -100; ip daddr ${lab.serverAddress} tcp dport 8080 dnat ip to 10.76.0.2:80; }
    }`;
    const { code, stderr } = await run(lab.onServer('sh', '-c', `echo 1 >/proc/sys/net/ipv4/ip_forward && nft '${rules}'`));
    assert.equal(code, 0, stderr);
    server = start(lab.onServer(process.execPath, holdProgram, 'listen', '4001', '4002'));
    for (const port of [4001, 4002]) await server.has(`listening :: ${port}`);
  });

  after(() => {
    for (const process of processes) process.kill();
    if (needsRoot === false) {
      execFileSync('ip', ['netns', 'del', inner]);
      lab.down();
    }
  });

  test('an IPv4 connection dies on both sides, that of another address lives on', async () => {
    const client = await hold('10.77.0.10', 4001);
    const other = await hold('10.77.0.11', 4001);
    assert.equal((await cut([{ network: '10.77.0.10' }])).sockets, 1);
    await assertDied(client, '10.77.0.10', 4001);
    await assertLives(other, '10.77.0.11', 4001);
  });

  test('a cut of one port leaves the others', async () => {
    const client = await hold('10.77.0.12', 4001, 4002);
    await cut([{ network: '10.77.0.12', ports: [[4001, 4001]] }]);
    await assertDied(client, '10.77.0.12', 4001);
    await assertLives(client, '10.77.0.12', 4002);
    await cut([{ network: '10.77.0.12', ports: [[1, 4001]] }]);
    await cut([{ network: '10.77.0.12', protocol: 17 }]);
    await assertLives(client, '10.77.0.12', 4002);
    await cut([
      {
        network: '10.77.0.12',
        ports: [
          [80, 80],
          [4002, 4010],
        ],
        protocol: 6,
      },
    ]);
    await assertDied(client, '10.77.0.12', 4002);
  });

  test('an IPv6 /64 dies whole, another lives on', async () => {
    const clients = [await hold('fd77::10', 4001), await hold('fd77::11', 4001)];
    const other = await hold('fd79::10', 4001);
    assert.equal((await cut([{ network: 'fd77::/64' }])).sockets, 2);
    for (const [index, client] of clients.entries()) await assertDied(client, `fd77::1${index}`, 4001);
    await assertLives(other, 'fd79::10', 4001);
  });

  test('an IPv4 network dies whole, at its own border', async () => {
    const inside = await hold('10.77.0.31', 4001);
    const outside = await hold('10.77.0.32', 4001);
    await cut([{ network: '10.77.0.16/28' }]);
    await assertDied(inside, '10.77.0.31', 4001);
    await assertLives(outside, '10.77.0.32', 4001);
  });

  // From 33 networks on the kernel's filter is not used any more.
  for (const size of [32, 33, 10_000]) {
    test(`${size} networks at once: those in the list die, others live on`, async () => {
      const first = await hold('10.77.0.20', 4001);
      const last = await hold('fd77::20', 4001);
      const other = await hold('10.77.0.21', 4001);
      const { sockets, failures } = await cut([{ network: '10.77.0.20' }, { network: 'fd77::20/128' }], { more: size - 2 });
      assert.deepEqual([sockets, failures], [2, 0]);
      await assertDied(first, '10.77.0.20', 4001);
      await assertDied(last, 'fd77::20', 4001);
      await assertLives(other, '10.77.0.21', 4001);
    });
  }

  test('tracked UDP flows are forgotten: of the address, to the ports; others stay', async () => {
    await sendUdp('10.77.0.13', lab.serverAddress, 5000);
    await sendUdp('10.77.0.13', lab.serverAddress, 5001);
    await sendUdp('10.77.0.14', lab.serverAddress, 5000);
    assert.deepEqual(await tracked('ipv4', 'udp', 5000), ['10.77.0.13', '10.77.0.14']);
    assert.equal((await cut([{ network: '10.77.0.13', ports: [[5000, 5000]] }])).flows, 1);
    assert.deepEqual(await tracked('ipv4', 'udp', 5000), ['10.77.0.14']);
    assert.deepEqual(await tracked('ipv4', 'udp', 5001), ['10.77.0.13']);
    assert.equal((await cut([{ network: '10.77.0.13', protocol: 6 }])).flows, 0);
    assert.equal((await cut([{ network: '10.77.0.12/31' }])).flows, 1);
    assert.deepEqual(await tracked('ipv4', 'udp', 5001), []);
    assert.deepEqual(await tracked('ipv4', 'udp', 5000), ['10.77.0.14']);
  });

  test('tracked UDP flows of an IPv6 /64 and of a single IPv6 address are forgotten', async () => {
    for (const from of ['fd77::13', 'fd77::14', 'fd79::10']) await sendUdp(from, lab.serverAddress6, 5000);
    assert.equal((await cut([{ network: 'fd77::13' }])).flows, 1);
    assert.deepEqual(await tracked('ipv6', 'udp', 5000), ['fd77::14', 'fd79::10']);
    assert.equal((await cut([{ network: 'fd77::/64' }])).flows > 0, true);
    assert.deepEqual(await tracked('ipv6', 'udp', 5000), ['fd79::10']);
  });

  test('tracked ICMP is forgotten with all ports, and stays with some', async () => {
    const flow = ['-s', '10.77.0.15', '-d', lab.serverAddress, '--icmp-type', '8', '--icmp-code', '0', '--icmp-id', '1', '-t', '60'];
    const { code, stderr } = await run(lab.onServer('conntrack', '-I', '-p', 'icmp', ...flow));
    assert.equal(code, 0, stderr);
    assert.equal((await cut([{ network: '10.77.0.15', ports: [[1, 65535]] }])).flows, 0);
    assert.equal((await cut([{ network: '10.77.0.15' }])).flows, 1);
  });

  test('a forwarded and translated flow is forgotten; that of another address stays', async () => {
    const behind = start(['ip', 'netns', 'exec', inner, process.execPath, holdProgram, 'listen', '80']);
    await behind.has('listening :: 80');
    for (const from of ['10.77.0.16', '10.77.0.17']) {
      const client = start(lab.onAttacker(process.execPath, holdProgram, 'connect', from, lab.serverAddress, '8080'));
      await client.has(`open ${from} 8080`);
      await behind.has(`open ${from} 80`);
    }
    assert.deepEqual(await tracked('ipv4', 'tcp', 8080), ['10.77.0.16', '10.77.0.17']);
    assert.equal((await cut([{ network: '10.77.0.16', ports: [[8080, 8080]] }])).flows, 1);
    assert.deepEqual(await tracked('ipv4', 'tcp', 8080), ['10.77.0.17']);
  });

  test('without the capability it says so once, with the cure, and fails nothing', async () => {
    const client = await hold('10.77.0.18', 4001);
    const { sockets, flows, failures, log } = await cut([{ network: '10.77.0.18' }], { capabilities: [] });
    assert.deepEqual([sockets, flows, failures], [0, 0, 1]);
    assert.equal(log.length, 2);
    for (const line of log) assert.match(line, /EPERM: it needs CAP_NET_ADMIN/);
    await assertLives(client, '10.77.0.18', 4001);
  });
});
