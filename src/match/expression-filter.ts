// A filter of filter.d at work on record batches: expressions, sessions and windows, by LineFilter.
import type { PatternSet } from '../binding/pattern-set.ts';
import { type BanTarget, parseLoggedTarget } from '../core/ban-target.ts';
import { maxEvidenceCharacters, maxFieldCharacters } from '../core/evidence.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import type { FailureSink, Filter, GivenUp } from './filter.ts';

import { type CompiledExpressions, requiredLiterals } from './line-expressions.ts';
import type { FoundFailure, LineFilter } from './line-filter.ts';
import { textOf } from './line-groups.ts';
import type { LineIdentity } from './line-identity.ts';
import type { SessionCache } from './session-cache.ts';

export interface ExpressionFilterOptions {
  readonly name: string;
  readonly lineFilter: LineFilter;
  readonly compiled: CompiledExpressions;
  /** Whether lines carry a date of their own, which the expressions must not see: those of forwarded files. Time is the record's all the same. */
  readonly hasDates: boolean;
  /** What tells of logins that succeeded, beside <F-MLFGAINED> (successregex). */
  readonly successes?: Pick<ExpressionFilterOptions, 'lineFilter' | 'compiled'> | undefined;
}

export function createExpressionFilter({ name, lineFilter, compiled, hasDates, successes }: ExpressionFilterOptions): Filter {
  const literals = literalsOf(compiled, hasDates);
  // Where a line is searched as it is, all lines of a batch are in one call, and only those with a failregex in them are looked at closer.
  const isPlain = compiled.prefregex === undefined && compiled.maxlines === 1 && !hasDates;
  if (successes === undefined) return new ExpressionFilter(name, lineFilter, hasDates, literals, isPlain ? compiled.failregex : undefined);
  const others = literalsOf(successes.compiled, hasDates);
  const all = literals.length > 0 && others.length > 0 ? [...new Set([...literals, ...others])] : [];
  return new ExpressionFilter(name, lineFilter, hasDates, all, undefined, successes.lineFilter);
}

/** Of the failregex, which are looked for in the line or a part of it. */
function literalsOf({ failregex, maxlines }: CompiledExpressions, hasDates: boolean): string[] {
  // A text may stand on both sides of a date that is cut out, or in another line of a window.
  return hasDates || maxlines > 1 ? [] : requiredLiterals(failregex);
}

const batchesInFlood = 16;

class ExpressionFilter implements Filter {
  readonly name: string;
  readonly literals: readonly string[];
  readonly #lineFilter: LineFilter;
  readonly #hasDates: boolean;
  readonly #successes: LineFilter | undefined;
  readonly #givenUp = new Map<string, number>();

  readonly #failregex: PatternSet | undefined;
  /** How many batches are still looked at line by line. */
  #unsearched = 0;

  /** `failregex`: where a line without one of them is nothing to the filter. */
  constructor(
    name: string,
    lineFilter: LineFilter,
    hasDates: boolean,
    literals: readonly string[],
    failregex: PatternSet | undefined,
    successes?: LineFilter,
  ) {
    this.#failregex = failregex;
    this.name = name;
    this.literals = literals;
    this.#lineFilter = lineFilter;
    this.#hasDates = hasDates;
    this.#successes = successes;
  }

  get sessions(): ReadonlyMap<string, SessionCache> {
    const sessions = new Map<string, SessionCache>();
    for (const [name, lineFilter] of this.#lineFilters()) if (lineFilter.sessions !== undefined) sessions.set(name, lineFilter.sessions);
    return sessions;
  }

  takeOver(former: Filter): void {
    for (const [name, lineFilter] of this.#lineFilters()) {
      const sessions = former.sessions?.get(name);
      if (sessions !== undefined) lineFilter.goOnWith(sessions);
    }
  }

  /** By the names of their sessions in the store. */
  *#lineFilters(): Generator<readonly [string, LineFilter]> {
    yield [this.name, this.#lineFilter];
    if (this.#successes !== undefined) yield [`${this.name} successregex`, this.#successes];
  }

  match(batch: RecordBatch, records: Uint32Array, sink: FailureSink): void {
    const { bytes, lineStart, messageEnd, realtimeUsec } = batch;
    for (const record of this.#withFailregex(batch, records)) {
      const timeUsec = realtimeUsec[record] ?? 0;
      const start = lineStart[record] ?? 0;
      const end = messageEnd[record] ?? 0;
      const failure = this.#lineFilter.find(bytes, start, end, this.#hasDates, timeUsec / 1e6);
      if (failure !== undefined) tell(failure, timeUsec, batch, record, sink);
      else if (sink.onSuccess !== undefined) {
        const gained = this.#lineFilter.gained ?? this.#successes?.find(bytes, start, end, this.#hasDates, timeUsec / 1e6)?.identity;
        const target = gained && targetOf(gained);
        if (target !== undefined) sink.onSuccess(target);
      }
    }
  }

  #withFailregex({ bytes, lineStart, messageEnd }: RecordBatch, records: Uint32Array): Iterable<number> {
    if (this.#failregex === undefined || records.length < 2) return records;
    // In a flood nearly every line has one, and looking twice is in vain.
    if (this.#unsearched > 0) {
      this.#unsearched--;
      return records;
    }
    // With the "\n" behind the message, as a line ends.
    const rows = this.#failregex.searchBatch(
      bytes,
      records.map((record) => lineStart[record] ?? 0),
      records.map((record) => (messageEnd[record] ?? 0) + 1),
      records.length,
    );
    const found: number[] = [];
    // A row: index, expression (-1 where the line is not valid UTF-8), groups, and of each group two offsets.
    for (let at = 0; at < rows.length; at += 3 + 2 * (rows[at + 2] ?? 0)) found.push(records[rows[at] ?? 0] ?? 0);
    if (found.length * 3 > records.length) this.#unsearched = batchesInFlood;
    return found;
  }

  takeGivenUp(): readonly GivenUp[] {
    const own = this.#lineFilter.limitsReached().map((limit) => ({ ...limit, kind: limit.kind as string }));
    const others = (this.#successes?.limitsReached() ?? []).map((limit) => ({ ...limit, kind: 'successregex' }));
    return [...own, ...others].flatMap(({ kind, index, count }) => {
      const expression = kind === 'prefregex' ? kind : `${kind} ${index + 1}`;
      const since = count - (this.#givenUp.get(expression) ?? 0);
      this.#givenUp.set(expression, count);
      return since > 0 ? [{ expression, count: since }] : [];
    });
  }
}

function tell({ identity, lines, groups }: FoundFailure, timeUsec: number, batch: RecordBatch, record: number, sink: FailureSink): void {
  const [first = ''] = lines;
  const text = (lines.length > 1 ? lines.join('\n') : first).slice(0, maxEvidenceCharacters);
  const fields = fieldsOf(groups, identity.kind === 'id' ? silentGroups : silentOfAddress);
  const evidence = { source: batch.source, sequence: batch.sequence[record] ?? 0, text, ...fields };
  const address = targetOf(identity);
  if (address !== undefined) sink.onFailure({ timeUsec, distinct: undefined, evidence, address });
  else if (identity.kind === 'name') sink.onNamedFailure({ timeUsec, distinct: undefined, evidence, hostname: identity.text });
  else sink.onNobody?.();
}

/** Undefined for a host name, and for an id that can be none. */
function targetOf({ kind, network, text }: LineIdentity): BanTarget | undefined {
  return kind === 'id' ? parseLoggedTarget(text) : network;
}

/** Of what <F-NAME> captured, what may be of use to actions; bounded, as who attacks may have written it. */
function fieldsOf(groups: FoundFailure['groups'], silent: ReadonlySet<string>): { readonly fields?: Readonly<Record<string, string>> } {
  let fields: Record<string, string> | undefined;
  for (const [name, value] of groups) {
    if (value === undefined || silent.has(name)) continue;
    fields ??= {};
    fields[`F-${name.toUpperCase()}`] = textOf(value).slice(0, maxFieldCharacters);
  }
  return fields === undefined ? {} : { fields };
}

/** What has tags of its own, and what only the matching needs. */
const silentGroups = new Set(['fid', 'content', 'mlfid', 'nofail', 'mlfonce', 'mlfforget', 'mlfgained', 'mlfpending']);
/** Where the address is not who failed, it is one more thing that was found: <F-IP4>. */
const silentOfAddress = new Set([...silentGroups, 'ip4', 'ip6', 'dns', 'cidr']);
