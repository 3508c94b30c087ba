// What a commit costs by how much changed and how much is there: failures of identities that are tracked already, drawn at random, and
// as many evidence records. Every fifth commit measured; the bytes are the file's and the log's.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanStore } from '../src/ban/ban-store.ts';
import type { StoreChanges } from '../src/ban/store-changes.ts';
import { parseIpAddress } from '../src/core/ip-network.ts';
import { Session } from '../src/match/session.ts';
import { SessionCache } from '../src/match/session-cache.ts';

const directory = mkdtempSync(join(process.env['BENCH_DIRECTORY'] ?? tmpdir(), 'ringjail-bench-'));
const text =
  '[UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:65:43:21:08:00 SRC=198.51.100.7 DST=203.0.113.9 LEN=60 PROTO=TCP DPT=22'.padEnd(
    200,
  );

let state = 1;
function random(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 0x100000000) * limit);
}

const identityOf = (index: number): string => `${10 + (index >> 24)}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

const windowOf = (index: number, time: number, withEvidence: boolean) => ({
  identity: identityOf(index),
  entries: [1, 2, 3].map((port) => ({ timeUsec: 1_700_000_000_000_000 + time + port, distinct: String(port * 1000) })),
  evidence: withEvidence ? [{ source: 'kernel', sequence: time, text }] : [],
});

const changesOf = (windows: StoreChanges['jails'][number]['windows'], sequence: number): StoreChanges => ({
  bans: { isWhole: false, bans: [] },
  jails: [{ name: 'portscan', isWhole: false, windows }],
  positions: { kernel: { bootId: 'b', sequence } },
});

const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const ms = (value: number | undefined): string => `${(value ?? Number.NaN).toFixed(2)} ms`;

function distribution(times: number[]): string {
  times.sort((a, b) => a - b);
  return `median ${ms(times[times.length >> 1])}, p99 ${ms(times[Math.floor(times.length * 0.99)])}, worst ${ms(times.at(-1))}`;
}

for (const tracked of [1000, 100_000, 1_000_000]) {
  const path = join(directory, `${tracked}.db`);
  const options = { clock: () => 1_700_000_000_000_000 };
  let store = new BanStore(path, options);
  const fillBegin = performance.now();
  for (let from = 0; from < tracked; from += 100_000) {
    const count = Math.min(100_000, tracked - from);
    store.commit(
      changesOf(
        Array.from({ length: count }, (_, index) => windowOf(from + index, from + index, false)),
        from,
      ),
    );
  }
  const fillMs = performance.now() - fillBegin;
  store.close();
  const openBegin = performance.now();
  store = new BanStore(path, options);
  const count = store.windows('portscan').length;
  const openMs = performance.now() - openBegin;
  console.log(
    `\n${tracked} tracked: written at once in ${fillMs.toFixed(0)} ms, opened and read (${count}) in ${openMs.toFixed(0)} ms, ${mega(statSync(path).size)}`,
  );
  const bare: number[] = [];
  for (let commit = 0; commit < 500; commit++) {
    const begin = performance.now();
    store.commit(changesOf([], commit));
    bare.push(performance.now() - begin);
  }
  console.log(`  position only: ${distribution(bare)}`);
  for (const [changed, commits] of [
    [10, 1000],
    [1000, 100],
  ] as const) {
    const times: number[] = [];
    for (let commit = 0; commit < commits; commit++) {
      const changes = changesOf(
        Array.from({ length: changed }, () => windowOf(random(tracked), commit, true)),
        commit,
      );
      const begin = performance.now();
      store.commit(changes);
      times.push(performance.now() - begin);
    }
    console.log(`  ${changed} changes: ${distribution(times)}`);
  }
  const network = parseIpAddress('192.0.2.7');
  const bans: number[] = [];
  for (let commit = 0; commit < 500 && network !== undefined; commit++) {
    const held = {
      network: { ...network, text: identityOf(random(tracked)) },
      jail: 'portscan',
      origin: 'failures' as const,
      actions: ['nftables'],
      sinceUsec: commit,
      untilUsec: commit + 1,
      failures: 3,
      distinct: ['1', '2', '3'],
      evidence: { source: 'kernel', sequence: commit, text },
    };
    const change = { network: held.network, jail: 'portscan', held, made: held };
    const begin = performance.now();
    store.commit({ ...changesOf([], commit), bans: { isWhole: false, bans: [change] } });
    bans.push(performance.now() - begin);
  }
  console.log(`  one ban: ${distribution(bans)}`);
  const durable: number[] = [];
  for (let commit = 0; commit < 50; commit++) {
    const begin = performance.now();
    store.commit(changesOf([windowOf(random(tracked), commit, true)], commit), { isDurable: true });
    durable.push(performance.now() - begin);
  }
  console.log(`  one change, synced to the disk: ${distribution(durable)}`);
  const { rss, heapUsed } = process.memoryUsage();
  console.log(
    `  memory: ${mega(rss)} resident, ${mega(heapUsed)} of it JavaScript's; file ${mega(statSync(path).size)}, log ${mega(statSync(`${path}-wal`).size)}`,
  );
  store.close();
}
/** As many as are kept: of each one line was read, of those that changed another one is. */
const cache = new SessionCache();
const noMarks = { isNofail: false, isGained: false, isForget: false, isPending: undefined, isOnce: false };
function addLine(index: number): void {
  const id = `host.example.org,${index}`;
  const session = cache.find(id, 0) ?? new Session(0);
  const line = `host.example.org sshd[${index}]: Failed password for root from 198.51.100.7 port 58506 ssh2`;
  session.add(new Map(Object.entries({ mlfid: id, user: 'root', ip4: '198.51.100.7' })), noMarks, [line]);
  cache.keep(id, session);
}
for (let index = 0; index < 1000; index++) addLine(index);
const path = join(directory, 'sessions.db');
const store = new BanStore(path, { clock: () => 1_700_000_000_000_000 });
console.log('\n1000 sessions');
for (const [changed, commits] of [
  [10, 1000],
  [1000, 100],
  [Number.POSITIVE_INFINITY, 100],
] as const) {
  const takes: number[] = [];
  const times: number[] = [];
  for (let commit = 0; commit < commits; commit++) {
    if (changed > 1000) cache.touchAll();
    else for (let count = 0; count < changed; count++) addLine(random(1000));
    const begin = performance.now();
    const changes = { ...changesOf([], commit), sessions: [{ jail: 'sshd', filter: 'sshd', ...cache.takeChanges() }] };
    takes.push(performance.now() - begin);
    store.commit(changes);
    times.push(performance.now() - begin);
    cache.settleChanges(true);
  }
  console.log(
    `  ${changed > 1000 ? 'all anew' : `${changed} changes`}: ${distribution(times)}; of it to take them: ${distribution(takes)}`,
  );
}
const openBegin = performance.now();
cache.restore(store.sessions().map(({ id, state }) => [id, state]));
console.log(`  read and restored in ${(performance.now() - openBegin).toFixed(1)} ms; file ${mega(statSync(path).size)}`);
store.close();
rmSync(directory, { recursive: true });
