// The sources there are, by the selector that asks for them.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { openDatagramReader, openJournal, openKernelLog } from '../binding/addon.ts';
import type { SyslogConfig } from '../config/syslog-config.ts';
import { systemClock } from '../core/clock.ts';
import type { SourcePosition } from '../record/record-batch.ts';
import type { RecordSelector } from '../record/record-selector.ts';
import { JournalSource } from '../source/journal-source.ts';
import { readKernelGap } from '../source/kernel-gap.ts';
import { KernelSource } from '../source/kernel-source.ts';
import type { Source } from '../source/source.ts';
import { SyslogSource } from '../source/syslog-source.ts';

/** `position`: where an earlier run ended. */
export function createSource(selector: RecordSelector, position: SourcePosition | undefined, syslog: SyslogConfig): Source {
  switch (selector.source) {
    case 'kernel':
      return createKernelSource(position);
    case 'journal':
      return new JournalSource({ open: openJournal, place: selector.place, clock: systemClock, position });
    case 'syslog':
      return new SyslogSource({ ...syslog, open: openDatagramReader, clock: systemClock });
    case 'bans':
      throw new Error('bans are no source of their own: the pipeline makes records of them');
  }
}

export function createKernelSource(position: SourcePosition | undefined): Source {
  return new KernelSource({
    open: openKernelLog,
    path: '/dev/kmsg',
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    clock: systemClock,
    monotonicUsec: () => Number(process.hrtime.bigint() / 1000n),
    position,
    hostname: hostname(),
    fillGap: (gap) => readKernelGap(() => openJournal({}, () => undefined), gap),
  });
}
