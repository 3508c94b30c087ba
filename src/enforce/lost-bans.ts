// Bans that others took away from one action of tickets, until they are back: that is told once. Pure.
import type { Repair } from '../action/action.ts';
import type { Family } from '../core/ip-network.ts';

export class LostBans {
  readonly #networks = new Set<string>();
  /** Those of which all is gone. */
  readonly #families = new Set<Family>();

  /** `family`: of which all is gone; undefined where it is this ban alone. */
  add(network: string, family?: Family): void {
    this.#networks.add(network);
    if (family !== undefined) this.#families.add(family);
  }

  /** To be asked when all that was due has been tried; undefined where nothing came back. */
  takeRepair(isWanted: (network: string) => boolean, isEnforced: (network: string) => boolean): Repair | undefined {
    for (const network of this.#networks) if (!isWanted(network)) this.#networks.delete(network);
    const bans = Array.from(this.#networks).filter(isEnforced).length;
    // Put back it is when the first of them is; what only failed is told as that.
    if (bans === 0) return undefined;
    const which = [...this.#families].toSorted().map((family) => `IPv${family}`);
    this.#networks.clear();
    this.#families.clear();
    return { found: which.length > 0 ? `what the action had set up for ${which.join(' and ')} was gone` : 'bans were gone', bans };
  }
}
