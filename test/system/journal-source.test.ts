// The journal source and a real journald of its own: rotation, vacuum, restarts, flushes, kills; and who may say what.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openJournal } from '../../src/binding/addon.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { RecordBatch, SourcePosition } from '../../src/record/record-batch.ts';
import type { JournalPlace, JournalSelector } from '../../src/record/record-selector.ts';
import { JournalSource } from '../../src/source/journal-source.ts';
import type { Loss } from '../../src/source/source.ts';
import { writeJournal } from '../lab/journal-file.ts';
import { until } from '../lab/laboratory.ts';
import { PrivateJournald } from '../lab/private-journald.ts';
import { Random } from '../record/random.ts';
import { needsRoot } from './requires-root.ts';

const selectorOf = (place: JournalPlace, matches: readonly (readonly string[])[] = [], isSystemOnly = false): JournalSelector => ({
  source: 'journal',
  place,
  matches,
  isSystemOnly,
});

/** A source that runs, and all it says. */
class Trial {
  readonly messages: string[] = [];
  readonly selected: number[] = [];
  readonly losses: Loss[] = [];
  readonly batches: RecordBatch[] = [];
  readonly source: JournalSource;
  readonly #abort = new AbortController();
  readonly ended: Promise<void>;
  readonly caughtUp: Promise<void>;
  position: SourcePosition | undefined;

  constructor(place: JournalPlace, selectors: readonly JournalSelector[], position?: SourcePosition) {
    this.source = new JournalSource({ open: openJournal, place, clock: systemClock, position });
    this.source.select(selectors);
    let catchUp: () => void = () => undefined;
    this.caughtUp = new Promise((resolve) => {
      catchUp = resolve;
    });
    this.ended = this.source.run(this.#abort.signal, {
      onBatch: (batch) => this.#take(batch),
      onLoss: (loss) => this.losses.push(loss),
      onCaughtUp: () => catchUp(),
    });
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  #take(batch: RecordBatch): void {
    this.batches.push(batch);
    this.position = batch.position;
    for (let i = 0; i < batch.count; i++) {
      this.messages.push(batch.bytes.toString('latin1', batch.messageStart[i], batch.messageEnd[i]));
      this.selected.push(batch.selected[i] ?? 0);
    }
  }
}

const textOf = (folder: string): string =>
  spawnSync('journalctl', ['-D', folder, '-t', 'numbered', '-o', 'cat'], { encoding: 'utf8' }).stdout;
const range = (from: number, until: number): string[] => Array.from({ length: until - from }, (_, index) => String(from + index));

describe('the journal source and journald', { skip: needsRoot, timeout: 240_000 }, () => {
  const journald = new PrivateJournald();
  const place = { path: journald.journal };
  const numbered = [selectorOf(place, [['SYSLOG_IDENTIFIER=numbered']])];
  const log = (lines: readonly string[]) => journald.log(lines, ['-t', 'numbered']);
  const arrived = (trial: Trial, message: string) => until(`"${message}" is read`, () => trial.messages.includes(message), 20_000);
  before(() => journald.start());
  after(() => journald.remove());

  it('begins at the end, and goes on after its position', async () => {
    log(['older']);
    await until('it is written', () =>
      execFileSync('journalctl', ['-D', journald.journal, '-t', 'numbered', '-o', 'cat'], { encoding: 'utf8' }).includes('older'),
    );
    const first = new Trial(place, numbered);
    await first.caughtUp;
    assert.equal(first.batches[0]?.count, 0);
    log(['a', 'b']);
    await arrived(first, 'b');
    await first.stop();
    log(['c']);
    const second = new Trial(place, numbered, first.position);
    await arrived(second, 'c');
    await second.stop();
    assert.deepEqual([first.messages, second.messages], [['a', 'b'], ['c']]);
    assert.deepEqual([...first.losses, ...second.losses], []);
  });

  it('what comes between a first start and its first record is not lost to a restart', async () => {
    const first = new Trial(place, numbered);
    await first.caughtUp;
    await first.stop();
    log(['between']);
    const second = new Trial(place, numbered, first.position);
    await arrived(second, 'between');
    await second.stop();
    assert.deepEqual(second.messages, ['between']);
  });

  it('rotation, vacuum and restarts of journald while entries arrive: each once, in order', async () => {
    const trial = new Trial(place, numbered);
    await trial.caughtUp;
    const total = 6000;
    const lot = 100;
    for (let from = 0; from < total; from += lot) {
      log(range(from, from + lot));
      if (from % 400 === 100) journald.rotate();
      if (from % 1500 === 1200) await journald.restart();
      // Only what is read already is taken away, as vacuuming takes the oldest.
      if (from % 2000 === 1800) {
        await arrived(trial, String(from - 1));
        execFileSync('journalctl', ['-D', journald.journal, '--vacuum-files=2'], { stdio: 'ignore' });
      }
    }
    await arrived(trial, String(total - 1));
    await trial.stop();
    assert.deepEqual(trial.messages, range(0, total));
    assert.deepEqual(trial.losses, []);
  });

  it('reads the first entry after a rotation', async () => {
    const trial = new Trial(place, numbered);
    await trial.caughtUp;
    for (let round = 0; round < 5; round++) {
      const files = journald.files().length;
      journald.rotate();
      await until('a file is put aside', () => journald.files().length > files);
      log([`first ${round}`]);
      await arrived(trial, `first ${round}`);
    }
    await trial.stop();
    assert.deepEqual(
      trial.messages,
      range(0, 5).map((round) => `first ${round}`),
    );
  });

  it('twenty kills at random moments while entries arrive: each counted once', async () => {
    const random = new Random(Number(process.env['RINGJAIL_SEED'] ?? 1));
    const program = fileURLToPath(new URL('../lab/resume-journal.js', import.meta.url));
    const start = new Trial(place, numbered);
    await start.caughtUp;
    await start.stop();
    let position = start.position;
    const counted: number[] = [];
    const total = 8000;
    let written = 0;
    const lot = 40;
    const writer = setInterval(() => {
      if (written >= total) return;
      log(range(written, written + lot));
      written += lot;
    }, 40);
    const losses: string[] = [];
    for (let kills = 0; kills <= 20; kills++) {
      const child = spawn(process.execPath, [program, journald.journal, JSON.stringify(position)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let waiting = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const lines = (waiting + text).split('\n');
        waiting = lines.pop() ?? '';
        for (const line of lines) {
          const told = JSON.parse(line) as { position: SourcePosition; numbers: number[]; loss?: string };
          if (told.loss !== undefined) losses.push(told.loss);
          else {
            position = told.position;
            counted.push(...told.numbers);
          }
        }
      });
      const closed = new Promise((resolve) => child.once('close', resolve));
      if (kills < 20) await new Promise((resolve) => setTimeout(resolve, 100 + random.below(700)));
      else await until('all is counted', () => counted.length >= total, 60_000);
      child.kill('SIGKILL');
      await closed;
    }
    clearInterval(writer);
    assert.deepEqual(counted, range(0, total).map(Number));
    assert.deepEqual(losses, []);
  });

  it('says what may be missing where the entry to go on from is vacuumed', async () => {
    const first = new Trial(place, numbered);
    await first.caughtUp;
    log(['before the gap']);
    await arrived(first, 'before the gap');
    await first.stop();
    log(['in the gap']);
    const files = journald.files().length;
    journald.rotate();
    await until('a file is put aside', () => journald.files().length > files);
    log(['after the gap']);
    await until('it is written', () =>
      execFileSync('journalctl', ['-D', journald.journal, '-t', 'numbered', '-o', 'cat'], { encoding: 'utf8' }).includes('after the gap'),
    );
    execFileSync('journalctl', ['-D', journald.journal, '--vacuum-files=1'], { stdio: 'ignore' });
    const second = new Trial(place, numbered, first.position);
    await arrived(second, 'after the gap');
    await second.stop();
    assert.deepEqual(second.messages, ['after the gap']);
    assert.equal(second.losses.length, 1);
    const [loss] = second.losses;
    assert.equal(loss?.count, undefined);
    assert.match(
      loss?.reason ?? '',
      /^the journal no longer holds the entry to go on from \(vacuumed\?\); entries between \d{4}-\S+Z and \d{4}-\S+Z may be missing$/,
    );
  });

  it('a message that says it is from sshd is not: who wrote it decides', async () => {
    const selectors = [
      selectorOf(place, [['_UID=0', '_COMM=sshd']]),
      selectorOf(place, [['SYSLOG_IDENTIFIER=sshd']], true),
      selectorOf(place, [['SYSLOG_IDENTIFIER=sshd']]),
    ];
    const trial = new Trial(place, selectors);
    await trial.caughtUp;
    const forged = 'Failed password for root from 1.2.3.4 port 22 ssh2';
    execFileSync('setpriv', ['--reuid=1000', '--regid=1000', '--clear-groups', 'logger', '-u', journald.devLog, '-t', 'sshd', forged]);
    await arrived(trial, forged);
    // A program of the real name and uid 0, as sshd is.
    execFileSync('cp', ['/usr/bin/logger', `${journald.directory}/sshd`]);
    const sshd = spawn(`${journald.directory}/sshd`, ['-u', journald.devLog, '-t', 'sshd'], { stdio: ['pipe', 'inherit', 'inherit'] });
    // It lives until then: of one that has ended journald cannot say what it was.
    sshd.stdin.write('the real one\n');
    await arrived(trial, 'the real one');
    const ended = once(sshd, 'exit');
    sshd.stdin.end();
    await ended;
    await trial.stop();
    assert.deepEqual(trial.messages, [forged, 'the real one']);
    assert.deepEqual(trial.selected, [0b100, 0b111]);
  });

  it('sleeps while nothing happens', async () => {
    const trial = new Trial(place, numbered);
    await trial.caughtUp;
    const switches = () =>
      [...readFileSync('/proc/self/status', 'utf8').matchAll(/ctxt_switches:\s+(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    const cpu = process.cpuUsage();
    const start = switches();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // Of the whole test process; a poll of a few milliseconds would be hundreds.
    assert.ok(switches() - start < 50, `${switches() - start} context switches, ${JSON.stringify(process.cpuUsage(cpu))}`);
    await trial.stop();
  });
});

describe('the journal source, from volatile to persistent', { skip: needsRoot, timeout: 60_000 }, () => {
  it('a journal that appears later is read from its first entry, and what is copied there is not read twice', async () => {
    const journald = new PrivateJournald(['Storage=auto']);
    rmSync(`${journald.directory}/sockets/flushed`);
    await journald.start();
    try {
      const late = { path: `${journald.directory}/var` };
      const folders = { path: journald.directory };
      assert.ok(existsSync(folders.path));
      journald.log(['1', '2'], ['-t', 'numbered']);
      const persistent = new Trial(late, [selectorOf(late, [['SYSLOG_IDENTIFIER=numbered']])]);
      await persistent.caughtUp;
      journald.log(['3'], ['-t', 'numbered']);
      journald.flush();
      await until('3 is read', () => persistent.messages.includes('3'));
      await persistent.stop();
      assert.deepEqual(persistent.messages, ['1', '2', '3']);
      assert.deepEqual(persistent.losses, []);
    } finally {
      await journald.remove();
    }
  });

  it('goes on in /var where it stopped in /run', async () => {
    const journald = new PrivateJournald(['Storage=auto']);
    rmSync(`${journald.directory}/sockets/flushed`);
    await journald.start();
    try {
      const volatile = { path: journald.volatileJournal };
      journald.log(['1'], ['-t', 'numbered']);
      const first = new Trial(volatile, [selectorOf(volatile, [['SYSLOG_IDENTIFIER=numbered']])]);
      await first.caughtUp;
      journald.log(['2', '3'], ['-t', 'numbered']);
      await until('3 is read', () => first.messages.includes('3'));
      await first.stop();
      journald.log(['4'], ['-t', 'numbered']);
      journald.flush();
      await until('it is flushed', () => textOf(journald.journal).includes('4'));
      const persistent = { path: journald.journal };
      const second = new Trial(persistent, [selectorOf(persistent, [['SYSLOG_IDENTIFIER=numbered']])], first.position);
      await until('4 is read', () => second.messages.includes('4'));
      await second.stop();
      assert.deepEqual([second.messages, second.losses], [['4'], []]);
    } finally {
      await journald.remove();
    }
  });
});

describe('the journal source and folders that come and go', { skip: needsRoot, timeout: 60_000 }, () => {
  const journald = new PrivateJournald();
  after(() => journald.remove());
  const now = () => Date.now() * 1000;

  it('empty, missing, taken away, and back', async () => {
    const path = `${journald.directory}/a/b/journal`;
    const trial = new Trial({ path }, [selectorOf({ path })]);
    await trial.caughtUp;
    assert.equal(trial.batches[0]?.count, 0);
    mkdirSync(`${journald.directory}/a/b`, { recursive: true });
    mkdirSync(path);
    const numbered = (n: number) => [{ MESSAGE: String(n), __MONOTONIC_TIMESTAMP: 100_000_000 + n }];
    writeJournal(`${path}/1.journal`, numbered(1), now());
    await until('1 is read', () => trial.messages.includes('1'));
    rmSync(path, { recursive: true });
    await until('it is noticed', () => trial.source.describe()['records'] === 1);
    mkdirSync(`${path}.new`);
    writeJournal(`${path}.new/2.journal`, numbered(2), now());
    await new Promise((resolve) => setTimeout(resolve, 100));
    renameSync(`${path}.new`, path);
    await until('2 is read', () => trial.messages.includes('2'));
    await trial.stop();
    assert.deepEqual(trial.messages, ['1', '2']);
  });

  it('an empty folder is read from its first entry', async () => {
    const path = `${journald.directory}/empty`;
    mkdirSync(path);
    const trial = new Trial({ path }, [selectorOf({ path })]);
    await trial.caughtUp;
    writeJournal(`${path}/1.journal`, [{ MESSAGE: 'first' }, { MESSAGE: 'second' }]);
    await until('the second is read', () => trial.messages.includes('second'));
    await trial.stop();
    assert.deepEqual(trial.messages, ['first', 'second']);
  });

  it('a file that is cut off is told, and the rest is read', async () => {
    const path = `${journald.directory}/cut`;
    mkdirSync(path);
    const entries = Array.from({ length: 5000 }, (_, n) => ({ MESSAGE: String(n), _PID: n }));
    writeJournal(`${path}/1.journal`, entries);
    const trial = new Trial({ path }, [selectorOf({ path })], { cursor: '', realtimeUsec: 0 });
    truncateSync(`${path}/1.journal`, 4096);
    await trial.caughtUp;
    writeJournal(`${path}/2.journal`, [{ MESSAGE: 'after', __MONOTONIC_TIMESTAMP: 10 ** 12 }], now());
    await until('the next is read', () => trial.messages.includes('after'));
    await trial.stop();
    assert.ok(trial.messages.length < entries.length);
    assert.ok(trial.losses.length > 0);
  });

  it('without permission it says which group is missing', async () => {
    const path = `${journald.directory}/secret`;
    mkdirSync(path);
    const source = fileURLToPath(new URL('../lab/resume-journal.js', import.meta.url));
    writeFileSync(`${path}/system.journal`, '', { mode: 0o600 });
    chownSync(`${path}/system.journal`, 65_534, 65_534);
    // Root without root's right to read everything: the checkout may be root's alone.
    const bounds = '--bounding-set=-dac_override,-dac_read_search';
    const child = spawn('setpriv', [bounds, process.execPath, source, path], { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr.on('data', (text) => (told += text));
    await new Promise((resolve) => child.once('close', resolve));
    assert.match(told, /reading the journal needs the group systemd-journal/);
  });
});
