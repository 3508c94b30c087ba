// What the store is asked while bans are made and told: of whom how many there were before, and the records that led to them. It never
// throws: what is wrong with the file shows at the next commit, and a ban is not to wait for it.
import type { BanList } from '../ban/ban-list.ts';
import type { BanStore } from '../ban/ban-store.ts';
import { countEarlierBans } from '../ban/earlier-bans.ts';
import type { StoreContents } from '../ban/store-file.ts';
import type { BanTarget } from '../core/ban-target.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Jail } from '../jail/jail.ts';

export interface StoreFactsOptions {
  /** Undefined while it cannot be opened. */
  readonly store: () => BanStore | undefined;
  readonly bans: BanList;
  readonly jails: () => Iterable<Jail>;
}

export class StoreFacts {
  readonly #options: StoreFactsOptions;

  constructor(options: StoreFactsOptions) {
    this.#options = options;
  }

  /** How often the jail, or any jail, has banned the network before, as far as it is remembered; for bantime.increment. */
  earlierBans(network: BanTarget, jail?: string): number {
    const { bans, jails } = this.#options;
    const lately = Array.from(jails()).flatMap(({ options }) => bans.madeLately(network, options.name));
    return countEarlierBans(
      this.#ask((store) => store.history(network.text)),
      lately,
      jail,
    );
  }

  /** The records that led to a ban, the oldest first; none where the store cannot tell. */
  evidence(identity: string, jail: string): readonly Evidence[] {
    return this.#ask((store) => store.evidence(identity, jail));
  }

  /** What was counted for jails that did not run up to now: those that were in error at the start. */
  recall(jails: readonly string[]): Pick<StoreContents, 'windows' | 'sessions'> {
    const windows = new Map(jails.map((jail) => [jail, this.#ask((store) => store.windows(jail))]));
    return { windows, sessions: jails.length === 0 ? [] : this.#ask((store) => store.sessions()) };
  }

  #ask<T>(question: (store: BanStore) => readonly T[]): readonly T[] {
    const store = this.#options.store();
    try {
      return store === undefined ? [] : question(store);
    } catch {
      return [];
    }
  }
}
