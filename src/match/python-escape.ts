// What follows a backslash in Python's expressions, and how PCRE2 writes it. Pure.
import type { ExpressionError } from './expression-error.ts';

export interface Escape {
  /** Behind its last character. */
  readonly end: number;
  /** As PCRE2 reads it with the same meaning. */
  readonly text: string;
  /** Of a back reference. */
  readonly group?: number;
}

/** Those that have a meaning in both, and the same one; \z is of Python 3.14. */
const sameOutside = 'AbBdDsSwWzafnrt';
const sameInClass = 'bdDsSwWafnrt';

/** Python's "\v" is one character, PCRE2's any line break; Python's "\Z" is PCRE2's "\z". */
const rewritten: ReadonlyMap<string, string> = new Map([
  ['v', '\\x0b'],
  ['Z', '\\z'],
]);

const digitCounts: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

const maxOctal = 0o377;

/** At the backslash at `start`, outside a class. */
export function translateEscape(source: string, start: number): Escape | ExpressionError {
  const next = source[start + 1] ?? '';
  if (/[1-9]/.test(next)) return translateNumber(source, start);
  if (!isAsciiLetter(next)) return same(source, start, 2);
  if (sameOutside.includes(next)) return same(source, start, 2);
  const text = rewritten.get(next);
  return text === undefined ? translateCharacter(source, start) : { end: start + 2, text };
}

/** The same inside a class: a number is a character there. */
export function translateClassEscape(source: string, start: number): Escape | ExpressionError {
  const next = source[start + 1] ?? '';
  if (/\d/.test(next)) {
    const [digits = ''] = matchAt(/[0-7]{1,3}/y, source, start + 1) ?? [];
    if (digits === '') return { offset: start, message: `"\\${next}" is no character; write "${next}"` };
    return Number.parseInt(digits, 8) > maxOctal ? tooLarge(start) : same(source, start, 1 + digits.length);
  }
  if (!isAsciiLetter(next) || sameInClass.includes(next)) return same(source, start, 2);
  return next === 'v' ? { end: start + 2, text: '\\x0b' } : translateCharacter(source, start);
}

/** Python reads three octal digits as a character and otherwise at most two digits as a group; PCRE2 looks at how many groups there are. */
function translateNumber(source: string, start: number): Escape | ExpressionError {
  const [octal] = matchAt(/[0-7]{3}/y, source, start + 1) ?? [];
  if (octal !== undefined) {
    const code = Number.parseInt(octal, 8);
    return code > maxOctal ? tooLarge(start) : { end: start + 4, text: `\\x{${code.toString(16)}}` };
  }
  const [digits = ''] = matchAt(/\d{1,2}/y, source, start + 1) ?? [];
  const end = start + 1 + digits.length;
  return { end, text: digits.length === 1 ? `\\${digits}` : `\\g{${digits}}`, group: Number(digits) };
}

/** \x, \u and \U with exactly their digits; no other letter is left. */
function translateCharacter(source: string, start: number): Escape | ExpressionError {
  const next = source[start + 1] ?? '';
  const length = digitCounts.get(next);
  if (length === undefined) {
    const cure = next === 'N' || next === 'p' ? 'write the characters themselves' : `write "${next}" for the letter`;
    return { offset: start, message: `"\\${next}" has no meaning in fail2ban's expressions (Python's re); ${cure}` };
  }
  const digits = source.slice(start + 2, start + 2 + length);
  if (digits.length !== length || /[^0-9a-fA-F]/.test(digits))
    return { offset: start, message: `"\\${next}" needs ${length} hexadecimal digits` };
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return { offset: start, message: `"\\${next}${digits}" is no character` };
  return next === 'x' ? same(source, start, 4) : { end: start + 2 + length, text: `\\x{${code.toString(16)}}` };
}

function same(source: string, start: number, length: number): Escape {
  const end = Math.min(start + length, source.length);
  return { end, text: source.slice(start, end) };
}

const tooLarge = (offset: number): ExpressionError => ({ offset, message: 'an octal character goes up to "\\377"; write \\uXXXX' });

const isAsciiLetter = (character: string): boolean => /^[a-zA-Z]$/.test(character);

function matchAt(pattern: RegExp, source: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(source);
}
