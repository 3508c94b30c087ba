// Remembers what was made of slices of bytes: prefixes, interfaces and addresses of netfilter records are mostly those of records just
// before, and comparing a few bytes costs a tenth of making a string. Never more than slotCount slices, whatever an attacker sends.

/** What `read` makes of a slice, which must depend on the slice's bytes alone; asked only when the slice is not among those remembered. */
export class SliceCache<T> {
  readonly #read: (bytes: Buffer, start: number, end: number) => T;
  readonly #slots: Slot<T>[] = [];

  constructor(read: (bytes: Buffer, start: number, end: number) => T) {
    this.#read = read;
    for (let index = 0; index < slotCount; index++) this.#slots.push({ bytes: new Uint8Array(longestSlice), length: -1, value: undefined });
  }

  of(bytes: Buffer, start: number, end: number): T {
    const length = end - start;
    const slot = this.#slots[slotOf(bytes, start, end)] as Slot<T>;
    if (length === slot.length) {
      let at = 0;
      while (at < length && bytes[start + at] === slot.bytes[at]) at++;
      if (at === length) return slot.value as T;
    }
    const value = this.#read(bytes, start, end);
    if (length <= longestSlice) {
      for (let at = 0; at < length; at++) slot.bytes[at] = bytes[start + at] ?? 0;
      slot.length = length;
      slot.value = value;
    }
    return value;
  }
}

interface Slot<T> {
  readonly bytes: Uint8Array;
  /** -1 while the slot is empty. */
  length: number;
  value: T | undefined;
}

const slotCount = 64;
// NF_LOG_PREFIXLEN: no prefix, the longest of the slices, reaches it.
const longestSlice = 128;

/** The last three bytes tell addresses and interfaces apart, the length and the third byte prefixes. */
function slotOf(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < 3) return length === 0 ? 0 : (bytes[start] ?? 0) % slotCount;
  const tail = (bytes[end - 1] ?? 0) * 5 + (bytes[end - 2] ?? 0) * 17 + (bytes[end - 3] ?? 0) * 3;
  return (tail + (bytes[start + 2] ?? 0) + length * 7) % slotCount;
}
