// The store's file: opened, set aside where it cannot be used, and read as a copy where it cannot be written.
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteCodeOf } from '../binding/sqlite.ts';
import { messageOf } from '../core/errors.ts';
import type { BanDecision } from './ban.ts';
import { BanStore, type BanStoreOptions } from './ban-store.ts';
import type { StoredPosition } from './store-changes.ts';
import { UnusableStore } from './store-schema.ts';
import type { StoredSessionRow } from './stored-session.ts';
import type { StoredWindows } from './stored-window.ts';

/** All that an earlier run left, of one moment. */
export interface StoreContents {
  readonly bans: readonly BanDecision[];
  /** By source. */
  readonly positions: Readonly<Record<string, StoredPosition>>;
  /** By jail. */
  readonly windows: ReadonlyMap<string, StoredWindows>;
  readonly sessions?: readonly StoredSessionRow[];
  /** Who logged in lately, as it was given to the store; to be checked by its owner. */
  readonly logins?: unknown;
  readonly lifts?: unknown;
}

export interface SetAside {
  readonly path: string;
  readonly reason: string;
}

export interface OpenedStore {
  readonly store: BanStore;
  readonly contents: StoreContents;
  /** Where an unusable file was put, and why. */
  readonly setAside: SetAside | undefined;
}

export const noContents: StoreContents = { bans: [], positions: {}, windows: new Map() };

/** A database, its log, and the index of the log that other programs' access may have left. */
const suffixes = ['', '-wal', '-shm'];

/**
 * Opens the store and reads it. A file that is broken, of a newer version or another program's is set aside under another name, never
 * deleted, and an empty one takes its place. Throws where the file or its directory cannot be used at all.
 */
export function openBanStore(path: string, options: BanStoreOptions): OpenedStore {
  try {
    return { ...openAndRead(path, options), setAside: undefined };
  } catch (error) {
    if (!isUnusable(error)) throw error;
    const setAside = setStoreAside(path, messageOf(error));
    return { ...openAndRead(path, options), setAside };
  }
}

/** Whether the file itself is at fault, rather than the disk, the directory or a lack of rights. */
export function isUnusable(error: unknown): boolean {
  // SQLITE_ERROR: a table or column that the version promises is not there.
  return error instanceof UnusableStore || /^SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR$)/.test(sqliteCodeOf(error) ?? '');
}

export function setStoreAside(path: string, reason: string): SetAside {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  let aside = `${path}.broken-${time}`;
  for (let number = 2; existsSync(aside); number++) aside = `${path}.broken-${time}-${number}`;
  // SQLite finds the log beside the database by its name.
  for (const suffix of suffixes) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return { path: aside, reason };
}

/** What a store holds whose file or directory cannot be written: SQLite has to, even to read it. Undefined where it cannot be read. */
export function readStoreCopy(path: string, options: BanStoreOptions): StoreContents | undefined {
  // The second is in memory: the full disk may be that of the first.
  for (const place of new Set([tmpdir(), '/dev/shm'])) {
    const contents = readCopyIn(place, path, options);
    if (contents !== undefined) return contents;
  }
  return undefined;
}

function readCopyIn(place: string, path: string, options: BanStoreOptions): StoreContents | undefined {
  let directory: string | undefined;
  try {
    directory = mkdtempSync(join(place, 'ringjail-store-'));
    const copy = join(directory, 'state.db');
    for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    const { store, contents } = openAndRead(copy, options);
    store.close();
    return contents;
  } catch {
    return undefined;
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

export const isEmptyContents = ({ bans, positions, windows, sessions = [] }: StoreContents): boolean =>
  [bans, sessions].every(({ length }) => length === 0) &&
  Object.keys(positions).length === 0 &&
  Array.from(windows.values()).every(({ length }) => length === 0);

function openAndRead(path: string, options: BanStoreOptions): { store: BanStore; contents: StoreContents } {
  const store = new BanStore(path, options);
  try {
    const windows = new Map(store.jailNames().map((jail) => [jail, store.windows(jail)]));
    const [bans, positions, sessions] = [store.bans(), store.positions(), store.sessions()];
    const [logins, lifts] = [store.memory('logins'), store.memory('lifts')];
    return { store, contents: { bans, positions, windows, sessions, logins, lifts } };
  } catch (error) {
    store.close();
    throw error;
  }
}
