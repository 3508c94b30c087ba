// What is written into the store: what changed in memory up to one moment.
import type { Evidence } from '../core/evidence.ts';
import type { SessionChange } from '../core/session-state.ts';
import type { BanChange } from './ban.ts';
import type { WindowEntry } from './stored-window.ts';

export type StoredPosition = Readonly<Record<string, string | number>>;

/** What became of one window since the changes were last taken or forgotten. */
export interface WindowChange {
  readonly identity: string;
  /** As it is now; undefined where it is gone: banned, cleared or forgotten. */
  readonly entries: readonly WindowEntry[] | undefined;
  /** The records of the failures counted meanwhile, the latest of them where they were many. */
  readonly evidence: readonly Evidence[];
}

export interface StoredSessionChanges {
  readonly jail: string;
  /** As StoredSessionRow has it. */
  readonly filter: string;
  readonly isWhole: boolean;
  readonly sessions: Iterable<SessionChange>;
}

/** `isWhole`: what is not named is gone. */
export interface StoreChanges {
  readonly bans: { readonly isWhole: boolean; readonly bans: readonly BanChange[] };
  readonly jails: readonly { readonly name: string; readonly isWhole: boolean; readonly windows: Iterable<WindowChange> }[];
  /** Of the jails whose filters know sessions. */
  readonly sessions?: readonly StoredSessionChanges[];
  /** By source, those that changed. */
  readonly positions: Readonly<Record<string, StoredPosition>>;
  /** Who logged in lately, plain data; undefined where nothing changed. */
  readonly logins?: unknown;
  /** Bans that commands have yet to lift. */
  readonly lifts?: unknown;
}
