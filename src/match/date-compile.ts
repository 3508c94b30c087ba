// Compiles date templates, once for all filters that have the same ones.
import { compilePatterns, PatternError } from '../binding/pattern-set.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { DatePatternError, PatternTemplate } from './date-pattern.ts';
import { DateTemplateSet } from './date-template-set.ts';
import { translatePythonRegex } from './python-regex.ts';

/** Many filters have the same pattern. More than any configuration has; what users give is bounded. */
const maxKnown = 500;
const knownSets = new Map<string, DateTemplateSet>();

/** One and the same set for the same templates. */
export function compileTemplates(patterns: readonly PatternTemplate[]): Result<DateTemplateSet, DatePatternError[]> {
  const key = JSON.stringify(patterns.map(({ template: { name, source } }) => [name, source]));
  const known = knownSets.get(key);
  if (known !== undefined) return ok(known);
  const translated = patterns.map(({ line, template }) => ({ line, result: translatePythonRegex(template.source) }));
  const refused = translated.flatMap(({ line, result }) => (result.ok ? [] : [{ text: line, message: result.error.message }]));
  if (refused.length > 0) return err(onePerLine(refused));
  try {
    const expressions = translated.map(({ result }) => ({ source: result.ok ? result.value.text : '' }));
    const set = new DateTemplateSet(
      patterns.map(({ template }) => template),
      compilePatterns(expressions),
    );
    if (knownSets.size >= maxKnown) knownSets.clear();
    knownSets.set(key, set);
    return ok(set);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return err(onePerLine(error.failures.map(({ index, message }) => ({ text: patterns[index]?.line ?? '', message }))));
  }
}

/** {DATE} makes seventeen templates of a line, which all have the same errors. */
const onePerLine = (errors: readonly DatePatternError[]): DatePatternError[] => [
  ...new Map(errors.map((error): [string, DatePatternError] => [error.text, error])).values(),
];
