// Syslog by UDP on loopback: a sender in C (bench/native/udp_flood.c) at a steady rate, the real source, parsing and composing included.
// Then the same with the five shipped jails behind it, one message of twenty being an attack, and with nothing but attacks.
// Prints what was sent, received and lost, and what each side took of a core. And, without sockets, parse and compose alone.
// usage: node dist/bench/syslog-udp.js [MESSAGES_A_SECOND [SECONDS]]     As root the receive buffer is 32 MB, else what the system allows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatagramReader } from '../src/binding/addon.ts';
import { systemClock } from '../src/core/clock.ts';
import { parseIpNetwork } from '../src/core/ip-network.ts';
import type { RecordSelector } from '../src/record/record-selector.ts';
import { MessageBuffer } from '../src/source/message-buffer.ts';
import { toSyslogBatch } from '../src/source/syslog-batch.ts';
import { SyslogSelection } from '../src/source/syslog-selection.ts';
import { SyslogSource } from '../src/source/syslog-source.ts';
import { Random } from '../test/record/random.ts';
import { createPipeline, shippedJails } from './journal-pipeline.ts';
import { otherLines } from './log-lines.ts';

const [rate = 200_000, seconds = 10] = process.argv.slice(2).map(Number);
const lineCount = 4096;

// As five jails would have it.
const selectors: readonly RecordSelector[] = [
  { source: 'syslog', facilities: [4, 10], programs: ['sshd', 'sshd-session', 'sshd-auth'] },
  { source: 'syslog', facilities: undefined, programs: ['named'] },
  { source: 'syslog', facilities: [2], programs: ['postfix/smtpd', 'postfix'] },
  { source: 'syslog', facilities: [0], programs: ['kernel'] },
  { source: 'syslog', facilities: undefined, programs: ['file-nginx-error-log'] },
];

const random = new Random(1);
const address = () => `192.0.2.${random.below(256)}`;
const texts: readonly (() => string)[] = [
  () => `<38>Nov 22 01:02:03 web1 sshd[${random.below(99999)}]: Failed password for invalid user admin from ${address()} port 4242 ssh2`,
  () =>
    `<30>2026-11-22T01:02:03.123456+00:00 ns1 named[77]: client @0x7f01 ${address()}#33116 (example.com): query (cache) 'example.com/NS/IN' denied`,
  () =>
    `<22>Nov 22 01:02:03 mx postfix/smtpd[${random.below(99999)}]: NOQUEUE: reject: RCPT from unknown[${address()}]: 450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted`,
  () =>
    `<4>Nov 22 01:02:03 web1 kernel: [  123.456789] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=${address()} DST=203.0.113.17 LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=1 DF PROTO=TCP SPT=1234 DPT=22 WINDOW=64240 RES=0x00 SYN URGP=0`,
  () =>
    `<38>1 2026-11-22T01:02:03.123456+00:00 web1 sshd ${random.below(99999)} - -  Connection closed by authenticating user root ${address()} port 4242 [preauth]`,
  () =>
    `<133>Nov 22 01:02:03 web1 file-nginx-error-log 2026/11/22 01:02:03 [error] 7#7: *1 user "x": password mismatch, client: ${address()}`,
];
const lines = Array.from({ length: lineCount }, () => random.pick(texts)());
const attackPercent = 5;
const mixedLines = lines.map((line) => (random.below(100) < attackPercent ? line : `<38>Nov 22 01:02:03 web1 ${random.pick(otherLines)}`));

measureParser();
await measureSource();

function measureParser(): void {
  const selection = new SyslogSelection(selectors);
  const rounds: number[] = [];
  for (let round = 0; round < 200; round++) {
    const messages = new MessageBuffer();
    for (const line of lines) messages.add(Buffer.from(line), 0, line.length);
    const raw = messages.take('127.0.0.1');
    const start = performance.now();
    toSyslogBatch(raw, selection, 0, 0);
    rounds.push(((performance.now() - start) * 1e6) / lineCount);
  }
  rounds.sort((a, b) => a - b);
  const bytes = Math.round(lines.join('').length / lineCount);
  console.log(
    `parse, select for five jails and compose: ${Math.round(rounds[100] ?? 0)} ns a message (median of 200 batches, ${bytes} bytes each)`,
  );
}

async function measureSource(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-bench-'));
  try {
    const sender = join(directory, 'udp_flood');
    const source = fileURLToPath(new URL('../../bench/native/udp_flood.c', import.meta.url));
    const [code] = await once(spawn('cc', ['-O2', '-o', sender, source], { stdio: 'inherit' }), 'exit');
    if (code !== 0) throw new Error(`${source} does not compile`);
    const file = join(directory, 'messages');
    const send = (what: readonly string[]) => writeFileSync(file, `${what.join('\n')}\n`);
    send(lines);
    await flood(sender, file, 'source alone', false);
    send(mixedLines);
    await flood(sender, file, `five jails, ${attackPercent} % attacks`, true);
    send(lines);
    await flood(sender, file, 'five jails, attacks only', true);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function flood(sender: string, file: string, what: string, hasJails: boolean): Promise<void> {
  const bench = hasJails ? createPipeline(shippedJails('syslog', ''), systemClock) : undefined;
  const [[, route] = []] = [...(bench?.pipeline.routes.entries() ?? [])];
  const loopback = parseIpNetwork('127.0.0.0/8');
  const source = new SyslogSource({
    listen: [{ transport: 'udp', host: '127.0.0.1', port: 0, text: 'udp://127.0.0.1:0' }],
    allow: loopback === undefined ? [] : [loopback],
    clock: systemClock,
    open: openDatagramReader,
  });
  source.select(route?.selectors ?? selectors);
  const abort = new AbortController();
  let received = 0;
  let batches = 0;
  let lost = 0;
  let chosen = 0;
  let onListening: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => {
    onListening = resolve;
  });
  const run = source.run(abort.signal, {
    onBatch: (batch) => {
      received += batch.count;
      batches++;
      bench?.pipeline.process(batch);
      for (const word of batch.selected) if (word !== 0) chosen++;
    },
    onLoss: ({ count }) => {
      lost += count ?? 0;
    },
    onCaughtUp: onListening,
  });
  await listening;
  const port = String(source.describe()['listeners']).split(':').at(-1) ?? '';
  const cpu = process.cpuUsage();
  const child = spawn(sender, [port, String(rate), String(seconds), file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let answer = '';
  child.stdout.on('data', (text) => {
    answer += text;
  });
  await once(child, 'close');
  const { user, system } = process.cpuUsage(cpu);
  // What still waits in the socket is read within the second.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  abort.abort();
  await run;
  const { failures = 0, bans = 0 } = (await bench?.finish()) ?? {};
  const found =
    bench === undefined ? `${chosen.toLocaleString('en')} wanted by a jail` : `${failures.toLocaleString('en')} failures, ${bans} bans`;
  const [sent = 0, tookS = 0, senderS = 0] = answer.trim().split(' ').map(Number);
  const share = (usedS: number) => `${((100 * usedS) / tookS).toFixed(0)} % of a core`;
  console.log(
    `UDP, ${what}: ${sent.toLocaleString('en')} sent in ${tookS} s, ${received.toLocaleString('en')} received in ${batches.toLocaleString('en')} batches ` +
      `(${found}), ${(sent - received).toLocaleString('en')} lost (${lost} by the kernel's count); ` +
      `receiver ${share((user + system) / 1e6)}, sender ${share(senderS)}`,
  );
}
