// The contract of a filter: which records of a batch are failures, and whose.
import type { RecordBatch } from '../record/record-batch.ts';
import type { Failure } from './failure.ts';

export interface Filter {
  readonly name: string;
  /** Calls `onFailure` for each failure in the batch, in order. Never throws, whatever the records hold. */
  match(batch: RecordBatch, onFailure: (failure: Failure) => void): void;
}
