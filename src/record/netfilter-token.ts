// Tokens of a netfilter record: what stands between two spaces.

export const space = 0x20;
export const equals = 0x3d;
export const colon = 0x3a;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;

/** Where the token ends that goes on at `at`: the next space, or `end` (the line was cut in the token, or it is the last one). */
export function endOfToken(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at] !== space) at++;
  return at;
}

/** Past `literal` if it stands at `at`, else -1. */
export function afterLiteral(bytes: Buffer, at: number, end: number, literal: Buffer): number {
  const literalEnd = at + literal.length;
  if (literalEnd > end) return -1;
  for (let index = 0; index < literal.length; index++) if (bytes[at + index] !== literal[index]) return -1;
  return literalEnd;
}

/** The number that bytes[start, end) is in decimal digits, -1 where it is none or more than `max`. */
export function readDecimal(bytes: Buffer, start: number, end: number, max: number): number {
  if (start >= end || end - start > 10) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= max ? value : -1;
}

/** As readDecimal for at most eight hexadecimal digits, with or without 0x before them. */
export function readHex(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] === 0x30 && bytes[start + 1] === 0x78 ? start + 2 : start;
  if (first >= end || end - first > 8) return -1;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = hexDigit(bytes[at] ?? 0);
    if (digit === -1) return -1;
    value = value * 16 + digit;
  }
  return value;
}

// A table, as the digits of a MAC are a fifth of a record.
const hexDigits = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  hexDigits[text.charCodeAt(0)] = digit;
  hexDigits[text.toUpperCase().charCodeAt(0)] = digit;
}

/** -1 for a byte that is no hexadecimal digit. */
export const hexDigit = (byte: number): number => hexDigits[byte] ?? -1;

/** Two hexadecimal digits a byte, colons between them, or nothing at all. */
export function isMacText(bytes: Buffer, start: number, end: number): boolean {
  if (start === end) return true;
  for (let at = start; at + 1 < end; at += 3) {
    if ((hexDigit(bytes[at] ?? 0) | hexDigit(bytes[at + 1] ?? 0)) < 0) return false;
    if (at + 2 === end) return true;
    if (bytes[at + 2] !== colon) return false;
  }
  return false;
}

// Letters, digits and what the kernel writes between them; no bracket, quotation mark, slash, control character, nothing above ASCII.
const isDumpByte = new Uint8Array(256);
for (const byte of Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=:.()->')) isDumpByte[byte] = 1;

/** Whether bytes[start, end), maybe none, can be a value in a packet dump. */
export function isDumpValue(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (isDumpByte[bytes[at] ?? 0] === 0) return false;
  return bytes[end - 1] !== colon;
}

/**
 * Whether bytes[start, end) looks like a token of a packet dump, known or of a later kernel: so it is passed over. All else is other text,
 * as when a kernel message quotes a name that somebody gave the form of a record: `overlayfs: failed to resolve 'IN=... ': -2`,
 * `input: IN=... as /devices/virtual/input/input5`.
 */
export function isDumpToken(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] ?? 0;
  const isCapitalOrDigit = (first >= 0x41 && first <= 0x5a) || (first >= 0x30 && first <= 0x39);
  return (isCapitalOrDigit || first === 0x28 || first === 0x29) && isDumpValue(bytes, start, end);
}
