// Writes a fragment that never changes: its text as it is, and in place of each tag a reference to a variable that fits the quotes around
// it. Pure.
import type { IdentityUse } from './identity-use.ts';
import { mayBecomeOption } from './operand.ts';
import { placeholderKind, variableOf } from './placeholder.ts';
import { printfReading } from './printf-reading.ts';
import type { Reference, ShellTemplate, ValueReading } from './shell-template.ts';
import type { Quoting } from './shell-text-guard.ts';
import type { ShellWord } from './simple-command.ts';

type Piece = ShellTemplate['pieces'][number];

const suffixes: Readonly<Record<ValueReading, string>> = { plain: '', format: '_FORMAT', escapes: '_ESCAPED' };

export class ShellTemplateWriter {
  readonly #pieces: Piece[] = [];
  readonly #references = new Map<string, Reference>();
  readonly #tags = new Set<string>();

  text(text: string): void {
    this.#pieces.push(text);
  }

  /** `words`: of its command, before `word`, that it stands in. */
  tag(tag: string, quoting: Quoting, words: readonly ShellWord[], word: ShellWord): void {
    this.#tags.add(tag);
    if (quoting === 'fixed') this.#pieces.push({ tag });
    else if (quoting === 'here') this.#refer(tag, quoting, 'plain', false);
    else this.#refer(tag, quoting, readingOf(tag, words), placeholderKind(tag) === 'text' && word.literal === '' && mayBecomeOption(words));
  }

  /** `feedsOperands`: a program may be given a value by a variable or by what a command writes. */
  template(source: string, identityUse: IdentityUse | undefined, feedsOperands: boolean): ShellTemplate {
    const references = new Map(
      Array.from(this.#references, ([variable, { tag, reading, isOperand }]) => [
        variable,
        { tag, reading, isOperand: isOperand || (feedsOperands && placeholderKind(tag) === 'text') },
      ]),
    );
    return { source, pieces: joined(this.#pieces), references, tags: this.#tags, identityUse };
  }

  #refer(tag: string, quoting: Exclude<Quoting, 'fixed'>, reading: ValueReading, isOperand: boolean): void {
    const variable = `${variableOf(tag)}${suffixes[reading]}${isOperand ? '_OPERAND' : ''}`;
    this.#references.set(variable, { tag, reading, isOperand });
    const reference = `\${${variable}}`;
    if (quoting === 'none') this.#pieces.push(`"${reference}"`);
    else this.#pieces.push(quoting === 'single' ? `'"${reference}"'` : reference);
  }
}

/** Addresses and numbers have no backslash. */
function readingOf(tag: string, words: readonly ShellWord[]): ValueReading {
  const reading = printfReading(words);
  if (reading !== 'echo') return reading;
  return placeholderKind(tag) === 'text' || tag === 'fid' ? 'escapes' : 'plain';
}

function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
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
