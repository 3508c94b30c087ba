// The numbers that jails have in the store's tables.
import type { StoreStatements } from './store-statements.ts';

export class JailNumbers {
  readonly #statements: StoreStatements;
  readonly #byName = new Map<string, number>();

  constructor(statements: StoreStatements) {
    this.#statements = statements;
    this.read();
  }

  get(name: string): number | undefined {
    return this.#byName.get(name);
  }

  /** A number for good, also of a jail that has none yet. */
  of(name: string): number {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const number = Number(this.#statements.addJail.run(name).lastInsertRowid);
    this.#byName.set(name, number);
    return number;
  }

  names(): string[] {
    return Array.from(this.#byName.keys());
  }

  /** Anew, where a transaction was taken back: what it numbered is not there. */
  read(): void {
    this.#byName.clear();
    for (const { id, name } of this.#statements.jails.all()) this.#byName.set(name, id);
  }
}
