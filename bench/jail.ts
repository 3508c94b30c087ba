// One jail with 1,000 and with 1,000,000 tracked addresses: memory of each window, and time of each failure; alone, and with what changed
// handed to a store after every 4096 failures, as the daemon does. maxtracked is raised for it (65,536 as shipped). Runs itself with --expose-gc.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BanStore } from '../src/ban/ban-store.ts';
import { type IpNetwork, parseIpAddress } from '../src/core/ip-network.ts';
import { Jail } from '../src/jail/jail.ts';
import { NetworkList } from '../src/jail/network-list.ts';

const failures = 1_000_000;
const batch = 4096;
const evidence = {
  source: 'kernel',
  sequence: 1,
  text: '[UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.7 DST=203.0.113.9 LEN=60 PROTO=TCP DPT=22',
};
const nobody = new NetworkList([]);
const way = process.argv[3];

if (process.argv[2] !== undefined) measure(Number(process.argv[2]));
else {
  for (const size of ['1000', '1000000']) {
    for (const how of ['alone', 'changes', 'store']) {
      spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), size, how], { stdio: 'inherit' });
    }
  }
}

function measure(tracked: number): void {
  const addresses = Array.from(
    { length: tracked },
    (_, index) => parseIpAddress(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`) as IpNetwork,
  );
  const jail = new Jail({
    name: 'bench',
    actions: [],
    maxretry: 5,
    findtimeUsec: 86_400_000_000,
    bantimeUsec: 3_600_000_000,
    isDistinct: false,
    ipv6prefix: 64,
    increment: undefined,
    aggregate: [],
    ignoreip: nobody,
    maxtracked: 2 * tracked,
  });
  jail.forgetChanges();
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-bench-'));
  let timeUsec = 1_700_000_000_000_000;
  const store = way === 'store' ? new BanStore(join(directory, 'state.db'), { clock: () => timeUsec }) : undefined;
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x100000000) * tracked);
  };
  const fail = (index: number) => {
    timeUsec += 1000;
    jail.observe({ address: addresses[index] as IpNetwork, timeUsec, distinct: undefined, evidence }, nobody);
  };
  const handOver = () => {
    const changes = jail.changes();
    if (store !== undefined) {
      store.commit({ bans: { isWhole: false, bans: [] }, jails: [{ name: 'bench', ...changes }], positions: {} });
    } else for (const _ of changes.windows);
    jail.forgetChanges();
  };
  const heapBytes = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = heapBytes();
  for (let index = 0; index < tracked; index++) {
    fail(index);
    if (index % batch === 0) jail.forgetChanges();
  }
  jail.forgetChanges();
  const bytes = (heapBytes() - before) / tracked;
  const perBatch: number[] = [];
  const begin = process.cpuUsage();
  for (let done = 0; done < failures; done += batch) {
    const start = performance.now();
    for (let one = 0; one < batch; one++) fail(random());
    if (way !== 'alone') handOver();
    perBatch.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(begin);
  perBatch.sort((a, b) => a - b);
  const usec = (ms: number | undefined) => `${(((ms ?? Number.NaN) * 1000) / batch).toFixed(2)} µs`;
  const names = { alone: 'the jail alone', changes: 'and its changes listed', store: 'and its changes committed' };
  console.log(
    `${tracked} tracked, ${names[way as keyof typeof names]}: ${bytes.toFixed(0)} bytes an address; a failure takes ` +
      `${usec(perBatch[perBatch.length >> 1])} (of the processor ${((user + system) / failures).toFixed(2)} µs), in the slowest ${batch} ${usec(perBatch.at(-1))}`,
  );
  store?.close();
  rmSync(directory, { recursive: true });
}
