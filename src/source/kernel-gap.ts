// The kernel's records that its ring buffer no longer holds, from the journal, where journald put them (_TRANSPORT=kernel).
import type { JournalReader, RawJournalRecords } from '../binding/addon.ts';
import { facilityOf, type RecordBatch, selectorWords } from '../record/record-batch.ts';

export interface KernelGap {
  /** As in /proc/sys/kernel/random/boot_id or without its dashes. */
  readonly bootId: string;
  /** The kernel's time of the last record read before the gap; negative: from the boot on. */
  readonly afterUsec: number;
  /** Of the first record after it; undefined: to the end of that boot. */
  readonly beforeUsec: number | undefined;
}

/** Some of a gap's records, in order. */
export interface GapRecords {
  readonly raw: RawJournalRecords;
  /** Indexes into `raw` of the records that are the kernel's own and lie in the gap. */
  readonly own: readonly number[];
  /** Records of the gap in `raw`, also those that user space wrote or that tell of a device: each has a sequence number. */
  readonly found: number;
  /** The kernel's time of the last of them. */
  readonly lastUsec: number;
}

export type OpenJournal = () => JournalReader;

const recordsPerBatch = 1024;
const bytesPerBatch = 1 << 20;

// The kernel's clock is not slewed as CLOCK_MONOTONIC is, at most by 500 millionths (adjtimex(2)); journald may have been late or early by
// what two processors' clocks differ.
const slewLimit = 0.0005;
const marginUsec = 60_000_000;

/** Reads synchronously, batch by batch; the reader is closed at the end. Throws as opening and reading do. */
export function* readKernelGap(open: OpenJournal, gap: KernelGap): Generator<GapRecords> {
  const bootId = gap.bootId.replaceAll('-', '');
  const reader = open();
  try {
    reader.select([{ matches: [['_TRANSPORT=kernel', `_BOOT_ID=${bootId}`]], isSystemOnly: false }]);
    reader.seekMonotonic(bootId, Math.max(0, gap.afterUsec * (1 - slewLimit) - marginUsec));
    for (;;) {
      const raw = reader.read(recordsPerBatch, bytesPerBatch);
      const records = recordsOf(raw, gap);
      if (records.found > 0) yield records;
      if (raw.isAtEnd || isPast(raw, gap)) return;
    }
  } finally {
    reader.close();
  }
}

function recordsOf(raw: RawJournalRecords, { afterUsec, beforeUsec = Number.POSITIVE_INFINITY }: KernelGap): GapRecords {
  const own: number[] = [];
  let found = 0;
  let lastUsec = afterUsec;
  for (let index = 0; index < raw.count; index++) {
    const usec = raw.sinceBootUsec[index] ?? Number.NaN;
    // Also false where there is no time.
    if (!(usec > afterUsec && usec < beforeUsec)) continue;
    found++;
    lastUsec = Math.max(lastUsec, usec);
    if (facilityOf(raw.priority[index] ?? 8) === 0 && raw.isOfDevice[index] === 0) own.push(index);
  }
  return { raw, own, found, lastUsec };
}

/** Records of several processors may be out of order, but not by the margin. */
function isPast(raw: RawJournalRecords, { beforeUsec }: KernelGap): boolean {
  const last = raw.sinceBootUsec[raw.count - 1];
  return beforeUsec !== undefined && last !== undefined && last > beforeUsec + marginUsec;
}

/** The kernel's own records among them, as the kernel source delivers them to its selectors. `first`: the first missing sequence number. */
export function gapBatch({ raw, own }: GapRecords, first: number, selectors: number): Omit<RecordBatch, 'source' | 'position'> {
  const column = <T extends { readonly [index: number]: number }>(values: T) => own.map((index) => values[index] ?? 0);
  return {
    count: own.length,
    bytes: raw.bytes,
    lineStart: Uint32Array.from(column(raw.lineStart)),
    messageStart: Uint32Array.from(column(raw.messageStart)),
    messageEnd: Uint32Array.from(column(raw.messageEnd)),
    realtimeUsec: Float64Array.from(column(raw.realtimeUsec)),
    priority: Uint16Array.from(column(raw.priority)),
    sequence: Float64Array.from(own, (_, index) => first + index),
    selected: new Uint32Array(own.length * selectorWords(selectors)).fill(0xffffffff),
  };
}
