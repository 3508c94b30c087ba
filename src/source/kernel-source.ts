// The kernel's ring buffer by /dev/kmsg: every record once, from where the last run ended, with the losses counted.
import type { KernelLogReader, RawKernelRecords } from '../binding/addon.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';
import { KernelLine } from '../record/kernel-line.ts';
import { emptyKmsgRecord, parseKmsgRecord } from '../record/kmsg-record.ts';
import { facilityOf, type RecordBatch, type SourcePosition, selectorWords } from '../record/record-batch.ts';
import type { RecordSelector } from '../record/record-selector.ts';
import { KernelClock } from './kernel-clock.ts';
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
}

export class KernelSource implements Source {
  readonly name = 'kernel';
  readonly #options: KernelSourceOptions;
  readonly #clock: KernelClock;
  readonly #line: KernelLine;
  #selectors = 0;
  /** The sequence number that comes next; undefined before the first record of a first start. */
  #expected: number | undefined;
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
    if (position !== undefined) this.#expected = position['bootId'] === options.bootId ? Number(position['sequence']) + 1 : 0;
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
    const batch = this.#parse(raw, sink);
    if (batch !== undefined) sink.onBatch(batch);
  }

  /** Undefined where nothing new was read. A batch with no trusted record is delivered too: it carries the position. */
  #parse(raw: RawKernelRecords, sink: SourceSink): RecordBatch | undefined {
    const size = raw.ends.length;
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
    let start = 0;
    let isNew = false;
    for (const end of raw.ends) {
      const isParsed = parseKmsgRecord(raw.bytes, start, end, record);
      start = end;
      if (!isParsed) {
        this.#malformed++;
        continue;
      }
      this.#newest = record.sequence;
      const expected = this.#expected ?? record.sequence;
      if (record.sequence < expected) continue; // read by the run before
      if (record.sequence > expected) this.#reportGap(record.sequence - expected, sink);
      this.#expected = record.sequence + 1;
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
    if (!isNew) return undefined;
    const position = { bootId: this.#options.bootId, sequence: (this.#expected ?? 0) - 1 };
    // Each of its selectors takes all of the kernel's records.
    const selected = new Uint32Array(count * selectorWords(this.#selectors)).fill(0xffffffff);
    return { source: this.name, count, bytes, lineStart, messageStart, messageEnd, realtimeUsec, priority, sequence, selected, position };
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
