import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { openBanStore, readStoreCopy } from '../../src/ban/store-file.ts';
import { migrate, schemaSteps } from '../../src/ban/store-schema.ts';
import { openSqlite } from '../../src/binding/sqlite.ts';
import { decisionOf } from './decision.ts';
import { bansOf, changesOf, made, openAt, storePath } from './store-fixture.ts';

const options = { clock: () => 0 };
const page = 4096;

/** A store of several hundred bans and windows; closed, so that all is in the one file. */
function filledStore(): string {
  const path = storePath();
  const store = openAt(path);
  const decisions = Array.from({ length: 400 }, (_, index) => decisionOf(`198.18.${index >> 8}.${index & 255}`, 5));
  const windows = decisions.map(({ network }) => ({ identity: network.text, entries: [{ timeUsec: 1, distinct: '22' }], evidence: [] }));
  store.commit(changesOf({ ...bansOf(...decisions.map(made)), jails: [{ name: 'portscan', isWhole: false, windows }] }));
  store.close();
  return path;
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const whole = readFileSync(path);
  bytes.copy(whole, offset);
  writeFileSync(path, whole);
}

const broken: [name: string, spoil: (path: string) => void, reason: RegExp][] = [
  ['garbage in the header', (path) => overwrite(path, 0, Buffer.from('garbage of sixteen')), /not a database/],
  ['text', (path) => writeFileSync(path, '{"version":1}'.repeat(100)), /not a database/],
  ['a half of it', (path) => truncateSync(path, Math.floor(statSync(path).size / page / 2) * page), /malformed/],
  ['an odd part of it', (path) => truncateSync(path, page + 100), /malformed/],
  ['a second page of zeros', (path) => overwrite(path, page, Buffer.alloc(page)), /malformed/],
  ['nothing but zeros', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)), /not a database/],
  ['a newer version', (path) => change(path, `PRAGMA user_version = ${schemaSteps.length + 1}`), /of version \d+.*knows up to \d/],
  ['a database of another program', (path) => change(path, 'PRAGMA application_id = 5'), /another program/],
  ['without a table', (path) => change(path, 'DROP TABLE bans'), /no such table: bans/],
];

function change(path: string, sql: string): void {
  const database = openSqlite(path);
  database.exec(sql);
  database.close();
}

describe('openBanStore', () => {
  for (const [name, spoil, reason] of broken) {
    it(`${name}: set aside as it was, and an empty one begins`, () => {
      const path = filledStore();
      spoil(path);
      const before = readFileSync(path);
      const { store, contents, setAside } = openBanStore(path, options);
      assert.deepEqual([contents.bans, contents.positions, contents.windows.size], [[], {}, 0]);
      assert.ok(setAside);
      assert.match(setAside.reason, reason);
      assert.ok(setAside.path.startsWith(`${path}.broken-2`));
      // SQLite changes the journal mode in the header of a file that it can read.
      if (!/version|program|table/.test(String(reason))) assert.deepEqual(readFileSync(setAside.path), before);
      const ban = made(decisionOf('192.0.2.7', 5));
      store.commit(changesOf(bansOf(ban)));
      store.close();
      const again = openBanStore(path, options);
      assert.deepEqual([again.contents.bans, again.setAside], [[ban.held], undefined]);
      again.store.close();
      assert.ok(existsSync(setAside.path), 'never deleted');
    });
  }

  it('sets the log aside with the database, and gives each its own name', () => {
    const path = filledStore();
    for (let time = 0; time < 3; time++) {
      writeFileSync(path, 'x'.repeat(1000));
      writeFileSync(`${path}-wal`, 'log');
      writeFileSync(`${path}-shm`, 'index');
      const { store, setAside } = openBanStore(path, options);
      store.close();
      assert.equal(readFileSync(`${setAside?.path}-shm`, 'utf8'), 'index');
    }
    assert.equal(readdirSync(dirname(path)).filter((name) => /broken-[^-]*(-\d)?$/.test(name)).length, 3);
  });

  it('an empty file, as a full disk leaves it, is an empty store', () => {
    const path = storePath();
    writeFileSync(path, '');
    const { store, setAside } = openBanStore(path, options);
    assert.equal(setAside, undefined);
    store.close();
  });

  it('what the file system does not give is an error, and nothing is set aside', () => {
    const path = storePath();
    mkdirSync(path);
    assert.throws(() => openBanStore(path, options), { code: 'EISDIR' });
    assert.throws(() => openBanStore(`${path}/none/state.db`, options), { code: 'ENOENT' });
    assert.deepEqual(readdirSync(dirname(path)), ['state.db']);
  });

  it('an older version is brought to the newest, with what it holds', () => {
    const path = filledStore();
    const steps = [...schemaSteps, 'ALTER TABLE bans ADD COLUMN note TEXT', "UPDATE bans SET note = 'migrated'"];
    const { store, contents, setAside } = openBanStore(path, { ...options, steps });
    store.close();
    assert.deepEqual([contents.bans.length, contents.windows.get('portscan')?.length, setAside], [400, 400, undefined]);
    const database = openSqlite(path);
    assert.equal(database.pragma('user_version', { simple: true }), schemaSteps.length + 2);
    assert.deepEqual(database.prepare('SELECT DISTINCT note FROM bans').all(), [{ note: 'migrated' }]);
    database.close();
    const latest = openBanStore(path, { ...options, steps });
    assert.deepEqual([latest.contents.bans.length, latest.setAside], [400, undefined]);
    latest.store.close();
  });

  it('a store from before there were sessions has none', () => {
    const path = storePath();
    const database = openSqlite(path);
    migrate(database, schemaSteps.slice(0, 2));
    database.exec(`INSERT INTO positions VALUES('journal', '{"cursor":"c"}')`);
    database.close();
    const { store, contents, setAside } = openBanStore(path, options);
    assert.deepEqual([contents.sessions, contents.positions, setAside], [[], { journal: { cursor: 'c' } }, undefined]);
    store.close();
  });

  it('a migration that fails leaves the older version whole, aside', () => {
    const path = filledStore();
    const steps = [...schemaSteps, 'DROP TABLE bans', 'NO SQL'];
    assert.throws(() => openBanStore(path, { ...options, steps }), /syntax error/);
    const aside = readdirSync(dirname(path)).find((name) => name.includes('broken')) ?? '';
    const { store, contents } = openBanStore(`${dirname(path)}/${aside}`, options);
    assert.equal(contents.bans.length, 400);
    store.close();
  });
});

describe('readStoreCopy', () => {
  it('reads the database and its log, which another holds', () => {
    const path = filledStore();
    const store = openAt(path);
    store.commit(changesOf(bansOf(made(decisionOf('192.0.2.7', 5)))));
    assert.equal(readStoreCopy(path, options)?.bans.length, 401);
    store.close();
  });

  it('of nothing, and of what is broken, is nothing', () => {
    const path = storePath();
    assert.equal(readStoreCopy(path, options)?.bans.length, 0);
    writeFileSync(path, 'x'.repeat(1000));
    assert.equal(readStoreCopy(path, options), undefined);
  });
});
