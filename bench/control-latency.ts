// How long the control socket takes to answer while a backlog of 200,000 journal entries is read by the five shipped jails: the real program
// in the laboratory, asked for its status again and again. Prints the distribution; asserts nothing.
import { askDaemon } from '../src/control/control-client.ts';
import type { DaemonStatus } from '../src/control/messages.ts';
import { DaemonProcess } from '../test/lab/daemon-process.ts';
import { Laboratory, until } from '../test/lab/laboratory.ts';
import { leaveStore } from '../test/lab/left-store.ts';
import { printDistribution } from './distribution.ts';
import { journalFixture } from './journal-fixture.ts';
import { jailNames } from './journal-pipeline.ts';

const entryCount = 200_000;

const journal = await journalFixture(entryCount);
const lab = new Laboratory('rjctl');
const backend = `systemd[journalpath=${journal}]`;
// Not the machine's own journal, which the daemon also reads and is through with at once.
const source = `journal:${journal}`;
const jails = jailNames.map((name) => `[${name}]\nenabled = true\nbackend = ${backend}\n`).join('');
let daemon: DaemonProcess | undefined;

/** How many records were read by now. */
async function ask(socket: string): Promise<number> {
  const { sources } = (await askDaemon(socket, { command: 'status' })) as DaemonStatus;
  return Number(sources.find(({ name }) => name === source)?.['records'] ?? 0);
}

try {
  lab.up();
  daemon = new DaemonProcess(lab, {
    isRoot: true,
    filters: jailNames.filter((name) => name !== 'portscan'),
    jailLocal: `${jails}journalmatch = _TRANSPORT=kernel\n`,
  });
  // As if an earlier run had ended before the first entry.
  leaveStore(`${daemon.directory}/state/state.db`, { [source]: { cursor: '', realtimeUsec: 1 } });
  await daemon.spawn();
  const answersMs: number[] = [];
  const records: number[] = [];
  const socket = `${daemon.directory}/ringjail.sock`;
  await until('it answers', async () =>
    ask(socket).then(
      () => true,
      () => false,
    ),
  );
  const start = performance.now();
  while (!daemon.stderr.includes(`source ${source}: everything up to now is read`)) {
    const asked = performance.now();
    records.push(await ask(socket));
    answersMs.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  printDistribution(
    `status asked while ${entryCount} entries are read, from ${records[0]} to ${records.at(-1)} records, ${seconds} s`,
    answersMs,
  );
} finally {
  await daemon?.dispose();
  lab.down();
}
