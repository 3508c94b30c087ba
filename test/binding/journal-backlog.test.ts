// A backlog is read ahead on a thread of its own: what comes is what would have come without it, whatever happens meanwhile.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type JournalReader, openJournal, type RawJournalRecords, type RawJournalSelector } from '../../src/binding/addon.ts';
import { firstUsec, writeJournal } from '../lab/journal-file.ts';

const directory = mkdtempSync(`${tmpdir()}/ringjail-backlog-`);
after(() => rmSync(directory, { recursive: true }));

const everything: RawJournalSelector = { matches: [], isSystemOnly: false };
const odd: RawJournalSelector = { matches: [['_COMM=c1']], isSystemOnly: false };

/** Reads a folder in a process of its own. */
const backlogReading = fileURLToPath(new URL('../lab/read-backlog.js', import.meta.url));

const count = 1000;
const perBatch = 10;
const numbered = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, index) => ({ MESSAGE: `${from + index}`, _COMM: `c${(from + index) % 2}`, _HOSTNAME: 'h' }));
const range = (from: number, until: number) => numbered(from, until).map(({ MESSAGE }) => MESSAGE);

/** Two files, whose entries follow each other by turns. */
function folderOf(): string {
  const folder = mkdtempSync(`${directory}/of-`);
  const entries = numbered(0, count).map((entry, index) => ({
    ...entry,
    __REALTIME_TIMESTAMP: firstUsec + index * 1000,
    __MONOTONIC_TIMESTAMP: 60_000_000 + index * 1000,
  }));
  writeJournal(
    `${folder}/a.journal`,
    entries.filter((_, index) => index % 3 === 0),
  );
  writeJournal(
    `${folder}/b.journal`,
    entries.filter((_, index) => index % 3 !== 0),
  );
  return folder;
}

function open(path: string, selector = everything): JournalReader {
  const reader = openJournal({ path }, () => undefined);
  reader.select([selector]);
  reader.seekHead();
  return reader;
}

const messagesOf = (raw: RawJournalRecords): string[] =>
  Array.from({ length: raw.count }, (_, i) => raw.bytes.toString('latin1', raw.messageStart[i], raw.messageEnd[i]));

/** Names of this process's threads. */
const threads = (): string[] =>
  readdirSync('/proc/self/task').map((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim();
    } catch {
      return '';
    }
  });
const readsAhead = () => threads().includes('journal-ahead');

/** So many batches; and the thread has had the time to open the journal, from when on it reads. */
async function readUntilAhead(reader: JournalReader): Promise<string[]> {
  const messages: string[] = [];
  for (let batch = 0; batch < 20 && !readsAhead(); batch++) messages.push(...messagesOf(reader.read(perBatch, 1 << 20)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let batch = 0; batch < 5; batch++) messages.push(...messagesOf(reader.read(perBatch, 1 << 20)));
  assert.ok(readsAhead());
  return messages;
}

function readOn(reader: JournalReader): string[] {
  const messages: string[] = [];
  for (;;) {
    const raw = reader.read(perBatch, 1 << 20);
    messages.push(...messagesOf(raw));
    if (raw.isAtEnd) return messages;
  }
}

describe('a backlog of the journal', () => {
  it('comes once and in order, and the thread ends with it', async () => {
    const reader = open(folderOf());
    const messages = await readUntilAhead(reader);
    const sequences: number[] = [];
    let last = reader.read(perBatch, 1 << 20);
    for (; !last.isAtEnd; last = reader.read(perBatch, 1 << 20)) {
      messages.push(...messagesOf(last));
      sequences.push(...last.sequence);
      assert.equal(last.lastUsec, firstUsec + (messages.length - 1) * 1000);
    }
    messages.push(...messagesOf(last));
    assert.deepEqual(messages, range(0, count));
    assert.deepEqual(
      sequences,
      sequences.map((_, index) => (sequences[0] ?? 0) + index),
    );
    assert.equal(readsAhead(), false);
    reader.close();
  });

  it('what is selected anew holds from the next batch on', async () => {
    const reader = open(folderOf());
    const first = await readUntilAhead(reader);
    reader.select([odd]);
    assert.equal(readsAhead(), false);
    assert.deepEqual(
      readOn(reader),
      range(first.length, count).filter((text) => Number(text) % 2 === 1),
    );
    assert.deepEqual(first, range(0, first.length));
    reader.close();
  });

  it('only what is selected comes, also where libsystemd skips the rest', async () => {
    const folder = mkdtempSync(`${directory}/of-`);
    const rare = { matches: [['_COMM=rare']], isSystemOnly: false };
    writeJournal(
      `${folder}/a.journal`,
      numbered(0, 3000).map((entry, index) => (index % 10 === 0 ? { ...entry, _COMM: 'rare' } : entry)),
    );
    const reader = open(folder, rare);
    const first = await readUntilAhead(reader);
    assert.deepEqual(
      [...first, ...readOn(reader)],
      range(0, 3000).filter((_, index) => index % 10 === 0),
    );
    reader.close();
  });

  it('another place is gone to at once', async () => {
    const reader = open(folderOf());
    await readUntilAhead(reader);
    reader.seekRealtime(firstUsec + 500_000);
    assert.deepEqual(messagesOf(reader.read(perBatch, 1 << 20)), range(500, 500 + perBatch));
    reader.seekHead();
    assert.deepEqual(await readUntilAhead(reader).then((messages) => messages.slice(0, 3)), ['0', '1', '2']);
    reader.close();
    assert.equal(readsAhead(), false);
  });

  it('goes on from a cursor of the middle', async () => {
    const folder = folderOf();
    const reader = open(folder);
    const first = await readUntilAhead(reader);
    const { cursor, lastUsec, count: more } = reader.read(perBatch, 1 << 20);
    reader.close();
    const second = open(folder);
    assert.equal(second.seekCursor(cursor, lastUsec).isThere, true);
    assert.deepEqual(readOn(second), range(first.length + more, count));
    second.close();
  });

  it('what is written meanwhile comes behind it, into the same file and into a new one', async () => {
    const folder = folderOf();
    const reader = open(folder);
    const messages = await readUntilAhead(reader);
    writeJournal(`${folder}/b.journal`, numbered(count, count + 50), firstUsec + count * 1000);
    writeJournal(`${folder}/c.journal`, numbered(count + 50, count + 100), firstUsec + (count + 50) * 1000);
    messages.push(...readOn(reader));
    assert.deepEqual(messages, range(0, count + 100));
    reader.close();
  });

  it('a file that appears meanwhile, and belongs into the middle of it, is read', async () => {
    const folder = folderOf();
    const apart = mkdtempSync(`${directory}/of-`);
    const late = range(0, 100).map((text) => `late ${text}`);
    writeJournal(
      `${apart}/c.journal`,
      late.map((MESSAGE, index) => ({
        MESSAGE,
        __REALTIME_TIMESTAMP: firstUsec + (800 + index) * 1000 + 500,
        __MONOTONIC_TIMESTAMP: 60_000_000 + (800 + index) * 1000 + 500,
      })),
    );
    const reader = open(folder);
    const messages = await readUntilAhead(reader);
    renameSync(`${apart}/c.journal`, `${folder}/c.journal`);
    messages.push(...readOn(reader));
    assert.deepEqual(
      messages,
      range(0, count).flatMap((text, index) => [text, ...(index >= 800 && index < 900 ? [late[index - 800]] : [])]),
    );
    reader.close();
  });

  it('a file that comes while the thread is still opening the journal, and between two looks, is read', () => {
    const program = `${directory}/late-journal-file.so`;
    execFileSync('cc', [
      '-shared',
      '-fPIC',
      '-o',
      program,
      fileURLToPath(new URL('../../../test/lab/late-journal-file.c', import.meta.url)),
      '-ldl',
    ]);
    const folder = folderOf();
    const apart = mkdtempSync(`${directory}/of-`);
    const made = { __REALTIME_TIMESTAMP: firstUsec + 500_500, __MONOTONIC_TIMESTAMP: 60_500_500 };
    writeJournal(`${apart}/c.journal`, [{ MESSAGE: 'late', ...made }]);
    const env = { ...process.env, LD_PRELOAD: program, RINGJAIL_LATE_FROM: `${apart}/now`, RINGJAIL_LATE_TO: `${folder}/c.journal` };
    const messages = execFileSync(process.execPath, [backlogReading, folder, `${apart}/c.journal`, `${apart}/now`], {
      env,
      encoding: 'utf8',
    });
    assert.deepEqual(messages.split('\n'), [...range(0, 501), 'late', ...range(501, count)]);
  });

  describe('files that go away', () => {
    const wentAway = ['a journal file went away before all of it was read'];
    const fileOf = (index: number) => `system@${'0123456789abcdef'.repeat(2)}-000000000000000${index}-000000000000000${index}.journal`;
    const writeFile = (folder: string, index: number) =>
      writeJournal(`${folder}/${fileOf(index)}`, numbered(index * 300, index * 300 + 300), firstUsec + index * 300_000);
    /** Entry after entry, in three files that are named as archived ones. */
    const threeFiles = () => {
      const folder = mkdtempSync(`${directory}/of-`);
      for (const index of [0, 1, 2]) writeFile(folder, index);
      return folder;
    };
    const readAll = (reader: JournalReader) => {
      const told: { messages: string[]; losses: string[] } = { messages: [], losses: [] };
      for (;;) {
        const raw = reader.read(perBatch, 1 << 20);
        told.messages.push(...messagesOf(raw));
        told.losses.push(...raw.losses.map(({ reason }) => reason));
        if (raw.isAtEnd) return told;
      }
    };
    const ways = {
      'are deleted': (folder: string, indexes: number[]) => {
        for (const index of indexes) rmSync(`${folder}/${fileOf(index)}`);
      },
      // As by unlinkat_deallocate() of systemd.
      'are deleted and made empty': (folder: string, indexes: number[]) => {
        for (const index of indexes) {
          const fd = openSync(`${folder}/${fileOf(index)}`, 'r+');
          rmSync(`${folder}/${fileOf(index)}`);
          execFileSync('fallocate', ['--punch-hole', '--length', `${fstatSync(fd).size}`, '/dev/fd/3'], {
            stdio: ['pipe', 'pipe', 'pipe', fd],
          });
          closeSync(fd);
        }
      },
      'are vacuumed': (folder: string, indexes: number[]) => {
        execFileSync('journalctl', ['-q', '-D', folder, `--vacuum-files=${3 - indexes.length}`], { stdio: 'ignore' });
        assert.deepEqual(readdirSync(folder).length, 3 - indexes.length);
      },
    };
    for (const [words, vacuum] of Object.entries(ways)) {
      it(`and ${words} unread are told as a loss, and once, whoever reads them`, async () => {
        for (const isAhead of [false, true]) {
          for (const indexes of [[0], [0, 1]]) {
            const folder = threeFiles();
            const reader = open(folder);
            const before = isAhead ? await readUntilAhead(reader) : messagesOf(reader.read(perBatch, 1 << 20));
            assert.ok(before.length < 300);
            vacuum(folder, indexes);
            const { messages, losses } = readAll(reader);
            assert.deepEqual([messages, losses], [range(300 * indexes.length, 900), wentAway], `${indexes} ${isAhead}`);
            assert.deepEqual(readAll(reader), { messages: [], losses: [] });
            reader.close();
          }
        }
      });

      it(`and ${words} when they were read, in a backlog and at the end of it, are no loss`, () => {
        const folder = threeFiles();
        const reader = open(folder);
        const messages = Array.from({ length: 40 }, () => messagesOf(reader.read(perBatch, 1 << 20))).flat();
        vacuum(folder, [0]);
        assert.deepEqual(readAll(reader), { messages: range(messages.length, 900), losses: [] });
        if (words !== 'are vacuumed') vacuum(folder, [1, 2]);
        assert.deepEqual(readAll(reader), { messages: [], losses: [] });
        writeFile(folder, 3);
        assert.deepEqual(readAll(reader), { messages: range(900, 1200), losses: [] });
        reader.close();
      });
    }

    it('are no loss where they are deleted before the first read from the end on', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.seekTail();
      ways['are deleted and made empty'](folder, [0, 1, 2]);
      assert.deepEqual(readAll(reader), { messages: [], losses: [] });
      writeFile(folder, 3);
      assert.deepEqual(readAll(reader), { messages: range(900, 1200), losses: [] });
      reader.close();
    });

    it('though they came in a backlog, are told', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.read(perBatch, 1 << 20);
      writeFile(folder, 3);
      reader.read(perBatch, 1 << 20);
      ways['are deleted and made empty'](folder, [3]);
      assert.deepEqual(readAll(reader), { messages: range(2 * perBatch, 900), losses: wentAway });
      reader.close();
    });

    it('though what they hold has earlier times than what was read, are told', () => {
      const folder = mkdtempSync(`${directory}/of-`);
      writeJournal(
        `${folder}/${fileOf(0)}`,
        numbered(0, 600).map((entry, index) => ({
          ...entry,
          __REALTIME_TIMESTAMP: firstUsec + (index < 300 ? 10_000 + index : index) * 1000,
        })),
      );
      const reader = open(folder);
      reader.read(perBatch, 1 << 20);
      ways['are deleted and made empty'](folder, [0]);
      assert.deepEqual(readAll(reader), { messages: [], losses: wentAway });
      reader.close();
    });

    it('are no loss where they were read at a time to come, which the clock had before', () => {
      const folder = mkdtempSync(`${directory}/of-`);
      const early = { _BOOT_ID: '11111111111111111111111111111111' };
      writeJournal(
        `${folder}/${fileOf(0)}`,
        numbered(0, 300).map((entry) => ({ ...entry, ...early })),
        firstUsec + 1e12,
      );
      const reader = open(folder);
      readAll(reader);
      writeFile(folder, 1);
      reader.seekRealtime(firstUsec);
      readAll(reader);
      ways['are deleted and made empty'](folder, [0]);
      assert.deepEqual(readAll(reader).losses, []);
      reader.close();
    });

    it('are told where libsystemd lets one go of which there is still a name', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.read(perBatch, 1 << 20);
      linkSync(`${folder}/${fileOf(1)}`, `${folder}/b.kept`);
      ways['are deleted'](folder, [1]);
      assert.deepEqual(readAll(reader), { messages: [...range(perBatch, 300), ...range(600, 900)], losses: wentAway });
      reader.close();
    });

    it('are no loss where they are renamed', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.read(perBatch, 1 << 20);
      renameSync(`${folder}/${fileOf(1)}`, `${folder}/other.journal`);
      assert.deepEqual(readAll(reader), { messages: range(perBatch, 900), losses: [] });
      reader.close();
    });
  });

  it('where descriptors are few, nothing is read or all', () => {
    const folder = mkdtempSync(`${directory}/of-`);
    const files = 30;
    for (let file = 0; file < files; file++) {
      writeJournal(
        `${folder}/${file}.journal`,
        numbered(0, count)
          .map((entry, index) => ({
            ...entry,
            __REALTIME_TIMESTAMP: firstUsec + index * 1000,
            __MONOTONIC_TIMESTAMP: 60_000_000 + index * 1000,
          }))
          .filter((_, index) => index % files === file),
      );
    }
    const outcomes = new Set<string>();
    for (let limit = 40; limit <= 130; limit += 5) {
      const script = `ulimit -n ${limit} && exec "$@"`;
      const told = execFileSync('sh', ['-c', script, 'sh', process.execPath, backlogReading, folder], { encoding: 'utf8' });
      const outcome = told === range(0, count).join('\n') ? 'all' : told;
      assert.ok(['all', 'EMFILE'].includes(outcome), `${limit} descriptors: ${told.slice(0, 100)} ... ${told.split('\n').length}`);
      outcomes.add(outcome);
    }
    assert.equal(outcomes.size, 2);
  });

  it('a file that is cut off ends it with EFAULT, or where it was cut off, and with nothing that was not there', async () => {
    for (const bytes of [0, 4096, 100_000]) {
      const folder = mkdtempSync(`${directory}/of-`);
      writeJournal(`${folder}/a.journal`, numbered(0, count));
      const reader = open(folder);
      const messages = await readUntilAhead(reader);
      truncateSync(`${folder}/a.journal`, bytes);
      try {
        messages.push(...readOn(reader));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EFAULT');
      }
      reader.close();
      assert.deepEqual(messages, range(0, messages.length), `${bytes} bytes`);
      assert.equal(readsAhead(), false);
    }
  });

  it('a worker that is ended meanwhile takes the thread with it', async () => {
    const addon = new URL('../../src/binding/addon.js', import.meta.url).href;
    const source = `import(${JSON.stringify(addon)}).then(({ openJournal }) => {
      const reader = openJournal({ path: ${JSON.stringify(folderOf())} }, () => undefined);
      reader.select([{ matches: [], isSystemOnly: false }]);
      reader.seekHead();
      for (let batch = 0; batch < 12; batch++) reader.read(${perBatch}, 1 << 20);
      require('node:worker_threads').parentPort.postMessage('read');
      setInterval(() => reader, 1000);
    })`;
    const worker = new Worker(source, { eval: true });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    assert.ok(readsAhead());
    await worker.terminate();
    assert.equal(readsAhead(), false);
  });
});
