// SQLite, by better-sqlite3 (its only importer). Everything is synchronous: a call returns when the database has answered.
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';

export type Sqlite = SqliteDatabase.Database;

// From dist/src/binding as compiled; scripts/build.sh builds it, scripts/stage.sh takes it along.
const nativeBinding = fileURLToPath(new URL('../../../build-sqlite/better_sqlite3.node', import.meta.url));

/** Nobody else has a right to the file for long: the daemon holds its own exclusively. */
const busyTimeoutMs = 1000;

/** Opens or creates a database; throws an error whose `code` is SQLite's own (`SQLITE_CANTOPEN`). A broken file shows at the first read. */
export function openSqlite(path: string, { isReadOnly = false } = {}): Sqlite {
  return new SqliteDatabase(path, { nativeBinding, readonly: isReadOnly, fileMustExist: isReadOnly, timeout: busyTimeoutMs });
}

/** SQLite's name of what went wrong (`SQLITE_FULL`, `SQLITE_IOERR_WRITE`), if the error is one of SQLite's. */
export const sqliteCodeOf = (error: unknown): string | undefined => (error instanceof SqliteDatabase.SqliteError ? error.code : undefined);
