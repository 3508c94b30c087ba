// Which sessions the store does not have as they are: those that took in a line, and those that went.
import { UnwrittenChanges } from '../core/unwritten-changes.ts';

export class SessionChanges {
  readonly #maxIds: number;
  /** By id, without more. Where the store is to get all, none is remembered by itself. */
  readonly #changes = new UnwrittenChanges<true>(true, () => true);

  /** `maxIds`: how many are remembered one by one. */
  constructor(maxIds: number) {
    this.#maxIds = maxIds;
  }

  add(id: string): void {
    if (this.#changes.isWhole) return;
    this.#changes.set(id, true);
    if (this.#changes.byKey.size > this.#maxIds) this.addAll();
  }

  /** What the store holds is unknown, or the changes became too many: it is to get all. */
  addAll(): void {
    this.#changes.clear();
    this.#changes.setWhole();
  }

  /** The store has all as it is. */
  clear(): void {
    this.#changes.clear();
  }

  /** What changed up to now, while it is written; `settle` says how that ended. */
  take(): { readonly isWhole: boolean; readonly ids: Iterable<string> } {
    const { isWhole, byKey } = this.#changes.take();
    return { isWhole, ids: byKey.keys() };
  }

  /** What was taken is in the store, or has not got there and is a change as before. */
  settle(isWritten: boolean): void {
    const isBack = this.#changes.settle(isWritten);
    if (isBack && (this.#changes.isWhole || this.#changes.byKey.size > this.#maxIds)) this.addAll();
  }
}
