// Judges, while a shell fragment is read, where text from a log stands in it and what <fid> may be there: each command, each file that is
// written to and each tag is noted, and the whole is judged at the end, as one command may run what another has from a variable. Pure.
import {
  isInVariable,
  isOfAddresses,
  readsVariable,
  refuseAsAddress,
  refuseBesideAddress,
  refuseVariableAddress,
} from './address-command.ts';
import { type IdentityUse, stricter } from './identity-use.ts';
import { mayBecomeOption } from './operand.ts';
import { placeholderKind } from './placeholder.ts';
import { besideUse, isOfPatterns, operandUse, refuseBeside, refuseText } from './shell-command.ts';
import { programOf, type ShellWord } from './simple-command.ts';
import { refuseTextInTransfer, refuseVariableInTransfer } from './transfer-command.ts';
import { asExpression, makesExpressions } from './variable-use.ts';

/** Around a tag. `here`: a here-document that expands. `fixed`: nothing expands, or something else than text is expected. */
export type Quoting = 'none' | 'single' | 'double' | 'here' | 'fixed';

export interface TagPlace {
  readonly tag: string;
  readonly offset: number;
  readonly quoting: Quoting;
  /** In backticks whose backslashes are taken away first. */
  readonly isReadTwice: boolean;
  /** In `$( )` or backticks. */
  readonly isSubstituted: boolean;
  /** Of its command, before `word`. */
  readonly words: readonly ShellWord[];
  /** As far as the tag; in a here-document empty. */
  readonly word: ShellWord;
  /** The word is where a redirection leads. */
  readonly isTarget: boolean;
  /** In a here-document, what stands before the tag in its line. */
  readonly line: string;
}

export interface TemplateError {
  readonly offset: number;
  readonly message: string;
}

export class ShellTextGuard {
  readonly #errors: TemplateError[] = [];
  /** Where text from a log stands first. */
  #firstText: Pick<TagPlace, 'tag' | 'offset'> | undefined;
  #identityUse: IdentityUse | undefined;
  /** What it has to be fit for as text that another command may have from a variable. */
  #besideUse: IdentityUse = 'text';
  #escapesPatterns = false;
  #feedsOperands = false;
  #isOfAddresses = false;
  /** A command of it may run what text says. */
  #mayRunText = false;
  /** Why no such text may stand anywhere in it. */
  #refusal: string | undefined;
  /** The same, where it would be an address: <fid> is asked for one there. */
  #addressRefusal: string | undefined;
  /** The same, where a variable holds it. */
  #variableRefusal: string | undefined;
  /** The same, as a field of a form of curl. */
  #formRefusal: string | undefined;
  /** The same, where the shell may make an expression of it. */
  #expressionRefusal: string | undefined;
  #mayBeInVariable = false;
  #isIdentityInVariable = false;

  /** `targets`: where its redirections lead. */
  noteCommand(words: readonly ShellWord[], targets: readonly ShellWord[]): void {
    this.refuseAll(refuseBeside(words));
    this.#isOfAddresses ||= isOfAddresses(words, targets);
    this.#addressRefusal ??= refuseBesideAddress(words, targets);
    this.#variableRefusal ??= refuseVariableAddress(words);
    this.#formRefusal ??= refuseVariableInTransfer(words);
    this.#mayBeInVariable ||= readsVariable(words);
    if (makesExpressions(words)) this.noteExpression();
    this.#feedsOperands ||= words.some(({ expands }, at) => expands === 'first' && mayBecomeOption(words.slice(0, at)));
    this.#escapesPatterns ||= words.some(({ literal }) => /^s\/\[.*\..*\]\/\\\\&\/g$/.test(literal));
  }

  /** What a command writes is put in, or the operand of a function. */
  noteSubstitution(): void {
    this.#mayBeInVariable = true;
  }

  /** The shell makes an expression of what a variable holds, or a name. */
  noteExpression(): void {
    this.#expressionRefusal = asExpression;
  }

  noteTag(place: TagPlace): void {
    const refusal = refusalAt(place);
    if (placeholderKind(place.tag) === 'text') {
      this.#firstText ??= place;
      this.#mayBeInVariable ||= place.isSubstituted || isInVariable(place.words, place.word);
      const reason = refusal ?? refuseOperand(place);
      if (reason !== undefined) this.#refuse(place, reason);
    } else if (place.tag === 'fid') {
      this.#isIdentityInVariable ||= place.isSubstituted || isInVariable(place.words, place.word);
      this.#noteIdentity(place, refusal);
    }
  }

  /** `reason`: why no text from a log may stand anywhere in it; undefined: there is none. */
  refuseAll(reason: string | undefined): void {
    this.#refusal ??= reason;
    if (reason === undefined) return;
    this.#mayRunText ||= !isOfPatterns(reason);
    this.#besideUse = stricter(this.#besideUse, besideUse(reason));
  }

  /** When all is noted: whether a program has an operand that begins with a variable, or with what a command writes. */
  get feedsOperands(): boolean {
    return this.#feedsOperands;
  }

  /** When all is noted: what stands where it must not. */
  errors(): TemplateError[] {
    const refusal =
      this.#refusal ??
      this.#addressRefusal ??
      (this.#mayBeInVariable ? (this.#expressionRefusal ?? this.#variableRefusal ?? this.#formRefusal) : undefined);
    if (this.#firstText !== undefined && refusal !== undefined && this.#errors.length === 0) this.#refuse(this.#firstText, refusal);
    return this.#errors;
  }

  /** When all is noted: what <fid> may be; undefined where it does not stand in it. */
  identityUse(): IdentityUse | undefined {
    const isFed = this.#mayBeInVariable || this.#isIdentityInVariable;
    const isExpression = isFed && this.#expressionRefusal !== undefined;
    if (this.#isOfAddresses || this.#mayRunText || isExpression) return this.#identityUse && 'address';
    // A sed that puts backslashes before what has a meaning to the next one.
    const beside = this.#besideUse === 'pattern' && this.#escapesPatterns ? 'word' : this.#besideUse;
    const fed = isFed && this.#formRefusal !== undefined ? 'word' : 'text';
    return this.#identityUse && stricter(this.#identityUse, stricter(beside, fed));
  }

  /** An address does no harm anywhere. What else <fid> may be has to be fit for all places where it stands. */
  #noteIdentity({ quoting, words, word, isTarget, line }: TagPlace, refusal: string | undefined): void {
    const use = operandUse(words, quoting === 'here' ? { literal: line, isLiteral: true } : word);
    const isOfPattern = use === 'pattern' || (refusal !== undefined && isOfPatterns(refusal));
    // A path, or the address of a page: what follows in it may lead elsewhere. In a pattern a slash is its end.
    const isOfFile = isTarget || (!isOfPattern && /[/\\]\S*$/.test(word.literal));
    const isAddress = isOfFile || (refusal !== undefined && !isOfPattern);
    this.#identityUse = stricter(this.#identityUse ?? 'text', isAddress ? 'address' : (use ?? (isOfPattern ? 'pattern' : 'text')));
  }

  #refuse({ tag, offset }: Pick<TagPlace, 'tag' | 'offset'>, reason: string): void {
    this.#errors.push({ offset, message: `<${tag}> holds text from a log, which must not stand here: ${reason}` });
  }
}

/** Why no text from a log may be an operand of the program here, besides what `refusalAt` says. */
function refuseOperand({ quoting, words, word }: TagPlace): string | undefined {
  if (operandUse(words, word) === 'file') return 'it would name a file';
  return quoting === 'here' ? undefined : (refuseAsAddress(words, word) ?? refuseTextInTransfer(programOf(words), word));
}

/** Why nothing but what is exact may stand here; undefined where more may. */
function refusalAt({ quoting, isReadTwice, words, word, isTarget }: TagPlace): string | undefined {
  if (quoting === 'fixed') return 'nothing can be put in safely there';
  if (isReadTwice) return 'the shell takes a backslash out of backticks before it reads the quotes in them; write $( ) instead';
  if (quoting === 'here') return undefined;
  return isTarget ? 'it would name a file' : refuseText(words, word);
}
