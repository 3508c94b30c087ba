// A map that knows which of its entries was set longest ago. Map's own order would do, but to look at its first key V8 passes over whatever
// was deleted before it: tens of thousands of steps, at each failure of a flood.

interface Link<V> {
  readonly key: string;
  value: V;
  older: Link<V> | undefined;
  newer: Link<V> | undefined;
}

export class AgedMap<V> {
  readonly #links = new Map<string, Link<V>>();
  #oldest: Link<V> | undefined;
  #newest: Link<V> | undefined;

  get size(): number {
    return this.#links.size;
  }

  /** The entry that was set longest ago. */
  get oldest(): { readonly key: string; readonly value: V } | undefined {
    return this.#oldest;
  }

  get(key: string): V | undefined {
    return this.#links.get(key)?.value;
  }

  /** It is the newest from now on, also where it was there before. */
  set(key: string, value: V): void {
    let link = this.#links.get(key);
    if (link === undefined) {
      link = { key, value, older: undefined, newer: undefined };
      this.#links.set(key, link);
    } else {
      link.value = value;
      if (link === this.#newest) return;
      this.#unlink(link);
    }
    link.older = this.#newest;
    link.newer = undefined;
    if (this.#newest === undefined) this.#oldest = link;
    else this.#newest.newer = link;
    this.#newest = link;
  }

  delete(key: string): boolean {
    const link = this.#links.get(key);
    if (link === undefined) return false;
    this.#links.delete(key);
    this.#unlink(link);
    return true;
  }

  /** The oldest first. */
  *[Symbol.iterator](): Generator<readonly [string, V]> {
    for (let link = this.#oldest; link !== undefined; link = link.newer) yield [link.key, link.value];
  }

  *keys(): Generator<string> {
    for (const [key] of this) yield key;
  }

  #unlink({ older, newer }: Link<V>): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}
