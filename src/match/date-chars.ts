// Characters in bytes of valid UTF-8. fail2ban compares where dates stand from line to line, counted in characters.

const isContinuation = (byte: number | undefined): boolean => ((byte ?? 0) & 0xc0) === 0x80;

export function countChars(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (!isContinuation(bytes[at])) count++;
  return count;
}

/** Where the character number `count` begins, `end` where there are not so many. */
export function skipChars(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = start;
  for (let left = count; at < end; at++) if (!isContinuation(bytes[at]) && left-- === 0) break;
  return at;
}

/** The start of the character that `at` is in, `start` at least. */
export function charBoundary(bytes: Uint8Array, start: number, at: number): number {
  let first = at;
  while (first > start && isContinuation(bytes[first])) first--;
  return first;
}

/** The code point that begins at `at`, -1 at the end. */
export function charAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === undefined || at >= end) return -1;
  if (first < 0x80) return first;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let codePoint = first & (0x7f >> length);
  for (let i = 1; i < length; i++) codePoint = (codePoint << 6) | ((bytes[at + i] ?? 0) & 0x3f);
  return codePoint;
}

/** The code point that ends at `at`, -1 at the start. */
export function charBefore(bytes: Uint8Array, start: number, at: number): number {
  if (at <= start) return -1;
  return charAt(bytes, charBoundary(bytes, start, at - 1), at);
}

const lastCodePoint = 0x10ffff;

/** Python's isalnum(). */
export const isAlphanumeric = (codePoint: number): boolean =>
  codePoint >= 0 && codePoint <= lastCodePoint && /[\p{L}\p{N}]/u.test(String.fromCodePoint(codePoint));

/** \w, as word bounds see it. */
export const isWord = (codePoint: number): boolean => codePoint === 0x5f || isAlphanumeric(codePoint);
