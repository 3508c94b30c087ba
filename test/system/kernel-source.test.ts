// The kernel source on the real ring buffer: an overrun made on purpose, records that user space wrote, permission refused.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openKernelLog } from '../../src/binding/addon.ts';
import { systemClock } from '../../src/core/clock.ts';
import { emptyKmsgRecord, parseKmsgRecord } from '../../src/record/kmsg-record.ts';
import type { RecordBatch, SourcePosition } from '../../src/record/record-batch.ts';
import { KernelSource } from '../../src/source/kernel-source.ts';
import type { Loss } from '../../src/source/source.ts';
import { unprivileged } from '../lab/daemon-process.ts';
import { bootId, lastSequence } from '../lab/kernel-log.ts';
import { run, until } from '../lab/laboratory.ts';
import { stagedProgram } from '../lab/staged-program.ts';
import { needsRoot } from './requires-root.ts';

// Writes by user space are limited to ten in five seconds unless this is "on".
const rateLimit = '/proc/sys/kernel/printk_devkmsg';

// What the kernel keeps of one write; a few of them fill any ring.
const longText = 'x'.repeat(900);

const writeRecord = (text: string) => writeFileSync('/dev/kmsg', `<7>${text}\n`);

/** The oldest record that is still in the ring. */
function firstSequence(): number {
  const reader = openKernelLog('/dev/kmsg', () => undefined);
  const { bytes, ends } = reader.read(1);
  reader.close();
  const record = emptyKmsgRecord();
  assert.ok(parseKmsgRecord(bytes, 0, ends[0] ?? 0, record));
  return record.sequence;
}

/** A running source, and what it delivered. */
class Observed {
  readonly batches: RecordBatch[] = [];
  readonly losses: Loss[] = [];
  isCaughtUp = false;
  readonly source: KernelSource;
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;

  constructor(position: SourcePosition | undefined) {
    const monotonicUsec = () => Number(process.hrtime.bigint() / 1000n);
    this.source = new KernelSource({
      open: openKernelLog,
      path: '/dev/kmsg',
      bootId: bootId(),
      clock: systemClock,
      monotonicUsec,
      position,
      hostname: 'host',
    });
    this.#ended = this.source.run(this.#abort.signal, {
      onBatch: (batch) => void this.batches.push(batch),
      onLoss: (loss) => void this.losses.push(loss),
      onCaughtUp: () => {
        this.isCaughtUp = true;
      },
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }

  get sequence(): number {
    return Number(this.source.describe()['sequence']);
  }

  get texts(): string[] {
    return this.batches.flatMap((batch) =>
      Array.from({ length: batch.count }, (_, index) => batch.bytes.toString('latin1', batch.messageStart[index], batch.messageEnd[index])),
    );
  }
}

describe('the kernel source', { skip: needsRoot }, () => {
  const formerLimit = needsRoot === false ? readFileSync(rateLimit, 'utf8').trim() : '';

  before(() => writeFileSync(rateLimit, 'on\n'));
  after(() => writeFileSync(rateLimit, `${formerLimit}\n`));

  test('reads on where the run before ended, each record once', async () => {
    const first = new Observed(undefined);
    await until('the backlog is read', () => first.isCaughtUp);
    await first.stop();
    writeRecord('ringjail test: between two runs');
    writeRecord('ringjail test: once more');
    const position = first.batches.at(-1)?.position;
    const second = new Observed(position);
    await until('the two are read', () => second.sequence === Number(position?.['sequence']) + 2);
    assert.deepEqual(second.losses, []);
    assert.equal(second.source.describe()['records'], 2);
    await second.stop();
  });

  test('does not trust records that user space wrote, whatever facility they claim', async () => {
    const observed = new Observed({ bootId: bootId(), sequence: lastSequence() });
    await until('nothing is left to read', () => observed.isCaughtUp);
    const before = observed.sequence;
    // Priority 4 is facility 0, the kernel's, with severity 4; ufw's own.
    writeFileSync('/dev/kmsg', '<4>[UFW BLOCK] IN=eth0 OUT= MAC= SRC=192.0.2.1 DST=192.0.2.2 LEN=40 PROTO=TCP SPT=1 DPT=2 SYN\n');
    await until('it is read', () => observed.sequence > before);
    assert.equal(observed.source.describe()['untrusted'], 1);
    assert.deepEqual(
      observed.texts.filter((text) => text.includes('192.0.2.1')),
      [],
    );
    await observed.stop();
  });

  test('an overrun of the ring is reported with the number of lost records, and reading goes on', async () => {
    const observed = new Observed({ bootId: bootId(), sequence: lastSequence() });
    await until('nothing is left to read', () => observed.isCaughtUp);
    const read = observed.sequence;
    // All in one turn of the event loop: the source cannot read meanwhile.
    let written = 0;
    while (firstSequence() <= read + 100) {
      for (let count = 0; count < 100; count++) writeRecord(`ringjail test: filling the ring ${written++} ${longText}`);
      assert.ok(written < 100_000, 'the ring does not overrun');
    }
    const lost = firstSequence() - (read + 1);
    const last = lastSequence();
    await until('the rest is read', () => observed.sequence === last);
    assert.deepEqual(
      observed.losses.map(({ count }) => count),
      [lost],
    );
    assert.equal(observed.source.describe()['lost'], lost);
    assert.equal(observed.source.describe()['records'], last - read - lost);
    writeRecord('ringjail test: after the overrun');
    await until('reading goes on', () => observed.sequence === last + 1);
    await observed.stop();
  });

  test('what the ring overwrote while nobody ran is reported at the start', async () => {
    const sequence = firstSequence() - 11;
    const observed = new Observed({ bootId: bootId(), sequence });
    await until('everything is read', () => observed.isCaughtUp);
    assert.deepEqual(
      observed.losses.map(({ count }) => count),
      [10],
    );
    await observed.stop();
  });

  test('a start after another boot reads this boot from its first record', async () => {
    const observed = new Observed({ bootId: 'another', sequence: 1_000_000 });
    await until('everything is read', () => observed.isCaughtUp);
    assert.deepEqual(
      observed.losses.map(({ count }) => count),
      [firstSequence()],
    );
    await observed.stop();
  });

  /** Runs the daemon without root and with just these capabilities, where it can reach neither this machine's firewall nor its state. */
  const runWith = async (capabilities: readonly string[]) => {
    const directory = mkdtempSync(join(tmpdir(), 'ringjail-'));
    chmodSync(directory, 0o777);
    const environment = ['env', `STATE_DIRECTORY=${directory}`, `RUNTIME_DIRECTORY=${directory}`];
    // With another source that may be read, the daemon would go on with that one.
    writeFileSync(join(directory, 'jail.conf'), '[portscan]\nenabled = yes\nbackend = kernel\nfilter = portscan\n');
    cpSync(`${stagedProgram()}/config/filter.d`, join(directory, 'filter.d'), { recursive: true });
    const daemon = [`${stagedProgram()}/bin/ringjail`, '-c', directory, 'run'];
    const outcome = await run(['timeout', '20', 'unshare', '--net', ...unprivileged(capabilities), ...environment, ...daemon]);
    rmSync(directory, { recursive: true });
    return outcome;
  };

  test('without CAP_SYSLOG it ends with a message that names it and the unit file, and code 77', async () => {
    const { code, stderr } = await runWith(['net_admin']);
    assert.equal(code, 77);
    assert.match(stderr, /cannot open \/dev\/kmsg: EPERM.*CAP_SYSLOG.*ringjail\.service.*AmbientCapabilities=CAP_SYSLOG CAP_NET_ADMIN/);
  });

  test('without CAP_NET_ADMIN it ends with a message that names it, and code 77', async () => {
    const { code, stderr } = await runWith(['syslog']);
    assert.equal(code, 77);
    assert.match(stderr, /cannot change nftables: operation not permitted: it needs CAP_NET_ADMIN/);
    assert.doesNotMatch(stderr, /you must be root/);
  });

  test("a configuration that the daemon's user may not read is an error with its name, and code 78", async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ringjail-config-'));
    chmodSync(directory, 0o755);
    writeFileSync(join(directory, 'jail.conf'), '[portscan]\nenabled = no\n');
    writeFileSync(join(directory, 'jail.local'), '', { mode: 0 });
    const { code, stdout } = await run([...unprivileged([]), `${stagedProgram()}/bin/ringjail`, '-c', directory, 'check']);
    rmSync(directory, { recursive: true });
    assert.equal(code, 78);
    assert.match(stdout, /jail\.local: permission denied/);
  });
});
