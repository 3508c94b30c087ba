// Writes a fragment that never changes: its text as it is, and in place of each tag a reference to a variable that fits the quotes around
// it. Pure.
import type { IdentityUse } from './identity-use.ts';
import { placeholderKind, variableOf } from './placeholder.ts';
import { printfReading } from './shell-command.ts';
import type { ShellTemplate, ValueReading } from './shell-template.ts';
import type { Quoting } from './shell-text-guard.ts';
import type { ShellWord } from './simple-command.ts';

type Piece = ShellTemplate['pieces'][number];

const suffixes: Readonly<Record<ValueReading, string>> = { plain: '', format: '_FORMAT', escapes: '_ESCAPED' };

export class ShellTemplateWriter {
  readonly #pieces: Piece[] = [];
  readonly #references = new Map<string, { readonly tag: string; readonly reading: ValueReading }>();
  readonly #tags = new Set<string>();

  text(text: string): void {
    this.#pieces.push(text);
  }

  /** `words`: of its command, before the word that it stands in. */
  tag(tag: string, quoting: Quoting, words: readonly ShellWord[]): void {
    this.#tags.add(tag);
    if (quoting === 'fixed') this.#pieces.push({ tag });
    else this.#refer(tag, quoting, quoting === 'here' ? 'plain' : readingOf(tag, words));
  }

  template(identityUse: IdentityUse | undefined): ShellTemplate {
    return { pieces: joined(this.#pieces), references: this.#references, tags: this.#tags, identityUse };
  }

  #refer(tag: string, quoting: Exclude<Quoting, 'fixed'>, reading: ValueReading): void {
    const variable = `${variableOf(tag)}${suffixes[reading]}`;
    this.#references.set(variable, { tag, reading });
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
