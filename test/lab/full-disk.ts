// Run in a mount namespace of its own, with a directory: the store on a small disk that is full, then read-only, then neither.
// Exits with 0 where everything came back; test/system/full-disk.test.ts starts it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BanList } from '../../src/ban/ban-list.ts';
import { openSqlite } from '../../src/binding/sqlite.ts';
import { createLog } from '../../src/core/log.ts';
import { StoreKeeper } from '../../src/daemon/store-keeper.ts';
import { Jail } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { failureOf } from '../jail/failure.ts';

const [directory = ''] = process.argv.slice(2);
const disk = join(directory, 'disk');
mkdirSync(disk);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]);
const path = join(disk, 'state.db');
const nobody = new NetworkList([]);
const limits = {
  maxretry: 3,
  findtimeUsec: 1e9,
  bantimeUsec: Number.POSITIVE_INFINITY,
  increment: undefined,
  aggregate: [],
  ipv6prefix: 64,
  maxtracked: 2000,
};

class Trial {
  readonly bans = new BanList();
  readonly jail = new Jail({ name: 'one', actions: [], isDistinct: false, ignoreip: nobody, ...limits });
  readonly keeper: StoreKeeper;
  sequence = 0;

  constructor() {
    this.keeper = new StoreKeeper({
      path,
      log: createLog({ threshold: 'debug', forJournal: false, write: (line) => void process.stdout.write(line) }),
      clock: () => 0,
      bans: this.bans,
      jails: () => [this.jail],
      positions: () => ({ kernel: { sequence: this.sequence } }),
    });
    const restored = this.keeper.open();
    this.sequence = Number(restored.positions['kernel']?.['sequence'] ?? 0);
    this.jail.restore(restored.windows.get('one') ?? []);
    for (const ban of restored.bans) this.bans.add(ban);
    this.bans.forgetChanges();
    this.keeper.begin();
  }

  /** So many failures of as many addresses, and bans of every tenth. */
  work(count: number): void {
    for (let index = 0; index < count; index++) {
      const address = `198.18.${(this.sequence >> 8) & 255}.${this.sequence & 255}`;
      for (let time = 0; time < (index % 10 === 0 ? 3 : 1); time++) {
        const decision = this.jail.observe(failureOf(address, this.sequence + time), nobody);
        if (decision !== undefined) this.bans.add(decision);
      }
      this.sequence++;
    }
  }

  get memory() {
    return { bans: this.banned(), windows: this.jail.save(), sequence: this.sequence };
  }

  banned(): string[] {
    return Array.from(this.bans.bans(), ({ network }) => network.text).sort();
  }
}

function fill(): void {
  const file = openSync(join(disk, 'filler'), 'w');
  const block = Buffer.alloc(4096);
  try {
    while (writeSync(file, block) > 0);
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
  }
  closeSync(file);
}

const mend = () => rmSync(join(disk, 'filler'));
const mount = (option: string) => execFileSync('mount', ['-o', `remount,${option}`, disk]);

function check(what: string, expected: Trial['memory']): void {
  const trial = new Trial();
  assert.deepEqual(trial.memory, expected, what);
  trial.keeper.stop();
  console.log(`${what}: ${expected.bans.length} bans, ${expected.windows.length} windows, position ${expected.sequence} are back`);
}

const first = new Trial();
first.work(200);
first.keeper.flush();
fill();
// More than the log has room for: SQLite takes what little fits, as it may.
for (let time = 0; time < 50 && first.keeper.failure === undefined; time++) {
  first.work(200);
  first.keeper.flush();
}
assert.match(first.keeper.failure ?? '', /full/);
console.log(`full at position ${first.sequence}`);
first.work(100);
first.keeper.flush();
assert.match(first.keeper.failure ?? '', /full/);
mend();
first.keeper.flush();
assert.equal(first.keeper.failure, undefined);
const afterFull = first.memory;
first.keeper.stop();
check('after a full disk', afterFull);

// Started on a full disk: what was there is read, and what comes is written when there is room.
fill();
const second = new Trial();
assert.deepEqual(second.memory, afterFull);
for (let time = 0; time < 50 && second.keeper.failure === undefined; time++) {
  second.work(3000);
  second.keeper.flush();
}
assert.match(second.keeper.failure ?? '', /full/);
second.work(5000);
assert.ok(second.jail.changes().isWhole, 'too much to be remembered one by one');
mend();
second.keeper.flush();
assert.equal(second.keeper.failure, undefined);
const afterWhole = second.memory;
second.keeper.stop();
check('after more than is remembered', afterWhole);

// Started on a read-only disk.
mount('ro');
const third = new Trial();
assert.match(third.keeper.failure ?? '', /EROFS/);
assert.deepEqual(third.memory, afterWhole);
third.work(50);
mount('rw');
third.keeper.flush();
assert.equal(third.keeper.failure, undefined);
const afterReadOnly = third.memory;
third.keeper.stop();
check('after a read-only disk', afterReadOnly);

// Full from the very first moment.
rmSync(path);
fill();
const fourth = new Trial();
assert.notEqual(fourth.keeper.failure, undefined);
fourth.work(50);
mend();
fourth.keeper.flush();
assert.equal(fourth.keeper.failure, undefined);
const afterFirst = fourth.memory;
fourth.keeper.stop();
check('after a first start on a full disk', afterFirst);

// A store of an older version on a full disk, which has no room for what the new version adds, and none for a copy either.
const older = openSqlite(path);
older.exec('DROP TABLE sessions; PRAGMA user_version = 2');
older.close();
fill();
process.env['TMPDIR'] = disk;
const fifth = new Trial();
assert.match(fifth.keeper.failure ?? '', /full/);
assert.deepEqual(fifth.memory, afterFirst, 'read from a copy in memory');
fifth.work(10);
mend();
fifth.keeper.flush();
assert.equal(fifth.keeper.failure, undefined);
const afterOlder = fifth.memory;
fifth.keeper.stop();
check('after a migration on a full disk', afterOlder);
process.exit(0);
