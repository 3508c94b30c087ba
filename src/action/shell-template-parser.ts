// Finds the quotes around each tag of a shell fragment (POSIX.1-2024, Shell Command Language, 2.2 to 2.7) and puts a reference to a
// variable there that fits them. Should this file ever mistake the quotes, the reference does not work, and still no value becomes part
// of the program. Pure.
import { err, ok, type Result } from '../core/result.ts';
import { type IdentityUse, stricter } from './identity-use.ts';
import { fixedTags, placeholderKind, variableOf } from './placeholder.ts';
import { besideUse, isOfAddresses, isOfPatterns, operandUse, printfReading, refuseBeside, refuseText } from './shell-command.ts';
import type { ShellTemplate, ValueReading } from './shell-template.ts';
import type { ShellWord } from './simple-command.ts';

export interface TemplateError {
  readonly offset: number;
  readonly message: string;
}

export interface ParsedTemplate {
  readonly template: ShellTemplate;
  /** `<name>` outside quotes that neither an option nor a ban has: a redirection to the shell, and most likely a mistake. */
  readonly unknownTags: readonly { readonly tag: string; readonly offset: number }[];
}

/** `text`: with all tags of options replaced. */
export function parseShellTemplate(text: string): Result<ParsedTemplate, TemplateError[]> {
  return new TemplateParser(text).parse();
}

/** Around a tag. `here`: a here-document that expands. `fixed`: nothing expands, or something else than text is expected. */
type Quoting = 'none' | 'single' | 'double' | 'here' | 'fixed';

/** One list of commands: the script, or what is in `$( )` or backticks. */
interface Frame {
  words: ShellWord[];
  word: ShellWord | undefined;
  /** Of `(` that are open, and of `case` without its `esac`, whose patterns end with `)`. */
  parentheses: number;
  cases: number;
  /** The next word is where a redirection leads. */
  isTarget: boolean;
}

interface HereDocument {
  readonly end: string;
  readonly isQuoted: boolean;
  readonly isIndented: boolean;
}

/** Substitutions in substitutions. */
const maxDepth = 40;

const suffixes: Readonly<Record<ValueReading, string>> = { plain: '', format: '_FORMAT', escapes: '_ESCAPED' };

const newFrame = (): Frame => ({ words: [], word: undefined, parentheses: 0, cases: 0, isTarget: false });

class TemplateParser {
  readonly #text: string;
  #at = 0;
  readonly #pieces: (string | { readonly tag: string })[] = [];
  readonly #references = new Map<string, { readonly tag: string; readonly reading: ValueReading }>();
  readonly #tags = new Set<string>();
  readonly #unknownTags: { readonly tag: string; readonly offset: number }[] = [];
  readonly #errors: TemplateError[] = [];
  /** Where text from a log stands first. */
  #firstText: { readonly tag: string; readonly offset: number } | undefined;
  #identityUse: IdentityUse | undefined;
  /** What it has to be fit for as text that another command may have from a variable. */
  #besideUse: IdentityUse = 'text';
  #escapesPatterns = false;
  #isOfAddresses = false;
  /** A command of it may run what text says. */
  #mayRunText = false;
  /** Why no such text may stand anywhere in it. */
  #refusal: string | undefined;
  #frame = newFrame();
  #hereDocuments: HereDocument[] = [];
  #isInBackticks = false;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Result<ParsedTemplate, TemplateError[]> {
    this.#commands('');
    const first = this.#firstText;
    if (first !== undefined && this.#refusal !== undefined && this.#errors.length === 0)
      this.#refuse(first.tag, first.offset, this.#refusal);
    if (this.#errors.length > 0) return err(this.#errors);
    const template = {
      pieces: joined(this.#pieces),
      references: this.#references,
      tags: this.#tags,
      identityUse: this.#wholeIdentityUse(),
    };
    return ok({ template, unknownTags: this.#unknownTags });
  }

  /** Commands up to `end`, which is taken. */
  #commands(end: '' | ')' | '`'): void {
    for (;;) {
      const character = this.#text[this.#at];
      // `esac` may stand right before it.
      if (character === ')') this.#endWord();
      if (character === undefined || this.#isEnd(character, end)) break;
      if (!this.#tag('none')) this.#part(character);
    }
    this.#endCommand();
    if (end !== '') this.#close(end);
  }

  #isEnd(character: string, end: string): boolean {
    const { parentheses, cases } = this.#frame;
    return end === ')' ? character === ')' && parentheses === 0 && cases === 0 : character === end;
  }

  #part(character: string): void {
    if (character === "'") this.#single();
    else if (character === '"') this.#double();
    else if (character === '`' || character === '$') this.#expansion();
    else if (character === '\\') this.#escape(true);
    else if (character === '\n') this.#lineBreak();
    else if (character === '<' || character === '>') this.#redirection();
    else if (character === '#' && this.#frame.word === undefined) this.#comment();
    else if (';&|()'.includes(character)) this.#operator(character);
    else if (character === ' ' || character === '\t') {
      this.#endWord();
      this.#take(1);
    } else this.#letter(character);
  }

  #letter(character: string): void {
    this.#word().literal += character;
    this.#take(1);
  }

  #operator(character: string): void {
    this.#endCommand();
    if (character === '(') this.#frame.parentheses += 1;
    // Otherwise it ends the pattern of a case.
    if (character === ')' && this.#frame.parentheses > 0) this.#frame.parentheses -= 1;
    this.#take(1);
  }

  #lineBreak(): void {
    this.#endCommand();
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
    const word = this.#word();
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
    this.#word();
    this.#take(1);
    this.#expanding('double', '"');
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
    if (this.#text[this.#at + 1] !== '\n') this.#word().literal += this.#text[this.#at + 1] ?? '';
    // Backticks in backticks: what is within is read with the backslashes taken away.
    if (this.#isInBackticks && this.#text[this.#at + 1] === '`') this.#refuseAll('backticks in backticks; write $( ) instead');
    this.#take(2);
  }

  /** What begins with `$` or a backtick. */
  #expansion(): void {
    this.#word().isLiteral = false;
    if (this.#text.startsWith('$((', this.#at)) this.#balanced('$((', '(', ')', 2);
    else if (this.#text.startsWith('${', this.#at)) this.#balanced('${', '{', '}', 1);
    else if (this.#text.startsWith('$(', this.#at)) this.#substitution('$(', ')');
    else if (this.#text[this.#at] === '`' && !this.#isInBackticks) this.#substitution('`', '`');
    else if (this.#text[this.#at] === '`') this.#fail();
    else this.#letter('$');
  }

  #substitution(start: string, end: ')' | '`'): void {
    this.#take(start.length);
    const outer = { frame: this.#frame, isInBackticks: this.#isInBackticks, hereDocuments: this.#hereDocuments };
    this.#frame = newFrame();
    this.#hereDocuments = [];
    this.#isInBackticks ||= end === '`';
    this.#depth += 1;
    if (this.#depth > maxDepth) this.#fail();
    else this.#commands(end);
    this.#depth -= 1;
    this.#frame = outer.frame;
    this.#isInBackticks = outer.isInBackticks;
    this.#hereDocuments = outer.hereDocuments;
  }

  /** Arithmetic, and `${name...}`: names in them are read again, so that only what is exact may stand there. */
  #balanced(start: string, open: string, close: string, depth: number): void {
    this.#take(start.length);
    let level = depth;
    while (this.#at < this.#text.length && level > 0) {
      if (this.#tag('fixed')) continue;
      const character = this.#text[this.#at];
      if (character === open) level += 1;
      if (character === close) level -= 1;
      this.#take(character === '\\' ? 2 : 1);
    }
    if (level > 0) this.#fail();
  }

  #redirection(): void {
    // The number of a descriptor is no word.
    if (/^\d+$/.test(this.#frame.word?.literal ?? '')) this.#frame.word = undefined;
    this.#endWord();
    const [operator = '', end = ''] = /^<<(?![<(])-?[ \t]*((?:[^\s;&|<>()]|\\.)+)/.exec(this.#text.slice(this.#at, this.#at + 200)) ?? [];
    if (operator !== '' && tagAt(this.#text, this.#at + 1) === undefined) {
      this.#hereDocuments.push({ end: end.replace(/["'\\]/g, ''), isQuoted: /["'\\]/.test(end), isIndented: operator.startsWith('<<-') });
      this.#take(operator.length);
      return;
    }
    const tag = tagAt(this.#text, this.#at);
    if (tag !== undefined) this.#unknownTags.push({ tag, offset: this.#at });
    this.#frame.isTarget = tag === undefined;
    this.#take(/^(?:<<<|>>|[<>][&|>]?)/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0].length ?? 1);
  }

  #hereText({ end, isQuoted, isIndented }: HereDocument): void {
    const lines = this.#text.slice(this.#at).split('\n');
    const last = lines.findIndex((line) => (isIndented ? line.replace(/^\t+/, '') : line) === end);
    const length = (last === -1 ? lines : lines.slice(0, last)).reduce((sum, line) => sum + line.length + 1, 0);
    const stop = Math.min(this.#at + length, this.#text.length);
    while (this.#at < stop) {
      if (isQuoted) {
        if (!this.#tag('fixed')) this.#take(1);
      } else {
        this.#expanding('here', '\n');
        this.#take(1);
      }
    }
    if (last === -1) this.#fail();
    else this.#take((lines[last] ?? '').length);
    this.#frame.word = undefined;
  }

  /** Takes a tag of a ban, or one that is always the same, if one is here. */
  #tag(quoting: Quoting): boolean {
    const tag = tagAt(this.#text, this.#at);
    if (tag === undefined) return false;
    const kind = placeholderKind(tag);
    if (kind === undefined) return false;
    const offset = this.#at;
    const { words } = this.#frame;
    const word = quoting === 'here' ? { literal: '', isLiteral: true } : this.#word();
    this.#tags.add(tag);
    this.#at += tag.length + 2;
    const refusal = this.#refusalAt(quoting, words, word);
    if (kind === 'text') {
      this.#firstText ??= { tag, offset };
      word.isLiteral = false;
      const reason = refusal ?? (operandUse(words, word) === 'file' ? 'it would name a file' : undefined);
      if (reason !== undefined) this.#refuse(tag, offset, reason);
    } else if (tag === 'fid') {
      const line = this.#text.slice(this.#text.lastIndexOf('\n', offset) + 1, offset);
      const use = operandUse(words, quoting === 'here' ? { literal: line, isLiteral: true } : word);
      this.#noteIdentity(use, word, refusal);
    }
    if (quoting === 'fixed') this.#pieces.push({ tag });
    else this.#refer(tag, quoting, quoting === 'here' ? 'plain' : readingOf(tag, words));
    return true;
  }

  /** Why no text from a log may stand here; undefined where it may. */
  #refusalAt(quoting: Quoting, words: readonly ShellWord[], word: ShellWord): string | undefined {
    if (quoting === 'fixed') return 'nothing can be put in safely there';
    if (quoting === 'here') return undefined;
    return this.#frame.isTarget ? 'it would name a file' : refuseText(words, word);
  }

  /** An address does no harm anywhere. What else <fid> may be has to be fit for all places where it stands. */
  #noteIdentity(use: IdentityUse | undefined, word: ShellWord, refusal: string | undefined): void {
    const isOfPattern = use === 'pattern' || (refusal !== undefined && isOfPatterns(refusal));
    // A path, or the address of a page: what follows in it may lead elsewhere. In a pattern a slash is its end.
    const isOfFile = this.#frame.isTarget || (!isOfPattern && /[/\\]\S*$/.test(word.literal));
    const isAddress = isOfFile || (refusal !== undefined && !isOfPattern);
    this.#identityUse = stricter(this.#identityUse ?? 'text', isAddress ? 'address' : (use ?? (isOfPattern ? 'pattern' : 'text')));
  }

  #wholeIdentityUse(): IdentityUse | undefined {
    if (this.#isOfAddresses || this.#mayRunText) return this.#identityUse && 'address';
    // A sed that puts backslashes before what has a meaning to the next one.
    const beside = this.#besideUse === 'pattern' && this.#escapesPatterns ? 'word' : this.#besideUse;
    return this.#identityUse && stricter(this.#identityUse, beside);
  }

  #refer(tag: string, quoting: Exclude<Quoting, 'fixed'>, reading: ValueReading): void {
    const variable = `${variableOf(tag)}${suffixes[reading]}`;
    this.#references.set(variable, { tag, reading });
    const reference = `\${${variable}}`;
    if (quoting === 'none') this.#pieces.push(`"${reference}"`);
    else this.#pieces.push(quoting === 'single' ? `'"${reference}"'` : reference);
  }

  #word(): ShellWord {
    this.#frame.word ??= { literal: '', isLiteral: true };
    return this.#frame.word;
  }

  #endWord(): void {
    const { word, words } = this.#frame;
    if (word === undefined) return;
    this.#frame.word = undefined;
    if (this.#frame.isTarget) {
      this.#frame.isTarget = false;
      this.#isOfAddresses ||= isOfAddresses([word]);
      return;
    }
    if (words.length === 0 && word.literal === 'case') this.#frame.cases += 1;
    if (words.length === 0 && word.literal === 'esac' && this.#frame.cases > 0) this.#frame.cases -= 1;
    // A word that only opens the next command, as in `then case ...`.
    if (words.length > 0 || !['then', 'else', 'do', '{', '!'].includes(word.literal)) words.push(word);
  }

  #endCommand(): void {
    this.#endWord();
    // What is in `>( )` is a command, not the name of a file.
    this.#frame.isTarget = false;
    this.#refuseAll(refuseBeside(this.#frame.words));
    this.#isOfAddresses ||= isOfAddresses(this.#frame.words);
    this.#escapesPatterns ||= this.#frame.words.some(({ literal }) => /^s\/\[.*\..*\]\/\\\\&\/g$/.test(literal));
    this.#frame.words = [];
  }

  #close(end: string): void {
    if (this.#text[this.#at] === end) this.#take(1);
    else this.#fail();
  }

  /** `reason`: why no text from a log may stand anywhere in it; undefined: there is none. */
  #refuseAll(reason: string | undefined): void {
    this.#refusal ??= reason;
    if (reason === undefined) return;
    this.#mayRunText ||= !isOfPatterns(reason);
    this.#besideUse = stricter(this.#besideUse, besideUse(reason));
  }

  /** The quotes are not understood: what is exact does no harm, but nothing else may stand in it. */
  #fail(): void {
    this.#refuseAll('a quote or parenthesis of the command has no end');
    this.#take(1);
  }

  #refuse(tag: string, offset: number, reason: string): void {
    this.#errors.push({ offset, message: `<${tag}> holds text from a log, which must not stand here: ${reason}` });
  }

  #take(count: number): void {
    this.#pieces.push(this.#text.slice(this.#at, this.#at + count));
    this.#at = Math.min(this.#at + count, this.#text.length);
  }
}

/** Addresses and numbers have no backslash. */
function readingOf(tag: string, words: readonly ShellWord[]): ValueReading {
  const reading = printfReading(words);
  if (reading !== 'echo') return reading;
  return placeholderKind(tag) === 'text' || tag === 'fid' ? 'escapes' : 'plain';
}

function joined(pieces: readonly (string | { readonly tag: string })[]): (string | { readonly tag: string })[] {
  const result: (string | { readonly tag: string })[] = [];
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece;
    else {
      result.push(text, piece);
      text = '';
    }
  }
  return [...result, text];
}

/** The name in `<name>` at `position`. */
function tagAt(text: string, position: number): string | undefined {
  if (text[position] !== '<') return undefined;
  const pattern = /<([A-Za-z][\w./-]{0,63})>/y;
  pattern.lastIndex = position;
  const tag = pattern.exec(text)?.[1];
  return tag !== undefined && !fixedTags.has(tag) ? tag : undefined;
}
