// From sendto(2) on /dev/log to the element in the kernel's set: a real journald, the shipped sshd jail, ringjail as a process of its own in
// the laboratory. Prints the distribution for the line that decides after others, which an attack is; for a line that nothing came before,
// where journald's own delay shows; and what looking for more costs while more failures are likely, and what waiting costs.
// This process asks the kernel for the element in a loop, which takes one of the two cores: the figures are those of a busy machine.
// usage: node dist/bench/journal-latency.js [BANS]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSetLookup } from '../src/binding/addon.ts';
import { DaemonProcess } from '../test/lab/daemon-process.ts';
import { FalseSshd, failedPassword } from '../test/lab/false-sshd.ts';
import { Laboratory } from '../test/lab/laboratory.ts';
import { PrivateJournald } from '../test/lab/private-journald.ts';
import { printDistribution } from './distribution.ts';

const self = fileURLToPath(import.meta.url);
const [first = '100', devLog = '', maxretry = ''] = process.argv.slice(2);
const bans = Number(first);
const firstLines = 10;
const patienceMs = 2000;
const betweenLinesMs = 50;
// Longer than a source looks for more, so that each line is the first.
const quietMs = 3500;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

if (devLog === '') await conduct();
else await observe();

async function conduct(): Promise<void> {
  const lab = new Laboratory('rjjlat');
  const journald = new PrivateJournald();
  try {
    lab.up();
    await journald.start();
    await withDaemon(lab, journald, 3, async (daemon) => {
      await observer(lab, journald, bans, 3);
      await measureLooking(daemon, journald);
    });
    await withDaemon(lab, journald, 1, () => observer(lab, journald, firstLines, 1));
  } finally {
    await journald.remove();
    lab.down();
  }
}

async function withDaemon(lab: Laboratory, journald: PrivateJournald, retries: number, use: (daemon: DaemonProcess) => Promise<void>) {
  const daemon = new DaemonProcess(lab, {
    isRoot: true,
    filters: ['sshd', 'named-refused'],
    settings: '[Definition]\nsyslog_listen = udp://127.0.0.1:5514\n',
    jailLocal: `[DEFAULT]
maxretry = ${retries}
[sshd]
enabled = true
backend = systemd[journalpath=${journald.journal}]
[named-refused]
enabled = true
backend = syslog
logpath = /var/log/syslog
`,
  });
  try {
    await daemon.start();
    await wait(1000);
    await use(daemon);
  } finally {
    await daemon.dispose();
  }
}

async function observer(lab: Laboratory, journald: PrivateJournald, count: number, retries: number): Promise<void> {
  const [program = '', ...args] = lab.onServer(process.execPath, self, String(count), journald.devLog, String(retries));
  await once(spawn(program, args, { stdio: 'inherit' }), 'exit');
}

/** On the server: writes what sshd would, and waits for the element. */
async function observe(): Promise<void> {
  const sshd = new FalseSshd(devLog);
  const lookup = openSetLookup('ringjail');
  const isFirst = maxretry === '1';
  const latenciesMs: number[] = [];
  let missed = 0;
  for (let index = 0; index < bans; index++) {
    const bytes = [10, isFirst ? 79 : 78, 1 + Math.floor(index / 200), 1 + (index % 200)];
    const line = failedPassword(bytes.join('.'), 1000 + index);
    for (let before = 1; before < Number(maxretry); before++) {
      await sshd.send(line);
      await wait(betweenLinesMs);
    }
    if (isFirst) await wait(quietMs);
    const sentNs = await sshd.send(line);
    const end = sentNs + BigInt(patienceMs) * 1_000_000n;
    while (!lookup.has('banned4', Buffer.from(bytes)) && process.hrtime.bigint() < end);
    const latencyMs = Number(process.hrtime.bigint() - sentNs) / 1e6;
    if (latencyMs < patienceMs) latenciesMs.push(latencyMs);
    else missed++;
  }
  sshd.end();
  const which = isFirst
    ? 'that nothing came before (journald tells of it 250 to 500 ms late)'
    : `that decides, ${betweenLinesMs} ms after the one before`;
  printDistribution(`journal latency: sendto of the line ${which}, until the element is in the set (${missed} missed)`, latenciesMs);
}

interface Cost {
  readonly cpuMs: number;
  readonly switches: number;
}

async function measureLooking(daemon: DaemonProcess, journald: PrivateJournald): Promise<void> {
  const sshd = new FalseSshd(journald.devLog);
  await wait(4000);
  await sshd.send(failedPassword('10.80.0.1'));
  await wait(500);
  const looking = await costOver(daemon.pid, 2000);
  await wait(3000);
  const idle = await costOver(daemon.pid, 10_000);
  sshd.end();
  console.log(
    `while more failures are likely (3 s after each): ${(looking.cpuMs / 20).toFixed(1)} % of a core, ${looking.switches / 2} context switches a second`,
  );
  const { sources } = await daemon.status();
  const names = sources.map(({ name, state }) => `${name}: ${state}`).join(', ');
  console.log(`idle for ten seconds (${names}): ${idle.switches} context switches, ${idle.cpuMs.toFixed(1)} ms of a core`);
}

async function costOver(pid: number, ms: number): Promise<Cost> {
  const before = costOf(pid);
  await wait(ms);
  const after = costOf(pid);
  return { cpuMs: after.cpuMs - before.cpuMs, switches: after.switches - before.switches };
}

/** Of the process's first thread, where all work is done; the other threads of Node.js wait. */
function costOf(pid: number): Cost {
  const switches = [...readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/ctxt_switches:\s+(\d+)/g)];
  // proc(5), /proc/pid/schedstat: nanoseconds on a processor.
  const [ranNs = '0'] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
  return { cpuMs: Number(ranNs) / 1e6, switches: switches.reduce((sum, [, n]) => sum + Number(n), 0) };
}
