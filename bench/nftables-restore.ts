// How long it takes until bans stand in the kernel's sets: all missing, as after a flush; all there, as after a restart; in one burst.
// Runs itself in a network namespace of its own. The kernel reads back a large hash set in pieces, each from its start: so the time for all
// there grows faster than their number.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WantedBans } from '../src/action/action.ts';
import { NftablesAction } from '../src/action/nftables/nftables-action.ts';
import { openNftables, openSetLookup, openTableReader } from '../src/binding/addon.ts';
import { systemClock } from '../src/core/clock.ts';
import { parseIpAddress } from '../src/core/ip-network.ts';

const rounds = 5;

if (process.argv[2] === 'inside') await measure();
else {
  const child = spawn('unshare', ['--net', process.execPath, fileURLToPath(import.meta.url), 'inside'], { stdio: 'inherit' });
  await once(child, 'exit');
}

/** IPv4 addresses, each with another end. */
function bansOf(count: number): WantedBans & { readonly networks: readonly NonNullable<ReturnType<typeof parseIpAddress>>[] } {
  const now = systemClock();
  const texts = Array.from({ length: count }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
  const ends = new Map(texts.map((text, index) => [text, now + (3600 + (index % 1000)) * 1_000_000]));
  const networks = texts.flatMap((text) => parseIpAddress(text) ?? []);
  const all = networks.map((network) => ({ network, untilUsec: ends.get(network.text) ?? 0 }));
  return { networks, untilUsec: ({ text }) => ends.get(text), all: () => all };
}

async function measure(): Promise<void> {
  const create = () =>
    new NftablesAction({ open: openNftables, openLookup: openSetLookup, openReader: openTableReader, clock: systemClock });
  const flush = () => void openNftables().run('flush ruleset');
  for (const count of [1000, 10_000, 100_000]) {
    const wanted = bansOf(count);
    const action = create();
    await print(`${count} bans, all missing: reconcile`, flush, () => action.reconcile(wanted));
    await print(
      `${count} bans, all there, as after a restart: reconcile`,
      () => undefined,
      () => create().reconcile(wanted),
    );
    await print(
      `${count} bans, all there, as after somebody else's change: reconcile`,
      () => undefined,
      () => action.reconcile(wanted),
    );
  }
  const burst = bansOf(10_000);
  const action = create();
  const empty = () => action.reconcile({ untilUsec: () => undefined, all: () => [] });
  await print('10,000 bans in one burst: enforce', empty, () => action.enforce(burst.networks, burst));
}

/** The least and the median of some rounds, and the processor's time, which others on this machine disturb less. */
async function print(what: string, prepare: () => unknown, task: () => Promise<unknown>): Promise<void> {
  const tookMs: number[] = [];
  const processorMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await prepare();
    const usage = process.cpuUsage();
    const startMs = performance.now();
    await task();
    tookMs.push(performance.now() - startMs);
    const { user, system } = process.cpuUsage(usage);
    processorMs.push((user + system) / 1000);
  }
  const median = (values: number[]) => (values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN).toFixed(1);
  console.log(`${what}: median ${median(tookMs)} ms, least ${tookMs[0]?.toFixed(1)} ms, of the processor ${median(processorMs)} ms`);
}
