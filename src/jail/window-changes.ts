// Which of a jail's windows the store does not have as they are, and what was recorded of them meanwhile.
import type { Evidence } from '../core/evidence.ts';

/** How much is remembered one by one. */
export interface ChangeLimits {
  readonly identities: number;
  /** Records of one identity, the latest. */
  readonly evidence: number;
}

interface Changed {
  readonly isWhole: boolean;
  readonly byIdentity: ReadonlyMap<string, readonly Evidence[]>;
}

// Records wait here for the store only. Of one identity as many as a ban's evidence has; of all, what a flood may take while the store
// cannot be written (512 characters each).
const maxPendingEvidence = 10_000;

// One for all: in a flood nearly every identity has none.
const none: readonly Evidence[] = [];

export class WindowChanges {
  /** In the order of the latest change. */
  #byIdentity = new Map<string, readonly Evidence[]>();
  /** What the store holds is unknown, or the changes became too many: it is to get all. */
  #isWhole = true;
  #pendingEvidence = 0;
  /** Being written. */
  #taken: Changed | undefined;

  get isWhole(): boolean {
    return this.#isWhole;
  }

  get byIdentity(): ReadonlyMap<string, readonly Evidence[]> {
    return this.#byIdentity;
  }

  add(identity: string, evidence: Evidence | undefined, limits: ChangeLimits): void {
    let pending = this.#byIdentity.get(identity);
    if (pending !== undefined) this.#byIdentity.delete(identity);
    if (evidence !== undefined && this.#pendingEvidence < maxPendingEvidence) {
      const all = [...(pending ?? none), evidence];
      pending = all.slice(Math.max(0, all.length - limits.evidence));
      if (pending.length === all.length) this.#pendingEvidence++;
    }
    this.#byIdentity.set(identity, pending ?? none);
    if (this.#byIdentity.size <= limits.identities) return;
    this.clear();
    this.#isWhole = true;
  }

  /** Nothing of the windows is known to the store; what was recorded meanwhile is still to be written. */
  addAll(): void {
    for (const [identity, { length }] of this.#byIdentity) if (length === 0) this.#byIdentity.delete(identity);
    this.#isWhole = true;
  }

  /** The store has all as it is. */
  clear(): void {
    this.#byIdentity = new Map();
    this.#pendingEvidence = 0;
    this.#isWhole = false;
  }

  /** Sets aside what changed up to now, while it is written; `settle` says how that ended. */
  take(): void {
    this.#taken = { isWhole: this.#isWhole, byIdentity: this.#byIdentity };
    this.clear();
  }

  /** What was taken is in the store, or has not got there and is a change as before. */
  settle(isWritten: boolean): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken === undefined || isWritten) return;
    const later = this.#byIdentity;
    this.#byIdentity = new Map();
    for (const [identity, evidence] of taken.byIdentity) if (!later.has(identity)) this.#byIdentity.set(identity, evidence);
    for (const [identity, evidence] of later) this.#byIdentity.set(identity, [...(taken.byIdentity.get(identity) ?? []), ...evidence]);
    this.#isWhole ||= taken.isWhole;
    this.#pendingEvidence = 0;
    for (const { length } of this.#byIdentity.values()) this.#pendingEvidence += length;
  }
}
