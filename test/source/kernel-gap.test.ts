import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, describe, it } from 'node:test';
import { type KernelLogReader, openJournal } from '../../src/binding/addon.ts';
import type { RecordBatch, SourcePosition } from '../../src/record/record-batch.ts';
import { type KernelGap, readKernelGap } from '../../src/source/kernel-gap.ts';
import { KernelSource } from '../../src/source/kernel-source.ts';
import type { Loss } from '../../src/source/source.ts';
import { type EntryFields, writeJournal } from '../lab/journal-file.ts';

const directory = mkdtempSync(`${tmpdir()}/ringjail-gap-`);
after(() => rmSync(directory, { recursive: true }));

const thisBoot = '5f0c2d8a-4b1e-4f6f-9a7d-3c2b1a0f9e8d';
const formerBoot = '11111111-2222-3333-4444-555555555555';
const second = 1_000_000;

/** A record of the kernel's log, made at that second of its boot. */
const kernel = (text: string, at: number, more: EntryFields = {}, boot = thisBoot): EntryFields => ({
  _TRANSPORT: 'kernel',
  _HOSTNAME: 'mx1',
  SYSLOG_FACILITY: 0,
  PRIORITY: 4,
  _BOOT_ID: boot.replaceAll('-', ''),
  __MONOTONIC_TIMESTAMP: at * second + 10,
  __REALTIME_TIMESTAMP: 1_700_000_000_000_000 + (boot === thisBoot ? 10_000 : 0) * second + at * second,
  _SOURCE_MONOTONIC_TIMESTAMP: at * second,
  MESSAGE: text,
  ...more,
});

const journal = `${directory}/kernel.journal`;
writeJournal(journal, [
  kernel('former 90', 90, {}, formerBoot),
  kernel('former 91', 91, {}, formerBoot),
  kernel('one', 1),
  kernel('two', 2),
  kernel('three, of user space', 3, { SYSLOG_FACILITY: 3 }),
  kernel('four, of a device', 4, { _KERNEL_DEVICE: '+usb:1-1' }),
  { ...kernel('five, forged', 5), _TRANSPORT: 'syslog' },
  kernel('six', 6),
  kernel('seven', 7),
]);
const openReader = () => openJournal({ files: [journal] }, () => undefined);
const textsOf = ({ count, bytes, messageStart, messageEnd }: Pick<RecordBatch, 'count' | 'bytes' | 'messageStart' | 'messageEnd'>) =>
  Array.from({ length: count }, (_, i) => bytes.toString('latin1', messageStart[i], messageEnd[i]));

describe('readKernelGap', () => {
  const cases: [name: string, gap: KernelGap, own: string[], found: number][] = [
    ['strictly between', { bootId: thisBoot, afterUsec: second, beforeUsec: 7 * second }, ['two', 'six'], 4],
    ['from the boot on', { bootId: thisBoot, afterUsec: -1, beforeUsec: 2 * second }, ['one'], 1],
    ['to the end of a former boot', { bootId: formerBoot, afterUsec: 90 * second, beforeUsec: undefined }, ['former 91'], 1],
    ['nothing', { bootId: thisBoot, afterUsec: 7 * second, beforeUsec: undefined }, [], 0],
    ['of a boot that is not there', { bootId: `${'0'.repeat(31)}1`, afterUsec: -1, beforeUsec: undefined }, [], 0],
  ];
  for (const [name, gap, own, found] of cases) {
    it(name, () => {
      const all = [...readKernelGap(openReader, gap)];
      assert.deepEqual(
        all.flatMap((records) => records.own.map((index) => textsOf(records.raw)[index])),
        own,
      );
      assert.equal(
        all.reduce((sum, records) => sum + records.found, 0),
        found,
      );
    });
  }
});

/** The ring buffer from record `sequence` at that second on. */
function ringOf(...records: [sequence: number, at: number][]): KernelLogReader {
  const texts = records.map(([sequence, at]) => Buffer.from(`4,${sequence},${at * second},-;ring ${sequence}\n`));
  return {
    start: () => undefined,
    stop: () => undefined,
    close: () => undefined,
    read: () => {
      const taken = texts.splice(0);
      let end = 0;
      return { bytes: Buffer.concat(taken), ends: Uint32Array.from(taken, ({ length }) => (end += length)) };
    },
  };
}

async function run(ring: KernelLogReader, position: SourcePosition | undefined, fails = false) {
  const batches: RecordBatch[] = [];
  const losses: Loss[] = [];
  const source = new KernelSource({
    open: () => ring,
    path: '/dev/kmsg',
    bootId: thisBoot,
    clock: () => 1_700_000_100_000_000,
    monotonicUsec: () => 100 * second,
    hostname: 'mx1',
    position,
    fillGap: (gap) => {
      if (fails) throw new Error('no journal');
      return readKernelGap(openReader, gap);
    },
  });
  source.select([{ source: 'kernel' }]);
  const abort = new AbortController();
  await source.run(abort.signal, {
    onBatch: (batch) => batches.push(batch),
    onLoss: (loss) => losses.push(loss),
    onCaughtUp: () => abort.abort(),
  });
  return { batches, losses, texts: batches.flatMap(textsOf), source };
}

describe('the kernel source and a gap in the ring buffer', () => {
  it('is filled from the journal, which is all there was', async () => {
    // Two, three, four and six lie between record 10 (one) and record 15 (seven).
    const { texts, losses, batches } = await run(ringOf([15, 7]), { bootId: thisBoot, sequence: 10, sinceBootUsec: second });
    assert.deepEqual(texts, ['two', 'six', 'ring 15']);
    assert.deepEqual(losses, []);
    assert.deepEqual(
      batches.map(({ position }) => position),
      [
        { bootId: thisBoot, sequence: 14, sinceBootUsec: 6 * second },
        { bootId: thisBoot, sequence: 15, sinceBootUsec: 7 * second },
      ],
    );
    assert.deepEqual(
      batches.map(({ selected }) => selected.length),
      [2, 1],
    );
  });

  it('what the journal did not have either is lost', async () => {
    const { texts, losses } = await run(ringOf([20, 7]), { bootId: thisBoot, sequence: 10, sinceBootUsec: second });
    assert.deepEqual(texts, ['two', 'six', 'ring 20']);
    assert.deepEqual(
      losses.map(({ count }) => count),
      [5],
    );
  });

  it('in the middle of what is read', async () => {
    const { texts, losses } = await run(ringOf([11, 2], [13, 6], [14, 7]), { bootId: thisBoot, sequence: 10, sinceBootUsec: second });
    assert.deepEqual(texts, ['ring 11', 'ring 13', 'ring 14']);
    assert.deepEqual(losses, []);
  });

  it('after another boot, both boots', async () => {
    const { texts, losses } = await run(ringOf([2, 6]), { bootId: formerBoot, sequence: 500, sinceBootUsec: 90 * second });
    assert.deepEqual(texts, ['former 91', 'one', 'two', 'ring 2']);
    assert.deepEqual(losses, []);
  });

  it('a position without a time, of an older version, fills nothing', async () => {
    const { texts, losses } = await run(ringOf([15, 7]), { bootId: thisBoot, sequence: 10 });
    assert.deepEqual([texts, losses.map(({ count }) => count)], [['ring 15'], [4]]);
  });

  it('without a journal all of it is lost, and the source runs on', async () => {
    const { texts, losses } = await run(ringOf([15, 7]), { bootId: thisBoot, sequence: 10, sinceBootUsec: second }, true);
    assert.deepEqual([texts, losses.map(({ count }) => count)], [['ring 15'], [undefined, 4]]);
    assert.match(losses[0]?.reason ?? '', /no journal/);
  });
});
