// Python's regular expressions (docs.python.org, "re", of Python 3.11 and later) to PCRE2's (pcre2pattern(3), options UTF and UCP): what
// PCRE2 would read otherwise is rewritten, what Python refuses and PCRE2 reads as something of its own is refused. Pure.
import { printable } from '../core/printable.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ExpressionError } from './expression-error.ts';
import { translateClass } from './python-class.ts';
import { translateEscape } from './python-escape.ts';
import { readFlags } from './python-flags.ts';
import { applyEdits, type Edit, type EditedText } from './text-edits.ts';

export interface TranslatedExpression extends EditedText {
  /** In the order of their numbers; undefined where the group has none. */
  readonly groups: readonly (string | undefined)[];
}

/**
 * What is still wrong in the result (a parenthesis too many, a lookbehind without fixed length), PCRE2 finds when it compiles it. For
 * a few characters of the result's meaning the two differ, see test/match/python-regex.test.ts: `\s` takes U+001C..U+001F in Python
 * and U+180E in PCRE2, and without regard to case Python takes the dotless i for an i.
 */
export function translatePythonRegex(source: string): Result<TranslatedExpression, ExpressionError> {
  const translator = new Translator(source);
  translator.run();
  if (translator.error !== undefined) return err(translator.error);
  return ok({ ...applyEdits(source, translator.edits), groups: translator.groups });
}

/** What a parenthesis opened. */
interface Level {
  readonly isVerbose: boolean;
  /** Number of the capturing group; undefined for other parentheses. */
  readonly group: number | undefined;
}

class Translator {
  readonly edits: Edit[] = [];
  readonly groups: (string | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  error: ExpressionError | undefined;
  readonly #source: string;
  #position = 0;
  /** White space and `# ...` are no part of the expression (re.VERBOSE). */
  #isVerbose = false;
  /** Nothing but flags so far: the only place for flags that hold for all of it. */
  #isAtStart = true;
  readonly #open: Level[] = [];
  /** By number less one. */
  readonly #isClosed: boolean[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  run(): void {
    while (this.#position < this.#source.length && this.error === undefined) this.#step(this.#source[this.#position] ?? '');
  }

  #step(character: string): void {
    if (character === '(') this.#openParenthesis();
    else if (this.#isVerbose && character === '#') this.#comment(/#(?:\\.|[^\\\n])*(?:\n|$)/sy);
    else if (this.#isVerbose && ' \t\n\r\v\f'.includes(character)) this.#position += 1;
    else {
      this.#isAtStart = false;
      if (character === '\\') this.#escape();
      else if (character === '[') this.#class();
      else if (character === '{') this.#brace();
      else {
        if (character === ')') this.#isVerbose = this.#close() ?? this.#isVerbose;
        this.#position += 1;
      }
    }
  }

  #escape(): void {
    const escaped = translateEscape(this.#source, this.#position);
    if ('message' in escaped) this.#fail(escaped.offset, escaped.message);
    else {
      if (escaped.group !== undefined) this.#checkReference(escaped.group);
      this.#replace(this.#position, escaped.end, escaped.text);
      this.#position = escaped.end;
    }
  }

  #class(): void {
    const result = translateClass(this.#source, this.#position);
    if ('message' in result) this.#fail(result.offset, result.message);
    else {
      for (const edit of result.edits) this.edits.push(edit);
      this.#position = result.end;
    }
  }

  /** `{,n}` is {0,n} in Python and text in PCRE2 before 10.43; `{ 1, 2 }` is text in Python and {1,2} in PCRE2 from 10.43 on. */
  #brace(): void {
    const braces = /\{(\d*)(?:(,)(\d*))?\}/y;
    braces.lastIndex = this.#position;
    const [all, least, comma] = braces.exec(this.#source) ?? [];
    if (all !== undefined) {
      if (least === '' && comma !== undefined) this.edits.push({ start: this.#position + 1, end: this.#position + 1, text: '0' });
      this.#position += all.length;
      return;
    }
    const spaced = /\{[ \t]*(?:\d+[ \t]*(?:,[ \t]*(?:\d+[ \t]*)?)?|,[ \t]*\d+[ \t]*)\}/y;
    spaced.lastIndex = this.#position;
    if (spaced.test(this.#source)) this.edits.push({ start: this.#position, end: this.#position, text: '\\' });
    this.#position += 1;
  }

  #openParenthesis(): void {
    const start = this.#position;
    const next = this.#source[start + 1];
    if (next === '*') {
      this.#fail(start, '"(*" begins a directive of PCRE2, which fail2ban does not know; write "\\(*" for a parenthesis');
    } else if (next !== '?') {
      this.#openGroup(undefined, start + 1);
    } else if (this.#takes('(?#')) {
      this.#comment(/\(\?#(?:\\.|[^\\)])*\)/sy);
    } else if (this.#takes('(?P')) {
      this.#openNamed(start);
    } else if (this.#takes('(?(')) {
      this.#openConditional(start);
    } else {
      const plain = /\(\?(?:[:=!>]|<[=!])/y;
      plain.lastIndex = start;
      const [taken] = plain.exec(this.#source) ?? [];
      if (taken === undefined) this.#flags(start);
      else this.#push(undefined, start + taken.length, this.#isVerbose);
    }
  }

  /** `(?P<name>` or `(?P=name)`. */
  #openNamed(start: number): void {
    const named = /\(\?P(?:<([^>)]*)>|=([^)]*)\))/y;
    named.lastIndex = start;
    const [taken, name, reference] = named.exec(this.#source) ?? [];
    if (taken === undefined) this.#refuseGroup(start);
    else if (name !== undefined) this.#openGroup(name, start + taken.length);
    else if (reference !== undefined) {
      const group = this.#numbers.get(reference);
      if (group === undefined) this.#missName(start, reference);
      else this.#checkReference(group);
      this.#isAtStart = false;
      this.#position = start + taken.length;
    }
  }

  /** `(?(name)yes|no)`: PCRE2 has meanings of its own for R, R1, DEFINE and VERSION, and for numbers with a sign. */
  #openConditional(start: number): void {
    const condition = /\(\?\((\d+|[^\W\d]\w*)\)/uy;
    condition.lastIndex = start;
    const [taken, name = ''] = condition.exec(this.#source) ?? [];
    if (taken === undefined) {
      this.#refuseGroup(start);
      return;
    }
    if (/^\D/.test(name) && !this.#numbers.has(name)) this.#missName(start, name);
    if (/^(?:R(?:\d+|$)|DEFINE$|VERSION)/.test(name)) this.#replace(start, start + taken.length, `(?(<${name}>)`);
    this.#push(undefined, start + taken.length, this.#isVerbose);
  }

  /** `(?i)`, `(?i:`, `(?i-s:`. */
  #flags(start: number): void {
    const flags = readFlags(this.#source, start);
    if (flags === undefined) this.#refuseGroup(start);
    else if ('message' in flags) this.#fail(flags.offset, flags.message);
    else {
      const isVerbose = (this.#isVerbose || flags.turnsOn.includes('x')) && !flags.turnsOff.includes('x');
      this.#replace(start, flags.end, flags.text);
      if (!flags.isGlobal) this.#push(undefined, flags.end, isVerbose);
      else if (this.#isAtStart) {
        this.#isVerbose = isVerbose;
        this.#position = flags.end;
      } else {
        this.#fail(start, 'flags in the middle of an expression; put them at its start, or around a part of it: "(?i:part)"');
      }
    }
  }

  #refuseGroup(start: number): void {
    const shown = printable(this.#source.slice(start, start + 4));
    this.#fail(start, `"${shown}" begins no group that fail2ban knows; a name is given by "(?P<name>", a parenthesis is written "\\("`);
  }

  #openGroup(name: string | undefined, position: number): void {
    this.groups.push(name);
    this.#isClosed.push(false);
    if (name !== undefined) this.#numbers.set(name, this.groups.length);
    this.#push(this.groups.length, position, this.#isVerbose);
  }

  #push(group: number | undefined, position: number, isVerbose: boolean): void {
    this.#isAtStart = false;
    this.#open.push({ isVerbose: this.#isVerbose, group });
    this.#isVerbose = isVerbose;
    this.#position = position;
  }

  /** Whether what follows the parenthesis is verbose; undefined where none was open, which PCRE2 will tell. */
  #close(): boolean | undefined {
    const level = this.#open.pop();
    if (level?.group !== undefined) this.#isClosed[level.group - 1] = true;
    return level?.isVerbose;
  }

  /** PCRE2 would take a group that comes later or is still open. */
  #checkReference(group: number): void {
    const isClosed = this.#isClosed[group - 1];
    if (isClosed === undefined) this.#fail(this.#position, `no group ${group} stands before this`);
    else if (!isClosed) this.#fail(this.#position, `group ${group} does not end before this`);
  }

  #missName(offset: number, name: string): void {
    this.#fail(offset, `no group "${printable(name.slice(0, 40))}" stands before this`);
  }

  /** In Python a backslash keeps the next character from ending a comment, in PCRE2 it does not. PCRE2 tells that one does not end. */
  #comment(pattern: RegExp): void {
    pattern.lastIndex = this.#position;
    const [comment] = pattern.exec(this.#source) ?? [];
    const end = comment === undefined ? this.#source.length : this.#position + comment.length;
    if (comment !== undefined && /\\[)\n]/.test(comment)) this.#replace(this.#position, end, '');
    this.#position = end;
  }

  #takes(text: string): boolean {
    return this.#source.startsWith(text, this.#position);
  }

  #replace(start: number, end: number, text: string): void {
    if (this.#source.slice(start, end) !== text) this.edits.push({ start, end, text });
  }

  /** The first error is the one that tells. */
  #fail(offset: number, message: string): void {
    this.error ??= { offset, message };
  }
}
