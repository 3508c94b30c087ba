// The store in the place where its file belongs: opened, opened again where the file is gone from there, and set aside where it is broken.
import { rmSync, statSync } from 'node:fs';
import type { BanStore, BanStoreOptions } from '../ban/ban-store.ts';
import { isUnusable, type OpenedStore, openBanStore, type SetAside, setStoreAside } from '../ban/store-file.ts';
import { sqliteCodeOf } from '../binding/sqlite.ts';
import { messageOf } from '../core/errors.ts';

export interface StorePlaceOptions extends BanStoreOptions {
  readonly path: string;
}

export class StorePlace {
  readonly #options: StorePlaceOptions;
  readonly #onReopened: (opened: OpenedStore) => void;
  #store: BanStore | undefined;
  #inode = 0;
  #logInode = 0;

  /** `onReopened`: by `reach`; the store does not have what is in memory, and may have what is not. */
  constructor(options: StorePlaceOptions, onReopened: (opened: OpenedStore) => void) {
    this.#options = options;
    this.#onReopened = onReopened;
  }

  /** Undefined while it cannot be opened. */
  get store(): BanStore | undefined {
    return this.#store;
  }

  /** Once, at the start. Throws as openBanStore does. */
  open(): OpenedStore {
    const opened = openBanStore(this.#options.path, this.#options);
    this.#use(opened.store);
    return opened;
  }

  /** The store, opened again where it could not be, or where its file is gone from its place. Throws as openBanStore does. */
  reach(): BanStore {
    const { path } = this.#options;
    if (this.#store !== undefined && this.#isInPlace) return this.#store;
    this.close();
    const opened = openBanStore(path, this.#options);
    this.#use(opened.store);
    this.#onReopened(opened);
    return opened.store;
  }

  /** It failed: where the file itself is at fault, it goes, and `reach` begins a new one. What happened, for people. */
  failed(error: unknown): string {
    const isBusy = sqliteCodeOf(error)?.startsWith('SQLITE_BUSY') === true;
    const message = isBusy ? `${messageOf(error)}: ${busyCure}` : messageOf(error);
    if (this.#store === undefined || !isUnusable(error)) return message;
    const isOurs = this.#isInPlace;
    this.close();
    if (!isOurs) return message;
    try {
      return asideWarning(setStoreAside(this.#options.path, message));
    } catch (failure) {
      return `${message}; and it cannot be set aside: ${messageOf(failure)}`;
    }
  }

  close(): void {
    // SQLite leaves the log of a file that is gone from its place where it is, and would read it into whatever file took that place. Whose
    // log it is can be told only while ours is open: no other file has its inode then.
    const isLogLeft = this.#store !== undefined && !this.#isInPlace && inodeOf(this.#logPath) === this.#logInode;
    this.#store?.close();
    this.#store = undefined;
    if (isLogLeft) rmSync(this.#logPath, { force: true });
  }

  get #logPath(): string {
    return `${this.#options.path}-wal`;
  }

  get #isInPlace(): boolean {
    return inodeOf(this.#options.path) === this.#inode;
  }

  #use(store: BanStore): BanStore {
    this.#store = store;
    this.#inode = inodeOf(this.#options.path);
    this.#logInode = inodeOf(this.#logPath);
    return store;
  }
}

const busyCure = 'most likely another ringjail has it; each needs a state directory of its own (STATE_DIRECTORY)';

export const asideWarning = ({ path, reason }: SetAside): string =>
  `what was kept of bans and counts could not be read (${reason}); it stays as ${path}, and counting begins anew`;

/** 0 where there is no such file. */
const inodeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
