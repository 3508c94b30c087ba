// The expressions of one filter, compiled for LineFilter: what filter.d calls prefregex, failregex and ignoreregex (jail.conf(5)).
import { compilePatterns, type Expression, PatternError, type PatternSet } from '../binding/pattern-set.ts';
import { err, ok, type Result } from '../core/result.ts';
import { groupMeaning } from './failregex-group.ts';

/** In PCRE2's syntax, tags resolved. Of fail2ban's, only a failregex that sees several lines is multiline. */
export interface LineExpressions {
  readonly prefregex: Expression | undefined;
  readonly failregex: readonly Expression[];
  readonly ignoreregex: readonly Expression[];
  /** How many lines an expression may span; 1 where each line stands alone. */
  readonly maxlines: number;
}

export interface ExpressionFailure {
  readonly kind: 'prefregex' | 'failregex' | 'ignoreregex';
  readonly index: number;
  /** In the expression's source. */
  readonly offset: number;
  readonly message: string;
}

export interface CompiledExpressions {
  readonly prefregex: PatternSet | undefined;
  readonly failregex: PatternSet;
  readonly ignoreregex: PatternSet;
  readonly maxlines: number;
}

/** Texts, in lower case, of which one stands in every text that any expression of the set is found in; none where nothing is known. */
export function requiredLiterals(set: PatternSet): string[] {
  const literals = Array.from({ length: set.size }, (_, index) => set.literals(index));
  return literals.every((texts) => texts.length > 0) ? [...new Set(literals.flat())] : [];
}

/** Whether one of them has an <F-MLFID>. */
export function knowsSessions({ prefregex, failregex }: CompiledExpressions): boolean {
  const names = [prefregex, failregex].flatMap((set) =>
    Array.from({ length: set?.size ?? 0 }, (_, index) => Array.from(set?.groupNames(index).keys() ?? [])),
  );
  return names.flat().some((name) => groupMeaning(name).key === 'mlfid');
}

/** All expressions that do not compile, at once. */
export function compileExpressions(expressions: LineExpressions): Result<CompiledExpressions, ExpressionFailure[]> {
  const failures: ExpressionFailure[] = [];
  const compile = (kind: ExpressionFailure['kind'], sources: readonly Expression[]) => {
    try {
      return compilePatterns(sources);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      failures.push(...error.failures.map((failure) => ({ kind, ...failure })));
      return undefined;
    }
  };
  const prefregex = expressions.prefregex && compile('prefregex', [expressions.prefregex]);
  const failregex = compile('failregex', expressions.failregex);
  const ignoreregex = compile('ignoreregex', expressions.ignoreregex);
  if (failregex === undefined || ignoreregex === undefined || failures.length > 0) return err(failures);
  return ok({ prefregex, failregex, ignoreregex, maxlines: Math.max(1, expressions.maxlines) });
}
