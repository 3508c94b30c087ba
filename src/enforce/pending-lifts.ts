// Bans that commands are to lift, and have not said yet that they did. The store keeps them: what a kill or a stop cut short is lifted by the
// next run, as nobody else would.
import { isStrings } from '../ban/stored-decision.ts';
import { type ActionUse, useKeyOf } from './action-use.ts';

export interface PendingLift extends ActionUse {
  /** The text of what is banned. */
  readonly network: string;
}

// More of them are not kept: a store would be written for long.
const mostKept = 20_000;

export class PendingLifts {
  readonly #lifts = new Map<string, PendingLift>();
  #revision = 0;

  /** Another number when they have changed. */
  get revision(): number {
    return this.#revision;
  }

  all(): readonly PendingLift[] {
    return [...this.#lifts.values()];
  }

  add(lift: PendingLift): void {
    if (this.#lifts.size >= mostKept) return;
    this.#lifts.set(keyOf(lift), lift);
    this.#revision++;
  }

  /** It was lifted, or given up, or is a ban again. False where it was not pending. */
  remove(lift: PendingLift): boolean {
    const isRemoved = this.#lifts.delete(keyOf(lift));
    if (isRemoved) this.#revision++;
    return isRemoved;
  }

  /** As JSON has it. */
  save(): unknown {
    return this.all().map(({ jail, action, network }) => [jail, action, network]);
  }

  /** What `save` gave; whatever makes no sense in it is left out. */
  restore(saved: unknown): void {
    for (const entry of Array.isArray(saved) ? saved : []) {
      if (!isStrings(entry)) continue;
      const [jail, action, network] = entry;
      if (jail !== undefined && action !== undefined && network !== undefined) this.add({ jail, action, network });
    }
  }
}

const keyOf = ({ jail, action, network }: PendingLift): string => `${useKeyOf(jail, action)}\n${network}`;
