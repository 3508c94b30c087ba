// Whom a source's records go to: the selectors that the source is given, and of each record's takers those whom it could concern.
import { createRecordSieve, type RecordSieve } from '../binding/addon.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import { type RecordSelector, sourceNameOf } from '../record/record-selector.ts';

/** Whoever is to have records: a jail, or what remembers logins. */
export interface RecordTaker {
  /** Without any it gets nothing. */
  readonly selectors: readonly RecordSelector[];
  /** A record only concerns it if it holds one of these, in lower case; none: any record may. */
  readonly literals: readonly string[];
  /** Whether the daemon can do its work without the source. */
  readonly isOptional?: boolean;
}

/** Of one source. */
export interface Route<Taker> {
  /** In the order of the bits in a batch's `selected`. */
  readonly selectors: readonly RecordSelector[];
  /** As many, of each selector's taker. */
  readonly takers: readonly Taker[];
  /** Whether all takers can do without it. */
  readonly isOptional: boolean;
  readonly sieve: RecordSieve;
}

export class Routes<Taker extends RecordTaker> {
  readonly #bySource: ReadonlyMap<string, Route<Taker>>;

  /** In the order in which they are to have the records of a batch. */
  constructor(takers: readonly Taker[]) {
    const pairs = takers.flatMap((taker) => taker.selectors.map((selector) => ({ selector, taker })));
    // Those that are needed first: so they are started and shown.
    const needed = [...pairs.filter(({ taker }) => taker.isOptional !== true), ...pairs];
    const names = new Set(needed.map(({ selector }) => sourceNameOf(selector)));
    this.#bySource = new Map(
      Array.from(names, (name) => {
        const own = pairs.filter(({ selector }) => sourceNameOf(selector) === name);
        const sieve = createRecordSieve(own.map(({ taker }) => taker.literals));
        const isOptional = own.every(({ taker }) => taker.isOptional === true);
        return [name, { selectors: own.map(({ selector }) => selector), takers: own.map(({ taker }) => taker), isOptional, sieve }];
      }),
    );
  }

  /** How many a source has; 0 where nobody wants its records. */
  selectorsOf(source: string): number {
    return this.#bySource.get(source)?.selectors.length ?? 0;
  }

  /** The sources that are needed, by name. */
  entries(): Iterable<readonly [string, Route<Taker>]> {
    return this.#bySource;
  }

  /** Each taker with the records that it is to look at. */
  *offer(batch: RecordBatch): Generator<readonly [Taker, Uint32Array]> {
    const route = this.#bySource.get(batch.source);
    if (route === undefined) return;
    const { bytes, lineStart, messageEnd, count, selected } = batch;
    const rows = route.sieve.sift(bytes, lineStart, messageEnd, count, selected);
    let at = 0;
    const several = new Map<Taker, Uint32Array[]>();
    for (const taker of route.takers) {
      const size = rows[at++] ?? 0;
      const own = rows.subarray(at, at + size);
      at += size;
      if (taker.selectors.length > 1) several.set(taker, [...(several.get(taker) ?? []), own]);
      else if (size > 0) yield [taker, own];
    }
    for (const [taker, parts] of several) {
      const records = unionOf(parts);
      if (records.length > 0) yield [taker, records];
    }
  }
}

/** A record that meets two selectors of a taker happened once, and stands in order among the others. */
function unionOf(parts: readonly Uint32Array[]): Uint32Array {
  const filled = parts.filter((part) => part.length > 0);
  const [first] = filled;
  if (first === undefined || filled.length === 1) return first ?? new Uint32Array(0);
  return Uint32Array.from(new Set(filled.flatMap((part) => [...part]))).sort();
}
