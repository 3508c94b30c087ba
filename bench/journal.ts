// The journal reader: entries a second from a fixed journal of mixed entries, against a bare loop in C over libsystemd that reads all fields
// and does nothing with them (bench/native/journal_loop.c), in the same run. The ratio carries over to other machines; the figures do not.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { openJournal, type RawJournalSelector } from '../src/binding/addon.ts';
import { journalFixture } from './journal-fixture.ts';

const entryCount = 200_000;
const rounds = 5;

// From dist/bench/ as compiled.
const loopSource = fileURLToPath(new URL('../../bench/native/journal_loop.c', import.meta.url));

const all: RawJournalSelector = { matches: [], isSystemOnly: false };
const jails: RawJournalSelector[] = [
  { matches: [['_SYSTEMD_UNIT=ssh.service'], ['_SYSTEMD_UNIT=sshd.service'], ['_COMM=sshd']], isSystemOnly: true },
  { matches: [['_SYSTEMD_UNIT=named.service'], ['_COMM=named']], isSystemOnly: true },
  { matches: [['_SYSTEMD_UNIT=postfix@-.service'], ['_SYSTEMD_UNIT=postfix.service']], isSystemOnly: true },
  { matches: [['SYSLOG_IDENTIFIER=postfix/smtpd', '_UID=106']], isSystemOnly: true },
  { matches: [['_TRANSPORT=kernel']], isSystemOnly: true },
];

const dhclient: RawJournalSelector = { matches: [['_COMM=dhclient']], isSystemOnly: true };

interface Pass {
  readonly entries: number;
  readonly seconds: number;
}

function readPass(path: string, selectors: readonly RawJournalSelector[]): Pass {
  const reader = openJournal({ path }, () => undefined);
  reader.select(selectors);
  reader.seekHead();
  const start = performance.now();
  let entries = 0;
  for (;;) {
    const batch = reader.read(1024, 1 << 20);
    entries += batch.count;
    if (batch.isAtEnd) break;
  }
  const seconds = (performance.now() - start) / 1000;
  reader.close();
  return { entries, seconds };
}

function loopPass(program: string, path: string): Pass {
  const [entries, , seconds] = execFileSync(program, [path], { encoding: 'utf8' }).split(' ').map(Number);
  return { entries: entries ?? 0, seconds: seconds ?? 0 };
}

const best = (passes: readonly Pass[]): Pass => passes.reduce((a, b) => (b.entries / b.seconds > a.entries / a.seconds ? b : a));
const speed = (pass: Pass, loop: Pass): string => (loop.seconds / pass.seconds).toFixed(2);
const rate = ({ entries, seconds }: Pass): string => `${Math.round(entries / seconds).toLocaleString('en')} entries/s`;

const path = await journalFixture(entryCount);
const directory = mkdtempSync(`${tmpdir()}/ringjail-loop-`);
try {
  const program = `${directory}/journal_loop`;
  execFileSync('cc', ['-O2', loopSource, '-o', program, '-lsystemd']);
  const loops: Pass[] = [];
  const readers: Pass[] = [];
  const selected: Pass[] = [];
  const sparse: Pass[] = [];
  // In turns, so that what else the machine does meets them alike.
  for (let round = 0; round < rounds; round++) {
    loops.push(loopPass(program, path));
    readers.push(readPass(path, [all, ...jails]));
    selected.push(readPass(path, jails));
    sparse.push(readPass(path, [dhclient]));
  }
  const [loop, reader, some, few] = [best(loops), best(readers), best(selected), best(sparse)];
  const ratio = reader.entries / reader.seconds / (loop.entries / loop.seconds);
  console.log(`journal: ${entryCount} mixed entries, best of ${rounds} rounds, node ${process.version}, ${process.arch}`);
  console.log(`  bare loop in C, all fields: ${rate(loop)}`);
  console.log(`  reader, every entry, six selectors: ${rate(reader)}; ${ratio.toFixed(2)} of the bare loop`);
  console.log(`  reader, five selectors, ${some.entries} entries: the whole journal at ${speed(some, loop)} of the bare loop's speed`);
  console.log(`  reader, one selector, ${few.entries} entries: the whole journal at ${speed(few, loop)} of the bare loop's speed`);
} finally {
  rmSync(directory, { recursive: true });
}
