// A filter of filter.d at work on record batches: expressions, sessions and windows, by LineFilter.
import { maxEvidenceCharacters } from '../core/evidence.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import type { FailureSink, Filter, GivenUp } from './filter.ts';
import type { CompiledExpressions } from './line-expressions.ts';
import type { FoundFailure, LineFilter } from './line-filter.ts';

export interface ExpressionFilterOptions {
  readonly name: string;
  readonly lineFilter: LineFilter;
  readonly compiled: CompiledExpressions;
  /** Whether lines carry a date of their own, which the expressions must not see: those of forwarded files. Time is the record's all the same. */
  readonly hasDates: boolean;
}

export function createExpressionFilter({ name, lineFilter, compiled, hasDates }: ExpressionFilterOptions): Filter {
  return new ExpressionFilter(name, lineFilter, hasDates, literalsOf(compiled, hasDates));
}

/** Of the failregex, which are looked for in the line or a part of it. */
function literalsOf({ failregex, maxlines }: CompiledExpressions, hasDates: boolean): string[] {
  // A text may stand on both sides of a date that is cut out, or in another line of a window.
  if (hasDates || maxlines > 1) return [];
  const literals = Array.from({ length: failregex.size }, (_, index) => failregex.literals(index));
  return literals.every((texts) => texts.length > 0) ? [...new Set(literals.flat())] : [];
}

class ExpressionFilter implements Filter {
  readonly name: string;
  readonly literals: readonly string[];
  readonly #lineFilter: LineFilter;
  readonly #hasDates: boolean;
  readonly #givenUp = new Map<string, number>();

  constructor(name: string, lineFilter: LineFilter, hasDates: boolean, literals: readonly string[]) {
    this.name = name;
    this.literals = literals;
    this.#lineFilter = lineFilter;
    this.#hasDates = hasDates;
  }

  match(batch: RecordBatch, records: Uint32Array, sink: FailureSink): void {
    const { bytes, lineStart, messageEnd, realtimeUsec } = batch;
    for (const record of records) {
      const timeUsec = realtimeUsec[record] ?? 0;
      const failure = this.#lineFilter.find(bytes, lineStart[record] ?? 0, messageEnd[record] ?? 0, this.#hasDates);
      if (failure !== undefined) tell(failure, timeUsec, batch, record, sink);
    }
  }

  takeGivenUp(): readonly GivenUp[] {
    return this.#lineFilter.limitsReached().flatMap(({ kind, index, count }) => {
      const expression = kind === 'prefregex' ? kind : `${kind} ${index + 1}`;
      const since = count - (this.#givenUp.get(expression) ?? 0);
      this.#givenUp.set(expression, count);
      return since > 0 ? [{ expression, count: since }] : [];
    });
  }
}

function tell({ identity, lines }: FoundFailure, timeUsec: number, batch: RecordBatch, record: number, sink: FailureSink): void {
  const [first = ''] = lines;
  const text = (lines.length > 1 ? lines.join('\n') : first).slice(0, maxEvidenceCharacters);
  const evidence = { source: batch.source, sequence: batch.sequence[record] ?? 0, text };
  if (identity.network !== undefined) sink.onFailure({ timeUsec, distinct: undefined, evidence, address: identity.network });
  else if (identity.kind === 'name') sink.onNamedFailure({ timeUsec, distinct: undefined, evidence, hostname: identity.text });
}
