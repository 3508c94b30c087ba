// Where `ringjail regex` takes its lines from: a file, the command line itself, or the kernel's ring buffer, each read once to its end.
import { RingjailError } from '../core/errors.ts';
import { createKernelSource } from '../daemon/source-registry.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import { LineFile } from '../source/line-file.ts';

/** Lines, each ended by "\n"; they hold until the next block is asked for. */
export interface LineBlock {
  readonly bytes: Buffer;
  /** Of each line, where the source knows it: seconds since 1970. */
  readonly timesSec: readonly number[] | undefined;
}

export interface RegexLines {
  /** For the head of the summary. */
  readonly description: readonly [string, string];
  /** Of what is to be read, where it is known. */
  readonly sizeBytes: number | undefined;
  readonly bytesRead: () => number;
  /** What to tell at the end about lines that were not seen as they are. */
  readonly remarks: () => readonly string[];
  blocks(): AsyncIterable<LineBlock>;
}

export async function openLines(source: string): Promise<RegexLines> {
  if (/^systemd-journal(?:\[.*\])?$/.test(source)) {
    throw new RingjailError('unavailable', 'the journal is not read in this version; take a file: journalctl -o short-iso -u ssh >ssh.log');
  }
  if (source === 'kernel') return kernelLines();
  const file = await LineFile.open(source);
  if (file !== undefined) return fileLines(file);
  // A line of a log has white space in it, and a path that people give has none.
  if (/^\S*\/\S*$|^\S+\.log$/.test(source)) {
    throw new RingjailError('usage', `${source}: no such file; a log line is given in quotes, with its date`);
  }
  return {
    description: ['single line', source],
    sizeBytes: undefined,
    bytesRead: () => 0,
    remarks: () => [],
    blocks: async function* () {
      yield { bytes: Buffer.from(`${source}\n`), timesSec: undefined };
    },
  };
}

function fileLines(file: LineFile): RegexLines {
  return {
    description: ['log file', file.path],
    sizeBytes: file.sizeBytes,
    bytesRead: () => file.bytesRead,
    remarks: () => (file.cutLines === 0 ? [] : [`${file.cutLines} lines were longer than 1 MiB; the rest of them was not seen`]),
    blocks: async function* () {
      for await (const bytes of file.blocks()) yield { bytes, timesSec: undefined };
    },
  };
}

function kernelLines(): RegexLines {
  const remarks: string[] = [];
  return {
    description: ['kernel log', '/dev/kmsg'],
    sizeBytes: undefined,
    bytesRead: () => 0,
    remarks: () => remarks,
    blocks: async function* () {
      const blocks: LineBlock[] = [];
      const end = new AbortController();
      const source = createKernelSource(undefined);
      await source.run(end.signal, {
        onBatch: (batch) => blocks.push(formatBatch(batch)),
        onLoss: ({ count, reason }) => remarks.push(`${count ?? 'some'} records were ${reason}`),
        onCaughtUp: () => end.abort(),
      });
      yield* blocks;
    },
  };
}

function formatBatch({ bytes, count, lineStart, messageEnd, realtimeUsec }: RecordBatch): LineBlock {
  const lines: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    // A line feed in a message must not make two lines of it.
    const line = Buffer.from(bytes.subarray(lineStart[index], messageEnd[index])).map((byte) => (byte === 0x0a ? 0x20 : byte));
    lines.push(Buffer.from(line), Buffer.from('\n'));
  }
  return { bytes: Buffer.concat(lines), timesSec: Array.from(realtimeUsec.subarray(0, count), (usec) => usec / 1e6) };
}
