// The bans of a fail2ban that are not over, from its database (fail2ban.sqlite3, versions 3 and 4 of its tables). Times there are
// seconds since 1970; a bantime below 0 is for good, but -2 (from before version 3) is not known. With bantime.increment times have
// fractions. Opened read-only: fail2ban may go on using it.
import { openSqlite, type Sqlite } from '../binding/sqlite.ts';
import { parseBanTarget } from '../core/ban-target.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { maxEvidenceCharacters } from '../core/evidence.ts';
import { isRecord, parseJson } from './stored-decision.ts';

const unknownBantime = -2;

/** As it goes over the control socket. */
export interface ImportedBan {
  readonly network: string;
  readonly jail: string;
  readonly sinceUsec: number;
  /** Null for good; undefined where fail2ban did not know: the jail's bantime counts. */
  readonly untilUsec?: number | null;
  readonly bancount: number;
  readonly failures: number;
  /** The last log line that fail2ban kept, where it kept one. */
  readonly text?: string;
}

interface Row {
  readonly jail: unknown;
  readonly ip: unknown;
  readonly timeofban: unknown;
  readonly bantime: unknown;
  readonly bancount: unknown;
  readonly data: unknown;
}

export interface Fail2banBans {
  readonly bans: readonly ImportedBan[];
  /** Of bans that are not over, what makes no sense or can be nobody. */
  readonly others: readonly { readonly text: string; readonly jail: string }[];
  readonly overCount: number;
}

/** Throws a RingjailError where the file cannot be read, or is none of fail2ban's. */
export function readFail2banDatabase(path: string, nowUsec: number): Fail2banBans {
  let rows: Row[];
  try {
    const database = openSqlite(path, { isReadOnly: true });
    try {
      rows = readRows(database);
    } finally {
      database.close();
    }
  } catch (error) {
    throw new RingjailError('unavailable', `cannot read the bans of fail2ban in ${path}: ${messageOf(error)}`, error);
  }
  const bans: ImportedBan[] = [];
  const others: { text: string; jail: string }[] = [];
  let overCount = 0;
  for (const row of rows) {
    const { ip, jail, timeofban, bantime } = row;
    if (typeof ip !== 'string' || typeof jail !== 'string' || !isTime(timeofban) || !isBantime(bantime)) {
      others.push({ text: String(ip), jail: String(jail) });
    } else if (bantime >= 0 && (timeofban + bantime) * 1e6 <= nowUsec) overCount++;
    else if (parseBanTarget(ip) === undefined) others.push({ text: ip, jail });
    else bans.push(banOf(ip, jail, timeofban, bantime, row));
  }
  return { bans, others, overCount };
}

/** The last ban of each address by each jail. `bips` holds those in force; before version 4 there is only the diary `bans`. */
function readRows(database: Sqlite): Row[] {
  const names = new Set(database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all());
  if (!names.has('fail2banDb') || !names.has('bans')) throw new Error('it is no database of fail2ban');
  const columns = 'jail, ip, timeofban, bantime, bancount, data';
  if (names.has('bips')) return database.prepare<[], Row>(`SELECT ${columns} FROM bips ORDER BY timeofban`).all();
  const latest = 'max(rowid) AS latest';
  return database.prepare<[], Row>(`SELECT ${columns}, ${latest} FROM bans GROUP BY ip, jail ORDER BY timeofban`).all();
}

function banOf(network: string, jail: string, timeofban: number, bantime: number, { bancount, data }: Row): ImportedBan {
  // fail2ban escapes what is no UTF-8 in a way of its own within the JSON; what does not parse is left out.
  const parsed = parseJson(Buffer.isBuffer(data) ? data.toString() : String(data));
  const { failures, matches } = isRecord(parsed) ? parsed : {};
  const match: unknown = Array.isArray(matches) ? matches.at(-1) : undefined;
  // A line, or its parts before, in and after the date.
  const text = Array.isArray(match) ? match.join('') : match;
  const endUsec = Math.round((timeofban + bantime) * 1e6);
  // Beyond what microseconds can be counted of, nobody lives to see the end.
  const untilUsec = bantime < 0 || !Number.isSafeInteger(endUsec) ? null : endUsec;
  return {
    network,
    jail,
    sinceUsec: timeofban * 1e6,
    ...(bantime === unknownBantime ? {} : { untilUsec }),
    bancount: isTime(bancount) && bancount >= 1 ? bancount : 1,
    failures: isTime(failures) ? failures : 0,
    ...(typeof text === 'string' && text !== '' ? { text: text.slice(0, maxEvidenceCharacters) } : {}),
  };
}

/** Seconds; what nobody can have meant is none: infinity, or 1e300. */
const isBantime = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** Seconds that microseconds can be counted of; any whole number that is not negative is as good. */
const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number.isSafeInteger(Number(value) * 1e6) && Number(value) >= 0;
