// What ends, the next first: a binary heap, as a list of 100,000 bans cannot be gone through whenever one of them ends.

export class EndQueue<T extends { readonly untilUsec: number }> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Infinity where nothing ends. */
  get nextUsec(): number {
    return this.#heap[0]?.untilUsec ?? Number.POSITIVE_INFINITY;
  }

  /** What never ends is not taken. */
  add(item: T): void {
    if (!Number.isFinite(item.untilUsec)) return;
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.untilUsec <= item.untilUsec) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  /** Takes out all that ends at `nowUsec` or before, the earliest first. */
  take(nowUsec: number): T[] {
    const taken: T[] = [];
    for (let [first] = this.#heap; first !== undefined && first.untilUsec <= nowUsec; [first] = this.#heap) {
      taken.push(first);
      this.#removeFirst();
    }
    return taken;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const below = endOf(heap[right]) < endOf(heap[left]) ? right : left;
      const child = heap[below];
      if (child === undefined || child.untilUsec >= item.untilUsec) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = item;
  }
}

const endOf = (item: { readonly untilUsec: number } | undefined): number => item?.untilUsec ?? Number.POSITIVE_INFINITY;
