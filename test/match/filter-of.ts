// A filter made of expressions as filter.d has them, and what it makes of lines, in short.
import assert from 'node:assert/strict';
import { translateFailregex } from '../../src/match/failregex.ts';
import { type CompiledExpressions, compileExpressions } from '../../src/match/line-expressions.ts';
import type { LineFailure } from '../../src/match/line-failure.ts';
import { type LineDates, LineFilter } from '../../src/match/line-filter.ts';

export interface FilterText {
  readonly prefregex?: string;
  readonly failregex: readonly string[];
  readonly ignoreregex?: readonly string[];
  readonly maxlines?: number;
  readonly dates?: LineDates;
  readonly nowSec?: () => number;
}

export const timeSec = 1_124_013_600;

export function compiledOf({ prefregex, failregex, ignoreregex = [], maxlines = 1 }: FilterText): CompiledExpressions {
  const expressionOf = (text: string, isMultiline: boolean) => {
    const translated = translateFailregex(text, true);
    assert.ok(translated.ok, text);
    return { source: translated.value.source, isMultiline };
  };
  const expressions = compileExpressions({
    prefregex: prefregex === undefined ? undefined : expressionOf(prefregex, false),
    failregex: failregex.map((text) => expressionOf(text, maxlines > 1)),
    ignoreregex: ignoreregex.map((text) => expressionOf(text, false)),
    maxlines,
  });
  assert.ok(expressions.ok);
  return expressions.value;
}

export function filterOf(text: FilterText): LineFilter {
  return new LineFilter({ expressions: compiledOf(text), dates: text.dates, nowSec: text.nowSec ?? (() => timeSec) });
}

/** Of a line with this time, or one that is looked for in it. */
export function matchLine(filter: LineFilter, line: string | Buffer, time?: number): LineFailure | undefined {
  const bytes = Buffer.from(line);
  return filter.match(bytes, 0, bytes.length, time);
}

/** What becomes of each line: the outcome, or for a failure `HOST xLINES` with the users that were tried. */
export function outcomesOf(filter: LineFilter, lines: readonly string[]): string[] {
  return lines.map((line) => {
    const failure = matchLine(filter, line, timeSec);
    if (failure === undefined) return filter.outcome;
    return [failure.identity.text, `x${failure.attempts}`, ...(failure.users.length > 0 ? [failure.users.join('+')] : [])].join(' ');
  });
}
