// What goes over the control socket: one request and one answer a connection, each a line of JSON.
import type { ImportedBan } from '../ban/fail2ban-database.ts';
import type { ErrorCode } from '../core/errors.ts';

export type ControlRequest =
  | { readonly command: 'status'; readonly jail?: string }
  | { readonly command: 'explain'; readonly address: string }
  | { readonly command: 'ban'; readonly jail: string; readonly addresses: readonly string[] }
  /** With `jail` only its bans, whether it runs or not. */
  | { readonly command: 'unban'; readonly addresses: readonly string[] | 'all'; readonly jail?: string }
  | { readonly command: 'import'; readonly bans: readonly ImportedBan[] }
  | { readonly command: 'reload' }
  | { readonly command: 'confirm' };

export type ControlAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: ErrorCode; readonly message: string } };

export interface BannedAddress {
  /** An address or network; else what <F-ID> has found, or a host name. */
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
  /** Failures of whom nobody can ban: what tells of them is too long, or has control characters in it. */
  readonly unusable: number;
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
  readonly actions: readonly ActionStatus[];
  /** Of banned addresses since the start: TCP connections and tracked flows that were ended, and tries that failed. */
  readonly cut: { readonly sockets: number; readonly flows: number; readonly failures: number };
  /** What somebody should look at: a store that cannot be written, a log limit that hides scans. */
  readonly warnings: readonly string[];
}

export interface ActionStatus {
  readonly name: string;
  /** How many it is to enforce. */
  readonly bans: number;
  /** How many of them it could not be brought to enforce. */
  readonly failed: number;
  /** How many of them it is asked for, and has not answered yet. */
  readonly waiting: number;
  /** How many that are bans no more it could not be brought to lift. */
  readonly unlifted: number;
  /** Why not all of them are in force; null where they are. */
  readonly failure: string | null;
  /** Somebody keeps taking away what enforces the bans, and it is put back ever more seldom. */
  readonly isContested: boolean;
  /** Nobody can tell whether its bans are in force; `failure` says why. */
  readonly isUnknown: boolean;
  /** How many times something that others had done was put right. */
  readonly repairs: number;
  /** What was turned away; null where the action does not count it. */
  readonly counters: { readonly packets: number; readonly bytes: number } | null;
}

/** What `ringjail explain` tells of an address. */
export interface ExplainAnswer {
  /** In canonical form. */
  readonly address: string;
  readonly at: string;
  /** Why no jail may ban it, or what of it; null where any may. */
  readonly protection: ListedReason | null;
  readonly jails: readonly JailExplanation[];
  /** Bans inside of the network that was asked for, which leave the rest of it free; the latest where they are many. */
  readonly narrower: readonly { readonly network: string; readonly jail: string }[];
  /** What could not be looked up. */
  readonly warnings: readonly string[];
}

export interface ListedReason {
  readonly network: string;
  readonly reason: string;
}

/** What one jail has to do with the address: a running one, or one that holds it or held it. */
export interface JailExplanation {
  readonly jail: string;
  readonly isRunning: boolean;
  /** What the jail counts and bans of the address: itself, or its IPv6 network. */
  readonly identity: string;
  /** null where the jail does not run. */
  readonly thresholds: JailThresholds | null;
  /** Where ignoreip has it; null where not. */
  readonly ignored: ListedReason | null;
  /** null where nothing is counted within findtime. */
  readonly window: { readonly count: number; readonly latest: string; readonly distinct: readonly string[] } | null;
  /** Bans that shut the address out, its own and wider ones. */
  readonly bans: readonly ExplainedBan[];
  /** Bans that ended, the latest last. */
  readonly history: readonly FormerBan[];
  /** Records of what is counted now, or led to an earlier ban; those of a ban in force are with it. */
  readonly records: readonly ExplainedRecord[];
}

export interface JailThresholds {
  readonly filter: string;
  readonly maxretry: number;
  readonly counts: 'failures' | 'different ports';
  /** Seconds. */
  readonly findtime: number;
  /** Seconds; null for good. */
  readonly bantime: number | null;
  /** Hash of the jail's configuration as it runs. */
  readonly configuration: string | null;
}

export interface ExplainedBan {
  readonly network: string;
  readonly since: string;
  /** ISO 8601; null for good. */
  readonly until: string | null;
  readonly origin: BannedAddress['origin'];
  readonly failures: number;
  readonly distinct: readonly string[];
  /** Which ban of the network by the jail it is, 1 for the first; null where that is not known. */
  readonly bancount: number | null;
  /** Hash of the configuration that made it; null where that is not known. */
  readonly configuration: string | null;
  /** By every action that is to enforce it; isEnforced is null where nobody can tell. */
  readonly actions: readonly { readonly name: string; readonly isEnforced: boolean | null; readonly reason: string }[];
  readonly records: readonly ExplainedRecord[];
}

export interface FormerBan {
  readonly network: string;
  readonly since: string;
  readonly until: string | null;
  readonly ended: string | null;
  readonly bancount: number;
  readonly configuration: string | null;
}

export interface ExplainedRecord {
  readonly source: string;
  /** The record's number in its source. */
  readonly sequence: number;
  readonly text: string;
}

export interface BanAnswer {
  readonly banned: readonly string[];
  readonly alreadyBanned: readonly string[];
}

export interface UnbanAnswer {
  readonly unbanned: readonly string[];
  /** By the jail, where one was named. */
  readonly notBanned: readonly string[];
  /** What bans of other jails go on shutting out: each network that was asked for or lifted, and the jails. */
  readonly stillBanned: readonly { readonly network: string; readonly jails: readonly string[] }[];
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
