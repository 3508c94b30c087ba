// What must outlive the daemon, in SQLite: bans, the jails' windows and the sources' positions belong to one moment, and change in one
// transaction. After a kill at any instant the records since are read again into the windows of that same moment: none is lost, none
// counts twice. A transaction costs what changed, not what is there.
//
// WAL with synchronous=NORMAL: what was committed survives the end of the process, however it ends. A power cut may take the latest
// transactions, whole ones and in order; what a person commanded is synced (`isDurable`).
import { closeSync, openSync } from 'node:fs';
import { openSqlite, type Sqlite } from '../binding/sqlite.ts';
import type { Clock } from '../core/clock.ts';
import type { Evidence } from '../core/evidence.ts';
import type { BanChange, BanDecision } from './ban.ts';
import { migrate, schemaSteps } from './store-schema.ts';
import { type HistoryRow, prepareStatements, type StoreStatements } from './store-statements.ts';
import { formatDecision, isEvidence, isPosition, parseDecision, parseJson, storedUntil } from './stored-decision.ts';

export type StoredPosition = Readonly<Record<string, string | number>>;

interface StoredEntry {
  readonly timeUsec: number;
  readonly distinct: string | undefined;
}

/** A jail's windows, longest unseen first. */
export type StoredWindows = readonly (readonly [identity: string, entries: readonly StoredEntry[]])[];

interface StoredWindowChange {
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

export interface BanStoreOptions {
  readonly clock: Clock;
  /** How long a ban's history and evidence are kept after its end (fail2ban's dbpurgeage); 0: not at all. */
  readonly purgeAgeUsec?: number;
  /** How many bans the history holds at most; the oldest go first. */
  readonly maxHistory?: number;
  /** Records kept for each ban, the latest (fail2ban's maxmatches). */
  readonly maxEvidence?: number;
  /** The same of one jail; undefined: as of all. */
  readonly maxEvidenceOf?: (jail: string) => number | undefined;
  /** What a jail is configured as, in short, kept with each of its bans. */
  readonly configurationOf?: (jail: string) => string | undefined;
  /** For tests of the migration. */
  readonly steps?: readonly string[];
}

// fail2ban's dbpurgeage and maxmatches.
const dayUsec = 86_400_000_000;
const usualMaxEvidence = 10;

// Some 100 bytes each.
const usualMaxHistory = 500_000;

// Of what is due for removal, so much a transaction: no commit pays for many.
const purgedAtOnce = 200;

export class BanStore {
  readonly #database: Sqlite;
  readonly #statements: StoreStatements;
  readonly #options: Required<Omit<BanStoreOptions, 'steps'>>;
  readonly #jails = new Map<string, number>();
  #touched: number;
  #unread = 0;

  /** Throws SQLite's error, the system's, or UnusableStore. */
  constructor(path: string, options: BanStoreOptions) {
    this.#options = {
      purgeAgeUsec: dayUsec,
      maxHistory: usualMaxHistory,
      maxEvidence: usualMaxEvidence,
      maxEvidenceOf: () => undefined,
      configurationOf: () => undefined,
      ...options,
    };
    // For nobody else to read; SQLite gives its log the same mode.
    closeSync(openSync(path, 'a', 0o600));
    this.#database = openSqlite(path);
    try {
      // The daemon's alone: no shared memory beside the file, and nobody who could make a commit wait.
      this.#database.pragma('locking_mode = EXCLUSIVE');
      this.#database.pragma('journal_mode = WAL');
      this.#database.pragma('synchronous = NORMAL');
      migrate(this.#database, options.steps ?? schemaSteps);
      this.#statements = prepareStatements(this.#database);
      this.#readJails();
      this.#touched = this.#statements.latestTouch.get()?.touched ?? 0;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  bans(): BanDecision[] {
    return this.#statements.bans.all().flatMap((row) => this.#whereRead(parseDecision(row)) ?? []);
  }

  positions(): Record<string, StoredPosition> {
    const rows = this.#statements.positions.all().map(({ source, position }) => [source, parseJson(position)] as const);
    return Object.fromEntries(
      rows.filter((row): row is [string, StoredPosition] => this.#whereRead(isPosition(row[1]) || undefined) ?? false),
    );
  }

  /** As it was written; undefined where nothing was. */
  logins(): unknown {
    return parseJson(this.#statements.memory.get('logins')?.value ?? '');
  }

  windows(jail: string): StoredWindows {
    // Sorted here: SQLite would do it in a file where they are many.
    const rows = this.#statements.windows.all(this.#jails.get(jail) ?? -1).sort((a, b) => a.touched - b.touched);
    return rows.flatMap(({ identity, entries }) => {
      const read = this.#whereRead(parseEntries(entries));
      return read === undefined ? [] : [[identity, read] as const];
    });
  }

  /** Lets go what jails other than these counted, where it is older: a jail in error may come back, one that was taken out does not. */
  forgetOthers(jails: readonly string[], olderThanUsec: number): void {
    this.#statements.removeWindowsOfOthers.run(JSON.stringify(jails), olderThanUsec);
  }

  /** Every jail that was ever written. */
  jailNames(): string[] {
    return Array.from(this.#jails.keys());
  }

  /** Rows that made no sense and were left out. */
  get unreadCount(): number {
    return this.#unread;
  }

  /** The records that led to a jail's ban of a network, oldest first. */
  evidence(identity: string, jail: string): Evidence[] {
    return this.#statements.evidence.all(identity, jail).flatMap(({ record }) => {
      const evidence = parseJson(record);
      return isEvidence(evidence) ? [evidence] : [];
    });
  }

  /** All bans of a network that are remembered, by any jail, oldest first; endedUsec is null where one is held. */
  history(network: string): HistoryRow[] {
    return this.#statements.history.all(network);
  }

  /** All of it or nothing. Throws SQLite's error. */
  commit(changes: StoreChanges, { isDurable = false } = {}): void {
    if (isDurable) this.#database.pragma('synchronous = FULL');
    try {
      this.#database.transaction(() => this.#write(changes)).immediate();
    } catch (error) {
      // What this transaction numbered is not there.
      this.#jails.clear();
      this.#readJails();
      throw error;
    } finally {
      if (isDurable) this.#database.pragma('synchronous = NORMAL');
    }
  }

  close(): void {
    this.#database.close();
  }

  #write({ bans, jails, positions, logins }: StoreChanges): void {
    const { setPosition, removePosition, setMemory } = this.#statements;
    const nowUsec = this.#options.clock();
    const made = this.#writeBans(bans.isWhole, bans.bans, nowUsec);
    for (const { name, isWhole, windows } of jails) this.#writeWindows(name, isWhole, windows, made);
    for (const { network, jail, evidence } of made.values()) this.#proveBan(network.text, this.#jailOf(jail), evidence);
    for (const [source, position] of Object.entries(positions)) {
      if (position === null) removePosition.run(source);
      else setPosition.run(source, JSON.stringify(position));
    }
    if (logins !== undefined) setMemory.run('logins', JSON.stringify(logins));
    this.#purge(nowUsec);
  }

  /** The bans made, by network and jail. */
  #writeBans(isWhole: boolean, changes: readonly BanChange[], nowUsec: number): ReadonlyMap<string, BanDecision> {
    const statements = this.#statements;
    if (isWhole) statements.removeBans.run();
    const made = new Map<string, BanDecision>();
    for (const change of changes) {
      const { text } = change.network;
      const jail = this.#jailOf(change.jail);
      if (change.held === undefined) {
        if (!isWhole) statements.removeBan.run(text, jail);
      } else {
        const { sinceUsec, untilUsec, decision } = formatDecision(change.held);
        statements.setBan.run(text, jail, sinceUsec, untilUsec, decision);
      }
      if (change.made !== undefined) {
        made.set(`${text}\n${change.jail}`, change.made);
        this.#addHistory(change.made, jail, nowUsec);
      }
      if (change.held === undefined) this.#end(text, jail, nowUsec);
    }
    if (isWhole) statements.endHistoryOfLifted.run(nowUsec);
    return made;
  }

  #addHistory({ network, jail, origin, sinceUsec, untilUsec, bancount }: BanDecision, jailId: number, nowUsec: number): void {
    const { isOpenHistory, endHistory, addHistory } = this.#statements;
    // What was found in force is an old ban of which nothing is known; what is written as a whole may be there already.
    if (this.#options.purgeAgeUsec === 0 || origin === 'found') return;
    if (isOpenHistory.get(network.text, jailId, sinceUsec) !== undefined) return;
    endHistory.run(nowUsec, network.text, jailId);
    const configuration = this.#options.configurationOf(jail) ?? '';
    addHistory.run(network.text, jailId, sinceUsec, storedUntil(untilUsec), bancount ?? 1, configuration);
  }

  #end(network: string, jail: number, nowUsec: number): void {
    if (this.#options.purgeAgeUsec === 0) this.#statements.removeEvidence.run(jail, network);
    else this.#statements.endHistory.run(nowUsec, network, jail);
  }

  #writeWindows(name: string, isWhole: boolean, changes: Iterable<StoredWindowChange>, made: ReadonlyMap<string, BanDecision>): void {
    const statements = this.#statements;
    const jail = this.#jailOf(name);
    if (isWhole) statements.removeWindowsOf.run(jail);
    for (const { identity, entries, evidence } of changes) {
      if (entries !== undefined) statements.setWindow.run(jail, identity, ++this.#touched, formatEntries(entries));
      else if (!isWhole) statements.removeWindow.run(jail, identity);
      this.#writeEvidence(name, identity, evidence, made.get(`${identity}\n${name}`));
      const isGone = entries === undefined && statements.isKnown.get({ identity, jail }) === undefined;
      if (isGone) statements.removeEvidence.run(jail, identity);
    }
    if (isWhole) statements.removeStrayEvidence.run(jail, jail, jail);
  }

  /** What comes from somebody who is banned already did not lead to the ban, and must not push out what did. */
  #writeEvidence(name: string, identity: string, evidence: readonly Evidence[], made: BanDecision | undefined): void {
    const jail = this.#jailOf(name);
    const { isHeld, addEvidence, trimEvidence } = this.#statements;
    if (evidence.length === 0 || (made === undefined && isHeld.get(identity, jail) !== undefined)) return;
    for (const record of made?.evidence === undefined ? evidence : until(made.evidence, evidence)) {
      addEvidence.run({ jail, identity, record: JSON.stringify(record) });
    }
    trimEvidence.run({ jail, identity, kept: this.#options.maxEvidenceOf(name) ?? this.#options.maxEvidence });
  }

  /** The record that completed a ban is there, also where the windows' changes were too many to have it among them. */
  #proveBan(network: string, jail: number, evidence: Evidence | undefined): void {
    if (evidence === undefined) return;
    const { latestEvidence, addEvidence } = this.#statements;
    const record = JSON.stringify(evidence);
    if (latestEvidence.get(jail, network)?.record !== record) addEvidence.run({ jail, identity: network, record });
  }

  #purge(nowUsec: number): void {
    const { dueHistory, removeHistory, isKnown, removeEvidence } = this.#statements;
    const { purgeAgeUsec, maxHistory } = this.#options;
    for (const { id, network, jail } of dueHistory.all(nowUsec - purgeAgeUsec, maxHistory, purgedAtOnce)) {
      removeHistory.run(id);
      if (isKnown.get({ identity: network, jail }) === undefined) removeEvidence.run(jail, network);
    }
  }

  #jailOf(name: string): number {
    const known = this.#jails.get(name);
    if (known !== undefined) return known;
    const id = Number(this.#statements.addJail.run(name).lastInsertRowid);
    this.#jails.set(name, id);
    return id;
  }

  #readJails(): void {
    for (const { id, name } of this.#statements.jails.all()) this.#jails.set(name, id);
  }

  #whereRead<T>(value: T | undefined): T | undefined {
    if (value === undefined) this.#unread++;
    return value;
  }
}

/** The records up to `last`, which is the last in any case. */
function until(last: Evidence, evidence: readonly Evidence[]): readonly Evidence[] {
  const index = evidence.findLastIndex(({ source, sequence }) => source === last.source && sequence === last.sequence);
  return [...evidence.slice(0, Math.max(0, index)), last];
}

const formatEntries = (entries: readonly StoredEntry[]): string =>
  JSON.stringify(entries.map(({ timeUsec, distinct }) => (distinct === undefined ? [timeUsec] : [timeUsec, distinct])));

function parseEntries(text: string): StoredEntry[] | undefined {
  const value = parseJson(text);
  if (!Array.isArray(value)) return undefined;
  const entries = value.map(parseEntry);
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

function parseEntry(value: unknown): StoredEntry | undefined {
  if (!Array.isArray(value)) return undefined;
  const [timeUsec, distinct] = value as unknown[];
  if (typeof timeUsec !== 'number' || (distinct !== undefined && typeof distinct !== 'string')) return undefined;
  return { timeUsec, distinct };
}
