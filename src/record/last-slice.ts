// Remembers the last slice of bytes that was read and what it gave: the prefix, the interfaces and the addresses of netfilter records
// hardly change from one record to the next, and comparing a few bytes costs a tenth of making a string.

/** What `read` makes of a slice; asked again only when the slice differs from the last one. `read` must depend on these bytes alone. */
export class LastSlice<T> {
  readonly #read: (bytes: Buffer, start: number, end: number) => T;
  readonly #known = new Uint8Array(longestSlice);
  #length = -1;
  #value: T | undefined;

  constructor(read: (bytes: Buffer, start: number, end: number) => T) {
    this.#read = read;
  }

  of(bytes: Buffer, start: number, end: number): T {
    const length = end - start;
    if (length === this.#length) {
      let at = 0;
      while (at < length && bytes[start + at] === this.#known[at]) at++;
      if (at === length) return this.#value as T;
    }
    const value = this.#read(bytes, start, end);
    if (length <= longestSlice) {
      for (let at = 0; at < length; at++) this.#known[at] = bytes[start + at] ?? 0;
      this.#length = length;
      this.#value = value;
    }
    return value;
  }
}

// NF_LOG_PREFIXLEN: no prefix, the longest of them, reaches it.
const longestSlice = 128;
