// A failregex, prefregex or ignoreregex as filter.d has it to the expression that PCRE2 compiles. Pure; nothing is compiled here.
import { err, ok, type Result } from '../core/result.ts';
import type { ExpressionError } from './expression-error.ts';
import { expandTags } from './failregex-tags.ts';
import { translatePythonRegex } from './python-regex.ts';
import { applyEdits, type EditedText } from './text-edits.ts';

export interface Failregex {
  /** What fail2ban would compile, see `translatePythonRegex` for what is written otherwise. */
  readonly source: string;
  /** The names of the groups in the order of their numbers, see `groupMeaning`; undefined where a group has none. */
  readonly groups: readonly (string | undefined)[];
  /** Of a character of `source`: where it stands in the text as configured, or the tag it comes from. */
  offsetInText(sourceOffset: number): number;
}

/** The error's offset counts in `text`. `hostHasName`: see `expandTags`. */
export function translateFailregex(text: string, hostHasName: boolean): Result<Failregex, ExpressionError> {
  const expanded = expandTags(text, hostHasName);
  if (expanded.text.trim() === '') return err({ offset: 0, message: 'the expression is empty' });
  const localized = localizeFlags(expanded.text);
  const translated = translatePythonRegex(localized.text);
  const offsetInText = (offset: number): number => expanded.offsetBefore(localized.offsetBefore(offset));
  if (!translated.ok) return err({ offset: offsetInText(translated.error.offset), message: translated.error.message });
  const { text: source, groups, offsetBefore } = translated.value;
  return ok({ source, groups, offsetInText: (offset) => offsetInText(offsetBefore(offset)) });
}

/** `((?i)x)` and `(?:(?i)x)` become `(?i:x)`, as fail2ban has it since Python refuses flags in the middle. */
function localizeFlags(text: string): EditedText {
  const edits = [...text.matchAll(/(?<!\\)\((?:\?:)?(\(\?[a-z]+)\)/g)].map(({ index, 0: all, 1: flags = '' }) => ({
    start: index,
    end: index + all.length,
    text: `${flags}:`,
  }));
  return applyEdits(text, edits);
}
