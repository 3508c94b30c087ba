// The last lines of a log, for expressions that span several (`maxlines` in jail.conf(5)). Lines that were part of a match leave the
// window; those that it skipped (<SKIPLINES>) stay, and so do those around it.
import { groupMeaning } from './failregex-group.ts';
import { type Found, groupRange } from './line-groups.ts';
import { type LineBytes, type Subject, textOfLine } from './line-subject.ts';

interface WindowLine {
  /** What the expressions see, with "\n" at its end. */
  readonly seen: Buffer;
  readonly line: LineBytes;
}

export class LineWindow {
  readonly #maxlines: number;
  #lines: WindowLine[] = [];

  constructor(maxlines: number) {
    this.#maxlines = maxlines;
  }

  /** Takes copies of the line and of what is seen of it; gives the whole window as one text. */
  add({ bytes, start, end }: LineBytes, seen: Subject): Subject {
    const line = { bytes: Buffer.from(bytes.subarray(start, end)), start: 0, end: end - start };
    this.#lines.push({ seen: Buffer.from(seen.bytes.subarray(seen.start, seen.end)), line });
    if (this.#lines.length > this.#maxlines) this.#lines.shift();
    return join(this.#lines);
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

function join(lines: readonly WindowLine[]): Subject {
  const bytes = Buffer.concat(lines.map(({ seen }) => seen));
  return { bytes, start: 0, end: bytes.length };
}
