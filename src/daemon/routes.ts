// Which jails a source's records go to: the selectors that the source is given, and of each record's jails those whose filter could match.
import { createRecordSieve, type RecordSieve } from '../binding/addon.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import { type RecordSelector, sourceNameOf } from '../record/record-selector.ts';
import type { RunningJail } from './running-jail.ts';

/** Of one source. */
export interface Route {
  /** In the order of the bits in a batch's `selected`. */
  readonly selectors: readonly RecordSelector[];
  /** As many, of each selector's jail. */
  readonly jails: readonly RunningJail[];
  readonly sieve: RecordSieve;
}

export class Routes {
  readonly #bySource: ReadonlyMap<string, Route>;

  constructor(jails: readonly RunningJail[]) {
    const pairs = jails.flatMap((running) => running.selectors.map((selector) => ({ selector, running })));
    const names = new Set(pairs.map(({ selector }) => sourceNameOf(selector)));
    this.#bySource = new Map(
      Array.from(names, (name) => {
        const own = pairs.filter(({ selector }) => sourceNameOf(selector) === name);
        const sieve = createRecordSieve(own.map(({ running }) => running.filter.literals));
        return [name, { selectors: own.map(({ selector }) => selector), jails: own.map(({ running }) => running), sieve }];
      }),
    );
  }

  /** How many a source has; 0 where no jail wants its records. */
  selectorsOf(source: string): number {
    return this.#bySource.get(source)?.selectors.length ?? 0;
  }

  /** The sources that are needed, by name. */
  entries(): Iterable<readonly [string, Route]> {
    return this.#bySource;
  }

  /** Each jail with the records that it is to look at. */
  *offer(batch: RecordBatch): Generator<readonly [RunningJail, Uint32Array]> {
    const route = this.#bySource.get(batch.source);
    if (route === undefined) return;
    const { bytes, lineStart, messageEnd, count, selected } = batch;
    const rows = route.sieve.sift(bytes, lineStart, messageEnd, count, selected);
    let at = 0;
    const several = new Map<RunningJail, Uint32Array[]>();
    for (const running of route.jails) {
      const size = rows[at++] ?? 0;
      const own = rows.subarray(at, at + size);
      at += size;
      if (running.selectors.length > 1) several.set(running, [...(several.get(running) ?? []), own]);
      else if (size > 0) yield [running, own];
    }
    for (const [running, parts] of several) {
      const records = unionOf(parts);
      if (records.length > 0) yield [running, records];
    }
  }
}

/** A record that meets two selectors of a jail happened once, and stands in order among the others. */
function unionOf(parts: readonly Uint32Array[]): Uint32Array {
  const filled = parts.filter((part) => part.length > 0);
  const [first] = filled;
  if (first === undefined || filled.length === 1) return first ?? new Uint32Array(0);
  return Uint32Array.from(new Set(filled.flatMap((part) => [...part]))).sort();
}
