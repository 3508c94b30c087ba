// The daemon's start with 100,000 bans in its store: until it says that it watches, and until the last of them stands in the kernel's set;
// after a boot, when nothing is there, and after a restart, when all is, and nothing may be lifted for a moment.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BanStore } from '../src/ban/ban-store.ts';
import { systemClock } from '../src/core/clock.ts';
import { decisionOf } from '../test/ban/decision.ts';
import { BareServer } from '../test/lab/bare-server.ts';
import { DaemonProcess } from '../test/lab/daemon-process.ts';
import { projectDirectory, until } from '../test/lab/laboratory.ts';
import { processorMs } from '../test/lab/processor-time.ts';
import { benchAddress } from '../test/lab/watch-set.ts';

const rounds = 5;
const watcher = `${projectDirectory}/dist/test/lab/watch-set.js`;
const lab = new BareServer('rjrestart');
const inside = (...command: string[]) => ['nsenter', `--net=/run/netns/${lab.name}`, '--', ...command] as const;

try {
  lab.up();
  for (const count of [1000, 100_000]) await measure(count);
} finally {
  lab.down();
}

async function measure(count: number): Promise<void> {
  const daemon = new DaemonProcess(lab, { isRoot: true });
  try {
    fill(join(daemon.directory, 'state', 'state.db'), count);
    let used: number[] = [];
    const boots: number[] = [];
    const stands: number[] = [];
    for (let round = 0; round < rounds; round++) {
      execFileSync(inside('nft', 'flush', 'ruleset')[0], inside('nft', 'flush', 'ruleset').slice(1));
      const watch = spawn(inside()[0], [...inside().slice(1), process.execPath, watcher, 'burst', String(count)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const told = once(watch.stdout, 'data');
      const begin = systemClock();
      boots.push(await started(daemon));
      used.push(processorMs(daemon.pid));
      const [text] = (await told) as [Buffer];
      stands.push(((JSON.parse(text.toString()) as { atUsec: number }).atUsec - begin) / 1000);
      await daemon.stop();
    }
    print(`${count} bans, none in the kernel: started until it watches`, boots, used);
    print(`${count} bans, none in the kernel: started until all stand`, stands, used);
    const watch = spawn(inside()[0], [...inside().slice(1), process.execPath, watcher, 'restart', String(count)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const restarts: number[] = [];
    used = [];
    for (let round = 0; round < rounds; round++) {
      restarts.push(await started(daemon));
      used.push(processorMs(daemon.pid));
      await daemon.stop();
    }
    print(`${count} bans, all in the kernel: started until it watches`, restarts, used);
    watch.stdin.write('\n');
    const [text] = (await once(watch.stdout, 'data')) as [Buffer];
    const { looks, missing } = JSON.parse(text.toString()) as { looks: number; missing: number };
    console.log(`${count} bans: of ${looks} looks during the restarts, ${missing} found a ban missing`);
  } finally {
    await daemon.dispose();
  }
}

async function started(daemon: DaemonProcess): Promise<number> {
  const begin = performance.now();
  await daemon.spawn();
  await until('the daemon watches', () => /watching: /.test(daemon.stderr), 60_000, 2);
  return performance.now() - begin;
}

/** As a daemon leaves it that has banned so many, each with its evidence. */
function fill(path: string, count: number): void {
  const now = systemClock();
  const store = new BanStore(path, { clock: systemClock });
  const bans = Array.from({ length: count }, (_, index) => {
    const held = decisionOf(benchAddress(index), now + (3600 + (index % 1000)) * 1_000_000, { sinceUsec: now - index });
    return { network: held.network, jail: held.jail, held, made: held };
  });
  store.commit({ bans: { isWhole: false, bans }, jails: [], positions: {} });
  store.close();
}

function print(what: string, valuesMs: number[], processor: number[]): void {
  const [values, taken] = [valuesMs, processor].map((list) => [...list].sort((a, b) => a - b)) as [number[], number[]];
  const [least, median, most] = [values[0], values[values.length >> 1], values.at(-1)].map((value) => `${value?.toFixed(0)} ms`);
  console.log(
    `${what}: least ${least}, median ${median}, most ${most}; of the processor least ${taken[0]} ms, median ${taken[taken.length >> 1]} ms`,
  );
}
