// Expressions in PCRE2's syntax (pcre2pattern(3)), compiled once and looked for in the bytes of records: the face of native/pattern_set.h.
import { createNativePatternSet, type NativePatternSet, toValidUtf8 } from './addon.ts';

export { toValidUtf8 };

export interface Expression {
  readonly source: string;
  /** `^` and `$` at every line, as Python's re.MULTILINE. */
  readonly isMultiline?: boolean;
  readonly isCaseless?: boolean;
}

export interface Hit {
  /** Of the expression in the set. */
  readonly index: number;
  /**
   * Start and end of group i at 2i and 2i + 1, in bytes of what was searched; -1 where the group took no part. Group 0 is the match.
   * They hold until the next search in the same set.
   */
  readonly offsets: Int32Array;
}

/** Why an expression does not compile. `offset` is an index into its source as a string has them. */
export interface PatternFailure {
  readonly index: number;
  readonly offset: number;
  readonly message: string;
}

/** The first expression that does not compile; `failures` has all of them. */
export class PatternError extends Error implements PatternFailure {
  readonly index: number;
  readonly offset: number;
  readonly failures: readonly PatternFailure[];

  constructor(first: PatternFailure, failures: readonly PatternFailure[]) {
    super(first.message);
    this.name = 'PatternError';
    this.index = first.index;
    this.offset = first.offset;
    this.failures = failures;
  }
}

/**
 * Expressions that are looked for together. Synchronous; one set serves one thread.
 *  1. What is searched must be valid UTF-8 (toValidUtf8); this is checked, and is cheap. Where it is not, `search` finds nothing and
 *     `searchBatch` says so in the record's row.
 *  2. A match that takes too many steps is given up: it counts in `limitsReached` and means "no match".
 *  3. A range outside of `bytes` throws a RangeError.
 */
export interface PatternSet {
  readonly size: number;
  /** Name to number of the group. */
  groupNames(index: number): ReadonlyMap<string, number>;
  /** The first of the expressions [from, to), of all where these are not given, that is found in bytes[start, end). */
  search(bytes: Uint8Array, start: number, end: number, from?: number, to?: number): Hit | undefined;
  /**
   * The first expression found in bytes[starts[i], ends[i]) for each record i < count that one is found in, as rows:
   * record, expression, number of groups (the match included), then start and end of each as in Hit. A record that is not valid UTF-8
   * has the row: record, -1, 0.
   */
  searchBatch(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): Int32Array;
  /** Texts of which a record must contain one to be offered to the expression, in lower case; empty: it is offered any. */
  literals(index: number): readonly string[];
  /** By expression, how many matches were given up. */
  limitsReached(): readonly number[];
}

/** For tests and measurements: both are true where they are not named. */
export interface PatternSetOptions {
  readonly usesPrefilter?: boolean;
  readonly usesJit?: boolean;
}

/** Throws a PatternError where an expression does not compile. */
export function compilePatterns(expressions: readonly Expression[], options: PatternSetOptions = {}): PatternSet {
  const flags = Uint32Array.from(expressions, ({ isMultiline, isCaseless }) => (isMultiline ? 1 : 0) + (isCaseless ? 2 : 0));
  const sources = expressions.map(({ source }) => source);
  try {
    return new CompiledPatternSet(createNativePatternSet(sources, flags, options.usesPrefilter ?? true, options.usesJit ?? true));
  } catch (error) {
    const failures = failuresOf(error, sources);
    const first = failures[0];
    throw first === undefined ? error : new PatternError(first, failures);
  }
}

class CompiledPatternSet implements PatternSet {
  readonly size: number;
  readonly #native: NativePatternSet;
  readonly #groupCounts: readonly number[];
  readonly #groupNames: (ReadonlyMap<string, number> | undefined)[] = [];
  readonly #offsets: Int32Array;
  /** Views of `#offsets`, by how many groups an expression has: making one costs as much as many a match. */
  readonly #views: Int32Array[] = [];

  constructor(native: NativePatternSet) {
    this.#native = native;
    this.#groupCounts = native.groupCounts();
    this.size = this.#groupCounts.length;
    this.#offsets = new Int32Array(2 * this.#groupCounts.reduce((most, count) => Math.max(most, count), 1));
  }

  groupNames(index: number): ReadonlyMap<string, number> {
    let names = this.#groupNames[index];
    if (names === undefined) {
      names = mapOf(this.#native.groupNames(index));
      this.#groupNames[index] = names;
    }
    return names;
  }

  search(bytes: Uint8Array, start: number, end: number, from?: number, to?: number): Hit | undefined {
    const index = this.#native.search(bytes, start, end, from, this.#offsets, to);
    const groupCount = this.#groupCounts[index];
    if (groupCount === undefined) return undefined;
    this.#views[groupCount] ??= this.#offsets.subarray(0, 2 * groupCount);
    return { index, offsets: this.#views[groupCount] };
  }

  searchBatch(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): Int32Array {
    return this.#native.searchBatch(bytes, starts, ends, count);
  }

  literals(index: number): readonly string[] {
    return this.#native.literals(index);
  }

  limitsReached(): readonly number[] {
    return this.#native.limitsReached();
  }
}

function mapOf(pairs: readonly (string | number)[]): ReadonlyMap<string, number> {
  const map = new Map<string, number>();
  for (let i = 0; i + 1 < pairs.length; i += 2) map.set(String(pairs[i]), Number(pairs[i + 1]));
  return map;
}

/** Native code counts bytes of UTF-8. */
function failuresOf(error: unknown, sources: readonly string[]): PatternFailure[] {
  if (!(error instanceof Error && 'failures' in error && Array.isArray(error.failures))) return [];
  return (error.failures as { index: number; byteOffset: number; message: string }[]).map(({ index, byteOffset, message }) => ({
    index,
    message,
    offset: Buffer.from(sources[index] ?? '')
      .subarray(0, byteOffset)
      .toString().length,
  }));
}
