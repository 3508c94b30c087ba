// `ringjail regex systemd-journal[journalpath=..., ...] FILTER`: the entries of a journal as lines, with their own times.
import { resolve } from 'node:path';
import { openJournal } from '../binding/addon.ts';
import { parseDefinition } from '../config/action-list.ts';
import { readJournalPlace } from '../config/journal-place.ts';
import { parseJournalmatch } from '../config/journalmatch.ts';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';
import type { JournalPlace, JournalSelector } from '../record/record-selector.ts';
import { JournalReading } from '../source/journal-reading.ts';
import { blockOf } from './line-block.ts';
import type { RegexLines } from './regex-lines.ts';

const journalFile = /\.journal~?$/;

/** `systemd-journal`, with options or without, or the path of a journal's file. */
export const isJournal = (source: string): boolean => /^systemd-journal(?:\[.*\])?$/s.test(source) || journalFile.test(source);

/** `journalmatch`: lines, all of them alternatives. Throws a RingjailError that says what is wrong with them, or with the journal. */
export function openJournalLines(source: string, journalmatch: readonly string[]): RegexLines {
  const place = journalFile.test(source) ? { files: [resolve(source)] } : parsePlace(source);
  const reading = new JournalReading({ open: openJournal, place, matches: journalmatch.flatMap(parseMatch) });
  const remarks: string[] = [];
  let firstUsec: number | undefined;
  let latestUsec = 0;
  let entries = 0;
  return {
    description: [
      ['systemd journal', Object.values(place).flat().join(' ') || "this machine's own"],
      ['journal match', journalmatch.length === 0 ? 'none: every entry is read' : journalmatch.join(' + ')],
    ],
    // The time that the entries span: how many there are is nowhere written.
    progress: () => (firstUsec === undefined ? undefined : { done: latestUsec - firstUsec, total: (reading.lastUsec ?? 0) - firstUsec }),
    remarks: () => remarks,
    blocks: async function* () {
      try {
        for (const piece of reading.pieces()) {
          for (const { count, reason } of piece.losses) remarks.push(`${count ?? 'some'} entries were ${reason}`);
          firstUsec ??= piece.realtimeUsec[0];
          if (piece.read > 0) latestUsec = piece.lastUsec;
          entries += piece.count;
          if (piece.count > 0) yield blockOf(piece);
        }
        if (entries === 0) remarks.push(`no entry of the journal ${journalmatch.length === 0 ? 'is there' : 'matches; -m takes others'}`);
      } catch (error) {
        // A file that is taken away under its reader; what was read of it is told.
        if (systemCodeOf(error) === undefined) throw error;
        remarks.push(`the journal could not be read to its end: ${messageOf(error)}`);
      }
    },
  };
}

function parsePlace(source: string): JournalPlace {
  const named = parseDefinition(source);
  if (!named.ok) throw new RingjailError('usage', `${source}: ${named.error.message}`);
  const isOfPaths = (key: string) => key === 'journalpath' || key === 'journalfiles';
  const options = Array.from(named.value.options, ([key, text]) => [key, isOfPaths(key) ? absolute(text) : text] as const);
  return readJournalPlace(new Map(options), (key, text, expected) => {
    throw new RingjailError('usage', `systemd-journal[${key}=${text}]: expected ${expected}`);
  });
}

/** On the command line paths begin where one is. */
const absolute = (paths: string): string =>
  paths
    .split(/[\s,]+/)
    .filter((path) => path !== '')
    .map((path) => resolve(path))
    .join(' ');

function parseMatch(line: string): JournalSelector['matches'] {
  const parsed = parseJournalmatch(line);
  if (!parsed.ok) throw new RingjailError('usage', `journalmatch: ${parsed.error}`);
  return parsed.value;
}
