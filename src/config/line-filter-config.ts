// A filter's definition to the filter at work: its expressions and date pattern compiled, what does not compile told where it is written.
import { err, ok, type Result } from '../core/result.ts';
import { createDateDetector, type DateDetector } from '../match/date-detector.ts';
import { type CompiledExpressions, compileExpressions, type ExpressionFailure } from '../match/line-expressions.ts';
import { LineFilter } from '../match/line-filter.ts';
import type { ConfigError, Origin } from './config-error.ts';
import { quoteText } from './config-error.ts';
import type { ExpressionText } from './expression-text.ts';

/** Of a FilterDefinition. */
export interface FilterExpressions {
  readonly prefregex: ExpressionText | undefined;
  readonly failregex: readonly ExpressionText[];
  readonly ignoreregex: readonly ExpressionText[];
  readonly maxlines: number;
  readonly datepattern: { readonly text: string; readonly origin: Origin } | undefined;
}

export interface LineFilterRequest {
  /** The jail that asks; errors carry it. */
  readonly section: string | undefined;
  /** False where every record has a time of its own: then no date is looked for. */
  readonly hasDates: boolean;
  readonly logtimezone?: string | undefined;
  /** Seconds since 1970. */
  readonly nowSec: () => number;
}

export interface WorkingFilter {
  readonly lineFilter: LineFilter;
  readonly dates: DateDetector | undefined;
  readonly compiled: CompiledExpressions;
}

/** All that does not compile, at once. */
export function createLineFilter(definition: FilterExpressions, request: LineFilterRequest): Result<WorkingFilter, ConfigError[]> {
  const { nowSec, logtimezone, section } = request;
  const expressions = compileExpressions(definition);
  const { datepattern } = definition;
  const detector = createDateDetector({ datepattern: datepattern?.text, logtimezone, nowSec });
  // A mistake in a pattern is told also where it is not needed today.
  const dates = request.hasDates || !detector.ok ? detector : ok(undefined);
  if (expressions.ok && dates.ok) {
    const lineFilter = new LineFilter({ expressions: expressions.value, dates: dates.value, nowSec });
    return ok({ lineFilter, dates: dates.value, compiled: expressions.value });
  }
  const errors = expressions.ok ? [] : expressions.error.flatMap((failure) => errorOf(definition, failure) ?? []);
  const origin = datepattern?.origin;
  const dateErrors = dates.ok ? [] : dates.error;
  for (const { text, message } of dateErrors) {
    errors.push({ file: origin?.file ?? '', line: origin?.line, section, message: `datepattern ${quoteText(text)}: ${message}` });
  }
  return err(errors.map((error) => ({ ...error, section })));
}

function errorOf({ prefregex, failregex, ignoreregex }: FilterExpressions, failure: ExpressionFailure): ConfigError | undefined {
  const expressions = { prefregex: [prefregex], failregex, ignoreregex }[failure.kind];
  return expressions[failure.index]?.errorAt(failure.offset, failure.message);
}
