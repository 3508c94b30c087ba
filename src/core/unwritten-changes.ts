// What changed in memory and the store does not have, by key: handed to a write, and a change again where that failed.

interface Changes<T> {
  readonly isWhole: boolean;
  readonly byKey: ReadonlyMap<string, T>;
}

export class UnwrittenChanges<T> {
  readonly #join: (former: T, later: T) => T;
  #byKey = new Map<string, T>();
  #isWhole: boolean;
  #taken: Changes<T> | undefined;

  /** `isWhole`: at the beginning. `join`: of one key, what could not be written and what changed meanwhile. */
  constructor(isWhole: boolean, join: (former: T, later: T) => T) {
    this.#isWhole = isWhole;
    this.#join = join;
  }

  /** The store is to get all, not only what is remembered by key. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get byKey(): ReadonlyMap<string, T> {
    return this.#byKey;
  }

  /** What is being written of it. */
  taken(key: string): T | undefined {
    return this.#taken?.byKey.get(key);
  }

  /** One that is there keeps its place among the others. */
  set(key: string, change: T): void {
    this.#byKey.set(key, change);
  }

  delete(key: string): void {
    this.#byKey.delete(key);
  }

  /** The store has all as it is. */
  clear(): void {
    this.#byKey = new Map();
    this.#isWhole = false;
  }

  /** What is remembered by key stays. */
  setWhole(): void {
    this.#isWhole = true;
  }

  /** What changed up to now, while it is written; `settle` says how that ended. */
  take(): Changes<T> {
    const taken = { isWhole: this.#isWhole, byKey: this.#byKey };
    this.#taken = taken;
    this.clear();
    return taken;
  }

  /** What was taken is in the store, or has not got there: then it is a change as before, those since behind it, and this is true. */
  settle(isWritten: boolean): boolean {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken === undefined || isWritten) return false;
    const later = this.#byKey;
    this.#byKey = new Map();
    for (const [key, change] of taken.byKey) if (!later.has(key)) this.#byKey.set(key, change);
    for (const [key, change] of later) {
      const former = taken.byKey.get(key);
      this.#byKey.set(key, former === undefined ? change : this.#join(former, change));
    }
    this.#isWhole ||= taken.isWhole;
    return true;
  }
}
