// Which sessions the store does not have as they are: those that took in a line, and those that went.

interface Changed {
  readonly isWhole: boolean;
  readonly ids: ReadonlySet<string>;
}

export class SessionChanges {
  readonly #maxIds: number;
  #ids = new Set<string>();
  /** What the store holds is unknown, or the changes became too many: it is to get all. Then none is remembered by itself. */
  #isWhole = true;
  /** Being written. */
  #taken: Changed | undefined;

  /** `maxIds`: how many are remembered one by one. */
  constructor(maxIds: number) {
    this.#maxIds = maxIds;
  }

  add(id: string): void {
    if (this.#isWhole) return;
    this.#ids.add(id);
    if (this.#ids.size > this.#maxIds) this.addAll();
  }

  addAll(): void {
    this.#ids = new Set();
    this.#isWhole = true;
  }

  /** The store has all as it is. */
  clear(): void {
    this.#ids = new Set();
    this.#isWhole = false;
  }

  /** What changed up to now, while it is written; `settle` says how that ended. */
  take(): Changed {
    this.#taken = { isWhole: this.#isWhole, ids: this.#ids };
    const taken = this.#taken;
    this.clear();
    return taken;
  }

  /** What was taken is in the store, or has not got there and is a change as before. */
  settle(isWritten: boolean): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken === undefined || isWritten) return;
    if (taken.isWhole) this.addAll();
    else for (const id of taken.ids) this.add(id);
  }
}
