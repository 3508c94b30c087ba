// The kernel's ring buffer by /dev/kmsg: every record once, from where the last run ended, with the losses counted.
import type { KernelLogReader, RawKernelRecords } from '../binding/addon.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';
import { KernelLine } from '../record/kernel-line.ts';
import { emptyKmsgRecord, parseKmsgRecord } from '../record/kmsg-record.ts';
import { facilityOf, type RecordBatch, type SourcePosition, selectorWords } from '../record/record-batch.ts';
import type { RecordSelector } from '../record/record-selector.ts';
import { KernelClock } from './kernel-clock.ts';
import { type GapRecords, gapBatch, type KernelGap } from './kernel-gap.ts';
import type { Source, SourceSink } from './source.ts';

// So that one wake-up does not keep the control socket waiting; what is left wakes the loop again at once.
const recordsPerBatch = 4096;

const lineFeed = 0x0a;

export interface KernelSourceOptions {
  readonly open: (path: string, onReadable: () => void) => KernelLogReader;
  readonly path: string;
  /** /proc/sys/kernel/random/boot_id: sequence numbers begin anew at each boot. */
  readonly bootId: string;
  readonly clock: Clock;
  /** CLOCK_MONOTONIC in microseconds. */
  readonly monotonicUsec: () => number;
  readonly position: SourcePosition | undefined;
  /** Of this machine, as log lines name it. */
  readonly hostname: string;
  /** Records that the ring no longer holds, from the journal (readKernelGap); where it is not given or throws, they are lost. */
  readonly fillGap?: (gap: KernelGap) => Iterable<GapRecords>;
}

export class KernelSource implements Source {
  readonly name = 'kernel';
  readonly #options: KernelSourceOptions;
  readonly #clock: KernelClock;
  readonly #line: KernelLine;
  #selectors = 0;
  /** The sequence number that comes next; undefined before the first record of a first start. */
  #expected: number | undefined;
  /** By the kernel's clock, of the last record of this boot that was taken; undefined where an older position does not say it. */
  #lastUsec: number | undefined = -1;
  /** Where the last run ended, in the boot before. */
  #formerBoot: { readonly bootId: string; readonly sequence: number; readonly sinceBootUsec: number } | undefined;
  /** The last sequence number that was seen, new or not. */
  #newest = -1;
  #isCaughtUp = false;
  #records = 0;
  #lost = 0;
  #untrusted = 0;
  #malformed = 0;

  constructor(options: KernelSourceOptions) {
    this.#options = options;
    this.#clock = new KernelClock(options.clock, options.monotonicUsec);
    this.#line = new KernelLine(options.hostname);
    const { position } = options;
    // Since another boot, all of this boot's records are new, from the first, number 0.
    if (position === undefined) return;
    const { bootId, sequence, sinceBootUsec } = position;
    if (bootId === options.bootId) {
      this.#expected = Number(sequence) + 1;
      this.#lastUsec = typeof sinceBootUsec === 'number' ? sinceBootUsec : undefined;
    } else {
      this.#expected = 0;
      if (typeof sinceBootUsec === 'number') this.#formerBoot = { bootId: String(bootId), sequence: Number(sequence), sinceBootUsec };
    }
  }

  select(selectors: readonly RecordSelector[]): void {
    this.#selectors = selectors.length;
  }

  run(signal: AbortSignal, sink: SourceSink): Promise<void> {
    return new Promise((resolve, reject) => {
      let reader: KernelLogReader | undefined;
      const end = (error?: unknown) => {
        reader?.close();
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = () => end();
      const read = () => {
        if (reader === undefined || signal.aborted) return;
        try {
          const raw = reader.read(recordsPerBatch);
          this.#deliver(raw, sink);
          if (signal.aborted) return;
          // Polled only when the backlog is read: a record that wakes us from then on is a fresh one.
          if (raw.ends.length > 0 && !this.#isCaughtUp) {
            setImmediate(read);
            return;
          }
          if (!this.#isCaughtUp) {
            this.#isCaughtUp = true;
            this.#distrustFuture(sink);
            sink.onCaughtUp();
          }
          reader.start();
        } catch (error) {
          end(error);
        }
      };
      if (signal.aborted) return end();
      signal.addEventListener('abort', onAbort);
      try {
        reader = this.#open(read);
      } catch (error) {
        return end(error);
      }
      this.#isCaughtUp = false;
      read();
    });
  }

  describe(): Readonly<Record<string, string | number>> {
    return {
      path: this.#options.path,
      sequence: (this.#expected ?? 0) - 1,
      records: this.#records,
      lost: this.#lost,
      untrusted: this.#untrusted,
      malformed: this.#malformed,
    };
  }

  #open(onReadable: () => void): KernelLogReader {
    const { path } = this.#options;
    try {
      return this.#options.open(path, onReadable);
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'EPERM' || code === 'EACCES') {
        throw new RingjailError(
          'permission',
          `cannot open ${path}: ${messageOf(error)}: reading the kernel log needs CAP_SYSLOG; ` +
            'ringjail.service grants it by the line AmbientCapabilities=CAP_SYSLOG CAP_NET_ADMIN (and DeviceAllow=/dev/kmsg r); ' +
            'by hand: sudo npm start',
          error,
        );
      }
      throw new RingjailError('unavailable', `cannot open ${path}: ${messageOf(error)}`, error);
    }
  }

  #deliver(raw: RawKernelRecords, sink: SourceSink): void {
    this.#finishFormerBoot(sink);
    // Records before a gap, then those of the gap, then those after it.
    for (let from = 0; from < raw.ends.length; ) {
      const { batch, next, gapUsec } = this.#parse(raw, from);
      if (batch !== undefined) sink.onBatch(batch);
      if (gapUsec !== undefined) this.#crossGap(gapUsec, sink);
      from = next;
    }
  }

  /** Undefined where nothing new was read. A batch with no trusted record is delivered too: it carries the position. */
  #parse(raw: RawKernelRecords, from: number): { batch: RecordBatch | undefined; next: number; gapUsec: number | undefined } {
    const size = raw.ends.length - from;
    const bytes = Buffer.allocUnsafe(raw.bytes.length + size * this.#line.longestPrefix);
    const lineStart = new Uint32Array(size);
    const messageStart = new Uint32Array(size);
    const messageEnd = new Uint32Array(size);
    const realtimeUsec = new Float64Array(size);
    const priority = new Uint16Array(size);
    const sequence = new Float64Array(size);
    const record = emptyKmsgRecord();
    const nowUsec = this.#options.clock();
    this.#clock.follow();
    let count = 0;
    let used = 0;
    let start = raw.ends[from - 1] ?? 0;
    let isNew = false;
    let next = from;
    let gapUsec: number | undefined;
    for (; next < raw.ends.length; next++) {
      const end = raw.ends[next] ?? start;
      const isParsed = parseKmsgRecord(raw.bytes, start, end, record);
      start = end;
      if (!isParsed) {
        this.#malformed++;
        continue;
      }
      this.#newest = record.sequence;
      const expected = this.#expected ?? record.sequence;
      if (record.sequence < expected) continue; // read by the run before
      if (record.sequence > expected) {
        gapUsec = record.sinceBootUsec;
        break;
      }
      this.#expected = record.sequence + 1;
      this.#lastUsec = record.sinceBootUsec;
      this.#records++;
      isNew = true;
      // The kernel gives user space's writes another facility than its own, whatever they ask for: only 0 is the kernel's word. Of what
      // it says about a device, some is the device's word: a USB stick can call itself "[UFW BLOCK] IN=...".
      if (facilityOf(record.priority) !== 0 || record.isOfDevice) {
        this.#untrusted++;
        continue;
      }
      if (this.#isCaughtUp) this.#clock.observeLive(record.sinceBootUsec);
      lineStart[count] = used;
      used = this.#line.writePrefix(bytes, used, record.sinceBootUsec);
      messageStart[count] = used;
      used += raw.bytes.copy(bytes, used, record.messageStart, record.messageEnd);
      messageEnd[count] = used;
      bytes[used++] = lineFeed;
      realtimeUsec[count] = Math.min(nowUsec, this.#clock.toRealtimeUsec(record.sinceBootUsec));
      priority[count] = record.priority;
      sequence[count] = record.sequence;
      count++;
    }
    if (!isNew) return { batch: undefined, next, gapUsec };
    const position = this.#position();
    // Each of its selectors takes all of the kernel's records.
    const selected = new Uint32Array(count * selectorWords(this.#selectors)).fill(0xffffffff);
    const columns = { bytes, lineStart, messageStart, messageEnd, realtimeUsec, priority, sequence, selected };
    return { batch: { source: this.name, count, ...columns, position }, next, gapUsec };
  }

  #position(): SourcePosition {
    const position = { bootId: this.#options.bootId, sequence: (this.#expected ?? 0) - 1 };
    return this.#lastUsec === undefined ? position : { ...position, sinceBootUsec: this.#lastUsec };
  }

  /** What the kernel said between the last run and the end of its boot. How much of it is missing nobody knows. */
  #finishFormerBoot(sink: SourceSink): void {
    const former = this.#formerBoot;
    this.#formerBoot = undefined;
    if (former === undefined) return;
    const { bootId, sequence, sinceBootUsec } = former;
    this.#fill({ bootId, afterUsec: sinceBootUsec, beforeUsec: undefined }, sequence + 1, sink);
  }

  /** From the expected record to the one that was met instead, of which `untilUsec` is the time. */
  #crossGap(untilUsec: number, sink: SourceSink): void {
    const from = this.#expected ?? this.#newest;
    const missing = this.#newest - from;
    const { bootId } = this.#options;
    const filled = this.#lastUsec === undefined ? 0 : this.#fill({ bootId, afterUsec: this.#lastUsec, beforeUsec: untilUsec }, from, sink);
    this.#expected = this.#newest;
    if (missing > filled) this.#reportGap(missing - filled, sink);
  }

  /** How many records the journal had. `first`: the sequence number of the first that is missing. */
  #fill(gap: KernelGap, first: number, sink: SourceSink): number {
    let found = 0;
    try {
      for (const records of this.#options.fillGap?.(gap) ?? []) {
        const batch = gapBatch(records, first + found, this.#selectors);
        found += records.found;
        this.#records += records.found;
        this.#untrusted += records.found - records.own.length;
        // A start from here finds the same gap, less what is delivered.
        const position = { bootId: gap.bootId, sequence: first + found - 1, sinceBootUsec: records.lastUsec };
        sink.onBatch({ ...batch, source: this.name, position });
      }
    } catch (error) {
      sink.onLoss({
        count: undefined,
        reason: `records that the ring buffer no longer holds cannot be read from the journal: ${messageOf(error)}`,
      });
    }
    return found;
  }

  /** A position beyond what the ring ends with is no position of this ring; waiting for it would be deafness. */
  #distrustFuture(sink: SourceSink): void {
    if (this.#expected === undefined || this.#expected <= this.#newest + 1) return;
    this.#expected = this.#newest + 1;
    sink.onLoss({ count: undefined, reason: 'the position to go on from lies beyond the end of the kernel log; going on at its end' });
  }

  #reportGap(count: number, sink: SourceSink): void {
    this.#lost += count;
    sink.onLoss({ count, reason: "overwritten in the kernel's ring buffer before they could be read" });
  }
}
