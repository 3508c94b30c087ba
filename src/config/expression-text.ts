// One expression of a filter: as configured, as it will be compiled, and what is told about it when it is wrong.

import { err, ok, type Result } from '../core/result.ts';
import type { ExpressionError } from '../match/expression-error.ts';
import { translateFailregex } from '../match/failregex.ts';
import { isIdentifying } from '../match/failregex-group.ts';
import { findMisspelledHost, guessHostPlace } from '../match/missing-host.ts';
import { type ConfigError, type Origin, quoteText } from './config-error.ts';
import type { ConfigValue } from './interpolation.ts';
import { suggestName } from './nearest-name.ts';

export type ExpressionKind = 'prefregex' | 'failregex' | 'ignoreregex' | 'successregex';

export interface ExpressionText {
  readonly kind: ExpressionKind;
  /** As configured, everything put in but <HOST> and the like. */
  readonly text: string;
  /** What to compile, in PCRE2's syntax; as fail2ban has it, but for what `translatePythonRegex` says. */
  readonly source: string;
  /** `^` and `$` at every line: a failregex with maxlines > 1. */
  readonly isMultiline: boolean;
  /** The names of the groups in the order of their numbers, see `groupMeaning`; undefined where a group has none. */
  readonly groups: readonly (string | undefined)[];
  /** Where the expression is written. */
  readonly origin: Origin;
  /** Why it does not compile, from the character of `source` and the compiler's message, as an error in `text`. */
  errorAt(sourceOffset: number, message: string): ConfigError;
}

export interface ExpressionRequest {
  readonly kind: ExpressionKind;
  readonly value: ConfigValue;
  /** In the text of `value`. */
  readonly start: number;
  readonly end: number;
  /** See `expandTags`. */
  readonly hostHasName: boolean;
  readonly isMultiline: boolean;
  /** The jail that errors are about. */
  readonly section: string | undefined;
}

export function createExpression(request: ExpressionRequest): Result<ExpressionText, ConfigError> {
  const { kind, value, start, end, section } = request;
  const text = value.text.slice(start, end);
  // In a long list it takes a while, and hardly anybody asks.
  const originOf = (): Origin => value.originOf(start, end);
  const errorInText = ({ offset, message }: ExpressionError): ConfigError => {
    const origin = originOf();
    const place = value.originAt(start + offset);
    const isElsewhere = place.file !== origin.file || place.line !== origin.line;
    const from = isElsewhere ? ` (from ${place.file}:${place.line})` : '';
    const where = offset >= text.length ? 'at its end' : `at character ${offset + 1}, ${quoteText(text.slice(offset, offset + 20))}${from}`;
    return { ...origin, section, message: `${kind} ${quoteText(text)}: ${message}; ${where}` };
  };
  const translated = translateFailregex(text, request.hostHasName);
  if (!translated.ok) return err(errorInText(translated.error));
  const { source, groups, offsetInText } = translated.value;
  const errorAt = (offset: number, message: string): ConfigError => errorInText({ offset: offsetInText(offset), message });
  return ok({
    kind,
    text,
    source,
    isMultiline: request.isMultiline,
    groups,
    get origin() {
      return originOf();
    },
    errorAt,
  });
}

/** What is wrong with a failregex by which nobody can be found; undefined where it, or the prefregex, tells who failed. */
export function describeMissingHost(
  failregex: ExpressionText,
  prefregex: ExpressionText | undefined,
  optionNames: Iterable<string>,
): string | undefined {
  const names = [...failregex.groups, ...(prefregex?.groups ?? [])].filter((name) => name !== undefined);
  if (isIdentifying(names)) return undefined;
  const { text } = failregex;
  const misspelled = findMisspelledHost(text);
  const unset = [...text.matchAll(/(?<!\(\?P)<([\w/?=-]+)>/g)]
    .map(([, name = '']) => name)
    .find((name) => !/^\/?(?:F-|[A-Z\d]+$)/.test(name));
  const cure =
    misspelled !== undefined
      ? `write "<HOST>" for "${misspelled}"`
      : unset !== undefined
        ? `no option sets ${quoteText(`<${unset}>`)}${suggestName(unset, optionNames)}`
        : guessHostPlace(text);
  return `${failregex.kind} ${quoteText(text)} has no <HOST>, so it finds nobody; ${cure ?? 'put <HOST> where the address stands'}`;
}
