// Which actions are started, in a file that a reboot takes away as it takes away what they set up.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, systemCodeOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { StartedFamilies } from './command-action.ts';

export class StartedFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #keys: Set<string>;

  /** A file that cannot be read is an empty one: then actions are asked by their check, or started again. */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#keys = new Set(this.#read());
  }

  of(jail: string, action: string): StartedFamilies {
    const keyOf = (family: number) => JSON.stringify([jail, action, family]);
    return {
      has: (family) => this.#keys.has(keyOf(family)),
      set: (family, isStarted) => {
        if (isStarted) this.#keys.add(keyOf(family));
        else this.#keys.delete(keyOf(family));
        this.#write();
      },
    };
  }

  #read(): string[] {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return Array.isArray(value) ? value.filter((key) => typeof key === 'string') : [];
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') this.#log.warning(`cannot read ${this.#path}, which actions are started: ${messageOf(error)}`);
      return [];
    }
  }

  #write(): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#path}.new`, JSON.stringify([...this.#keys]), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#log.warning(`cannot write ${this.#path}, which actions are started: ${messageOf(error)}`);
    }
  }
}
