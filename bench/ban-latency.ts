// From the packet that crosses the threshold to the element in the kernel's set: real packets, the real ufw, the real kernel log, and
// ringjail as a process of its own without root, in the laboratory. Prints the distribution; asserts nothing.
// This process asks the kernel for the element in a loop, which takes one of the two cores: the figures are those of a busy machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openKernelLog, openSetLookup } from '../src/binding/addon.ts';
import { emptyKmsgRecord, parseKmsgRecord } from '../src/record/kmsg-record.ts';
import { DaemonProcess } from '../test/lab/daemon-process.ts';
import { Laboratory } from '../test/lab/laboratory.ts';
import { printDistribution as print } from './distribution.ts';

const samples = 200;
const patienceMs = 1000;
const self = fileURLToPath(import.meta.url);
const [role = 'conductor', ...args] = process.argv.slice(2);

if (role === 'conductor') await conduct();
else if (role === 'attacker') await attack();
else await observe(args);

/** Raises the laboratory and runs the observer on the server. */
async function conduct(): Promise<void> {
  const lab = new Laboratory('rjbench');
  let daemon: DaemonProcess | undefined;
  try {
    lab.up();
    lab.enableUfw('high');
    for (let index = 0; index < samples; index++) await addAddress(lab, addressOf(index));
    daemon = new DaemonProcess(lab);
    await daemon.start();
    const [program = '', ...observer] = lab.onServer(
      process.execPath,
      self,
      'observer',
      ...lab.onAttacker(process.execPath, self, 'attacker'),
    );
    const wakeUps = watchWakeUps();
    const child = spawn(program, observer, { stdio: 'inherit' });
    await once(child, 'exit');
    print('of which: record written by the kernel until a reader of /dev/kmsg wakes up (this process does nothing else)', wakeUps.stop());
  } finally {
    await daemon?.dispose();
    lab.down();
  }
}

/** How old the records are when a process is woken for them that waits for nothing else: the kernel wakes readers at its next tick. */
function watchWakeUps(): { stop: () => number[] } {
  const agesMs: number[] = [];
  const record = emptyKmsgRecord();
  let driftUsec = 0;
  const reader = openKernelLog('/dev/kmsg', () => {
    const { bytes, ends } = reader.read(10_000);
    const nowUsec = Number(process.hrtime.bigint() / 1000n);
    // The newest of what waits is what woke us; only its age is a delay.
    if (parseKmsgRecord(bytes, ends.at(-2) ?? 0, ends.at(-1) ?? 0, record))
      agesMs.push((nowUsec - driftUsec - record.sinceBootUsec) / 1000);
  });
  while (reader.read(10_000).ends.length > 0);
  // The kernel log's clock is not CLOCK_MONOTONIC, but runs beside it: a record of our own tells how far apart they are.
  const writtenUsec = Number(process.hrtime.bigint() / 1000n);
  writeFileSync('/dev/kmsg', '<7>ringjail bench: what time is it\n');
  const { bytes, ends } = reader.read(10_000);
  driftUsec = parseKmsgRecord(bytes, ends.at(-2) ?? 0, ends.at(-1) ?? 0, record) ? writtenUsec - record.sinceBootUsec : 0;
  reader.start();
  return {
    stop: () => {
      reader.close();
      return agesMs;
    },
  };
}

async function addAddress(lab: Laboratory, address: string): Promise<void> {
  const [program = '', ...command] = lab.onAttacker('ip', 'addr', 'add', `${address}/24`, 'dev', `${lab.name}-a`);
  await once(spawn(program, command, { stdio: 'ignore' }), 'exit');
}

// Beside those that lab.sh gives the attacker.
function addressOf(index: number): string {
  return `10.77.${1 + Math.floor(index / 200)}.${1 + (index % 200)}`;
}

/** On the server: has the attacker knock, and waits for the element. The attacker's namespace is reached through /run/netns. */
async function observe(attackerCommand: readonly string[]): Promise<void> {
  const [program = '', ...command] = attackerCommand;
  const attacker = spawn(program, command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lookup = openSetLookup('ringjail');
  const latenciesMs: number[] = [];
  let missed = 0;
  for (let index = 0; index < samples; index++) {
    const address = addressOf(index);
    const sentNs = await knock(attacker, address);
    const key = Buffer.from(address.split('.').map(Number));
    const end = sentNs + BigInt(patienceMs) * 1_000_000n;
    while (!lookup.has('banned4', key) && process.hrtime.bigint() < end);
    const latencyMs = Number(process.hrtime.bigint() - sentNs) / 1e6;
    if (latencyMs < patienceMs) latenciesMs.push(latencyMs);
    else missed++;
  }
  attacker.kill();
  print(`ban latency: packet sent until the element is in the set (${missed} missed)`, latenciesMs);
}

/** The moment just before the fifth packet was sent, on the clock that all processes share. */
async function knock(attacker: ChildProcess, address: string): Promise<bigint> {
  attacker.stdin?.write(`${address}\n`);
  const [answer] = (await once(attacker.stdout ?? attacker, 'data')) as [Buffer];
  return BigInt(answer.toString().trim());
}

/** On the attacker: for each address read from standard input, five UDP packets to five ports; the time of the fifth is the answer. */
async function attack(): Promise<void> {
  const { createSocket } = await import('node:dgram');
  process.stdin.on('data', (line) => {
    const address = line.toString().trim();
    const socket = createSocket('udp4');
    socket.bind(0, address, () => {
      const send = (port: number) => {
        const now = process.hrtime.bigint();
        socket.send('x', port, '10.77.0.2', () => {
          if (port < 3005) send(port + 1);
          else {
            socket.close();
            process.stdout.write(`${now}\n`);
          }
        });
      };
      send(3001);
    });
  });
}
