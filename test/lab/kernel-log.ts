// The end of the real kernel log, so that a test's daemon does not read what earlier tests made the kernel write.
import { readFileSync } from 'node:fs';
import { openKernelLog } from '../../src/binding/addon.ts';
import { emptyKmsgRecord, parseKmsgRecord } from '../../src/record/kmsg-record.ts';

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** The sequence number of the newest record in the ring buffer. */
export function lastSequence(): number {
  const reader = openKernelLog('/dev/kmsg', () => undefined);
  const record = { ...emptyKmsgRecord(), sequence: -1 };
  try {
    for (;;) {
      const { bytes, ends } = reader.read(10_000);
      if (ends.length === 0) return record.sequence;
      parseKmsgRecord(bytes, ends.at(-2) ?? 0, ends.at(-1) ?? 0, record);
    }
  } finally {
    reader.close();
  }
}
