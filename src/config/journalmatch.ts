// `journalmatch = _SYSTEMD_UNIT=sshd.service + _COMM=sshd`: which journal records a jail takes (jail.conf(5), journalctl(1)). Pure.
import { err, ok, type Result } from '../core/result.ts';
import { quoteText } from './config-error.ts';

/** Fields that all hold; of several values for one field any will do. */
export type JournalFields = readonly string[];

/** One line's alternatives, those on either side of a `+`. Words are quoted as in a shell; the error tells what is wrong. */
export function parseJournalmatch(line: string): Result<readonly JournalFields[], string> {
  const words = splitWords(line);
  if (!words.ok) return words;
  const alternatives: string[][] = [[]];
  for (const word of words.value) {
    if (word === '+') alternatives.push([]);
    else if (/^[A-Z_][A-Z0-9_]*=/.test(word)) alternatives.at(-1)?.push(word);
    else return err(`${quoteText(word)} is no FIELD=value, such as _SYSTEMD_UNIT=sshd.service`);
  }
  return alternatives.every((fields) => fields.length > 0) ? ok(alternatives) : err('a FIELD=value is missing before or after "+"');
}

/** As Python's shlex.split: '...' as it is, "..." with \" and \\, elsewhere \x is x. */
function splitWords(line: string): Result<string[], string> {
  const words: string[] = [];
  const pattern = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(.)/gsy;
  let word: string | undefined;
  for (const [taken, single, double, escaped, plain, open] of line.matchAll(pattern)) {
    if (open !== undefined) return err(`${quoteText(line)} ends inside quotes, or with a backslash`);
    const part = single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain;
    if (part !== undefined) word = (word ?? '') + part;
    else if (/^\s/.test(taken) && word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return ok(words);
}
