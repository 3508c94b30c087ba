// Finds the quotes around each tag of a shell fragment (POSIX.1-2024, Shell Command Language, 2.2 to 2.7) and puts a reference to a
// variable there that fits them. Should this file ever mistake the quotes, the reference does not work, and still no value becomes part
// of the program. Pure.
import { err, ok, type Result } from '../../core/result.ts';
import { isReadTwice } from './backticks.ts';
import { announcedDocument, documentLength, type HereDocument } from './here-document.ts';
import { placeholderKind, tagAt } from './placeholder.ts';
import { ShellCommandList } from './shell-command-list.ts';
import type { ShellTemplate } from './shell-template.ts';
import { ShellTemplateWriter } from './shell-template-writer.ts';
import { type Quoting, ShellTextGuard, type TemplateError } from './shell-text-guard.ts';
import { namesVariables, readsVariableTwice } from './variable-use.ts';

export interface ParsedTemplate {
  readonly template: ShellTemplate;
  /** `<name>` outside quotes that neither an option nor a ban has: a redirection to the shell, and most likely a mistake. */
  readonly unknownTags: readonly { readonly tag: string; readonly offset: number }[];
}

/** `text`: with all tags of options replaced. */
export function parseShellTemplate(text: string): Result<ParsedTemplate, TemplateError[]> {
  return new TemplateParser(text).parse();
}

/** Substitutions in substitutions. */
const maxDepth = 40;

class TemplateParser {
  readonly #text: string;
  #at = 0;
  readonly #writer = new ShellTemplateWriter();
  readonly #guard = new ShellTextGuard();
  readonly #unknownTags: { readonly tag: string; readonly offset: number }[] = [];
  /** The list of commands that is being read. */
  #list = new ShellCommandList(this.#guard);
  #hereDocuments: HereDocument[] = [];
  #isInBackticks = false;
  /** In backticks with a backslash that the shell takes away before it reads them: the quotes there are not what they seem. */
  #isReadTwice = false;
  /** Double quotes and here-documents that are open, and those of them that are so around the list at hand. */
  #quotes = 0;
  #outerQuotes = 0;
  /** In `${ }` or arithmetic. */
  #isFixed = false;
  #depth = 0;
  #substitutions = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Result<ParsedTemplate, TemplateError[]> {
    this.#commands('');
    const errors = this.#guard.errors();
    if (errors.length > 0) return err(errors);
    return ok({
      template: this.#writer.template(this.#text, this.#guard.identityUse(), this.#guard.feedsOperands),
      unknownTags: this.#unknownTags,
    });
  }

  /** Commands up to `end`, which is taken. */
  #commands(end: '' | ')' | '`'): void {
    for (;;) {
      const character = this.#text[this.#at];
      // `esac` may stand right before it.
      if (character === ')') this.#list.endWord();
      if (character === undefined || this.#isEnd(character, end)) break;
      if (!this.#tag('none')) this.#part(character);
    }
    this.#list.endCommand();
    if (end !== '') this.#close(end);
  }

  #isEnd(character: string, end: string): boolean {
    return end === ')' ? character === ')' && !this.#list.hasParenthesis : character === end;
  }

  #part(character: string): void {
    if (character === "'") this.#single();
    else if (character === '"') this.#double();
    else if (character === '`' || character === '$') this.#expansion();
    else if (character === '\\') this.#escape(true);
    else if (character === '\n') this.#lineBreak();
    else if (character === '<' || character === '>') this.#redirection();
    else if (character === '#' && !this.#list.isInWord) this.#comment();
    else if (';&|()'.includes(character)) this.#operator(character);
    else if (character === ' ' || character === '\t') {
      this.#list.endWord();
      this.#take(1);
    } else this.#letter(character);
  }

  #letter(character: string): void {
    this.#list.word().literal += character;
    this.#take(1);
  }

  #operator(character: string): void {
    this.#list.operator(character);
    // Arithmetic to bash; to others, parentheses in parentheses.
    if (character === '(' && this.#text[this.#at - 1] === '(') this.#guard.noteExpression();
    this.#take(1);
  }

  #lineBreak(): void {
    this.#list.endCommand();
    this.#take(1);
    const documents = this.#hereDocuments;
    this.#hereDocuments = [];
    for (const document of documents) this.#hereText(document);
  }

  #comment(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') {
      const tag = tagAt(this.#text, this.#at);
      // What nobody runs needs no value, which might end the line.
      if (tag !== undefined && placeholderKind(tag) !== undefined) this.#at += tag.length + 2;
      else this.#take(1);
    }
  }

  #single(): void {
    const word = this.#list.word();
    this.#take(1);
    while (this.#at < this.#text.length && this.#text[this.#at] !== "'") {
      if (this.#isInBackticks && this.#text[this.#at] === '`') break;
      if (this.#tag('single')) continue;
      word.literal += this.#text[this.#at];
      this.#take(1);
    }
    this.#close("'");
  }

  #double(): void {
    this.#list.word();
    this.#take(1);
    this.#quotes += 1;
    this.#expanding('double', '"');
    this.#quotes -= 1;
    this.#close('"');
  }

  /** Text in which `$`, backticks and backslashes work, up to `end` or the end of everything. */
  #expanding(quoting: 'double' | 'here', end: string): void {
    while (this.#at < this.#text.length && !(end !== '' && this.#text.startsWith(end, this.#at))) {
      const character = this.#text[this.#at] ?? '';
      if (this.#tag(quoting)) continue;
      if (character === '\\') this.#escape(false);
      else if (character === '`' && this.#isInBackticks) return;
      else if (character === '$' || character === '`') this.#expansion();
      else this.#letter(character);
    }
  }

  #escape(isUnquoted: boolean): void {
    const tag = tagAt(this.#text, this.#at + 1);
    if (tag !== undefined && placeholderKind(tag) !== undefined) {
      // The backslash is to the value's first character what the quotes of the reference are to all; in quotes it is a character.
      if (isUnquoted && !this.#isInBackticks) this.#at += 1;
      else this.#take(1);
      this.#tag(isUnquoted && !this.#isInBackticks ? 'none' : 'fixed');
      return;
    }
    if (this.#isReadTwice && this.#text[this.#at + 1] === '$') this.#list.expandingWord();
    if (this.#text[this.#at + 1] !== '\n') this.#list.word().literal += this.#text[this.#at + 1] ?? '';
    // Backticks in backticks: what is within is read with the backslashes taken away.
    if (this.#isInBackticks && this.#text[this.#at + 1] === '`') this.#guard.refuseAll('backticks in backticks; write $( ) instead');
    this.#take(2);
  }

  /** What begins with `$` or a backtick. */
  #expansion(): void {
    const start = this.#at;
    this.#list.expandingWord();
    if (/^\$\{?[#!]*[\d@*]/.test(this.#text.slice(this.#at, this.#at + 10))) this.#guard.noteSubstitution();
    if (this.#text.startsWith('$((', this.#at)) this.#fixed('$((', () => this.#arithmetic());
    else if (this.#text.startsWith('${', this.#at)) this.#fixed('${', () => this.#parameter());
    else if (this.#text.startsWith('$(', this.#at)) this.#substitution('$(', ')');
    else if (this.#text[this.#at] === '`' && !this.#isInBackticks) this.#substitution('`', '`');
    else if (this.#text[this.#at] === '`') this.#fail();
    else this.#letter('$');
    if (this.#makesExpression(start)) this.#guard.noteExpression();
  }

  /** Whether what began at `start` and is now taken makes an expression of what a variable holds. */
  #makesExpression(start: number): boolean {
    const text = this.#text.slice(start, this.#at);
    if (text.startsWith('${')) return readsVariableTwice(text);
    // Arithmetic of bash's first years: `$[n+1]`.
    return text.startsWith('$((') ? namesVariables(text.slice(1)) : text === '$' && this.#text[this.#at] === '[';
  }

  #substitution(start: string, end: ')' | '`'): void {
    this.#substitutions += 1;
    this.#take(start.length);
    const outer = {
      list: this.#list,
      hereDocuments: this.#hereDocuments,
      isInBackticks: this.#isInBackticks,
      isReadTwice: this.#isReadTwice,
      quotes: this.#outerQuotes,
    };
    this.#outerQuotes = this.#quotes;
    this.#list = new ShellCommandList(this.#guard);
    this.#hereDocuments = [];
    if (end === '`') {
      this.#isInBackticks = true;
      this.#isReadTwice = isReadTwice(this.#text, this.#at, this.#quotes > 0);
    }
    this.#deeper(() => this.#commands(end));
    this.#substitutions -= 1;
    if (!this.#list.writesOwn) this.#guard.noteSubstitution();
    this.#list = outer.list;
    this.#hereDocuments = outer.hereDocuments;
    this.#isInBackticks = outer.isInBackticks;
    this.#isReadTwice = outer.isReadTwice;
    this.#outerQuotes = outer.quotes;
  }

  #deeper(read: () => void): void {
    this.#depth += 1;
    if (this.#depth > maxDepth) this.#fail();
    else read();
    this.#depth -= 1;
  }

  /** Arithmetic, and `${name...}`: names in them are read again, so that only what is exact may stand there. */
  #fixed(start: string, read: () => void): void {
    this.#take(start.length);
    const word = this.#list.word();
    const { literal } = word;
    const wasFixed = this.#isFixed;
    this.#isFixed = true;
    this.#deeper(read);
    this.#isFixed = wasFixed;
    // Of what is in it nobody knows what comes out.
    word.literal = literal;
  }

  /** To the end of `$((`. What might be a command in parentheses, or quotes, is not understood. */
  #arithmetic(): void {
    let level = 2;
    for (let isGoing = true; isGoing && level > 0; ) {
      const character = this.#text[this.#at];
      isGoing = character !== undefined && !'\'"\\'.includes(character) && (level > 1 || character === ')') && this.#inFixed(character);
      if (character === '(') level += 1;
      if (character === ')') level -= 1;
    }
    if (level > 0) this.#fail();
  }

  /** To the end of `${`. Shells differ in what quotes mean in it where it is itself in double quotes. */
  #parameter(): void {
    let character = this.#text[this.#at];
    for (let isGoing = true; isGoing && character !== '}'; character = this.#text[this.#at]) {
      if (character === '"' || character === "'") isGoing = this.#quotesInFixed(character);
      else if (character === '\\') this.#take(2);
      else isGoing = character !== undefined && this.#inFixed(character);
    }
    this.#close('}');
  }

  #quotesInFixed(character: string): boolean {
    if (this.#quotes > this.#outerQuotes || this.#isInBackticks) return false;
    if (character === '"') this.#double();
    else this.#single();
    return true;
  }

  /** False where it must have ended. */
  #inFixed(character: string): boolean {
    if (this.#tag('fixed')) return true;
    if (character === '`' && this.#isInBackticks) return false;
    if (character === '$' || character === '`') this.#expansion();
    else this.#take(1);
    return true;
  }

  #redirection(): void {
    this.#list.beginRedirection();
    const announced = announcedDocument(this.#text.slice(this.#at, this.#at + 200));
    if (announced !== undefined && tagAt(this.#text, this.#at + 1) === undefined) {
      this.#hereDocuments.push(announced.document);
      this.#take(announced.length);
      return;
    }
    const tag = tagAt(this.#text, this.#at);
    if (tag !== undefined) this.#unknownTags.push({ tag, offset: this.#at });
    this.#list.endRedirection(tag === undefined);
    this.#take(/^(?:<<<|>>|[<>][&|>]?)/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0].length ?? 1);
  }

  #hereText(document: HereDocument): void {
    const { length, endLength } = documentLength(this.#text.slice(this.#at), document);
    const stop = this.#at + length;
    this.#quotes += 1;
    while (this.#at < stop) {
      if (document.isQuoted) {
        if (!this.#tag('fixed')) this.#take(1);
      } else {
        this.#expanding('here', '\n');
        this.#take(1);
      }
    }
    this.#quotes -= 1;
    if (endLength === undefined) this.#fail();
    else this.#take(endLength);
    this.#list.endHereDocument();
  }

  /** Takes a tag of a ban, or one that is always the same, if one is here. */
  #tag(around: Quoting): boolean {
    const quoting = this.#isFixed ? 'fixed' : around;
    const offset = this.#at;
    const tag = tagAt(this.#text, offset);
    const kind = tag === undefined ? undefined : placeholderKind(tag);
    if (tag === undefined || kind === undefined) return false;
    this.#at += tag.length + 2;
    const { words, isTarget } = this.#list;
    const word = quoting === 'here' ? { literal: '', isLiteral: true } : this.#list.word();
    const line = quoting === 'here' ? this.#text.slice(this.#text.lastIndexOf('\n', offset) + 1, offset) : '';
    const isSubstituted = this.#substitutions > 0;
    this.#guard.noteTag({ tag, offset, quoting, isReadTwice: this.#isReadTwice, isSubstituted, words, word, isTarget, line });
    if (kind === 'text') word.isLiteral = false;
    this.#writer.tag(tag, quoting, words, word);
    return true;
  }

  #close(end: string): void {
    if (this.#text[this.#at] === end) this.#take(1);
    else this.#fail();
  }

  /** The quotes are not understood: what is exact does no harm, but nothing else may stand in it. */
  #fail(): void {
    this.#guard.refuseAll('a quote or parenthesis of the command has no end');
    this.#take(1);
  }

  #take(count: number): void {
    this.#writer.text(this.#text.slice(this.#at, this.#at + count));
    this.#at = Math.min(this.#at + count, this.#text.length);
  }
}
