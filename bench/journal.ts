// The journal reader: entries a second from a fixed journal of mixed entries, against a bare loop in C over libsystemd that reads all fields
// and does nothing with them (bench/native/journal_loop.c), in the same run; the same with the five shipped jails behind it, on a flood (six
// entries of ten being failures of ever new addresses) and on an ordinary day; and fail2ban-regex with one jail, where scripts/fetch-samples.sh extracted it. The ratio carries over to other machines; the figures do not.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { openJournal, type RawJournalSelector } from '../src/binding/addon.ts';
import { copyFail2banConfig, fail2banModules, fail2banRegex, removeFail2banConfig } from '../test/lab/fail2ban-package.ts';
import { cacheDirectory } from '../test/lab/staged-program.ts';
import { journalFixture, startUsec } from './journal-fixture.ts';
import { pipelinePass } from './journal-pipeline.ts';

const entryCount = 200_000;
// Of all entries: an ordinary day of a server on the Internet, where one in twenty or so is a failure.
const ordinary = 0.08;
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

/** Its program on the journal, less what it takes to start. Undefined where it, or Python's module for the journal, is not there. */
function fail2banPass(journal: string): Pass | undefined {
  const systemdModule = `${cacheDirectory}/python3-systemd/usr/lib/python3/dist-packages`;
  if (!existsSync(fail2banRegex) || !existsSync(systemdModule)) return undefined;
  const env = { ...process.env, PYTHONPATH: `${fail2banModules}:${systemdModule}`, PYTHONDONTWRITEBYTECODE: '1' };
  const config = copyFail2banConfig();
  const run = (target: string) => {
    const start = performance.now();
    const output = execFileSync('python3', [fail2banRegex, '-c', config, target, 'sshd'], { env, encoding: 'utf8', maxBuffer: 1 << 30 });
    return { seconds: (performance.now() - start) / 1000, entries: Number(/Lines: (\d+) lines/.exec(output)?.[1] ?? 0) };
  };
  const idle = run('a line that is none');
  const whole = run(`systemd-journal[journalpath=${journal}]`);
  removeFail2banConfig(config);
  return { entries: whole.entries, seconds: whole.seconds - idle.seconds };
}

const best = (passes: readonly Pass[]): Pass => passes.reduce((a, b) => (b.entries / b.seconds > a.entries / a.seconds ? b : a));
const speed = (pass: Pass, loop: Pass): string => (loop.seconds / pass.seconds).toFixed(2);
const rate = ({ entries, seconds }: Pass): string => `${Math.round(entries / seconds).toLocaleString('en')} entries/s`;

const path = await journalFixture(entryCount);
const ordinaryPath = await journalFixture(entryCount, ordinary);
const directory = mkdtempSync(`${tmpdir()}/ringjail-loop-`);
try {
  const program = `${directory}/journal_loop`;
  execFileSync('cc', ['-O2', loopSource, '-o', program, '-lsystemd']);
  const loops: Pass[] = [];
  const readers: Pass[] = [];
  const selected: Pass[] = [];
  const sparse: Pass[] = [];
  const programs: Pass[] = [];
  const ordinaryLoops: Pass[] = [];
  const ordinaryPrograms: Pass[] = [];
  let failures = 0;
  let ordinaryFailures = 0;
  // In turns, so that what else the machine does meets them alike.
  for (let round = 0; round < rounds; round++) {
    loops.push(loopPass(program, path));
    readers.push(readPass(path, [all, ...jails]));
    selected.push(readPass(path, jails));
    sparse.push(readPass(path, [dhclient]));
    const whole = await pipelinePass(path, startUsec + 1e9);
    failures = whole.failures;
    programs.push({ entries: entryCount, seconds: whole.seconds });
    ordinaryLoops.push(loopPass(program, ordinaryPath));
    const ordinaryWhole = await pipelinePass(ordinaryPath, startUsec + 1e9);
    ordinaryFailures = ordinaryWhole.failures;
    ordinaryPrograms.push({ entries: entryCount, seconds: ordinaryWhole.seconds });
  }
  const [loop, reader, some, few] = [best(loops), best(readers), best(selected), best(sparse)];
  const ratio = reader.entries / reader.seconds / (loop.entries / loop.seconds);
  console.log(`journal: ${entryCount} mixed entries, best of ${rounds} rounds, node ${process.version}, ${process.arch}`);
  console.log(`  bare loop in C, all fields: ${rate(loop)}`);
  console.log(`  reader, every entry, six selectors: ${rate(reader)}; ${ratio.toFixed(2)} of the bare loop`);
  console.log(`  reader, five selectors, ${some.entries} entries: the whole journal at ${speed(some, loop)} of the bare loop's speed`);
  console.log(`  reader, one selector, ${few.entries} entries: the whole journal at ${speed(few, loop)} of the bare loop's speed`);
  const pipeline = best(programs);
  console.log(
    `  five shipped jails, ${failures} failures: ${rate(pipeline)}; the whole journal at ${speed(pipeline, loop)} of the bare loop's speed`,
  );
  const [ordinaryLoop, ordinaryPipeline] = [best(ordinaryLoops), best(ordinaryPrograms)];
  console.log(
    `  five shipped jails on an ordinary day, ${ordinaryFailures} failures: ${rate(ordinaryPipeline)}; ${speed(ordinaryPipeline, ordinaryLoop)} of the bare loop's speed on the same journal`,
  );
  const theirs = fail2banPass(path);
  if (theirs === undefined)
    console.log('  fail2ban-regex is not there: scripts/fetch-samples.sh fail2ban; scripts/fetch-samples.sh python3-systemd');
  else {
    console.log(
      `  fail2ban-regex systemd-journal sshd, one jail, ${theirs.entries} entries of sshd read: the whole journal at ${speed(theirs, loop)} of the bare loop's speed`,
    );
  }
} finally {
  rmSync(directory, { recursive: true });
}
