// Numbers in the bytes of a line, as Python's int() and float() read them: \d matches every script's digits, so they must count too.

const zeroByte = 0x30;
const spaceByte = 0x20;
/** No field is longer; what is would not be exact. */
const maxDigits = 15;

/** NaN where bytes[start, end) is no whole number. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  // "%d" of a one-digit day takes the space before it.
  while (at < end && bytes[at] === spaceByte) at++;
  if (at === end || end - at > maxDigits) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] ?? 0) - zeroByte;
    if (digit < 0 || digit > 9) return readOther(bytes, start, end, /^\s*[+-]?\d{1,15}\s*$/);
    value = value * 10 + digit;
  }
  return value;
}

/** NaN where bytes[start, end) is no decimal number. */
export const readDecimal = (bytes: Uint8Array, start: number, end: number): number => readOther(bytes, start, end, /^\d+(?:\.\d+)?$/);

/** Of what `maxDigits` digits of any script can take, at four bytes each, and more. */
const maxBytes = 100;

function readOther(bytes: Uint8Array, start: number, end: number, form: RegExp): number {
  if (end - start > maxBytes) return Number.NaN;
  const text = toAsciiDigits(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
  return form.test(text) ? Number(text) : Number.NaN;
}

const toAsciiDigits = (text: string): string => text.replace(/[^\P{Nd}0-9]/gu, (digit) => String(digitValue(digit.codePointAt(0) ?? 0)));

const mathematicalZero = 0x1d7ce;
const mathematicalEnd = 0x1d7ff;

/** The digits of a script follow one another from its zero; only the mathematical alphabets have no gap between them. */
function digitValue(codePoint: number): number {
  if (codePoint >= mathematicalZero && codePoint <= mathematicalEnd) return (codePoint - mathematicalZero) % 10;
  let zero = codePoint;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return codePoint - zero;
}
