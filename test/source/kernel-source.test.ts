import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KernelLogReader, RawKernelRecords } from '../../src/binding/addon.ts';
import { RingjailError } from '../../src/core/errors.ts';
import type { RecordBatch, SourcePosition } from '../../src/record/record-batch.ts';
import { KernelSource } from '../../src/source/kernel-source.ts';

const bootId = 'b1';
const nowUsec = 1_700_000_000_000_000;
const monotonicUsec = 1_000_000_000;

/** /dev/kmsg without a kernel: the ring's records wait until they are read. */
class FakeReader implements KernelLogReader {
  readonly waiting: string[];
  onReadable: () => void = () => undefined;
  isPolling = false;
  isClosed = false;
  failure: Error | undefined;
  /** Whether it was used after it was closed. */
  isMisused = false;

  constructor(waiting: readonly string[] = []) {
    this.waiting = [...waiting];
  }

  start(): void {
    this.#requireOpen();
    this.isPolling = true;
  }

  stop(): void {
    this.isPolling = false;
  }

  read(maxRecords: number): RawKernelRecords {
    this.#requireOpen();
    if (this.failure !== undefined) throw this.failure;
    const records = this.waiting.splice(0, maxRecords).map((text) => Buffer.from(text, 'latin1'));
    let end = 0;
    const ends = Uint32Array.from(records, ({ length }) => (end += length));
    return { bytes: Buffer.concat(records), ends };
  }

  close(): void {
    this.isClosed = true;
    this.isPolling = false;
  }

  /** As the kernel does: who polls is woken while something waits. */
  write(...records: string[]): void {
    this.waiting.push(...records);
    while (this.isPolling && (this.waiting.length > 0 || this.failure !== undefined)) this.onReadable();
  }

  #requireOpen(): void {
    if (!this.isClosed) return;
    this.isMisused = true;
    throw Object.assign(new Error('bad file descriptor'), { code: 'EBADF' });
  }
}

const record = (sequence: number, text = `record ${sequence}`, priority = 6, stampUsec = monotonicUsec): string =>
  `${priority},${sequence},${stampUsec},-;${text}\n`;

const range = (from: number, until: number): string[] => Array.from({ length: until - from }, (_, index) => record(from + index));

/** A source on a fake reader, and all that it says. */
class Trial {
  readonly reader: FakeReader;
  readonly log: string[] = [];
  readonly batches: RecordBatch[] = [];
  readonly abort = new AbortController();
  readonly source: KernelSource;
  onBatch: (batch: RecordBatch) => void = () => undefined;
  caughtUp: Promise<void> = Promise.resolve();
  ended: Promise<void> = Promise.resolve();

  constructor(reader: FakeReader, position?: SourcePosition, open: () => KernelLogReader = () => reader) {
    this.reader = reader;
    this.source = new KernelSource({
      open: (path, onReadable) => {
        assert.equal(path, '/dev/kmsg');
        reader.onReadable = onReadable;
        return open();
      },
      path: '/dev/kmsg',
      bootId,
      clock: () => nowUsec,
      monotonicUsec: () => monotonicUsec,
      position,
      hostname: 'host',
    });
  }

  start(): this {
    this.caughtUp = new Promise((resolve) => {
      this.ended = this.source.run(this.abort.signal, {
        onBatch: (batch) => {
          this.batches.push(batch);
          this.log.push(...messagesOf(batch));
          this.onBatch(batch);
        },
        onLoss: ({ count, reason }) => {
          assert.match(reason, /overwritten/);
          this.log.push(`lost ${count}`);
        },
        onCaughtUp: () => {
          this.log.push('caught up');
          resolve();
        },
      });
    });
    return this;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.ended;
  }
}

function messagesOf(batch: RecordBatch): string[] {
  return Array.from({ length: batch.count }, (_, index) =>
    batch.bytes.toString('latin1', batch.messageStart[index], batch.messageEnd[index]),
  );
}

/** What is said of records that wait when the source starts. */
async function readAll(records: readonly string[], position?: SourcePosition): Promise<Trial> {
  const trial = new Trial(new FakeReader(records), position).start();
  await trial.caughtUp;
  await trial.stop();
  return trial;
}

describe('KernelSource', () => {
  it('delivers what waits, then says that it has caught up, then what comes', async () => {
    const trial = new Trial(new FakeReader(range(10, 12))).start();
    await trial.caughtUp;
    trial.reader.write(record(12));
    trial.reader.write(record(13));
    assert.deepEqual(trial.log, ['record 10', 'record 11', 'caught up', 'record 12', 'record 13']);
    await trial.stop();
    assert.ok(trial.reader.isClosed);
  });

  it('with an empty ring has caught up at once, and delivers no batch', async () => {
    const trial = await readAll([]);
    assert.deepEqual(trial.log, ['caught up']);
    assert.deepEqual(trial.batches, []);
  });

  it('does not poll before the backlog is read', async () => {
    const trial = new Trial(new FakeReader(range(0, 10_000)));
    const polling: boolean[] = [];
    trial.onBatch = () => void polling.push(trial.reader.isPolling);
    trial.start();
    await trial.caughtUp;
    assert.deepEqual(polling, [false, false, false]);
    assert.ok(trial.reader.isPolling);
    await trial.stop();
  });

  it('reads a backlog in batches, and lets others run between them', async () => {
    const trial = new Trial(new FakeReader(range(0, 10_000)));
    const seen: number[] = [];
    let turns = 0;
    const turn = () => {
      turns++;
      if (!trial.abort.signal.aborted) setImmediate(turn);
    };
    setImmediate(turn);
    trial.onBatch = () => void seen.push(turns);
    trial.start();
    await trial.caughtUp;
    await trial.stop();
    assert.deepEqual(
      trial.batches.map(({ count }) => count),
      [4096, 4096, 1808],
    );
    assert.ok((seen[0] ?? 0) < (seen[1] ?? 0) && (seen[1] ?? 0) < (seen[2] ?? 0), seen.join());
    assert.equal(trial.log.length, 10_001);
  });

  it('fills the columns of a batch', async () => {
    const [batch] = (await readAll([record(7, 'one', 4, monotonicUsec - 2_000_000), record(8, '\\x41', 6)])).batches;
    assert.ok(batch);
    assert.equal(batch.source, 'kernel');
    assert.deepEqual(messagesOf(batch), ['one', 'A']);
    assert.deepEqual([...batch.priority.subarray(0, 2)], [4, 6]);
    assert.deepEqual([...batch.sequence.subarray(0, 2)], [7, 8]);
    assert.deepEqual([...batch.realtimeUsec.subarray(0, 2)], [nowUsec - 2_000_000, nowUsec]);
    assert.deepEqual(batch.position, { bootId, sequence: 8, sinceBootUsec: monotonicUsec });
  });

  it('never gives a record a time in the future', async () => {
    const [batch] = (await readAll([record(7, 'x', 6, monotonicUsec + 5_000_000)])).batches;
    assert.equal(batch?.realtimeUsec[0], nowUsec);
  });
});

describe('KernelSource, losses', () => {
  it('a gap in the sequence is so many records lost, whether at the start of a batch or within it', async () => {
    const trial = new Trial(new FakeReader([record(10), record(13)])).start();
    await trial.caughtUp;
    trial.reader.write(record(14));
    trial.reader.write(record(1014));
    assert.deepEqual(trial.log, ['record 10', 'lost 2', 'record 13', 'caught up', 'record 14', 'lost 999', 'record 1014']);
    assert.equal(trial.source.describe()['lost'], 1001);
    await trial.stop();
  });

  it('a first start does not call lost what was before it', async () => {
    assert.deepEqual((await readAll([record(500)])).log, ['record 500', 'caught up']);
  });
});

describe('KernelSource, resumed', () => {
  const at = (sequence: number, boot = bootId) => ({ bootId: boot, sequence });

  it('goes on at the next record, and counts none twice', async () => {
    assert.deepEqual((await readAll(range(5, 12), at(9))).log, ['record 10', 'record 11', 'caught up']);
  });

  it('with nothing new delivers nothing', async () => {
    const trial = await readAll(range(5, 10), at(9));
    assert.deepEqual(trial.batches, []);
    assert.equal(trial.source.describe()['sequence'], 9);
  });

  it('where the ring begins exactly at the next record has lost nothing', async () => {
    assert.deepEqual((await readAll([record(10)], at(9))).log, ['record 10', 'caught up']);
  });

  it('says how many the ring has overwritten meanwhile', async () => {
    assert.deepEqual((await readAll([record(100)], at(9))).log, ['lost 90', 'record 100', 'caught up']);
  });

  it("takes all of another boot's records, from the first", async () => {
    assert.deepEqual((await readAll(range(0, 2), at(9, 'b0'))).log, ['record 0', 'record 1', 'caught up']);
    assert.deepEqual((await readAll([record(3)], at(9, 'b0'))).log, ['lost 3', 'record 3', 'caught up']);
  });

  for (const position of [{}, { bootId }, { bootId, sequence: 'x' }]) {
    it(`${JSON.stringify(position)} is no position that keeps it from reading`, async () => {
      assert.deepEqual((await readAll([record(5), record(6)], position)).log.slice(-3), ['record 5', 'record 6', 'caught up']);
    });
  }

  it('a second run goes on after the first, as when it is started again after a failure', async () => {
    const trial = new Trial(new FakeReader(range(0, 3))).start();
    await trial.caughtUp;
    trial.reader.failure = Object.assign(new Error('input/output error'), { code: 'EIO' });
    trial.reader.write();
    await assert.rejects(trial.ended, /input\/output error/);
    assert.ok(trial.reader.isClosed);
    trial.reader.failure = undefined;
    trial.reader.isClosed = false;
    trial.reader.waiting.push(...range(0, 5));
    trial.start();
    await trial.caughtUp;
    assert.deepEqual(trial.log.slice(3), ['caught up', 'record 3', 'record 4', 'caught up']);
    await trial.stop();
  });
});

describe('KernelSource, trust', () => {
  // <facility * 8 + severity>; the kernel gives what user space writes facility 1 where it asks for 0.
  for (const priority of [8, 12, 30, 190, 2047]) {
    it(`priority ${priority}, written by user space, is counted and not delivered`, async () => {
      const trial = await readAll([record(1), record(2, 'forged', priority), record(3)]);
      assert.deepEqual(trial.log, ['record 1', 'record 3', 'caught up']);
      assert.equal(trial.source.describe()['untrusted'], 1);
      assert.equal(trial.source.describe()['lost'], 0);
      assert.equal(trial.source.describe()['records'], 3);
    });
  }

  it('what it says about a device, with the words of the device, is counted and not delivered', async () => {
    const device = `${record(2, '[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.1 ...').trimEnd()}\n SUBSYSTEM=usb\n DEVICE=+usb:1-1\n`;
    const trial = await readAll([record(1), device, record(3)]);
    assert.deepEqual(trial.log, ['record 1', 'record 3', 'caught up']);
    assert.equal(trial.source.describe()['untrusted'], 1);
  });

  for (const priority of [0, 7]) {
    it(`priority ${priority} is the kernel's`, async () => {
      assert.deepEqual((await readAll([record(1, 'x', priority)])).log, ['x', 'caught up']);
    });
  }

  it('a batch of untrusted records alone still carries the position', async () => {
    const [batch] = (await readAll([record(2, 'forged', 12)])).batches;
    assert.equal(batch?.count, 0);
    assert.deepEqual(batch.position, { bootId, sequence: 2, sinceBootUsec: monotonicUsec });
  });

  it('what is no record is counted, and neither ends nor shifts anything', async () => {
    const trial = await readAll([record(1), 'garbage\n', '6,,;\n', '34359738374,2,0,-;forged\n', record(2)]);
    assert.deepEqual(trial.log, ['record 1', 'record 2', 'caught up']);
    assert.equal(trial.source.describe()['malformed'], 3);
    assert.equal(trial.source.describe()['lost'], 0);
  });
});

describe('KernelSource, ended', () => {
  it('by an abort before it started: opens nothing', async () => {
    const trial = new Trial(new FakeReader(), undefined, () => assert.fail('opened'));
    trial.abort.abort();
    trial.start();
    await trial.ended;
    assert.deepEqual(trial.log, []);
  });

  it('by an abort between two batches of the backlog: delivers no more', async () => {
    const trial = new Trial(new FakeReader(range(0, 10_000))).start();
    assert.equal(trial.batches.length, 1);
    await trial.stop();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(trial.batches.length, 1);
    assert.equal(trial.log.includes('caught up'), false);
  });

  for (const backlog of [0, 1]) {
    it(`by an abort from within a batch, ${backlog === 0 ? 'of fresh records' : 'of the backlog'}: delivers and says no more`, async () => {
      const trial = new Trial(new FakeReader(range(0, backlog)));
      trial.onBatch = () => trial.abort.abort();
      trial.start();
      if (backlog === 0) trial.reader.write(record(0));
      await trial.ended;
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(trial.log.slice(-1), ['record 0']);
      assert.equal(trial.reader.isMisused, false);
      assert.ok(trial.reader.isClosed);
    });
  }

  it('by a wake-up after the abort: reads nothing', async () => {
    const trial = new Trial(new FakeReader()).start();
    await trial.caughtUp;
    await trial.stop();
    trial.reader.waiting.push(record(1));
    trial.reader.onReadable();
    assert.deepEqual(trial.log, ['caught up']);
  });

  it('by what its reader of batches throws: rejects with that', async () => {
    const trial = new Trial(new FakeReader([record(1)]));
    trial.onBatch = () => {
      throw new TypeError('our bug');
    };
    trial.start();
    await assert.rejects(trial.ended, new TypeError('our bug'));
    assert.ok(trial.reader.isClosed);
  });

  for (const code of ['EPERM', 'EACCES']) {
    it(`by ${code}: names the capability, and the line of the unit file that grants it`, async () => {
      const cause = Object.assign(new Error('operation not permitted'), { code });
      const trial = new Trial(new FakeReader(), undefined, () => {
        throw cause;
      });
      await assert.rejects(trial.start().ended, (error) => {
        assert.ok(error instanceof RingjailError);
        assert.equal(error.exitCode, 77);
        assert.equal(error.cause, cause);
        assert.match(error.message, /^cannot open \/dev\/kmsg: operation not permitted: .*CAP_SYSLOG/);
        assert.match(error.message, /AmbientCapabilities=CAP_SYSLOG CAP_NET_ADMIN/);
        return true;
      });
    });
  }

  it('by a missing device: is unavailable', async () => {
    const cause = Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });
    const trial = new Trial(new FakeReader(), undefined, () => {
      throw cause;
    });
    await assert.rejects(trial.start().ended, { code: 'unavailable', message: 'cannot open /dev/kmsg: no such file or directory' });
  });
});
