// The contract of a filter: which records of a batch are failures, and whose.
import type { BanTarget } from '../core/ban-target.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import type { Failure, NamedFailure } from './failure.ts';
import type { SessionCache } from './session-cache.ts';

export interface FailureSink {
  onFailure(failure: Failure): void;
  /** The record names a host instead of an address. */
  onNamedFailure(failure: NamedFailure): void;
  /** What the record tells of who failed can be nobody: too long, or with control characters in it. */
  onNobody?(): void;
  /** The record tells that a login of this address succeeded. */
  onSuccess?(address: BanTarget): void;
}

/** An expression whose matches took too many steps since it was asked last; each counted as "no match". */
export interface GivenUp {
  /** "failregex 3" */
  readonly expression: string;
  readonly count: number;
}

export interface Filter {
  readonly name: string;
  /** A record can only be a failure if it holds one of these, in lower case; none: any record can. */
  readonly literals: readonly string[];
  /** Tells of each failure among these records of the batch, in order. Never throws, whatever the records hold. */
  match(batch: RecordBatch, records: Uint32Array, sink: FailureSink): void;
  /** Since the last call. */
  takeGivenUp(): readonly GivenUp[];
  /** What it knows of the sessions in the log, by a name that says which expressions told; none where they know no sessions. */
  readonly sessions?: ReadonlyMap<string, SessionCache>;
  /** Goes on with the sessions of a filter that has the same names for them. */
  takeOver?(former: Filter): void;
}
