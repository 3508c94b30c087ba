// What goes over the control socket: one request and one answer a connection, each a line of JSON.
import type { ImportedBan } from '../ban/fail2ban-database.ts';
import type { ErrorCode } from '../core/errors.ts';

export type ControlRequest =
  | { readonly command: 'status'; readonly jail?: string }
  | { readonly command: 'ban'; readonly jail: string; readonly addresses: readonly string[] }
  | { readonly command: 'unban'; readonly addresses: readonly string[] | 'all' }
  | { readonly command: 'import'; readonly bans: readonly ImportedBan[] }
  | { readonly command: 'reload' }
  | { readonly command: 'confirm' };

export type ControlAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: ErrorCode; readonly message: string } };

export interface BannedAddress {
  readonly network: string;
  readonly jail: string;
  readonly since: string;
  /** ISO 8601; null for good. */
  readonly until: string | null;
  readonly origin: 'failures' | 'hand' | 'found' | 'imported';
  readonly failures: number;
  /** What was counted where the jail counts different values: destination ports. */
  readonly distinct: readonly string[];
  readonly evidence: string | null;
}

export interface JailStatus {
  readonly name: string;
  readonly filter: string;
  readonly source: string;
  readonly actions: readonly string[];
  readonly failures: number;
  readonly tracked: number;
  readonly evicted: number;
  readonly ignored: number;
  /** Bans refused because the address is protected. */
  readonly refused: number;
  readonly bannedTotal: number;
  readonly banned: readonly BannedAddress[];
}

export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly sources: readonly (Readonly<Record<string, string | number>> & { readonly name: string; readonly state: string })[];
  readonly jails: readonly JailStatus[];
  /** Held by jails that are not running any more, or found in force without being known. */
  readonly otherBans: readonly BannedAddress[];
  readonly actions: readonly { readonly name: string; readonly bans: number; readonly failure: string | null }[];
  /** Of banned addresses since the start: TCP connections and tracked flows that were ended, and tries that failed. */
  readonly cut: { readonly sockets: number; readonly flows: number; readonly failures: number };
  /** What somebody should look at: a state that cannot be written, a log limit that hides scans. */
  readonly warnings: readonly string[];
}

export interface BanAnswer {
  readonly banned: readonly string[];
  readonly alreadyBanned: readonly string[];
}

export interface UnbanAnswer {
  readonly unbanned: readonly string[];
  readonly notBanned: readonly string[];
}

export interface ConfirmAnswer {
  /** What it was before: `waiting` with bans on probation, `observing` without bans; else there was nothing to confirm. */
  readonly before: 'off' | 'waiting' | 'confirmed' | 'observing';
  /** How many bans were on probation and stay. */
  readonly kept: number;
}

/** Of each the network and, where it says why not, the reason. */
export interface ImportAnswer {
  readonly imported: number;
  /** Held by the same jail already, as long or longer. */
  readonly alreadyBanned: number;
  readonly overCount: number;
  readonly spared: readonly { readonly network: string; readonly jail: string; readonly reason: string }[];
  /** By jails that do not run here: how many bans of each were left out. */
  readonly withoutJail: Readonly<Record<string, number>>;
}

export interface ReloadAnswer {
  /** Those that run now. */
  readonly jails: readonly string[];
  /** What is wrong with the configuration; a jail in error runs on as it was. */
  readonly errors: readonly string[];
}
