// A shell fragment with tags, as one that never changes: the values of a ban travel in the environment. Pure.
import { type IdentityUse, isFit } from './identity-use.ts';
import { withoutOption } from './operand.ts';
import { isExact, placeholderKind } from './placeholder.ts';

/** How the value stands in its variable: as it is, or so that printf shows it as it is (in its format, or by %b). */
export type ValueReading = 'plain' | 'format' | 'escapes';

export interface Reference {
  readonly tag: string;
  readonly reading: ValueReading;
  /** A program may take it for an option where it begins with "-". */
  readonly isOperand: boolean;
}

export interface ShellTemplate {
  /** What it was read from, with all tags of options replaced. */
  readonly source: string;
  /** Text, and values of kind `exact` that stand where no reference can. */
  readonly pieces: readonly (string | { readonly tag: string })[];
  /** By variable. */
  readonly references: ReadonlyMap<string, Reference>;
  /** All that it needs of a ban. */
  readonly tags: ReadonlySet<string>;
  /** Where <fid> stands in it; undefined where it does not. */
  readonly identityUse: IdentityUse | undefined;
}

/** The kernel takes 128 KiB for one variable, and a value may double where backslashes are. */
const maxValueBytes = 60 * 1024;

/** `values` by tag; one without a value is empty. Throws where a value is not what its tag may hold. */
export function renderShellTemplate(
  template: ShellTemplate,
  values: ReadonlyMap<string, string>,
): { script: string; env: Record<string, string> } {
  const read = (tag: string): string => {
    const value = values.get(tag) ?? '';
    const isFitting = isExact(value) || (tag === 'fid' && isFit(value, template.identityUse ?? 'address'));
    if (placeholderKind(tag) !== 'text' && !isFitting)
      throw new RangeError(`<${tag}> holds characters that no command can be given safely`);
    return cut(value.replaceAll('\0', ''));
  };
  const script = template.pieces.map((piece) => (typeof piece === 'string' ? piece : read(piece.tag))).join('');
  const env: Record<string, string> = {};
  for (const [variable, { tag, reading, isOperand }] of template.references)
    env[variable] = readAs(isOperand ? withoutOption(read(tag)) : read(tag), reading);
  return { script, env };
}

function cut(value: string): string {
  const bytes = Buffer.from(value);
  // A character that was cut in two is left out.
  return new TextDecoder().decode(bytes.subarray(0, maxValueBytes), { stream: bytes.length > maxValueBytes });
}

function readAs(value: string, reading: ValueReading): string {
  if (reading === 'plain') return value;
  const escaped = value.replaceAll('\\', '\\\\');
  return reading === 'format' ? escaped.replaceAll('%', '%%') : escaped;
}
