// What is written into the store: what changed in memory up to one moment.
import type { Evidence } from '../core/evidence.ts';
import type { BanChange } from './ban.ts';
import type { StoredEntry } from './stored-window.ts';

export type StoredPosition = Readonly<Record<string, string | number>>;

export interface StoredWindowChange {
  readonly identity: string;
  /** Undefined where the window is gone. */
  readonly entries: readonly StoredEntry[] | undefined;
  readonly evidence: readonly Evidence[];
}

/** `isWhole`: what is not named is gone. */
export interface StoreChanges {
  readonly bans: { readonly isWhole: boolean; readonly bans: readonly BanChange[] };
  readonly jails: readonly { readonly name: string; readonly isWhole: boolean; readonly windows: Iterable<StoredWindowChange> }[];
  /** By source, those that changed; null takes one away. */
  readonly positions: Readonly<Record<string, StoredPosition | null>>;
  /** Who logged in lately, plain data; undefined where nothing changed. */
  readonly logins?: unknown;
}
