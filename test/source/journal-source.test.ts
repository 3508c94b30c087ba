// What the journal source does by itself, with a reader that the test writes for; the real one is tested in test/system.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { JournalReader, RawJournalRecords } from '../../src/binding/addon.ts';
import { JournalSource } from '../../src/source/journal-source.ts';
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
