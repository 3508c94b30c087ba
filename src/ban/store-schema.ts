// The tables of the store, and the way from each version of them to the next. Times are microseconds since 1970.
import type { Sqlite } from '../binding/sqlite.ts';

/** Written into the file's header (SQLite's PRAGMA application_id), so that a database of another program is told from ours: "ring". */
const applicationId = 0x72696e67;

/**
 * The nth text leads from version n to version n + 1; version 0 has no tables. A published text is never changed, only followed.
 *
 * windows.touched orders a jail's windows, longest unseen first; evidence.id one identity's records. bans.until_usec is null for good. history.ended_usec is null while
 * the ban is held; bancount counts the bans of a network by a jail where it was known from elsewhere. evidence.record is JSON. memories: what else
 * outlives the daemon, as JSON. sessions.state is JSON, too (stored-session.ts).
 */
export const schemaSteps: readonly string[] = [
  `
  CREATE TABLE jails(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE positions(source TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE windows(
    jail INTEGER NOT NULL, identity TEXT NOT NULL, touched INTEGER NOT NULL, entries TEXT NOT NULL,
    PRIMARY KEY(jail, identity)
  ) WITHOUT ROWID;
  CREATE TABLE bans(
    network TEXT NOT NULL, jail INTEGER NOT NULL, since_usec INTEGER NOT NULL, until_usec INTEGER, decision TEXT NOT NULL,
    PRIMARY KEY(network, jail)
  ) WITHOUT ROWID;
  CREATE TABLE history(
    id INTEGER PRIMARY KEY, network TEXT NOT NULL, jail INTEGER NOT NULL, since_usec INTEGER NOT NULL, until_usec INTEGER,
    ended_usec INTEGER, bancount INTEGER NOT NULL, configuration TEXT NOT NULL
  );
  CREATE INDEX history_network ON history(network, jail);
  CREATE INDEX history_ended ON history(ended_usec) WHERE ended_usec IS NOT NULL;
  CREATE TABLE evidence(
    jail INTEGER NOT NULL, identity TEXT NOT NULL, id INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY(jail, identity, id)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE memories(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE sessions(
    jail INTEGER NOT NULL, filter TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY(jail, filter, id)
  ) WITHOUT ROWID;
  `,
];

/** Why the file is not ours to use; it is to be set aside. */
export class UnusableStore extends Error {}

/** Brings the tables to the latest version. Throws UnusableStore for a newer one and for another program's. */
export function migrate(database: Sqlite, steps: readonly string[]): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  const owner = Number(database.pragma('application_id', { simple: true }));
  const hasTables = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  if (hasTables && owner !== applicationId) throw new UnusableStore('it is a database of another program');
  if (version > steps.length) throw new UnusableStore(`it is of version ${version}, and this ringjail knows up to ${steps.length}`);
  if (version === steps.length) return;
  database.transaction(() => {
    for (const step of steps.slice(version)) database.exec(step);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${steps.length}`);
  })();
}
