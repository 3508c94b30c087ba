// The contract of a place log records come from.
import type { RecordBatch, SourcePosition } from '../record/record-batch.ts';
import type { RecordSelector } from '../record/record-selector.ts';

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
 *  4. Between reading a batch and delivering it nothing else runs: `select` never falls in between.
 */
export interface Source {
  readonly name: string;
  /** What is wanted, all of this source's kind; from now on batches say by `selected` which of these a record meets. Before `run`, too. */
  select(selectors: readonly RecordSelector[]): void;
  run(signal: AbortSignal, sink: SourceSink): Promise<void>;
  /** A failure was found among its records: more are likely soon. For a source that is told late of what is new, and may look for itself. */
  expectMore?(): void;
  /**
   * Where it is: after what was delivered, and after what was passed over since, which no batch tells of. For a source whose batches may
   * be long in coming.
   */
  positionNow?(): SourcePosition | undefined;
  /** Plain data for `status`. */
  describe(): Readonly<Record<string, string | number>>;
}
