// Where `ringjail regex` takes its lines from: a file, the command line itself, the kernel's ring buffer, or a journal, each read once to
// its end.
import { RingjailError } from '../core/errors.ts';
import { createKernelSource } from '../daemon/source-registry.ts';
import { LineFile } from '../source/line-file.ts';
import { blockOf, type LineBlock } from './line-block.ts';
import { isJournal, openJournalLines } from './regex-journal.ts';

export interface RegexLines {
  /** For the head of the summary. */
  readonly description: readonly (readonly [string, string])[];
  /** How much is read of how much, in a unit of its own; undefined where that is not known, or soon over. */
  readonly progress: () => { readonly done: number; readonly total: number } | undefined;
  /** What to tell at the end about lines that were not seen as they are. */
  readonly remarks: () => readonly string[];
  blocks(): AsyncIterable<LineBlock>;
}

/** Shorter files need no bar. */
const leastBytesForBar = 16 * 1024 * 1024;

/** `journalmatch`: which entries of a journal; nothing for other sources. */
export async function openLines(source: string, journalmatch: readonly string[]): Promise<RegexLines> {
  if (isJournal(source)) return openJournalLines(source, journalmatch);
  if (source === 'kernel') return kernelLines();
  const file = await LineFile.open(source);
  if (file !== undefined) return fileLines(file);
  // A line of a log has white space in it, and a path that people give has none.
  if (/^\S*\/\S*$|^\S+\.log$/.test(source)) {
    throw new RingjailError('usage', `${source}: no such file; a log line is given in quotes, with its date`);
  }
  return {
    description: [['single line', source]],
    progress: () => undefined,
    remarks: () => [],
    blocks: async function* () {
      yield { bytes: Buffer.from(`${source}\n`), timesSec: undefined };
    },
  };
}

function fileLines(file: LineFile): RegexLines {
  return {
    description: [['log file', file.path]],
    progress: () =>
      file.sizeBytes === undefined || file.sizeBytes < leastBytesForBar ? undefined : { done: file.bytesRead, total: file.sizeBytes },
    remarks: () => (file.cutLines === 0 ? [] : [`${file.cutLines} lines were longer than 1 MiB; the rest of them was not seen`]),
    blocks: async function* () {
      for await (const bytes of file.blocks()) yield { bytes, timesSec: undefined };
    },
  };
}

function kernelLines(): RegexLines {
  const remarks: string[] = [];
  return {
    description: [['kernel log', '/dev/kmsg']],
    progress: () => undefined,
    remarks: () => remarks,
    blocks: async function* () {
      const blocks: LineBlock[] = [];
      const end = new AbortController();
      const source = createKernelSource(undefined);
      await source.run(end.signal, {
        onBatch: (batch) => blocks.push(blockOf(batch)),
        onLoss: ({ count, reason }) => remarks.push(`${count ?? 'some'} records were ${reason}`),
        onCaughtUp: () => end.abort(),
      });
      yield* blocks;
    },
  };
}
