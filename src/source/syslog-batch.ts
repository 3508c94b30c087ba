// From syslog messages as they were received to a record batch, without a copy: lines are composed in the buffer that was received into.
import type { RecordBatch } from '../record/record-batch.ts';
import { composeSyslogLine } from '../record/syslog-line.ts';
import { emptySyslogRecord, parseSyslogRecord } from '../record/syslog-record.ts';
import type { SyslogSelection } from './syslog-selection.ts';

/** Message i is bytes[starts[i], ends[i]), with roomBeforeMessage bytes before it and one after that belong to nobody. */
export interface RawMessages {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly senderIds: Uint32Array;
  /** Addresses; '' for a sender that has none: a process of this machine. */
  readonly senders: readonly string[];
}

/** The host of what a process of this machine sends without one. */
const thisHost = 'localhost';

/** A batch of all messages; `raw.bytes` becomes the batch's. Record i has the number `firstSequence` + i. */
export function toSyslogBatch(raw: RawMessages, selection: SyslogSelection, nowUsec: number, firstSequence: number): RecordBatch {
  const { bytes, starts, ends, senderIds, senders } = raw;
  const count = starts.length;
  const lineStart = new Uint32Array(count);
  const messageStart = new Uint32Array(count);
  const messageEnd = new Uint32Array(count);
  const priority = new Uint16Array(count);
  const sequence = new Float64Array(count);
  const selected = new Uint32Array(count * selection.words);
  const record = emptySyslogRecord();
  for (let index = 0; index < count; index++) {
    parseSyslogRecord(bytes, starts[index] ?? 0, ends[index] ?? 0, record);
    selection.mark(bytes, record, selected, index * selection.words);
    lineStart[index] = composeSyslogLine(bytes, record, senders[senderIds[index] ?? 0] || thisHost);
    messageStart[index] = record.messageStart;
    messageEnd[index] = record.messageEnd;
    priority[index] = record.priority;
    sequence[index] = firstSequence + index;
  }
  const realtimeUsec = new Float64Array(count).fill(nowUsec);
  // Nothing to resume: what was sent while nobody listened is gone.
  return { source: 'syslog', count, bytes, lineStart, messageStart, messageEnd, realtimeUsec, priority, sequence, selected, position: {} };
}
