// Which of a jail's windows the store does not have as they are, and what was recorded of them meanwhile.
import type { Evidence } from '../core/evidence.ts';
import { UnwrittenChanges } from '../core/unwritten-changes.ts';

/** How much is remembered one by one. */
export interface ChangeLimits {
  readonly identities: number;
  /** Records of one identity, the latest. */
  readonly evidence: number;
}

// Records wait here for the store only. Of one identity as many as a ban's evidence has; of all, what a flood may take while the store
// cannot be written (512 characters each).
const maxPendingEvidence = 10_000;

// One for all: in a flood nearly every identity has none.
const none: readonly Evidence[] = [];

export class WindowChanges {
  /** By identity, in the order of the latest change. What was recorded is still to be written where the store is to get all windows. */
  readonly #changes = new UnwrittenChanges<readonly Evidence[]>(true, (former, later) => [...former, ...later]);
  #pendingEvidence = 0;

  get isWhole(): boolean {
    return this.#changes.isWhole;
  }

  get byIdentity(): ReadonlyMap<string, readonly Evidence[]> {
    return this.#changes.byKey;
  }

  add(identity: string, evidence: Evidence | undefined, limits: ChangeLimits): void {
    let pending = this.byIdentity.get(identity);
    if (pending !== undefined) this.#changes.delete(identity);
    if (evidence !== undefined && this.#pendingEvidence < maxPendingEvidence) {
      const all = [...(pending ?? none), evidence];
      pending = all.slice(Math.max(0, all.length - limits.evidence));
      if (pending.length === all.length) this.#pendingEvidence++;
    }
    this.#changes.set(identity, pending ?? none);
    if (this.byIdentity.size <= limits.identities) return;
    this.clear();
    this.#changes.setWhole();
  }

  /** Nothing of the windows is known to the store; what was recorded meanwhile is still to be written. */
  addAll(): void {
    for (const [identity, { length }] of this.byIdentity) if (length === 0) this.#changes.delete(identity);
    this.#changes.setWhole();
  }

  /** The store has all as it is. */
  clear(): void {
    this.#changes.clear();
    this.#pendingEvidence = 0;
  }

  /** Sets aside what changed up to now, while it is written; `settle` says how that ended. */
  take(): void {
    this.#changes.take();
    this.#pendingEvidence = 0;
  }

  /** What was taken is in the store, or has not got there and is a change as before. */
  settle(isWritten: boolean): void {
    if (!this.#changes.settle(isWritten)) return;
    this.#pendingEvidence = 0;
    for (const { length } of this.byIdentity.values()) this.#pendingEvidence += length;
  }
}
