// A batch of records as columns over one buffer: nothing becomes a JavaScript string before a filter asks for it.

/** Record i is bytes[messageStart[i], messageEnd[i]). All columns hold `count` values; none is changed after the batch is delivered. */
export interface RecordBatch {
  /** The source's name, as `status` shows it: "kernel". */
  readonly source: string;
  readonly count: number;
  readonly bytes: Buffer;
  readonly messageStart: Uint32Array;
  readonly messageEnd: Uint32Array;
  /** When the record was made or received, by the receiving side: microseconds since 1970. Never a time written in the text. */
  readonly realtimeUsec: Float64Array;
  /** Syslog priority (RFC 5424, 6.2.1): facility * 8 + severity. */
  readonly priority: Uint16Array;
  /** The record's number in its source, for evidence; the kernel's sequence number for the ring buffer. */
  readonly sequence: Float64Array;
  /** Resumes after the last record of the batch; opaque to all but the source. */
  readonly position: SourcePosition;
}

/** What a source needs to continue where it was; plain data, written to the state as JSON. */
export type SourcePosition = Readonly<Record<string, string | number>>;

export const facilityOf = (priority: number): number => priority >> 3;
