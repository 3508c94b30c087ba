// A piece of a log on its way to a filter, and how records become one.
import type { RecordBatch } from '../record/record-batch.ts';

/** Lines, each ended by "\n"; they hold until the next block is asked for. */
export interface LineBlock {
  readonly bytes: Buffer;
  /** Of each line, where the source knows it: seconds since 1970. */
  readonly timesSec: readonly number[] | undefined;
}

type Records = Pick<RecordBatch, 'bytes' | 'count' | 'lineStart' | 'messageEnd' | 'realtimeUsec'>;

const lineFeed = 0x0a;
const space = 0x20;

export function blockOf({ bytes, count, lineStart, messageEnd, realtimeUsec }: Records): LineBlock {
  const lines: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    // A line feed in a message must not make two lines of it.
    const line = Buffer.from(bytes.subarray(lineStart[index], messageEnd[index])).map((byte) => (byte === lineFeed ? space : byte));
    lines.push(Buffer.from(line), Buffer.from('\n'));
  }
  return { bytes: Buffer.concat(lines), timesSec: Array.from(realtimeUsec.subarray(0, count), (usec) => usec / 1e6) };
}
