// A batch of records as columns over one buffer: nothing becomes a JavaScript string before a filter asks for it.

/**
 * Record i's message is bytes[messageStart[i], messageEnd[i]); its line, as fail2ban's filters expect one without its date, is
 * bytes[lineStart[i], messageEnd[i]): `host program[pid]: message`, and of a forwarded file the message alone. bytes[messageEnd[i]] is
 * "\n". All columns hold `count` values; none is changed after the batch is delivered.
 */
export interface RecordBatch {
  /** The source's name, as `status` shows it: "kernel". */
  readonly source: string;
  readonly count: number;
  readonly bytes: Buffer;
  readonly lineStart: Uint32Array;
  readonly messageStart: Uint32Array;
  readonly messageEnd: Uint32Array;
  /** When the record was made or received, by the receiving side: microseconds since 1970. Never a time written in the text. */
  readonly realtimeUsec: Float64Array;
  /** Syslog priority (RFC 5424, 6.2.1): facility * 8 + severity. */
  readonly priority: Uint16Array;
  /** The record's number in its source, for evidence; the kernel's sequence number for the ring buffer. */
  readonly sequence: Float64Array;
  /**
   * Which of the selectors that the source was given last a record meets: bit s % 32 of selected[i * words + floor(s / 32)], where words is
   * selectorWords(number of selectors).
   */
  readonly selected: Uint32Array;
  /** Resumes after the last record of the batch; opaque to all but the source. */
  readonly position: SourcePosition;
}

/** What a source needs to continue where it was; plain data, written to the store as JSON. */
export type SourcePosition = Readonly<Record<string, string | number>>;

export const selectorWords = (selectors: number): number => Math.max(1, Math.ceil(selectors / 32));

export const facilityOf = (priority: number): number => priority >> 3;
