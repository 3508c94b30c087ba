// What must outlive the daemon, in SQLite: bans, the jails' windows, the sessions of their filters and the sources' positions belong to one
// moment, and change in one transaction. After a kill at any instant the records since are read again into the windows and sessions of
// that same moment: none is lost, none counts twice. A transaction costs what changed, not what is there.
//
// WAL with synchronous=NORMAL: what was committed survives the end of the process, however it ends. A power cut may take the latest
// transactions, whole ones and in order; what a person commanded is synced (`isDurable`).
import { closeSync, openSync } from 'node:fs';
import { openSqlite, type Sqlite } from '../binding/sqlite.ts';
import type { Clock } from '../core/clock.ts';
import { type Evidence, usualMaxEvidence } from '../core/evidence.ts';
import type { BanDecision } from './ban.ts';
import { JailNumbers } from './jail-numbers.ts';
import type { StoreChanges, StoredPosition } from './store-changes.ts';
import { migrate, schemaSteps } from './store-schema.ts';
import { type HistoryRow, prepareStatements, type StoreStatements } from './store-statements.ts';
import { StoreWriter } from './store-writer.ts';
import { isEvidence, isPosition, parseDecision, parseJson } from './stored-decision.ts';
import { parseSession, type StoredSessionRow } from './stored-session.ts';
import { parseEntries, type StoredWindows } from './stored-window.ts';

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

// fail2ban's dbpurgeage.
const dayUsec = 86_400_000_000;

// Some 100 bytes each.
const usualMaxHistory = 500_000;

/** A transaction under way. Nothing of it counts before `advance` was true, and nothing of it where that throws. */
export interface StoreTransaction {
  /** Writes for so long, at least a little; true where all is committed. Throws SQLite's error. */
  advance(budgetMs: number): boolean;
}

export class BanStore {
  readonly #database: Sqlite;
  readonly #nowUsec: Clock;
  readonly #statements: StoreStatements;
  readonly #jails: JailNumbers;
  readonly #writer: StoreWriter;
  #unread = 0;

  /** Throws SQLite's error, the system's, or UnusableStore. */
  constructor(path: string, options: BanStoreOptions) {
    this.#nowUsec = options.clock;
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
      this.#jails = new JailNumbers(this.#statements);
      this.#writer = new StoreWriter(this.#statements, this.#jails, {
        purgeAgeUsec: dayUsec,
        maxHistory: usualMaxHistory,
        maxEvidence: usualMaxEvidence,
        maxEvidenceOf: () => undefined,
        configurationOf: () => undefined,
        ...options,
      });
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  bans(): BanDecision[] {
    const bans = this.#statements.bans.all().flatMap((row) => this.#whereRead(parseDecision(row)) ?? []);
    // The oldest first. Sorted here: SQLite would sort their texts with them.
    return bans.sort((a, b) => a.sinceUsec - b.sinceUsec);
  }

  positions(): Record<string, StoredPosition> {
    const rows = this.#statements.positions.all().map(({ source, position }) => [source, parseJson(position)] as const);
    return Object.fromEntries(
      rows.filter((row): row is [string, StoredPosition] => this.#whereRead(isPosition(row[1]) || undefined) ?? false),
    );
  }

  /** As it was written; undefined where nothing was. */
  memory(name: 'logins' | 'lifts'): unknown {
    return parseJson(this.#statements.memory.get(name)?.value ?? '');
  }

  windows(jail: string): StoredWindows {
    // Sorted here: SQLite would do it in a file where they are many.
    const rows = this.#statements.windows.all(this.#jails.get(jail) ?? -1).sort((a, b) => a.touched - b.touched);
    return rows.flatMap(({ identity, entries }) => {
      const read = this.#whereRead(parseEntries(entries));
      return read === undefined ? [] : [[identity, read] as const];
    });
  }

  sessions(): StoredSessionRow[] {
    return this.#statements.sessions.all().flatMap(({ state, ...place }) => {
      const read = this.#whereRead(parseSession(state));
      return read === undefined ? [] : [{ ...place, state: read }];
    });
  }

  /**
   * Lets go what other jails than these counted, and other filters of theirs than `filters` told of sessions; of other jails where it is
   * older: one in error may come back, one that was taken out does not.
   */
  forgetOthers(jails: readonly string[], filters: readonly (readonly [jail: string, filter: string])[], olderThanUsec: number): void {
    const names = JSON.stringify(jails);
    this.#statements.removeWindowsOfOthers.run(names, olderThanUsec);
    this.#statements.removeSessionsOfOthers.run({ kept: JSON.stringify(filters), jails: names, olderThanSec: olderThanUsec / 1e6 });
  }

  /** Every jail that was ever written. */
  jailNames(): string[] {
    return this.#jails.names();
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
  commit(changes: StoreChanges, options: { readonly isDurable?: boolean } = {}): void {
    this.begin(changes, options).advance(Number.POSITIVE_INFINITY);
  }

  /** The same, bit by bit; one at a time. `changes` are not to change meanwhile. Throws SQLite's error. */
  begin(changes: StoreChanges, { isDurable = false } = {}): StoreTransaction {
    const { begin, commit, rollback } = this.#statements;
    this.#database.pragma(`synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
    begin.run();
    // Without a change there would be nothing to sync, and with it what was written before.
    if (isDurable) this.#statements.setMemory.run('synced', String(this.#nowUsec()));
    const steps = this.#writer.write(changes);
    const advance = (budgetMs: number): boolean => {
      const deadline = performance.now() + budgetMs;
      while (steps.next().done !== true) if (performance.now() >= deadline) return false;
      commit.run();
      return true;
    };
    return {
      advance: (budgetMs) => {
        try {
          return advance(budgetMs);
        } catch (error) {
          // SQLite takes it back by itself where the disk is full.
          if (this.#database.inTransaction) rollback.run();
          this.#jails.read();
          throw error;
        }
      },
    };
  }

  close(): void {
    this.#database.close();
  }

  #whereRead<T>(value: T | undefined): T | undefined {
    if (value === undefined) this.#unread++;
    return value;
  }
}
