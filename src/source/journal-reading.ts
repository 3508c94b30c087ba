// A journal read once, from its first entry to its last, in pieces of bounded size. (JournalSource reads on from where it was, for ever.)
import type { JournalReader, RawJournalPlace, RawJournalRecords } from '../binding/addon.ts';
import { RingjailError, systemCodeOf } from '../core/errors.ts';
import { type JournalPlace, type JournalSelector, sourceNameOf } from '../record/record-selector.ts';
import { unreadablePart } from './journal-directory.ts';
import { journalOpenError, journalPermissionError } from './journal-error.ts';

const recordsAtOnce = 4096;
const bytesAtOnce = 1 << 20;

export interface JournalReadingOptions {
  readonly open: (place: RawJournalPlace, onReadable: () => void) => JournalReader;
  readonly place: JournalPlace;
  /** Any of these; none: every entry. */
  readonly matches: JournalSelector['matches'];
}

export class JournalReading {
  /** Of the latest entry that is selected, when it was opened; undefined where there is none. */
  readonly lastUsec: number | undefined;
  readonly #reader: JournalReader;

  /** Throws a RingjailError where there is no such journal, or it may not be read. */
  constructor({ open, place, matches }: JournalReadingOptions) {
    const name = sourceNameOf({ source: 'journal', place, matches, isSystemOnly: false });
    const forbidden = unreadablePart(place);
    if (forbidden !== undefined) throw journalPermissionError(forbidden);
    try {
      this.#reader = open(place, () => undefined);
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') throw new RingjailError('usage', `${name}: there is no journal there`, error);
      throw journalOpenError(name, error);
    }
    this.#reader.select([{ matches, isSystemOnly: false }]);
    this.lastUsec = this.#reader.seekTail()?.realtimeUsec;
    this.#reader.seekHead();
  }

  /** Each holds until the next is asked for. What is added to the journal meanwhile is not waited for. */
  *pieces(): Generator<RawJournalRecords> {
    try {
      for (;;) {
        const raw = this.#reader.read(recordsAtOnce, bytesAtOnce);
        yield raw;
        if (raw.isAtEnd || (this.lastUsec !== undefined && raw.lastUsec > this.lastUsec)) return;
      }
    } finally {
      this.#reader.close();
    }
  }
}
