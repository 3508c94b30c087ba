// Which of the selectors a syslog record meets, compared on bytes: facility and program, several hundred thousand times a second.

import { facilityOf, selectorWords } from '../record/record-batch.ts';
import type { RecordSelector, SyslogSelector } from '../record/record-selector.ts';
import type { SyslogRecord } from '../record/syslog-record.ts';

const facilities = 24;

interface ProgramEntry {
  readonly name: Buffer;
  /** The selectors that name it. */
  readonly words: Uint32Array;
}

export class SyslogSelection {
  /** Words a record, as in RecordBatch.selected. */
  readonly words: number;
  /** For each facility, the selectors that take it. */
  readonly #byFacility: readonly Uint32Array[];
  readonly #anyProgram: Uint32Array;
  readonly #programs: readonly ProgramEntry[];

  constructor(selectors: readonly RecordSelector[]) {
    this.words = selectorWords(selectors.length);
    // A selector of another source keeps its bit, and takes nothing.
    const own = (isMeant: (selector: SyslogSelector) => boolean) =>
      this.#bits(selectors.map((selector) => selector.source === 'syslog' && isMeant(selector)));
    this.#byFacility = Array.from({ length: facilities }, (_, facility) =>
      own((selector) => selector.facilities?.includes(facility) ?? true),
    );
    this.#anyProgram = own(({ programs }) => programs === undefined);
    const names = new Set(selectors.flatMap((selector) => (selector.source === 'syslog' ? (selector.programs ?? []) : [])));
    this.#programs = Array.from(names, (name) => ({
      name: Buffer.from(name),
      words: own(({ programs }) => programs?.includes(name) ?? false),
    }));
  }

  /** Sets selected[at, at + words) for a record as it was parsed, its line not yet composed. */
  mark(bytes: Uint8Array, record: SyslogRecord, selected: Uint32Array, at: number): void {
    const byFacility = this.#byFacility[facilityOf(record.priority)] ?? this.#anyProgram;
    const program = this.#findProgram(bytes, record.programStart, record.programEnd);
    for (let word = 0; word < this.words; word++) {
      const byProgram = (this.#anyProgram[word] ?? 0) | (program?.words[word] ?? 0);
      selected[at + word] = (byFacility[word] ?? 0) & byProgram;
    }
  }

  #findProgram(bytes: Uint8Array, start: number, end: number): ProgramEntry | undefined {
    for (const entry of this.#programs) {
      if (entry.name.length === end - start && isAt(bytes, start, entry.name)) return entry;
    }
    return undefined;
  }

  #bits(isSet: readonly boolean[]): Uint32Array {
    const words = new Uint32Array(this.words);
    isSet.forEach((value, index) => {
      if (value) words[index >> 5] = (words[index >> 5] ?? 0) | (1 << (index & 31));
    });
    return words;
  }
}

function isAt(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name[index]) return false;
  return true;
}
