import type { RecordBatch } from '../../src/record/record-batch.ts';

interface BatchOptions {
  readonly source?: string;
  readonly priority?: number;
  /** What stands before each message in its line. */
  readonly prefix?: string;
}

/** A batch of these messages, with other bytes before each line, that every selector takes. */
export function batchOf(messages: readonly string[], { source = 'kernel', priority = 4, prefix = '' }: BatchOptions = {}): RecordBatch {
  const size = messages.length;
  const columns = { lineStart: new Uint32Array(size), messageStart: new Uint32Array(size), messageEnd: new Uint32Array(size) };
  const parts: Buffer[] = [];
  let used = 0;
  const add = (text: string) => {
    const part = Buffer.from(text, 'latin1');
    parts.push(part);
    used += part.length;
  };
  for (const [index, message] of messages.entries()) {
    add(';');
    columns.lineStart[index] = used;
    add(prefix);
    columns.messageStart[index] = used;
    add(message);
    columns.messageEnd[index] = used;
    add('\n');
  }
  return {
    source,
    count: size,
    bytes: Buffer.concat(parts),
    ...columns,
    realtimeUsec: Float64Array.from(messages, (_, index) => 1_000_000 + index),
    priority: new Uint16Array(size).fill(priority),
    sequence: Float64Array.from(messages, (_, index) => 100 + index),
    selected: new Uint32Array(Math.max(1, size)).fill(0xffffffff),
    position: {},
  };
}

/** The indices of all its records. */
export const allOf = ({ count }: RecordBatch): Uint32Array => Uint32Array.from({ length: count }, (_, index) => index);
