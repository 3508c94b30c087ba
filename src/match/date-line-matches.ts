// Which templates match a line, asked one by one but searched for together.
import type { DateTemplateSet, Groups } from './date-template-set.ts';

const unknown = -1;

/** A search gives the next template that matches, and so what is known of those before it: a line takes few searches. */
export class LineMatches {
  readonly #set: DateTemplateSet;
  /** By template: the next one from it on that matches, their number for none. */
  readonly #next: Int32Array;
  readonly #groups: (Groups | undefined)[] = [];
  #bytes: Uint8Array = new Uint8Array();
  #start = 0;
  #end = 0;
  #isFresh = true;

  constructor(set: DateTemplateSet) {
    this.#set = set;
    this.#next = new Int32Array(set.templates.length).fill(unknown);
  }

  /** bytes[start, end) is the line from now on; it is valid UTF-8. */
  setLine(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    if (!this.#isFresh) this.#next.fill(unknown);
    this.#isFresh = true;
  }

  /** The groups of the template's first match, undefined where it does not match. */
  of(index: number): Groups | undefined {
    if (this.#next[index] === unknown) {
      const hit = this.#set.search(this.#bytes, this.#start, this.#end, index);
      const next = hit?.index ?? this.#next.length;
      this.#next.fill(next, index, next + 1);
      if (hit !== undefined) this.#groups[next] = hit.offsets;
      this.#isFresh = false;
    }
    return this.#next[index] === index ? this.#groups[index] : undefined;
  }
}
