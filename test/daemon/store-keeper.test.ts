import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { BanList } from '../../src/ban/ban-list.ts';
import type { StoredWindows } from '../../src/ban/stored-window.ts';
import { openSqlite } from '../../src/binding/sqlite.ts';
import { type Restored, StoreKeeper } from '../../src/daemon/store-keeper.ts';
import { PendingLifts } from '../../src/enforce/pending-lifts.ts';
import type { AggregateRule } from '../../src/jail/aggregate.ts';
import { Jail } from '../../src/jail/jail.ts';
import { LoginMemory } from '../../src/jail/login-memory.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { SessionCache } from '../../src/match/session-cache.ts';
import { decisionOf } from '../ban/decision.ts';
import { emptyDirectory } from '../ban/store-fixture.ts';
import { network } from '../core/network.ts';
import { failureOf } from '../jail/failure.ts';
import { addLine } from '../match/session-knock.ts';
import { recordingLog } from './recording-log.ts';

const day = 86_400_000_000;
const nobody = new NetworkList([]);

const aggregates = [
  { family: 4, prefix: 24, hosts: 9 },
  { family: 6, prefix: 32, hosts: 9 },
] as const;

function jailOf(name: string, aggregate: readonly AggregateRule[] = []): Jail {
  const ignoreip = new NetworkList([]);
  const limits = {
    maxretry: 3,
    findtimeUsec: day,
    bantimeUsec: day,
    increment: undefined,
    aggregate,
    ipv6prefix: 64,
    maxtracked: 1000,
  };
  return new Jail({ name, actions: ['nftables'], isDistinct: false, ignoreip, ...limits });
}

/** A list, a jail, sessions and a position, as a daemon's, and what keeps them. */
class Trial {
  readonly path: string;
  readonly bans = new BanList();
  readonly log = recordingLog();
  readonly keeper: StoreKeeper;
  jails = [jailOf('one')];
  readonly sessions = new SessionCache();
  readonly logins = new LoginMemory(day);
  readonly lifts = new PendingLifts();
  sequence = 0;

  constructor(path = join(emptyDirectory(), 'state.db'), sliceMs = 1000) {
    this.path = path;
    this.keeper = new StoreKeeper({
      path,
      sliceMs,
      log: this.log,
      clock: () => 0,
      bans: this.bans,
      jails: () => this.jails,
      sessions: () => this.jails.map(({ options }) => ({ jail: options.name, filter: 'f', cache: this.sessions })).slice(0, 1),
      positions: () => (this.sequence === 0 ? {} : { kernel: { sequence: this.sequence } }),
      logins: this.logins,
      lifts: this.lifts,
      onLateBans: (bans) => this.bans.restore(bans),
    });
  }

  /** As the daemon does it. */
  start(): Restored {
    const restored = this.keeper.open();
    this.logins.restore(restored.logins);
    this.lifts.restore(restored.lifts);
    this.sequence = Number(restored.positions['kernel']?.['sequence'] ?? 0);
    for (const jail of this.jails) jail.restore(restored.windows.get(jail.options.name) ?? []);
    this.sessions.restore(restored.sessions?.map(({ id, state }) => [id, state]) ?? []);
    for (const ban of restored.bans) this.bans.add(ban);
    this.bans.forgetChanges();
    this.keeper.begin();
    return restored;
  }

  knock(address: string, timeUsec = 1): void {
    const decision = this.jails[0]?.observe(failureOf(address, timeUsec), nobody);
    this.sequence++;
    addLine(this.sessions, `"${address}"`, this.sequence % 2 === 0 ? 'root' : 'nobody', this.sequence);
    if (decision !== undefined) this.bans.add(decision);
  }

  get memory() {
    const { bans, sessions, sequence } = this;
    return { bans: Array.from(bans.decisions()), windows: this.jails[0]?.save(), sessions: sessions.save(), sequence };
  }
}

/** What another start finds. */
function storedAt(path: string) {
  const trial = new Trial(path);
  trial.start();
  trial.keeper.stop();
  return trial.memory;
}

const started = (path?: string) => {
  const trial = new Trial(path);
  trial.start();
  return trial;
};

const asleep = (t: TestContext) => t.mock.timers.enable({ apis: ['setTimeout'] });

describe('StoreKeeper', () => {
  it('flush: on disk when it returns', () => {
    const trial = started();
    trial.knock('192.0.2.7');
    trial.bans.add(decisionOf('192.0.2.8', 5));
    trial.keeper.flush();
    const { memory } = trial;
    trial.keeper.stop();
    assert.deepEqual(storedAt(trial.path), memory);
    assert.equal(memory.sequence, 1);
  });

  it('a touch is written 150 ms later, once for however many, and then all is quiet', (t) => {
    asleep(t);
    const trial = started();
    for (let time = 0; time < 100; time++) {
      trial.knock('192.0.2.7', time);
      trial.keeper.touch();
    }
    t.mock.timers.tick(149);
    assert.deepEqual(trial.keeper.store?.windows('one'), []);
    t.mock.timers.tick(1);
    assert.deepEqual(trial.keeper.store?.windows('one'), trial.memory.windows);
    assert.deepEqual(trial.jails[0]?.changes().isWhole, false);
    trial.sequence = 5000;
    t.mock.timers.tick(3_600_000);
    assert.equal(trial.keeper.store?.positions()['kernel']?.['sequence'], 100, 'an idle daemon writes nothing');
    trial.keeper.stop();
  });

  it('commit takes the timer away that a touch has set', (t) => {
    asleep(t);
    const trial = started();
    trial.keeper.touch();
    trial.keeper.commit();
    trial.sequence = 7;
    t.mock.timers.tick(10_000);
    assert.deepEqual(trial.keeper.store?.positions(), {});
    trial.keeper.stop();
  });

  it('stopped, it writes nothing any more and has no timer', (t) => {
    asleep(t);
    const trial = started();
    trial.keeper.touch();
    trial.keeper.stop();
    trial.sequence = 7;
    trial.keeper.touch();
    trial.keeper.flush();
    t.mock.timers.tick(10_000);
    assert.equal(storedAt(trial.path).sequence, 0);
  });

  it('is empty the first time, and not when anything was there', () => {
    const trial = new Trial();
    assert.equal(trial.start().isEmpty, true);
    trial.sequence = 1;
    trial.keeper.flush();
    trial.keeper.stop();
    const again = new Trial(trial.path);
    assert.equal(again.start().isEmpty, false);
    again.keeper.stop();
  });

  it('a jail that is new replaces what the store has of its name; one that is gone stays as it was for a day', () => {
    const trial = started();
    trial.knock('192.0.2.7', 3);
    trial.keeper.flush();
    trial.jails = [];
    trial.keeper.flush();
    assert.equal(trial.keeper.store?.windows('one').length, 1);
    trial.jails = [jailOf('one')];
    trial.keeper.flush();
    assert.deepEqual(trial.keeper.store?.windows('one'), []);
    trial.keeper.stop();
  });

  it('what was counted of somebody who is unbanned goes, also of a jail that does not run at that moment', (t) => {
    const trial = started();
    for (const address of ['192.0.2.7', '192.0.2.8']) trial.knock(address, 1);
    trial.keeper.flush();
    trial.jails = [];
    const windows = () =>
      trial.keeper.facts
        .recall(['one'])
        .windows.get('one')
        ?.map(([identity]) => identity);
    trial.keeper.noteForgotten(network('192.0.2.7'), 'two');
    trial.keeper.flush();
    assert.deepEqual(windows(), ['192.0.2.7', '192.0.2.8']);
    trial.keeper.noteForgotten(network('192.0.2.7'), undefined);
    // Nor does it count as done where the disk refused.
    const { store } = trial.keeper;
    assert.ok(store !== undefined);
    const refusing = t.mock.method(store, 'begin', () => assert.fail('disk full'));
    trial.keeper.flush();
    assert.deepEqual(windows(), ['192.0.2.7', '192.0.2.8']);
    refusing.mock.restore();
    trial.keeper.flush();
    assert.deepEqual(windows(), ['192.0.2.8']);
    trial.keeper.stop();
  });

  it('earlier bans: by the jail or by any, written or not yet', () => {
    const trial = started();
    const one = network('192.0.2.7');
    const count = () => [
      trial.keeper.facts.earlierBans(one, 'one'),
      trial.keeper.facts.earlierBans(one, 'two'),
      trial.keeper.facts.earlierBans(one),
    ];
    assert.deepEqual(count(), [0, 0, 0]);
    trial.bans.add(decisionOf('192.0.2.7', 5, { jail: 'one' }));
    trial.bans.remove(one);
    assert.deepEqual(count(), [1, 0, 1]);
    trial.keeper.commit();
    assert.deepEqual(count(), [1, 0, 1]);
    trial.bans.add(decisionOf('192.0.2.7', 9, { jail: 'one', sinceUsec: 7 }));
    trial.bans.add(decisionOf('192.0.2.7', 9, { jail: 'two', bancount: 4 }));
    trial.bans.add(decisionOf('192.0.2.8', 9, { jail: 'one' }));
    trial.keeper.flush();
    assert.deepEqual(count(), [2, 4, 6]);
    trial.keeper.stop();
    assert.deepEqual(count(), [0, 0, 0]);
  });

  it('who logged in is written with the same transaction, and only where it changed', () => {
    const trial = started();
    const loginsAt = () => {
      trial.keeper.flush();
      return trial.keeper.store?.memory('logins');
    };
    assert.equal(loginsAt(), undefined);
    trial.logins.observe(network('192.0.2.7'), 5);
    assert.deepEqual(loginsAt(), [['192.0.2.7', 5]]);
    trial.logins.observe(network('192.0.2.8'), 6);
    trial.keeper.flush();
    trial.keeper.stop();
    const again = started(trial.path);
    assert.deepEqual(again.logins.save(), [
      ['192.0.2.7', 5],
      ['192.0.2.8', 6],
    ]);
    let asked = 0;
    again.logins.save = () => {
      asked++;
      return [];
    };
    again.keeper.flush();
    assert.equal(asked, 0);
    again.keeper.stop();
  });

  it('what commands have yet to lift is written with the ban list that lacks it', () => {
    const trial = started();
    const lift = { jail: 'one', action: 'ufw[a="b"]', network: '192.0.2.7' };
    trial.bans.add(decisionOf('192.0.2.7', 5, { jail: 'one', actions: ['ufw[a="b"]'] }));
    trial.keeper.flush();
    trial.bans.remove(network('192.0.2.7'));
    trial.lifts.add(lift);
    trial.keeper.flush();
    assert.deepEqual([trial.keeper.store?.bans(), trial.keeper.store?.memory('lifts')], [[], [['one', 'ufw[a="b"]', '192.0.2.7']]]);
    trial.keeper.stop();
    const again = started(trial.path);
    assert.deepEqual(again.lifts.all(), [lift]);
    again.lifts.remove(lift);
    again.keeper.flush();
    assert.deepEqual(again.keeper.store?.memory('lifts'), []);
    again.keeper.stop();
  });

  it('an unreadable store is told of, and kept', () => {
    const path = join(emptyDirectory(), 'state.db');
    writeFileSync(path, 'x'.repeat(5000));
    const trial = new Trial(path);
    const { isEmpty, warnings } = trial.start();
    assert.ok(isEmpty);
    assert.match(warnings.join(), /could not be read \(file is not a database\); it stays as .*state\.db\.broken-/);
    assert.equal(trial.keeper.failure, undefined);
    trial.keeper.stop();
  });
});

describe('StoreKeeper, where much changed', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const many = (trial: Trial, network: number) => {
    for (let host = 0; host < 100; host++) trial.knock(`198.18.${network}.${host}`);
  };
  const begun = () => {
    const trial = new Trial(undefined, 0);
    trial.start();
    return trial;
  };

  it('it is written in later turns, and what changes meanwhile is written after it', async (t) => {
    asleep(t);
    const trial = begun();
    trial.bans.add(decisionOf('192.0.2.8', 5, { jail: 'one' }));
    many(trial, 1);
    assert.equal(trial.keeper.commit(), false, 'not yet');
    await turn();
    assert.equal(trial.keeper.facts.earlierBans(network('192.0.2.8')), 1, 'once, also while it is being written');
    const { bans, windows } = structuredClone(trial.memory);
    many(trial, 1);
    trial.bans.add(decisionOf('192.0.2.9', 5, { jail: 'one' }));
    assert.equal(trial.keeper.commit(), false);
    for (let turns = 0; turns < 20; turns++) await turn();
    assert.deepEqual(trial.keeper.store?.windows('one'), windows);
    assert.deepEqual([trial.keeper.store?.positions()['kernel']?.['sequence'], trial.keeper.store?.bans().length], [100, bans.length]);
    assert.equal(trial.keeper.facts.earlierBans(network('192.0.2.9')), 1);
    trial.keeper.flush();
    const later = trial.memory;
    trial.keeper.stop();
    assert.deepEqual(storedAt(trial.path), later);
    assert.equal(later.bans.length, 2);
  });

  it('settle resolves when what was there by then is written, and when the keeper stops', async () => {
    const trial = begun();
    many(trial, 1);
    trial.keeper.commit();
    trial.knock('192.0.2.7');
    await Promise.all([trial.keeper.settle(), trial.keeper.settle()]);
    assert.equal(trial.keeper.store?.windows('one').length, 101);
    assert.equal(trial.keeper.facts.evidence('192.0.2.7', 'one').length, 1);
    many(trial, 2);
    const unsettled = trial.keeper.settle();
    trial.keeper.stop();
    await unsettled;
    assert.equal(storedAt(trial.path).windows?.length, 101);
  });

  it('a flush finishes it, and writes what came since', async () => {
    const trial = begun();
    many(trial, 1);
    trial.keeper.commit();
    await turn();
    many(trial, 2);
    trial.keeper.flush();
    await turn();
    const { memory } = trial;
    trial.keeper.stop();
    assert.deepEqual(storedAt(trial.path), memory);
    assert.equal(memory.windows?.length, 200);
  });

  it('stopped in the middle, the store is as it was before', async () => {
    const trial = begun();
    trial.knock('192.0.2.7');
    trial.keeper.flush();
    const { memory } = trial;
    many(trial, 1);
    trial.keeper.commit();
    await turn();
    trial.keeper.stop();
    await turn();
    assert.deepEqual(storedAt(trial.path), memory);
  });

  it('an error in the middle loses neither windows nor records', async (t) => {
    asleep(t);
    const trial = begun();
    many(trial, 1);
    const { jails } = trial;
    trial.keeper.commit();
    const taken = trial.keeper.store;
    assert.ok(taken !== undefined);
    const evidence = t.mock.method(JSON, 'stringify', () => {
      throw new Error('in the middle');
    });
    await turn();
    evidence.mock.restore();
    assert.match(trial.keeper.failure ?? '', /in the middle/);
    many(trial, 2);
    t.mock.timers.tick(1000);
    // While it is written again, nobody notes that more has changed.
    trial.knock('192.0.2.50');
    trial.keeper.touch();
    for (let turns = 0; turns < 40; turns++) await turn();
    assert.equal(trial.keeper.failure, undefined);
    for (let turns = 0; turns < 1_000_000 && trial.keeper.facts.evidence('192.0.2.50', 'one').length === 0; turns++) {
      t.mock.timers.tick(150);
      await turn();
    }
    assert.deepEqual(taken.windows('one'), jails[0]?.save());
    assert.equal(taken.evidence('198.18.1.99', 'one').length, 1);
    assert.equal(taken.evidence('198.18.2.99', 'one').length, 1);
    trial.keeper.stop();
  });
});

describe('StoreKeeper, where the disk refuses', () => {
  it('a failure is shown, told once, tried again with back-off, and its end is told; nothing is lost', (t) => {
    asleep(t);
    const directory = join(emptyDirectory(), 'later');
    const path = join(directory, 'state.db');
    const trial = new Trial(path);
    assert.equal(trial.start().isEmpty, true);
    assert.match(trial.keeper.failure ?? '', /ENOENT/);
    trial.knock('192.0.2.7');
    trial.keeper.touch();
    trial.keeper.commit();
    // 1, 2, 4, 8, 16, 32, then every 60 s.
    for (let second = 0; second < 63; second++) t.mock.timers.tick(1000);
    mkdirSync(directory);
    t.mock.timers.tick(59_999);
    assert.equal(existsSync(path), false);
    t.mock.timers.tick(1);
    assert.equal(trial.keeper.failure, undefined);
    assert.deepEqual(
      trial.log.lines.map((line) => line.replace(directory, '')),
      [
        `error: store /state.db: cannot be written, bans are kept in memory only: ENOENT: no such file or directory, open '${path}'`,
        'notice: store /state.db: written again',
      ],
    );
    const { memory } = trial;
    trial.keeper.stop();
    assert.deepEqual(storedAt(path), memory);
  });

  it('a command tries at once', (t) => {
    asleep(t);
    const directory = join(emptyDirectory(), 'later');
    const trial = started(join(directory, 'state.db'));
    mkdirSync(directory);
    trial.keeper.flush();
    assert.equal(trial.keeper.failure, undefined);
    trial.keeper.stop();
  });

  it('a file that is taken away is written anew, with all', () => {
    const trial = started();
    trial.knock('192.0.2.7');
    trial.bans.add(decisionOf('192.0.2.8', 5));
    trial.keeper.flush();
    renameSync(trial.path, `${trial.path}.moved`);
    trial.knock('192.0.2.9');
    trial.keeper.flush();
    const { memory } = trial;
    trial.keeper.stop();
    assert.deepEqual(storedAt(trial.path), memory);
    assert.equal(memory.windows?.length, 2);
  });

  /** A store of 200 bans; as its daemon left it at its end, or where that was killed, with its log. */
  function backup({ isKilled = false } = {}) {
    const first = started();
    for (let host = 0; host < 200; host++) first.bans.add(decisionOf(`203.0.113.${host}`, 5));
    first.keeper.flush();
    if (!isKilled) first.keeper.stop();
    const path = join(emptyDirectory(), 'state.db');
    for (const suffix of isKilled ? ['', '-wal'] : ['']) copyFileSync(first.path + suffix, path + suffix);
    first.keeper.stop();
    return path;
  }
  const withOwnLog = () => {
    const trial = started();
    for (let host = 0; host < 50; host++) trial.bans.add(decisionOf(`198.51.100.${host}`, 5));
    trial.keeper.flush();
    assert.ok(statSync(`${trial.path}-wal`).size > 0);
    return trial;
  };

  for (const [name, isKilled] of [
    ['a file that takes the place of ours is read as it is, without the log of ours', false],
    ['a file that takes the place of ours with its log is read with that', true],
  ] as const) {
    it(name, () => {
      const path = backup({ isKilled });
      const trial = withOwnLog();
      for (const suffix of isKilled ? ['', '-wal'] : ['']) renameSync(path + suffix, trial.path + suffix);
      trial.bans.add(decisionOf('192.0.2.1', 5));
      trial.keeper.flush();
      assert.equal(trial.memory.bans.length, 251);
      trial.keeper.stop();
      assert.equal(storedAt(trial.path).bans.length, 251);
    });

    it(`${name}, also where the daemon stopped before it wrote again`, () => {
      const path = backup({ isKilled });
      const trial = withOwnLog();
      for (const suffix of isKilled ? ['', '-wal'] : ['']) renameSync(path + suffix, trial.path + suffix);
      trial.keeper.stop();
      assert.equal(storedAt(trial.path).bans.length, 200);
    });
  }

  it('a file that breaks while it is used is set aside, and written anew with all', (t) => {
    asleep(t);
    const trial = started();
    trial.knock('192.0.2.7');
    trial.bans.add(decisionOf('192.0.2.8', 5));
    trial.keeper.flush();
    trial.keeper.stop();
    // What only a commit needs: a start does not see it.
    const database = openSqlite(trial.path);
    const root = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'evidence'").pluck().get();
    database.close();
    const whole = readFileSync(trial.path);
    writeFileSync(trial.path, whole.fill(0, (Number(root) - 1) * 4096, Number(root) * 4096));
    const again = started(trial.path);
    again.knock('192.0.2.9');
    again.bans.remove(network('192.0.2.8'));
    again.keeper.commit();
    assert.match(again.keeper.failure ?? '', /malformed.*stays as .*broken-/);
    again.knock('192.0.2.10');
    t.mock.timers.tick(1000);
    assert.equal(again.keeper.failure, undefined);
    const { memory } = again;
    again.keeper.stop();
    assert.deepEqual(storedAt(trial.path), memory);
    assert.deepEqual([memory.bans.length, memory.windows?.length], [0, 3]);
  });
});

describe('StoreKeeper, where the store can be opened only later', () => {
  /** A store of an earlier run: two windows, two bans, a login, a session, a position; one that cannot be opened is in its place. */
  function hidden() {
    const first = started();
    first.knock('192.0.2.7', 1);
    first.knock('192.0.2.8', 2);
    first.bans.add(decisionOf('192.0.2.1', 500, { jail: 'one' }));
    first.bans.add(decisionOf('198.51.100.0/24', 500, { jail: 'two' }));
    first.logins.observe(network('192.0.2.9'), 5);
    first.keeper.flush();
    first.keeper.stop();
    renameSync(first.path, `${first.path}.hidden`);
    mkdirSync(first.path);
    writeFileSync(join(first.path, 'x'), '');
    return {
      path: first.path,
      mend: () => {
        rmSync(first.path, { recursive: true });
        renameSync(`${first.path}.hidden`, first.path);
      },
    };
  }
  const banned = (trial: Trial) => trial.memory.bans.map(({ network: { text } }) => text);

  it('bans, windows, sessions and logins that nobody has read become part of what is written', (t) => {
    asleep(t);
    const { path, mend } = hidden();
    const trial = started(path);
    assert.match(trial.keeper.warnings.join('\n'), /cannot be written.*\n.*of an earlier run could not be read, and count for nothing/);
    trial.knock('192.0.2.8', 3);
    trial.bans.add(decisionOf('192.0.2.2', 500, { jail: 'one' }));
    mend();
    t.mock.timers.tick(1000);
    assert.deepEqual(trial.keeper.warnings, []);
    assert.match(trial.log.lines.join('\n'), /2 bans, and counts, of an earlier run could be read only now and hold again/);
    assert.deepEqual(banned(trial), ['192.0.2.2', '192.0.2.1', '198.51.100.0/24']);
    const { memory } = trial;
    const times = (memory.windows ?? []).map(([identity, entries]) => [identity, entries.map(({ timeUsec }) => timeUsec)]);
    assert.deepEqual(times, [
      ['192.0.2.7', [1]],
      ['192.0.2.8', [2, 3]],
    ]);
    assert.deepEqual(memory.sessions.map(([id]) => id).toSorted(), ['"192.0.2.7"', '"192.0.2.8"']);
    assert.deepEqual(trial.logins.save(), [['192.0.2.9', 5]]);
    assert.equal(trial.keeper.facts.earlierBans(network('192.0.2.1')), 1);
    trial.keeper.stop();
    assert.deepEqual(new Set(storedAt(path).bans), new Set(memory.bans));
    assert.deepEqual(storedAt(path).windows, memory.windows);
  });

  const commands: [name: string, text: string | undefined, jail: string | undefined, left: string[]][] = [
    ['one', '192.0.2.1', undefined, ['198.51.100.0/24']],
    ['an address of a network', '198.51.100.7', undefined, ['192.0.2.1']],
    ['an address of a network, in its jail', '198.51.100.7', 'two', ['192.0.2.1']],
    ['in another jail', '192.0.2.1', 'two', ['192.0.2.1', '198.51.100.0/24']],
    ['all', undefined, undefined, []],
    ['all of a jail', undefined, 'two', ['192.0.2.1']],
  ];
  for (const [name, text, jail, left] of commands) {
    it(`what a person has unbanned meanwhile does not come back: ${name}`, () => {
      const { path, mend } = hidden();
      const trial = started(path);
      trial.keeper.noteUnbanned(text === undefined ? undefined : network(text), jail);
      mend();
      trial.keeper.flush();
      assert.deepEqual(banned(trial), left);
      trial.keeper.stop();
      assert.deepEqual(
        storedAt(path).bans.map((ban) => ban.network.text),
        left,
      );
    });
  }

  it('what was counted of somebody who was unbanned meanwhile does not come back, of nobody else is it lost', () => {
    const first = new Trial();
    first.jails = ['one', 'two'].map((name) => jailOf(name, aggregates));
    first.start();
    const [one, two] = first.jails;
    const at = (timeUsec: number, distinct?: string) => ({ timeUsec, distinct });
    const windows = [
      ['192.0.2.7', [at(1), at(2)]],
      ['192.0.2.8', [at(1)]],
      ['192.0.2.0/24', [at(1, '192.0.2.7'), at(2, '192.0.2.8')]],
      ['2001:db8::/64', [at(1)]],
      ['2001:db8:1::/64', [at(1)]],
      ['2001:db8::/32', [at(1, '2001:db8::/64'), at(2, '2001:db8:1::/64')]],
      ['198.51.100.0/24', [at(1, '198.51.100.7')]],
      ['203.0.113.0/24', [at(1, '203.0.113.9')]],
    ] as const;
    for (const jail of [one, two]) {
      jail?.restore(windows);
      jail?.touchAll();
    }
    first.bans.add(decisionOf('203.0.113.0/24', 500, { jail: 'one' }));
    first.keeper.flush();
    first.keeper.stop();
    const aside = `${first.path}.aside`;
    renameSync(first.path, aside);
    mkdirSync(first.path);
    const trial = new Trial(first.path);
    // The other is in error.
    trial.jails = [jailOf('one', aggregates)];
    trial.start();
    const unban = (text: string, jail?: string) => {
      trial.keeper.noteUnbanned(network(text), jail);
      trial.keeper.noteForgotten(network(text), jail);
    };
    for (const text of ['192.0.2.7', '2001:db8::5', '203.0.113.4']) unban(text);
    unban('198.51.100.7', 'two');
    trial.knock('192.0.2.7', 3);
    rmSync(first.path, { recursive: true });
    renameSync(aside, first.path);
    trial.keeper.flush();
    const textOf = (windows: StoredWindows = []) =>
      windows.map(([identity, entries]) => `${identity}: ${entries.map((entry) => entry.distinct ?? entry.timeUsec).join(' ')}`).toSorted();
    const left = ['192.0.2.0/24: 192.0.2.8', '192.0.2.8: 1', '2001:db8:1::/64: 1', '2001:db8::/32: 2001:db8:1::/64'];
    assert.deepEqual(textOf(trial.memory.windows), [...left, '192.0.2.7: 3', '198.51.100.0/24: 198.51.100.7'].toSorted());
    assert.deepEqual(textOf(trial.keeper.store?.windows('one')), textOf(trial.memory.windows));
    assert.deepEqual(textOf(trial.keeper.store?.windows('two')), [...left, '203.0.113.0/24: 203.0.113.9'].toSorted());
    trial.keeper.stop();
  });

  it('another daemon has it: what that one wrote after it was copied is kept', (t) => {
    asleep(t);
    const first = started();
    first.bans.add(decisionOf('192.0.2.1', 500));
    first.knock('192.0.2.7', 1);
    first.keeper.flush();
    const second = started(first.path);
    assert.match(second.keeper.failure ?? '', /locked: most likely another ringjail has it.*STATE_DIRECTORY/);
    assert.deepEqual(banned(second), ['192.0.2.1']);
    first.bans.add(decisionOf('192.0.2.2', 500));
    first.knock('192.0.2.7', 2);
    first.keeper.flush();
    second.knock('192.0.2.7', 3);
    first.keeper.stop();
    second.keeper.flush();
    assert.equal(second.keeper.failure, undefined);
    assert.deepEqual(banned(second), ['192.0.2.1', '192.0.2.2']);
    assert.equal(second.memory.windows?.[0]?.[1].length, 3);
    const { memory } = second;
    second.keeper.stop();
    assert.deepEqual(storedAt(first.path), memory);
  });

  it('what was read as a copy at the start does not come back where it was lifted since', () => {
    const first = started();
    first.bans.add(decisionOf('192.0.2.1', 500));
    first.knock('192.0.2.7', 1);
    first.keeper.flush();
    const second = started(first.path);
    first.keeper.stop();
    second.bans.remove(network('192.0.2.1'));
    second.jails[0]?.clear(network('192.0.2.7'));
    second.keeper.flush();
    assert.deepEqual([second.keeper.failure, second.memory.bans, second.memory.windows], [undefined, [], []]);
    second.keeper.stop();
  });
});
