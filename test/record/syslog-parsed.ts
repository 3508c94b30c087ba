// A syslog message as text, for tests: parsed, and its line composed, in a buffer with room around it that nothing else may touch.
import assert from 'node:assert/strict';
import { composeSyslogLine, roomBeforeMessage } from '../../src/record/syslog-line.ts';
import { emptySyslogRecord, parseSyslogRecord } from '../../src/record/syslog-record.ts';

export interface ParsedSyslog {
  readonly priority: number;
  readonly host: string;
  readonly program: string;
  readonly pid: string;
  readonly message: string;
  readonly line: string;
}

const fence = Buffer.from('\x01\x02<13>1 - f e n c e \x03\x04');

/** Texts are latin1, so that each character is a byte. `sender`: whom it came from. */
export function parseSyslog(text: string | Buffer, sender = '192.0.2.1'): ParsedSyslog {
  const message = Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1');
  const start = fence.length + roomBeforeMessage;
  const end = start + message.length;
  const bytes = Buffer.concat([fence, Buffer.alloc(roomBeforeMessage), message, Buffer.alloc(1), fence]);
  const record = emptySyslogRecord();
  const before = Buffer.from(bytes);
  parseSyslogRecord(bytes, start, end, record);
  assert.deepEqual(bytes, before, 'parsing changes nothing');
  const slice = (from: number, until: number) => {
    assert.ok(start <= from && from <= until && until <= end, `${from} to ${until} is not within ${start} to ${end}`);
    return bytes.toString('latin1', from, until);
  };
  const host = slice(record.hostStart, record.hostEnd);
  const program = slice(record.programStart, record.programEnd);
  const pid = slice(record.pidStart, record.pidEnd);
  slice(record.messageStart, record.messageEnd);
  const lineStart = composeSyslogLine(bytes, record, sender);
  assert.ok(lineStart >= start - roomBeforeMessage && lineStart <= record.messageStart, `line at ${lineStart}, message ${start} to ${end}`);
  assert.equal(bytes[record.messageEnd], 0x0a);
  assert.deepEqual(bytes.subarray(0, fence.length), fence);
  assert.deepEqual(bytes.subarray(end + 1), fence);
  const line = bytes.toString('latin1', lineStart, record.messageEnd);
  assert.ok(!line.includes('\n'), 'a line has no line feed');
  return { priority: record.priority, host, program, pid, message: slice(record.messageStart, record.messageEnd), line };
}
