// The five shipped jails on a journal as the daemon runs them: source, routes, filters, jails, ban list, and an action that does nothing.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openJournal } from '../src/binding/addon.ts';
import { loadJails } from '../src/config/jail-config.ts';
import { systemClock } from '../src/core/clock.ts';
import { Pipeline } from '../src/daemon/pipeline.ts';
import type { RunningJail } from '../src/daemon/running-jail.ts';
import { BanKeeper } from '../src/enforce/ban-keeper.ts';
import { Jail } from '../src/jail/jail.ts';
import { NetworkList } from '../src/jail/network-list.ts';
import { JournalSource } from '../src/source/journal-source.ts';
import { changeFiles } from '../test/config/config-directory.ts';
import { recordingLog } from '../test/daemon/recording-log.ts';
import { FakeAction } from '../test/enforce/fake-action.ts';
import { projectDirectory } from '../test/lab/laboratory.ts';

export const jailNames = ['sshd', 'named-refused', 'postfix', 'postfix-greylisting', 'portscan'];

/** `backend`: of all of them, for jail.local. */
export function shippedJails(backend: string, portscan: string): RunningJail[] {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-bench-'));
  const shipped = join(projectDirectory, 'config');
  const filters = readdirSync(join(shipped, 'filter.d')).map((file) => basename(file));
  changeFiles(directory, {
    'jail.conf': `[INCLUDES]\nbefore = ${shipped}/jail.conf\n`,
    'jail.local': `[DEFAULT]\nbackend = ${backend}\n${jailNames.map((name) => `[${name}]\nenabled = true\nbackend = ${backend}\n`).join('')}${portscan}\n`,
    ...Object.fromEntries(filters.map((file) => [`filter.d/${file}`, `[INCLUDES]\nbefore = ${shipped}/filter.d/${file}\n`])),
  });
  const context = { directory, isRoot: false, hostName: 'host', hasUnit: () => true, clock: systemClock, listensToSyslog: true };
  const { jails, errors } = loadJails(context);
  rmSync(directory, { recursive: true });
  if (errors.length > 0 || jails.length !== jailNames.length) throw new Error(JSON.stringify(errors));
  return jails.map(({ options, filter, records, policy }) => ({
    selectors: records.selectors,
    filter,
    jail: new Jail(options),
    resolvesNames: false,
    policy,
  }));
}

export interface BenchPipeline {
  readonly pipeline: Pipeline;
  /** Ends what it holds. */
  finish(): Promise<{ failures: number; bans: number }>;
}

/** `nowUsec`: when the records were written, so that their bans are in force. */
export function createPipeline(jails: readonly RunningJail[], clock: () => number): BenchPipeline {
  const keeper = new BanKeeper({ createAction: () => new FakeAction(), clock, log: recordingLog(), onEnded: () => undefined });
  let bans = 0;
  const pipeline = new Pipeline({
    keeper,
    protectedNetworks: () => new NetworkList([]),
    resolve: async () => [],
    earlierBans: () => 0,
    clock,
    events: { onBan: () => void bans++, onRefused: () => undefined, onSeenWhileBanned: () => undefined },
  });
  pipeline.jails = jails;
  return {
    pipeline,
    finish: async () => {
      await keeper.settle();
      await keeper.stop();
      return { failures: jails.reduce((sum, { jail }) => sum + jail.counts.failures, 0), bans };
    },
  };
}

/** The whole journal, from its first entry to its last. */
export async function pipelinePass(path: string, nowUsec: number) {
  const jails = shippedJails(`systemd[journalpath=${path}]`, 'journalmatch = _TRANSPORT=kernel');
  const bench = createPipeline(jails, () => nowUsec);
  const [[, route] = []] = [...bench.pipeline.routes.entries()];
  const source = new JournalSource({ open: openJournal, place: { path }, clock: systemClock, position: { cursor: '', realtimeUsec: 0 } });
  source.select(route?.selectors ?? []);
  const abort = new AbortController();
  const start = performance.now();
  await source.run(abort.signal, {
    onBatch: (batch) => bench.pipeline.process(batch),
    onLoss: ({ reason }) => {
      throw new Error(reason);
    },
    onCaughtUp: () => abort.abort(),
  });
  const seconds = (performance.now() - start) / 1000;
  return { ...source.describe(), ...(await bench.finish()), seconds };
}
