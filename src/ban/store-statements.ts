// What the store asks SQLite, prepared once. Jails are numbers in the tables; BanStore knows their names.
import type { Sqlite } from '../binding/sqlite.ts';

export type StoreStatements = ReturnType<typeof prepareStatements>;

export interface HistoryRow {
  readonly jail: string;
  readonly sinceUsec: number;
  readonly untilUsec: number | null;
  readonly endedUsec: number | null;
  readonly bancount: number;
  readonly configuration: string;
}

/** A ban that is not held any more has ended by itself where its time was over by then. */
const endedBy = 'ended_usec = min(ifnull(until_usec, 9e18), ?)';

export function prepareStatements(database: Sqlite) {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),

    jails: database.prepare<[], { id: number; name: string }>('SELECT id, name FROM jails'),
    addJail: database.prepare<[string]>('INSERT INTO jails(name) VALUES(?)'),

    positions: database.prepare<[], { source: string; position: string }>('SELECT source, position FROM positions'),
    setPosition: database.prepare<[string, string]>('INSERT OR REPLACE INTO positions(source, position) VALUES(?, ?)'),

    memory: database.prepare<[string], { value: string }>('SELECT value FROM memories WHERE name = ?'),
    setMemory: database.prepare<[string, string]>('INSERT OR REPLACE INTO memories(name, value) VALUES(?, ?)'),

    windows: database.prepare<[number], { identity: string; touched: number; entries: string }>(
      'SELECT identity, touched, entries FROM windows WHERE jail = ?',
    ),
    latestTouch: database.prepare<[], { touched: number | null }>('SELECT max(touched) AS touched FROM windows'),
    setWindow: database.prepare<[number, string, number, string]>(
      'INSERT OR REPLACE INTO windows(jail, identity, touched, entries) VALUES(?, ?, ?, ?)',
    ),
    removeWindow: database.prepare<[number, string]>('DELETE FROM windows WHERE jail = ? AND identity = ?'),
    removeWindowsOf: database.prepare<[number]>('DELETE FROM windows WHERE jail = ?'),

    sessions: database.prepare<[], { jail: string; filter: string; id: string; state: string }>(
      'SELECT name AS jail, filter, sessions.id, state FROM sessions JOIN jails ON jails.id = sessions.jail',
    ),
    setSession: database.prepare<[number, string, string, string]>(
      'INSERT OR REPLACE INTO sessions(jail, filter, id, state) VALUES(?, ?, ?, ?)',
    ),
    removeSession: database.prepare<[number, string, string]>('DELETE FROM sessions WHERE jail = ? AND filter = ? AND id = ?'),
    removeSessionsOf: database.prepare<[number, string]>('DELETE FROM sessions WHERE jail = ? AND filter = ?'),
    removeSessionsOfOthers: database.prepare<[{ kept: string; jails: string; olderThanSec: number }]>(
      `DELETE FROM sessions WHERE ((SELECT name FROM jails WHERE id = sessions.jail), filter)
         NOT IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(@kept))
       AND ((SELECT name FROM jails WHERE id = sessions.jail) IN (SELECT value FROM json_each(@jails))
         OR json_extract(state, '$[0]') < @olderThanSec)`,
    ),

    bans: database.prepare<[], { network: string; jail: string; sinceUsec: number; untilUsec: number | null; decision: string }>(
      `SELECT network, name AS jail, since_usec AS sinceUsec, until_usec AS untilUsec, decision
       FROM bans JOIN jails ON jails.id = bans.jail`,
    ),
    removeWindowsOfOthers: database.prepare<[string, number]>(
      `DELETE FROM windows WHERE jail IN (SELECT id FROM jails WHERE name NOT IN (SELECT value FROM json_each(?)))
         AND coalesce(json_extract(entries, '$[#-1][0]'), 0) < ?`,
    ),
    isHeld: database.prepare<[string, number]>('SELECT 1 FROM bans WHERE network = ? AND jail = ?'),
    setBan: database.prepare<[string, number, number, number | null, string]>(
      'INSERT OR REPLACE INTO bans(network, jail, since_usec, until_usec, decision) VALUES(?, ?, ?, ?, ?)',
    ),
    removeBan: database.prepare<[string, number]>('DELETE FROM bans WHERE network = ? AND jail = ?'),
    removeBans: database.prepare<[]>('DELETE FROM bans'),

    history: database.prepare<[string], HistoryRow>(
      `SELECT name AS jail, since_usec AS sinceUsec, until_usec AS untilUsec, ended_usec AS endedUsec, bancount, configuration
       FROM history JOIN jails ON jails.id = history.jail WHERE network = ? ORDER BY history.id`,
    ),
    isKnown: database.prepare<[{ identity: string; jail: number }]>(
      `SELECT 1 FROM bans WHERE network = @identity AND jail = @jail
       UNION ALL SELECT 1 FROM history WHERE network = @identity AND jail = @jail
       UNION ALL SELECT 1 FROM windows WHERE identity = @identity AND jail = @jail LIMIT 1`,
    ),
    addHistory: database.prepare<[string, number, number, number | null, number, string]>(
      'INSERT INTO history(network, jail, since_usec, until_usec, bancount, configuration) VALUES(?, ?, ?, ?, ?, ?)',
    ),
    endHistory: database.prepare<[number, string, number]>(
      `UPDATE history SET ${endedBy} WHERE network = ? AND jail = ? AND ended_usec IS NULL`,
    ),
    endHistoryOfLifted: database.prepare<[number]>(
      `UPDATE history SET ${endedBy} WHERE ended_usec IS NULL AND (network, jail) NOT IN (SELECT network, jail FROM bans)`,
    ),
    prolongHistory: database.prepare<[number | null, string, number, number]>(
      'UPDATE history SET until_usec = ? WHERE network = ? AND jail = ? AND since_usec = ? AND ended_usec IS NULL',
    ),
    dueHistory: database.prepare<[number, number, number], { id: number; network: string; jail: number }>(
      `SELECT id, network, jail FROM history WHERE ended_usec IS NOT NULL AND ended_usec < ?
       UNION ALL SELECT id, network, jail FROM history WHERE id <= (SELECT max(id) FROM history) - ? LIMIT ?`,
    ),
    removeHistory: database.prepare<[number]>('DELETE FROM history WHERE id = ?'),

    evidence: database.prepare<[string, string], { record: string }>(
      'SELECT record FROM evidence WHERE identity = ? AND jail = (SELECT id FROM jails WHERE name = ?) ORDER BY id',
    ),
    latestEvidence: database.prepare<[number, string], { record: string }>(
      'SELECT record FROM evidence WHERE jail = ? AND identity = ? ORDER BY id DESC LIMIT 1',
    ),
    addEvidence: database.prepare<[{ jail: number; identity: string; record: string }]>(
      `INSERT INTO evidence(jail, identity, id, record) VALUES(@jail, @identity,
         coalesce((SELECT max(id) FROM evidence WHERE jail = @jail AND identity = @identity), 0) + 1, @record)`,
    ),
    trimEvidence: database.prepare<[{ jail: number; identity: string; kept: number }]>(
      `DELETE FROM evidence WHERE jail = @jail AND identity = @identity AND id <=
         (SELECT max(id) FROM evidence WHERE jail = @jail AND identity = @identity) - @kept`,
    ),
    removeEvidence: database.prepare<[number, string]>('DELETE FROM evidence WHERE jail = ? AND identity = ?'),
    evidenceAfter: database.prepare<[number, string, number], { identity: string }>(
      'SELECT DISTINCT identity FROM evidence WHERE jail = ? AND identity > ? ORDER BY identity LIMIT ?',
    ),
  };
}
