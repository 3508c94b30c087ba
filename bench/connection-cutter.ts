// What a cut costs: the time it takes on its own thread, and how much of it the event loop is busy, with 20,000 sockets and
// 100,000 tracked flows. In a network namespace of its own: this file runs itself there. As root.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { ConnectionCutter } from '../src/action/connection-cutter.ts';
import { cutConnections, openNftables } from '../src/binding/addon.ts';
import { type IpNetwork, parseIpNetwork } from '../src/core/ip-network.ts';

// Both ends are sockets here; 20,000 descriptors are what a container may have at most.
const connections = 9_900;
const flows = 100_000;
const rounds = 9;

if (process.env['RINGJAIL_BENCH_NAMESPACE'] !== 'yes') {
  const command = `ulimit -n "$(ulimit -Hn)" && ip link set lo up && exec "$0" "$1"`;
  execFileSync('unshare', ['--net', 'bash', '-c', command, process.execPath, fileURLToPath(import.meta.url)], {
    env: { ...process.env, RINGJAIL_BENCH_NAMESPACE: 'yes' },
    stdio: 'inherit',
  });
} else {
  const silent = () => undefined;
  const log = { error: silent, warning: console.log, notice: silent, info: silent, debug: silent };
  const cutter = new ConnectionCutter({ cutConnections, log });
  const network = (text: string): IpNetwork => parseIpNetwork(text) as IpNetwork;
  const measure = async (name: string, targets: readonly IpNetwork[]) => {
    const times: number[] = [];
    let activeMs = 0;
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      const before = performance.eventLoopUtilization();
      await cutter.cut(targets.map((target) => ({ network: target })));
      times.push(performance.now() - start);
      activeMs += performance.eventLoopUtilization(before).active / rounds;
    }
    const median = times.sort((a, b) => a - b)[rounds >> 1] ?? 0;
    console.log(`  ${name}: ${median.toFixed(1)} ms, ${activeMs.toFixed(2)} ms of it on the event loop`);
  };
  const report = async (name: string) => {
    console.log(`cut of addresses that have nothing open, ${name}, median of ${rounds}:`);
    const some = (count: number) => Array.from({ length: count }, (_, index) => network(`198.18.${index >> 8}.${index & 255}`));
    await measure('1 IPv4 address', some(1));
    await measure('1 IPv6 /64', [network('2001:db8::/64')]);
    await measure('32 IPv4 addresses', some(32));
    await measure('10,000 IPv4 addresses', some(10_000));
  };

  await report('no sockets and no flows');
  openNftables().run(
    'add table inet t; add chain inet t input { type filter hook input priority 0; }; add rule inet t input ct state new accept',
  );
  const server = createServer().listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const open: Socket[] = [];
  server.on('connection', (socket) => open.push(socket.on('error', silent)));
  // Each 127.0.0.N has some of them: ports are few.
  for (let index = 0; index < connections; index++) {
    const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.1.${1 + (index % 200)}` }).on('error', silent);
    open.push(socket);
    if (index % 100 === 99) await new Promise((resolve) => socket.on('connect', resolve));
  }
  const udp = createSocket('udp4');
  const tracked = () => Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8'));
  for (let index = 0; tracked() < flows && index < flows; index += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, at) => {
        const number = index + at;
        return new Promise<void>((resolve) =>
          udp.send('x', 1 + (number % 50_000), `127.0.2.${1 + Math.floor(number / 50_000)}`, () => resolve()),
        );
      }),
    );
  }
  udp.close();
  await report(`${open.length} sockets and ${tracked()} flows`);
  const start = performance.now();
  const before = open.length;
  await cutter.cut([{ network: network('127.0.1.0/24'), protocol: 6 }]);
  console.log(`cut of ${before} sockets at once: ${(performance.now() - start).toFixed(0)} ms; ended: ${JSON.stringify(cutter.counts)}`);
  process.exit(0);
}
