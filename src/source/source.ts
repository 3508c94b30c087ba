// The contract of a place log records come from.
import type { RecordBatch } from '../record/record-batch.ts';

export interface Loss {
  /** Records lost, where the source knows it. */
  readonly count: number | undefined;
  /** What happened, for people: "overwritten in the kernel's ring buffer before they could be read". */
  readonly reason: string;
}

export interface SourceSink {
  onBatch(batch: RecordBatch): void;
  onLoss(loss: Loss): void;
  /** Once, when everything that waited at the start has been delivered. */
  onCaughtUp(): void;
}

/**
 *  1. `run` delivers batches in order until `signal` aborts, then resolves; it rejects on failure and never retries by itself:
 *     the daemon starts it again, with back-off.
 *  2. Every loss is reported through `onLoss`, with the number of records where the source knows it.
 *  3. `position` in a batch resumes after its last record.
 */
export interface Source {
  readonly name: string;
  run(signal: AbortSignal, sink: SourceSink): Promise<void>;
  /** Plain data for `status`. */
  describe(): Readonly<Record<string, string | number>>;
}
