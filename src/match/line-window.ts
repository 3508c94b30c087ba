// The last lines of a log, for expressions that span several (`maxlines` in jail.conf(5)). Lines that were part of a match leave the
// window; those that it skipped (<SKIPLINES>) stay, and so do those around it.
import { createRecordSieve, type RecordSieve } from '../binding/addon.ts';
import { groupMeaning } from './failregex-group.ts';
import { type Found, groupRange } from './line-groups.ts';
import { type LineBytes, type Subject, textOfLine } from './line-subject.ts';

interface WindowLine {
  /** What the expressions see, with "\n" at its end. */
  readonly seen: Buffer;
  readonly line: LineBytes;
  /** One of the literals stands in it. */
  readonly isHopeful: boolean;
}

const first = Uint32Array.of(1);

export class LineWindow {
  readonly #maxlines: number;
  readonly #sieve: RecordSieve;
  readonly #start = new Uint32Array(1);
  readonly #end = new Uint32Array(1);
  #lines: WindowLine[] = [];

  /** `literals`: of which the window must hold one for anything to be found in it; none where nothing is known (PatternSet.literals). */
  constructor(maxlines: number, literals: readonly string[]) {
    this.#maxlines = maxlines;
    // What stands on both sides of the end of a line stands in no line whole.
    this.#sieve = createRecordSieve([literals.map((text) => longestOf(text.split('\n')))]);
  }

  /** Takes copies of the line and of what is seen of it; gives the whole window as one text, if something can be found in it. */
  add({ bytes, start, end }: LineBytes, seen: Subject): Subject | undefined {
    const copy = Buffer.from(seen.bytes.subarray(seen.start, seen.end));
    const isWhole = seen.bytes === bytes && seen.start === start;
    const line = { bytes: isWhole ? copy : Buffer.from(bytes.subarray(start, end)), start: 0, end: end - start };
    this.#lines.push({ seen: copy, line, isHopeful: this.#isHopeful(seen) });
    if (this.#lines.length > this.#maxlines) this.#lines.shift();
    return this.#lines.some(({ isHopeful }) => isHopeful) ? join(this.#lines) : undefined;
  }

  #isHopeful({ bytes, start, end }: Subject): boolean {
    this.#start[0] = start;
    this.#end[0] = end;
    return this.#sieve.sift(bytes, this.#start, this.#end, 1, first)[0] === 1;
  }

  /** Removes the lines that a match in the window's text touched, and returns them. */
  take(found: Found): { readonly seen: Subject; readonly texts: readonly string[] } {
    const names = [...found.set.groupNames(found.hit.index).keys()];
    const skipped = names.filter((name) => groupMeaning(name).role === 'skipped').map((name) => groupRange(found, name));
    const [from = 0, to = 0] = found.hit.offsets;
    const taken: WindowLine[] = [];
    let start = 0;
    this.#lines = this.#lines.filter((entry) => {
      const end = start + entry.seen.length;
      // An empty match touches the line that it stands in.
      const isTouched = start < Math.max(to, from + 1) && end > from;
      const isSkipped = skipped.some((range) => range !== undefined && range[0] <= start && end <= range[1]);
      start = end;
      if (isTouched && !isSkipped) taken.push(entry);
      return !isTouched || isSkipped;
    });
    return { seen: join(taken), texts: taken.map(({ line }) => textOfLine(line)) };
  }
}

const longestOf = (texts: readonly string[]): string =>
  texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '');

function join(lines: readonly WindowLine[]): Subject {
  const bytes = Buffer.concat(lines.map(({ seen }) => seen));
  return { bytes, start: 0, end: bytes.length };
}
