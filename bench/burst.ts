// 10,000 attackers at once, through the whole program: from the last record in the journal until all are in the kernel's set. Each fails
// five times, in rounds, so that all bans fall into the last fifth of the records. A real journald writes as fast as it can.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AttackReader, attackFilter, attackSource, writeAttacks } from '../test/lab/attack-journal.ts';
import { BareServer } from '../test/lab/bare-server.ts';
import { DaemonProcess } from '../test/lab/daemon-process.ts';
import { projectDirectory, until } from '../test/lab/laboratory.ts';
import { PrivateJournald } from '../test/lab/private-journald.ts';
import { processorMs } from '../test/lab/processor-time.ts';
import { benchAddress } from '../test/lab/watch-set.ts';

const attackers = 10_000;
const maxretry = 5;
const rounds = 5;

const lab = new BareServer('rjburst');
const journald = new PrivateJournald();
const watcher = `${projectDirectory}/dist/test/lab/watch-set.js`;

try {
  lab.up();
  await journald.start();
  for (let round = 1; round <= rounds; round++) await burst(round);
} finally {
  await journald.remove();
  lab.down();
}

async function burst(round: number): Promise<void> {
  const jailLocal = `[portscan]\nenabled = false\n\n[burst]\nenabled = true\n${attackSource(journald)}maxretry = ${maxretry}\n`;
  const daemon = new DaemonProcess(lab, { isRoot: true, jailLocal });
  try {
    writeFileSync(join(daemon.directory, 'config', 'filter.d', 'attacked.conf'), attackFilter);
    await daemon.start();
    const journal = new AttackReader(journald);
    await journal.read();
    const watch = spawn('nsenter', [`--net=/run/netns/${lab.name}`, process.execPath, watcher, 'burst', String(attackers)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told = once(watch.stdout, 'data');
    const before = processorMs(daemon.pid);
    const addresses = Array.from({ length: maxretry * attackers }, (_, index) => benchAddress(index % attackers));
    await writeAttacks(journald, addresses);
    const [text] = (await told) as [Buffer];
    const { atUsec } = JSON.parse(text.toString()) as { atUsec: number };
    const used = processorMs(daemon.pid) - before;
    const records = await journal.read();
    const [first, last] = [records[0]?.timeUsec ?? 0, records.at(-1)?.timeUsec ?? 0];
    await until('the store has them', async () => (await daemon.banned()).length >= attackers);
    const rate = Math.round(records.length / ((last - first) / 1e6));
    const megabytes = statSync(join(daemon.directory, 'state', 'state.db-wal')).size / 1e6;
    console.log(
      `burst ${round}: ${attackers} attackers, ${records.length} records in ${((last - first) / 1e6).toFixed(2)} s (${rate} a second): ` +
        `all in the kernel's set ${((atUsec - last) / 1000).toFixed(0)} ms after the last record; the daemon's processor time ${used} ms, log of the store ${megabytes.toFixed(1)} MB`,
    );
  } finally {
    await daemon.dispose();
    spawn('nsenter', [`--net=/run/netns/${lab.name}`, 'nft', 'flush', 'ruleset']);
  }
}
