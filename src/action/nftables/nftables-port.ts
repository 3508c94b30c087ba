// The kernel's nftables for one table: changes by libnftables, questions by netlink of our own; what is refused becomes our error.
import type { Nftables, SetElements, SetLookup, TableObject, TableReader } from '../../binding/addon.ts';
import { messageOf, RingjailError, systemCodeOf } from '../../core/errors.ts';
import { tableName } from './nftables-table.ts';

export interface NftablesBinding {
  readonly open: () => Nftables;
  readonly openLookup: (table: string) => SetLookup;
  readonly openReader: (table: string) => TableReader;
}

/** Everything is opened at first use, and again after it could not be. */
export class NftablesPort {
  readonly #binding: NftablesBinding;
  #nftables: Nftables | undefined;
  #lookup: SetLookup | undefined;
  #reader: TableReader | undefined;

  constructor(binding: NftablesBinding) {
    this.#binding = binding;
  }

  /** One transaction; nothing where there are no commands. */
  run(commands: readonly string[]): void {
    if (commands.length === 0) return;
    this.#do(() => {
      this.#nftables ??= this.#open();
      return this.#nftables.run(commands.join('\n'));
    });
  }

  has(set: string, key: Uint8Array): boolean {
    return this.#do(() => this.#openLookup().has(set, Buffer.from(key)));
  }

  /** Empty where the table is missing. */
  objects(): readonly TableObject[] {
    return this.#do(() => this.#openReader().objects());
  }

  elements(set: string): SetElements | undefined {
    return this.#do(() => this.#openReader().elements(set));
  }

  #openLookup(): SetLookup {
    this.#lookup ??= this.#binding.openLookup(tableName);
    return this.#lookup;
  }

  #openReader(): TableReader {
    this.#reader ??= this.#binding.openReader(tableName);
    return this.#reader;
  }

  /** Asks for permission first: libnftables would tell whoever has none "you must be root", which is not so, on our standard error. */
  #open(): Nftables {
    try {
      this.#openLookup().has('', Buffer.alloc(4));
    } catch (error) {
      // A table of another version may not understand the question; that is for the change itself to meet.
      if (systemCodeOf(error) === 'EPERM') throw error;
    }
    return this.#binding.open();
  }

  #do<T>(task: () => T): T {
    try {
      return task();
    } catch (error) {
      const reason = messageOf(error);
      if (/not permitted/.test(reason)) {
        throw new RingjailError(
          'permission',
          'cannot change nftables: operation not permitted: it needs CAP_NET_ADMIN; ' +
            'ringjail.service grants it by the line AmbientCapabilities=CAP_SYSLOG CAP_NET_ADMIN; by hand: sudo npm start',
          error,
        );
      }
      throw new RingjailError('unavailable', `nftables refused a change: ${reason.slice(0, 500)}`, error);
    }
  }
}

/** Whether it is worth to try in another way. */
export const isRefusal = (error: unknown): boolean => error instanceof RingjailError && error.code !== 'permission';
