import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readFail2banDatabase } from '../../src/ban/fail2ban-database.ts';
import { openSqlite } from '../../src/binding/sqlite.ts';
import { emptyDirectory } from './store-fixture.ts';

const now = 1_700_000_000;
const columns =
  'jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON';

type Row = readonly [jail: unknown, ip: unknown, timeofban: unknown, bantime: unknown, bancount: unknown, data: unknown];

/** As fail2ban 1.0 has it (version 4), or 0.10 (version 3), which has no `bips`. */
function database(rows: readonly Row[], version: 3 | 4 = 4): string {
  const path = join(emptyDirectory(), 'fail2ban.sqlite3');
  const database = openSqlite(path);
  database.exec(`CREATE TABLE fail2banDb(version INTEGER); INSERT INTO fail2banDb VALUES(${version}); CREATE TABLE bans(${columns})`);
  if (version === 4) database.exec(`CREATE TABLE bips(${columns}, PRIMARY KEY(ip, jail))`);
  const add = database.prepare(
    `INSERT INTO ${version === 4 ? 'bips' : 'bans'}(jail, ip, timeofban, bantime, bancount, data) VALUES(?, ?, ?, ?, ?, ?)`,
  );
  for (const row of rows) add.run(...row);
  database.close();
  return path;
}

const data = (matches: unknown) => JSON.stringify({ matches, failures: 7 });
const read = (path: string) => readFail2banDatabase(path, now * 1e6);
const expected = { jail: 'sshd', sinceUsec: (now - 100) * 1e6, untilUsec: (now + 500) * 1e6, bancount: 2, failures: 7 };

describe('readFail2banDatabase', () => {
  it('gives what is not over, to the second, with the last line that is kept', () => {
    const path = database([
      ['sshd', '192.0.2.1', now - 100, 600, 2, data(['first', 'last'])],
      ['sshd', '192.0.2.2', now - 100, 100, 1, data([])],
      ['sshd', '192.0.2.3', now - 100, 101, 1, data([])],
      ['sshd', '2001:db8::7', now - 100, -1, 2, data([['Jan 1 ', '00:00:00', ' failed']])],
      ['sshd', '192.0.2.0/24', now - 100, 600, 2, null],
    ]);
    const before = readFileSync(path);
    const { bans, others, overCount } = read(path);
    assert.deepEqual(bans, [
      { network: '192.0.2.1', ...expected, text: 'last' },
      { network: '192.0.2.3', ...expected, untilUsec: (now + 1) * 1e6, bancount: 1 },
      { network: '2001:db8::7', ...expected, untilUsec: null, text: 'Jan 1 00:00:00 failed' },
      { network: '192.0.2.0/24', ...expected, failures: 0 },
    ]);
    assert.deepEqual([others, overCount], [[], 1]);
    assert.deepEqual(readFileSync(path), before, 'nothing is written');
  });

  it('of version 3: the last of each address and jail; a bantime that was not known stays so', () => {
    const path = database(
      [
        ['sshd', '192.0.2.1', now - 900, -1, 1, data([])],
        ['nginx', '192.0.2.1', now - 100, -2, 1, data([])],
        ['sshd', '192.0.2.1', now - 100, 600, 2, data([])],
      ],
      3,
    );
    const { untilUsec: _, ...unknown } = expected;
    assert.deepEqual(
      [...read(path).bans].sort((a, b) => (a.jail < b.jail ? -1 : 1)),
      [
        { network: '192.0.2.1', ...unknown, jail: 'nginx', bancount: 1 },
        { network: '192.0.2.1', ...expected },
      ],
    );
  });

  it('what is no address is one of the bans, and what makes no sense is told apart', () => {
    const path = database([
      ['sshd', 'user "x"', now, 600, 1, null],
      ['sshd', 'a\x1b[2J', now, 600, 1, null],
      ['sshd', 'x'.repeat(257), now, 600, 1, null],
      ['sshd', 'example.org', now, 600, 1, null],
      ['sshd', 'gone.example.org', now - 900, 600, 1, null],
      ['sshd', '192.0.2.1', 'yesterday', 600, 1, null],
      ['sshd', '192.0.2.2', now, 'long', 1, null],
      ['sshd', '192.0.2.3', 1e300, 600, 1, null],
      ['sshd', '192.0.2.4', now, -1, 'many', '{'],
      ['sshd', '192.0.2.5', now, 1e300, 1, null],
      ['sshd', '192.0.2.6', now, Number.POSITIVE_INFINITY, 1, null],
    ]);
    const { bans, others, overCount } = read(path);
    assert.deepEqual(
      others.map(({ text }) => text),
      ['a\x1b[2J', 'x'.repeat(257), '192.0.2.2', '192.0.2.5', '192.0.2.6', '192.0.2.3', '192.0.2.1'],
    );
    assert.deepEqual(
      bans.slice(0, 2).map(({ network }) => network),
      ['user "x"', 'example.org'],
    );
    assert.deepEqual(bans.slice(2), [
      { network: '192.0.2.4', jail: 'sshd', sinceUsec: now * 1e6, untilUsec: null, bancount: 1, failures: 0 },
    ]);
    assert.equal(overCount, 1);
  });

  const bantimes: [bantime: number, untilUsec: number | null][] = [
    [1219.4400000000001, now * 1e6 + 1219.44e6],
    [0.5, now * 1e6 + 500_000],
    [1e9, now * 1e6 + 1e15],
    [1e10, null],
    [-1, null],
    [-1.5, null],
    [-3, null],
  ];
  for (const [bantime, untilUsec] of bantimes) {
    it(`a bantime of ${bantime} s ${untilUsec === null ? 'is for good' : 'ends'}`, () => {
      const { bans, others } = read(database([['sshd', '192.0.2.1', now, bantime, 2, data([])]]));
      assert.deepEqual([bans, others], [[{ ...expected, network: '192.0.2.1', sinceUsec: now * 1e6, untilUsec }], []]);
    });
  }

  it('a line is cut to what evidence may have', () => {
    assert.equal(read(database([['sshd', '192.0.2.1', now, 600, 1, data(['x'.repeat(600)])]])).bans[0]?.text?.length, 512);
  });

  it('what is no such database is an error that names it', () => {
    const path = join(emptyDirectory(), 'x.sqlite3');
    const message = new RegExp(`^cannot read the bans of fail2ban in ${path}: `);
    assert.throws(() => read(path), { code: 'unavailable', message });
    writeFileSync(path, 'text'.repeat(500));
    assert.throws(() => read(path), { code: 'unavailable', message });
    writeFileSync(path, '');
    assert.throws(() => read(path), { code: 'unavailable', message });
  });
});
