// npm run demo: raises the laboratory, lets the attacker scan the server, and prints what happens, step by step.
import { once } from 'node:events';
import { DaemonProcess } from './daemon-process.ts';
import { type KnockResult, Laboratory, run, until } from './laboratory.ts';

const attacker = '10.77.0.10';
const attacker6 = 'fd77::10';
const neighbour = '10.77.0.11';
const ports = Array.from({ length: 20 }, (_, index) => 1001 + index);

const begin = performance.now();
const say = (text: string) => console.log(text);
const step = (text: string) => console.log(`\n[${((performance.now() - begin) / 1000).toFixed(1).padStart(4)} s] ${text}`);
const quote = (text: string) => console.log(text.trimEnd().replace(/^/gm, '    '));
const reach = (result: KnockResult | undefined) => (result === 'connected' ? 'connected' : `no answer (${result})`);

const lab = new Laboratory('rjdemo');
const daemon = { process: undefined as DaemonProcess | undefined };

async function demonstrate(): Promise<void> {
  step('Two hosts on this machine, each in a network namespace of its own; the firewall of this machine is not touched.');
  lab.up();
  lab.enableUfw('high');
  say(
    `    attacker ${attacker} and ${attacker6}, a neighbour ${neighbour}; server ${lab.serverAddress} with ufw: port 22 allowed, all else refused and logged.`,
  );
  const listener = lab.listen(22);
  try {
    if (listener.stdout !== null) await once(listener.stdout, 'data');
    await watchScan();
  } finally {
    listener.kill();
  }
}

async function watchScan(): Promise<void> {
  step('ringjail starts on the server, as the user nobody with CAP_SYSLOG and CAP_NET_ADMIN, on the real kernel log.');
  const ringjail = new DaemonProcess(lab);
  daemon.process = ringjail;
  await ringjail.start();
  quote(ringjail.stderr);
  say(`    Port 22: attacker ${reach((await lab.knock(attacker, [22]))[0])}, neighbour ${reach((await lab.knock(neighbour, [22]))[0])}.`);

  step(`The neighbour tries one closed port 50 times, as a lost client does.`);
  for (let round = 0; round < 5; round++) await lab.knock(neighbour, Array(10).fill(8443));
  await until('the records are counted', async () => ((await ringjail.status()).jails[0]?.failures ?? 0) >= 50);
  say(`    ${(await ringjail.status()).jails[0]?.failures} failures, but one port only: not banned.`);

  step(`The attacker scans 20 ports, by IPv4 and by IPv6.`);
  await lab.knock(attacker, ports);
  await lab.knock(attacker6, ports);
  await until('both are banned', async () => (await ringjail.banned()).length === 2);
  const [jail] = (await ringjail.status()).jails;
  for (const ban of jail?.banned ?? []) {
    say(`    The record that was one too many:`);
    quote(`    ${ban.evidence ?? ''}`);
    say(`    Failures: ${ban.failures} different ports within findtime: ${ban.distinct.join(', ')}.`);
    say(`    The ban: ${ban.network} until ${ban.until}.`);
  }

  step('What the kernel has now (nft list table inet ringjail):');
  const { stdout } = await run(lab.onServer('nft', 'list', 'table', 'inet', 'ringjail'));
  quote(
    stdout
      .split('\n')
      .filter((line) => /elements|counter packets [1-9]/.test(line))
      .map((line) => line.trim())
      .join('\n'),
  );
  say(`    Port 22: attacker ${reach((await lab.knock(attacker, [22]))[0])}, by IPv6 ${reach((await lab.knock(attacker6, [22]))[0])};`);
  say(`             neighbour ${reach((await lab.knock(neighbour, [22]))[0])}.`);

  step(`ringjail unban ${attacker}`);
  quote((await ringjail.control('unban', attacker)).stdout);
  say(`    Port 22: attacker ${reach((await lab.knock(attacker, [22]))[0])}.`);
}

process.on('SIGINT', () => {
  lab.down();
  process.exit(130);
});
try {
  await demonstrate();
} finally {
  await daemon.process?.dispose();
  lab.down();
  step('The two hosts are gone again.');
}
