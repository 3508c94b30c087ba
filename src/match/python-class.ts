// A class of characters, `[...]`: PCRE2 reads [:alpha:], [.x.] and [=x=] in it or as it, Python single characters. Pure.

import type { ExpressionError } from './expression-error.ts';
import { translateClassEscape } from './python-escape.ts';
import type { Edit } from './text-edits.ts';

export interface CharacterClass {
  /** Behind its `]`; the end of the source where there is none, which PCRE2 will tell. */
  readonly end: number;
  readonly edits: readonly Edit[];
}

/** At the `[` at `start`. */
export function translateClass(source: string, start: number): CharacterClass | ExpressionError {
  const edits: Edit[] = [];
  let position = start + (source[start + 1] === '^' ? 2 : 1);
  const first = position;
  while (position < source.length) {
    const character = source[position];
    if (character === '\\') {
      const escaped = translateClassEscape(source, position);
      if ('message' in escaped) return escaped;
      if (source.slice(position, escaped.end) !== escaped.text) edits.push({ start: position, end: escaped.end, text: escaped.text });
      position = escaped.end;
    } else if (character === ']' && position > first) {
      const kind = source[start + 1] ?? '';
      // The class as a whole, `[:;:]`: PCRE2 would refuse it.
      const isNamed = ':.='.includes(kind) && source[position - 1] === kind && position - 1 > start + 1;
      if (isNamed) edits.unshift({ start: start + 1, end: start + 1, text: '\\' });
      return { end: position + 1, edits };
    } else {
      if (character === '[' && ':.='.includes(source[position + 1] ?? ' ')) edits.push({ start: position, end: position, text: '\\' });
      position += 1;
    }
  }
  return { end: source.length, edits };
}
