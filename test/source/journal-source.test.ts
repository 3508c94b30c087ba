// What the journal source does by itself, with a reader that the test writes for; the real one is tested in test/system.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { it } from 'node:test';
import { type JournalReader, openJournal, type RawJournalRecords } from '../../src/binding/addon.ts';
import type { SourcePosition } from '../../src/record/record-batch.ts';
import { JournalSource } from '../../src/source/journal-source.ts';
import { firstUsec, writeJournal } from '../lab/journal-file.ts';
import { until } from '../lab/laboratory.ts';

const nothing: RawJournalRecords = {
  count: 0,
  bytes: Buffer.alloc(0),
  lineStart: new Uint32Array(),
  messageStart: new Uint32Array(),
  messageEnd: new Uint32Array(),
  realtimeUsec: new Float64Array(),
  priority: new Uint16Array(),
  selected: new Uint32Array(),
  sequence: new Float64Array(),
  sinceBootUsec: new Float64Array(),
  isOfDevice: new Uint8Array(),
  read: 0,
  cursor: '',
  lastUsec: 0,
  isAtEnd: true,
  isInvalidated: false,
  losses: [],
};

it('looks for more entries by itself while more failures are expected, and rests after that', async () => {
  let reads = 0;
  let waiting = 0;
  const reader: JournalReader = {
    select: () => undefined,
    seekHead: () => undefined,
    seekTail: () => ({ cursor: 'c', realtimeUsec: 1 }),
    seekCursor: () => ({ isThere: true, nextUsec: undefined }),
    seekRealtime: () => undefined,
    seekMonotonic: () => undefined,
    read: () => {
      reads++;
      const read = waiting;
      waiting = 0;
      return { ...nothing, read, cursor: 'd', isAtEnd: true };
    },
    start: () => undefined,
    stop: () => undefined,
    close: () => undefined,
  };
  const source = new JournalSource({ open: () => reader, place: { path: '/nowhere' }, clock: () => 1, position: undefined });
  const abort = new AbortController();
  const ended = source.run(abort.signal, { onBatch: () => undefined, onLoss: () => undefined, onCaughtUp: () => undefined });
  const rest = () => new Promise((resolve) => setTimeout(resolve, 50));
  waiting = 3;
  await rest();
  assert.equal(reads, 1, 'nobody expects anything');
  source.expectMore();
  await until('it is read, though no reader woke us', () => waiting === 0);
  let last = 0;
  await until('it rests', async () => {
    last = reads;
    await rest();
    return reads === last;
  });
  source.expectMore();
  await until('it looks again', () => reads > last);
  abort.abort();
  await ended;
  source.expectMore();
  last = reads;
  await rest();
  assert.equal(reads, last, 'ended');
});

/** Entries of sshd and of cron, a second apart. */
const entry = (second: number, program: string) => ({
  MESSAGE: `${second}`,
  _COMM: program,
  __REALTIME_TIMESTAMP: firstUsec + second * 1e6,
  __MONOTONIC_TIMESTAMP: 60_000_000 + second * 1e6,
});

/** Reads on in `folder` from there; what came, at what positions, and what is lost. */
function runOf(folder: string, position: SourcePosition | undefined, programs = ['sshd'], clock = () => Date.now() * 1000) {
  const place = { path: folder };
  const source = new JournalSource({ open: openJournal, place, clock, position });
  source.select([{ source: 'journal', place, matches: programs.map((program) => [`_COMM=${program}`]), isSystemOnly: false }]);
  const told = { messages: [] as string[], seconds: [] as number[], losses: [] as string[] };
  const abort = new AbortController();
  let endCatchingUp: () => void = () => undefined;
  const caughtUp = new Promise<void>((resolve) => {
    endCatchingUp = resolve;
  });
  const ended = source.run(abort.signal, {
    onBatch: (batch) => {
      for (let i = 0; i < batch.count; i++) told.messages.push(batch.bytes.toString('latin1', batch.messageStart[i], batch.messageEnd[i]));
      told.seconds.push((Number(batch.position['realtimeUsec']) - firstUsec) / 1e6);
    },
    onLoss: ({ reason }) => told.losses.push(reason),
    onCaughtUp: endCatchingUp,
  });
  const end = async () => {
    abort.abort();
    await ended;
  };
  return { source, told, caughtUp, end };
}

it('goes on after what was passed over: a vacuum of it is no loss, and who is new does not count it', async () => {
  const folder = mkdtempSync(`${tmpdir()}/ringjail-passed-`);
  try {
    writeJournal(`${folder}/a.journal`, [entry(0, 'sshd')]);
    const first = runOf(folder, { cursor: '', realtimeUsec: 0 });
    await first.caughtUp;
    writeJournal(`${folder}/b.journal`, [entry(1, 'cron'), entry(2, 'postfix'), entry(3, 'cron')]);
    await until('all is passed over', () => first.source.positionNow()?.['realtimeUsec'] === firstUsec + 3e6);
    await first.end();
    const position = first.source.positionNow();
    assert.deepEqual(first.told, { messages: ['0'], seconds: [0], losses: [] });
    rmSync(`${folder}/a.journal`);
    const second = runOf(folder, position, ['sshd', 'postfix']);
    await second.caughtUp;
    await second.end();
    assert.deepEqual([second.told.messages, second.told.losses], [[], []]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('tells of what it passed over every ten seconds at most, and never of more than was delivered', async () => {
  const folder = mkdtempSync(`${tmpdir()}/ringjail-passed-`);
  try {
    let nowUsec = firstUsec + 1e9;
    writeJournal(`${folder}/a.journal`, [entry(0, 'sshd')]);
    const { source, told, caughtUp, end } = runOf(folder, { cursor: '', realtimeUsec: 0 }, ['sshd'], () => nowUsec);
    await caughtUp;
    for (const [second, program, afterUsec] of [
      [1, 'cron', 9_999_999],
      [2, 'cron', 10_000_000],
      [3, 'cron', 19_999_999],
      [4, 'sshd', 19_999_999],
      [5, 'cron', 29_999_998],
      [6, 'cron', 29_999_999],
    ] as const) {
      nowUsec = firstUsec + 1e9 + afterUsec;
      writeJournal(`${folder}/a.journal`, [entry(second, program)]);
      await until(`entry ${second} is read`, () => source.positionNow()?.['realtimeUsec'] === firstUsec + second * 1e6);
    }
    await end();
    assert.deepEqual(told.seconds, [0, 2, 4, 6]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
