// What is written into the store: what changed in memory up to one moment.
import type { Evidence } from '../core/evidence.ts';
import type { BanChange } from './ban.ts';
import type { StoredSession } from './stored-session.ts';
import type { StoredEntry } from './stored-window.ts';

export type StoredPosition = Readonly<Record<string, string | number>>;

export interface StoredWindowChange {
  readonly identity: string;
  /** Undefined where the window is gone. */
  readonly entries: readonly StoredEntry[] | undefined;
  readonly evidence: readonly Evidence[];
}

export interface StoredSessionChanges {
  readonly jail: string;
  /** As StoredSessionRow has it. */
  readonly filter: string;
  readonly isWhole: boolean;
  /** `state` is undefined where the session is gone. */
  readonly sessions: Iterable<{ readonly id: string; readonly state: StoredSession | undefined }>;
}

/** `isWhole`: what is not named is gone. */
export interface StoreChanges {
  readonly bans: { readonly isWhole: boolean; readonly bans: readonly BanChange[] };
  readonly jails: readonly { readonly name: string; readonly isWhole: boolean; readonly windows: Iterable<StoredWindowChange> }[];
  /** Of the jails whose filters know sessions. */
  readonly sessions?: readonly StoredSessionChanges[];
  /** By source, those that changed; null takes one away. */
  readonly positions: Readonly<Record<string, StoredPosition | null>>;
  /** Who logged in lately, plain data; undefined where nothing changed. */
  readonly logins?: unknown;
}
