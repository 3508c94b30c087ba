// A command line to the words of an argument vector, as a shell splits one, for programs that are started without a shell. Pure.
import { err, ok, type Result } from '../core/result.ts';
import type { PositionedError } from './action-list.ts';
import { quoteText } from './config-error.ts';

/** One alternative each: white space, a tag, quotes of both kinds, an escaped character, plain text. */
const token = /(\s+)|(<[\w./-]{1,64}>)|'([^']*)'|"((?:[^"\\$`]|\\[\s\S])*)"|\\([\s\S])|([^\s<>'"\\$`|&;()*?[\]{}~#]+|(?<=\S)[#~])/y;

/** What only a shell would understand is an error: without one it would mean something else than its writer thinks. */
export function splitCommand(text: string): Result<string[], PositionedError> {
  const words: string[] = [];
  let word: string | undefined;
  let offset = 0;
  while (offset < text.length) {
    token.lastIndex = offset;
    const found = token.exec(text);
    if (found === null) return err({ offset, message: problemAt(text, offset) });
    const [whole, space, tag, single, double, escaped, plain] = found;
    offset += whole.length;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (tag ?? single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
  }
  if (word !== undefined) words.push(word);
  return ok(words);
}

function problemAt(text: string, offset: number): string {
  const character = text[offset] ?? '';
  const isOpen = character === "'" || (character === '"' && !/[$`]/.test(text.slice(offset)));
  if (isOpen) return `this ${character} has no second one`;
  return `${quoteText(text.slice(offset, offset + 10))} needs a shell, and none is used: put it into a script, and name that`;
}
