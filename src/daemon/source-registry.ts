// The sources there are, by the selector that asks for them.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { openKernelLog } from '../binding/addon.ts';
import { systemClock } from '../core/clock.ts';
import type { SourcePosition } from '../record/record-batch.ts';
import type { RecordSelector } from '../record/record-selector.ts';
import { KernelSource } from '../source/kernel-source.ts';
import type { Source } from '../source/source.ts';

export function createSource(_name: string, selector: RecordSelector, position: SourcePosition | undefined): Source {
  switch (selector.source) {
    case 'kernel':
      return createKernelSource(position);
    default:
      throw new Error(`no source for ${selector.source}`);
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
  });
}
