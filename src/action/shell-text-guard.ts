// Judges, while a shell fragment is read, where text from a log stands in it and what <fid> may be there: each command, each file that is
// written to and each tag is noted, and the whole is judged at the end, as one command may run what another has from a variable. Pure.
import { type IdentityUse, stricter } from './identity-use.ts';
import { placeholderKind } from './placeholder.ts';
import { besideUse, isOfAddresses, isOfPatterns, operandUse, refuseBeside, refuseText } from './shell-command.ts';
import type { ShellWord } from './simple-command.ts';

/** Around a tag. `here`: a here-document that expands. `fixed`: nothing expands, or something else than text is expected. */
export type Quoting = 'none' | 'single' | 'double' | 'here' | 'fixed';

export interface TagPlace {
  readonly tag: string;
  readonly offset: number;
  readonly quoting: Quoting;
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
  #isOfAddresses = false;
  /** A command of it may run what text says. */
  #mayRunText = false;
  /** Why no such text may stand anywhere in it. */
  #refusal: string | undefined;

  noteCommand(words: readonly ShellWord[]): void {
    this.refuseAll(refuseBeside(words));
    this.#isOfAddresses ||= isOfAddresses(words);
    this.#escapesPatterns ||= words.some(({ literal }) => /^s\/\[.*\..*\]\/\\\\&\/g$/.test(literal));
  }

  /** Where a redirection leads. */
  noteTarget(word: ShellWord): void {
    this.#isOfAddresses ||= isOfAddresses([word]);
  }

  noteTag(place: TagPlace): void {
    const refusal = refusalAt(place);
    if (placeholderKind(place.tag) === 'text') {
      this.#firstText ??= place;
      const reason = refusal ?? (operandUse(place.words, place.word) === 'file' ? 'it would name a file' : undefined);
      if (reason !== undefined) this.#refuse(place, reason);
    } else if (place.tag === 'fid') this.#noteIdentity(place, refusal);
  }

  /** `reason`: why no text from a log may stand anywhere in it; undefined: there is none. */
  refuseAll(reason: string | undefined): void {
    this.#refusal ??= reason;
    if (reason === undefined) return;
    this.#mayRunText ||= !isOfPatterns(reason);
    this.#besideUse = stricter(this.#besideUse, besideUse(reason));
  }

  /** When all is noted: what stands where it must not. */
  errors(): TemplateError[] {
    if (this.#firstText !== undefined && this.#refusal !== undefined && this.#errors.length === 0)
      this.#refuse(this.#firstText, this.#refusal);
    return this.#errors;
  }

  /** When all is noted: what <fid> may be; undefined where it does not stand in it. */
  identityUse(): IdentityUse | undefined {
    if (this.#isOfAddresses || this.#mayRunText) return this.#identityUse && 'address';
    // A sed that puts backslashes before what has a meaning to the next one.
    const beside = this.#besideUse === 'pattern' && this.#escapesPatterns ? 'word' : this.#besideUse;
    return this.#identityUse && stricter(this.#identityUse, beside);
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

/** Why no text from a log may stand here; undefined where it may. */
function refusalAt({ quoting, words, word, isTarget }: TagPlace): string | undefined {
  if (quoting === 'fixed') return 'nothing can be put in safely there';
  if (quoting === 'here') return undefined;
  return isTarget ? 'it would name a file' : refuseText(words, word);
}
