// A backlog is read ahead on a thread of its own: what comes is what would have come without it, whatever happens meanwhile.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
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

  describe('files that are deleted before they are read', () => {
    /** Entry after entry, in three files. */
    const threeFiles = () => {
      const folder = mkdtempSync(`${directory}/of-`);
      for (const [index, name] of ['a', 'b', 'c'].entries()) {
        const from = index * 300;
        writeJournal(`${folder}/${name}.journal`, numbered(from, from + 300), firstUsec + from * 1000);
      }
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
    const vacuumed = (folder: string, name: string) => rmSync(`${folder}/${name}.journal`);

    it('are read to their end, whoever reads them', async () => {
      for (const isAhead of [false, true]) {
        for (const names of [['a'], ['a', 'b'], ['b'], ['a', 'b', 'c']]) {
          const folder = threeFiles();
          const reader = open(folder);
          const messages = isAhead ? await readUntilAhead(reader) : messagesOf(reader.read(perBatch, 1 << 20));
          for (const name of names) vacuumed(folder, name);
          writeJournal(`${folder}/d.journal`, numbered(900, 950), firstUsec + 900_000);
          const { messages: more, losses } = readAll(reader);
          // The last read may have been the end of what was there before.
          messages.push(...more, ...readAll(reader).messages);
          assert.deepEqual([messages, losses], [range(0, 950), []], `${names} ${isAhead}`);
          reader.close();
        }
      }
    });

    it('where all that a deleted file held was read, nothing is told', () => {
      const folder = threeFiles();
      const reader = open(folder);
      const messages = Array.from({ length: 40 }, () => messagesOf(reader.read(perBatch, 1 << 20))).flat();
      vacuumed(folder, 'a');
      assert.deepEqual(readAll(reader), { messages: range(messages.length, 900), losses: [] });
      reader.close();
    });

    it('what else comes meanwhile, and belongs into what was read by then, is told as a loss', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.read(perBatch, 1 << 20);
      vacuumed(folder, 'a');
      writeJournal(`${folder}/late.journal`, [{ MESSAGE: 'late', __MONOTONIC_TIMESTAMP: 60_100_500 }], firstUsec + 100_500);
      const { messages, losses } = readAll(reader);
      assert.deepEqual(messages, range(perBatch, 900));
      assert.deepEqual(losses, ['a journal file came while a deleted one was still read; some of it may be passed over']);
      reader.close();
    });

    it('where libsystemd lets one go of which there is still a name, it is told as a loss', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.read(perBatch, 1 << 20);
      linkSync(`${folder}/b.journal`, `${folder}/b.kept`);
      vacuumed(folder, 'b');
      const { messages, losses } = readAll(reader);
      assert.deepEqual(messages, [...range(perBatch, 300), ...range(600, 900)]);
      assert.deepEqual(losses, ['a journal file went away before all of it was read']);
      reader.close();
    });

    it('not so one that was moved away', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.read(perBatch, 1 << 20);
      renameSync(`${folder}/b.journal`, `${folder}/b.away`);
      assert.deepEqual(readAll(reader), { messages: range(perBatch, 900), losses: [] });
      reader.close();
    });

    it('after which the folder is followed as before', () => {
      const folder = threeFiles();
      const reader = open(folder);
      reader.seekTail();
      for (const name of ['a', 'b', 'c']) vacuumed(folder, name);
      assert.deepEqual(readAll(reader), { messages: [], losses: [] });
      assert.deepEqual(readAll(reader), { messages: [], losses: [] });
      writeJournal(`${folder}/d.journal`, numbered(900, 950), firstUsec + 900_000);
      assert.deepEqual(readAll(reader), { messages: range(900, 950), losses: [] });
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
