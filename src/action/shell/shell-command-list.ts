// The words of one list of commands as they are read: of the script itself, or of what is in `$( )` or backticks (POSIX.1-2024, Shell
// Command Language, 2.9). Each command and each name of a file that is whole is shown to the guard. Pure.
import type { ShellTextGuard } from './shell-text-guard.ts';
import type { ShellWord } from './simple-command.ts';
import { writesOwn } from './variable-use.ts';

export class ShellCommandList {
  readonly #guard: ShellTextGuard;
  #words: ShellWord[] = [];
  #word: ShellWord | undefined;
  /** Of `(` that are open, and of `case` without its `esac`, whose patterns end with `)`. */
  #parentheses = 0;
  #cases = 0;
  #isTarget = false;
  #targets: ShellWord[] = [];
  #writesOwn = true;

  constructor(guard: ShellTextGuard) {
    this.#guard = guard;
  }

  /** Of the command at hand, without the one that is being read. */
  get words(): readonly ShellWord[] {
    return this.#words;
  }

  /** Whether the next character would belong to a word that has begun. */
  get isInWord(): boolean {
    return this.#word !== undefined;
  }

  /** Whether the word at hand, or the next, is where a redirection leads. */
  get isTarget(): boolean {
    return this.#isTarget;
  }

  /** Whether `)` belongs to the list: to a `(` or a `case` in it. */
  get hasParenthesis(): boolean {
    return this.#parentheses > 0 || this.#cases > 0;
  }

  /** When it is whole: whether nothing of what it writes may come from elsewhere. */
  get writesOwn(): boolean {
    return this.#writesOwn;
  }

  /** The one that is being read, which begins here if none has. */
  word(): ShellWord {
    this.#word ??= { literal: '', isLiteral: true };
    return this.#word;
  }

  /** The same, where the shell puts something in. */
  expandingWord(): void {
    const word = this.word();
    word.isLiteral = false;
    word.expands ??= word.literal === '' ? 'first' : 'later';
  }

  endWord(): void {
    const word = this.#word;
    if (word === undefined) return;
    this.#word = undefined;
    if (this.#isTarget) {
      this.#isTarget = false;
      this.#targets.push(word);
      return;
    }
    if (this.#words.length === 0 && word.literal === 'case') this.#cases += 1;
    if (this.#words.length === 0 && word.literal === 'esac' && this.#cases > 0) this.#cases -= 1;
    // A word that only opens the next command, as in `then case ...`.
    if (this.#words.length > 0 || !['then', 'else', 'do', '{', '!'].includes(word.literal)) this.#words.push(word);
  }

  endCommand(): void {
    this.endWord();
    // What is in `>( )` is a command, not the name of a file.
    this.#isTarget = false;
    this.#guard.noteCommand(this.#words, this.#targets);
    this.#writesOwn &&= this.#words.length === 0 || writesOwn(this.#words);
    this.#words = [];
    this.#targets = [];
  }

  /** One of `;`, `&`, `|`, `(` and `)`. */
  operator(character: string): void {
    this.endCommand();
    if (character === '(') this.#parentheses += 1;
    // Otherwise it ends the pattern of a case.
    if (character === ')' && this.#parentheses > 0) this.#parentheses -= 1;
  }

  /** `<` or `>`. */
  beginRedirection(): void {
    // The number of a descriptor is no word.
    if (/^\d+$/.test(this.#word?.literal ?? '')) this.#word = undefined;
    this.endWord();
  }

  /** `isTarget`: the next word is where the redirection leads. */
  endRedirection(isTarget: boolean): void {
    this.#isTarget = isTarget;
  }

  /** The text of a here-document is no word. */
  endHereDocument(): void {
    this.#word = undefined;
  }
}
