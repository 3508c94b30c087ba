// `name[key="a, b", other=c][more=d]`: how jail.conf(5) names a filter or an action with arguments, and lists of them. Pure.
import { err, ok, type Result } from '../core/result.ts';
import { quoteText } from './config-error.ts';

/** A filter or action as a jail names it. */
export interface NamedDefinition {
  readonly name: string;
  /** In the order written; the last of two with one key holds. */
  readonly options: ReadonlyMap<string, string>;
  /** Of the name in the text. */
  readonly offset: number;
}

/** `offset` counts from the start of the text that was parsed; `ConfigValue.originAt` makes a file and line of it. */
export interface PositionedError {
  readonly offset: number;
  readonly message: string;
}

/** Definitions separated by white space (an `action`). Without any, an empty list. */
export function parseDefinitionList(text: string): Result<NamedDefinition[], PositionedError> {
  const parser = new ListParser(text);
  const list = parser.parse();
  return parser.error === undefined ? ok(list) : err(parser.error);
}

/** Exactly one definition (a `filter`). */
export function parseDefinition(text: string): Result<NamedDefinition, PositionedError> {
  const list = parseDefinitionList(text);
  if (!list.ok) return list;
  const [first, second] = list.value;
  if (first === undefined) return err({ offset: 0, message: 'a name is missing; write one such as sshd[mode=aggressive]' });
  if (second !== undefined)
    return err({ offset: second.offset, message: `${quoteText(second.name)} is a second name where one is expected; take one out` });
  return ok(first);
}

/** The one way to write it, for who has to name it to somebody else: name[key="value",...], keys in order. */
export function formatDefinition({ name, options }: NamedDefinition): string {
  const list = [...options]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value.includes('"') ? `'${value}'` : `"${value}"`}`);
  return list.length === 0 ? name : `${name}[${list.join(',')}]`;
}

/** list = { name { "[" [ option { "," option } [","] ] "]" } };  option = key "=" ( '"' ... '"' | "'" ... "'" | up to "," or "]" ). No escapes. */
class ListParser {
  error: PositionedError | undefined;
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** To be taken only if there is no `error`. */
  parse(): NamedDefinition[] {
    const list: NamedDefinition[] = [];
    this.#take(/\s*/y);
    while (this.#position < this.#text.length && this.error === undefined) {
      const offset = this.#position;
      const name = this.#take(/[^\s[\],]+/y);
      if (name === '')
        this.#fail(offset, 'a name is missing before this; separate definitions by white space, and write name[key=value, ...]');
      const options = new Map<string, string>();
      let gap = this.#take(/\s*/y);
      while (this.error === undefined && this.#takes('[')) {
        this.#group(options);
        gap = this.#take(/\s*/y);
      }
      if (gap === '' && this.#position < this.#text.length) {
        this.#fail(this.#position, `white space is missing before ${this.#shown()}; separate definitions by a line break or a space`);
      }
      list.push({ name, options, offset });
    }
    return list;
  }

  /** What follows a `[`, with its `]`. */
  #group(options: Map<string, string>): void {
    const start = this.#position - 1;
    while (this.error === undefined) {
      this.#take(/\s*/y);
      if (this.#takes(']')) return;
      const offset = this.#position;
      const key = this.#take(/[\w.-]+/y);
      this.#take(/\s*/y);
      if (offset >= this.#text.length) {
        this.#fail(start, 'this "[" has no "]"; close it');
      } else if (key === '' || !this.#takes('=')) {
        this.#fail(offset, `key=value is expected at ${this.#shown(offset)}; put quotes around a value that has "," or "]" in it`);
      } else {
        options.set(key, this.#value().trim());
        this.#endValue(start);
      }
    }
  }

  #value(): string {
    this.#take(/\s*/y);
    const quote = this.#text[this.#position];
    if (quote !== '"' && quote !== "'") return this.#take(/[^,\]]*/y);
    const end = this.#text.indexOf(quote, this.#position + 1);
    if (end === -1) {
      this.#fail(this.#position, `this ${quote} has no second one; close the quotes`);
      return '';
    }
    const value = this.#text.slice(this.#position + 1, end);
    this.#position = end + 1;
    return value;
  }

  /** Up to the next option or the `]`, which stays. */
  #endValue(start: number): void {
    this.#take(/\s*/y);
    if (this.#takes(',') || this.#text[this.#position] === ']') return;
    if (this.#position >= this.#text.length) this.#fail(start, 'this "[" has no "]"; close it');
    else this.#fail(this.#position, `"," or "]" is expected at ${this.#shown()}; quotes cannot stand inside quotes of the same kind`);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const taken = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += taken.length;
    return taken;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #shown(offset = this.#position): string {
    return quoteText(this.#text.slice(offset, offset + 20));
  }

  /** The first error is the one that tells. */
  #fail(offset: number, message: string): void {
    this.error ??= { offset, message };
  }
}
