import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import type { BanStore } from '../../src/ban/ban-store.ts';
import type { StoreChanges } from '../../src/ban/store-changes.ts';
import { openSqlite } from '../../src/binding/sqlite.ts';
import type { SessionState } from '../../src/core/session-state.ts';
import { decisionOf } from './decision.ts';
import { bansOf, changesOf, lifted, made, openAt, storePath } from './store-fixture.ts';

const second = 1_000_000;
const day = 86_400 * second;

const entry = (timeUsec: number, distinct?: string) => ({ timeUsec, distinct });
const record = (text: string) => ({ source: 'kernel', sequence: Number(/\d+/.exec(text) ?? 0), text });
const window = (identity: string, entries: readonly ReturnType<typeof entry>[] | undefined, ...texts: string[]) => ({
  identity,
  entries,
  evidence: texts.map(record),
});
const windowsOf = (name: string, ...windows: ReturnType<typeof window>[]): Partial<StoreChanges> => ({
  jails: [{ name, isWhole: false, windows }],
});

describe('BanStore', () => {
  it('is read back as it was: bans, for good too, positions and windows', () => {
    const path = storePath();
    const decisions = [
      decisionOf('2001:db8::/64', Number.POSITIVE_INFINITY, { distinct: [], failures: 0, origin: 'hand', evidence: undefined }),
      decisionOf('192.0.2.7', 1_700_000_000_000_001, { sinceUsec: 1_699_999_999_999_999 }),
      decisionOf('192.0.2.7', 1_800_000_000_000_002, { sinceUsec: 1_699_999_999_999_999, jail: 'sshd', origin: 'imported', bancount: 3 }),
    ];
    const positions = { kernel: { bootId: 'b', sequence: 9 }, journal: { cursor: 's=1;i=2' } };
    const store = openAt(path);
    store.commit(
      changesOf({
        ...bansOf(...decisions.map(made)),
        ...windowsOf('portscan', window('192.0.2.8', [entry(1_700_000_000_000_003, '22'), entry(2)]), window('user "x"', [entry(3)])),
        positions,
      }),
    );
    store.close();
    const read = openAt(path);
    assert.deepEqual(read.bans(), decisions);
    assert.deepEqual(read.positions(), positions);
    assert.deepEqual(read.windows('portscan'), [
      ['192.0.2.8', [entry(1_700_000_000_000_003, '22'), entry(2)]],
      ['user "x"', [entry(3)]],
    ]);
    assert.deepEqual(read.windows('sshd'), []);
    assert.equal(read.unreadCount, 0);
    read.close();
  });

  it('a ban of what is no address comes back as it was, and damaged as nothing', () => {
    const path = storePath();
    const names = ['bob', '$(reboot)', '"; DROP TABLE bans; --', "it's", '-rf', '192.0.2.7:80', 'x'.repeat(256), 'a b'];
    const decisions = names.map((name, index) => decisionOf(name, 1e15, { sinceUsec: index }));
    const store = openAt(path);
    store.commit(changesOf(bansOf(...decisions.map(made))));
    assert.equal(store.history('bob').length, 1);
    store.close();
    const read = openAt(path);
    assert.deepEqual(read.bans(), decisions);
    assert.equal(read.unreadCount, 0);
    read.close();
    const database = openSqlite(path);
    // The mark is on the wrong one, is gone, or the text can be nobody's.
    database.exec(`UPDATE bans SET network = '192.0.2.9' WHERE network = 'bob';
      UPDATE bans SET decision = json_remove(decision, '$.isRaw') WHERE network = '-rf';
      UPDATE bans SET network = 'a' || char(10) || 'b' WHERE network = 'a b'`);
    database.close();
    const damaged = openAt(path);
    assert.deepEqual(
      damaged.bans().map(({ network }) => network.text),
      names.filter((name) => !['bob', '-rf', 'a b'].includes(name)),
    );
    assert.equal(damaged.unreadCount, 3);
    damaged.close();
  });

  it('what attackers wrote comes back as it was', () => {
    const path = storePath();
    const text = '"}],\\"\x1b[2J\n\0\u2028\xff';
    const ban = decisionOf('192.0.2.7', 5, { evidence: { source: 'kernel', sequence: 1, text } });
    const store = openAt(path);
    store.commit(changesOf({ ...bansOf(made(ban)), ...windowsOf('portscan', window(text, [entry(1, text)], text)) }));
    store.close();
    const read = openAt(path);
    assert.deepEqual(read.bans(), [ban]);
    assert.deepEqual(read.windows('portscan'), [[text, [entry(1, text)]]]);
    assert.deepEqual(read.evidence(text, 'portscan'), [record(text)]);
    read.close();
  });

  it('is for nobody else to read', () => {
    const path = storePath();
    const store = openAt(path);
    store.commit(changesOf({ positions: { kernel: { sequence: 1 } } }));
    for (const name of readdirSync(dirname(path))) assert.equal(statSync(`${dirname(path)}/${name}`).mode & 0o077, 0, name);
    store.close();
  });

  it('changes replace, and take away', () => {
    const path = storePath();
    const store = openAt(path);
    const [one, two] = [decisionOf('192.0.2.1', 5), decisionOf('192.0.2.2', 5)];
    store.commit(
      changesOf({
        ...bansOf(made(one), made(two)),
        ...windowsOf('a', window('x', [entry(1)]), window('y', [entry(2)]), window('z', [entry(3)])),
        positions: { kernel: { sequence: 1 }, journal: { cursor: 'c' } },
      }),
    );
    const longer = { ...one, untilUsec: 9 };
    store.commit(
      changesOf({
        ...bansOf(made(longer), lifted(two)),
        ...windowsOf('a', window('y', undefined), window('x', [entry(1), entry(4)])),
        positions: { kernel: { sequence: 2 } },
      }),
    );
    assert.deepEqual(store.bans(), [longer]);
    // In the order of the latest change.
    assert.deepEqual(store.windows('a'), [
      ['z', [entry(3)]],
      ['x', [entry(1), entry(4)]],
    ]);
    assert.deepEqual(store.positions(), { kernel: { sequence: 2 }, journal: { cursor: 'c' } });
    store.close();
  });

  it('the order of the windows goes on after it is opened again', () => {
    const path = storePath();
    for (const identity of ['c', 'a', 'b', 'a']) {
      const store = openAt(path);
      store.commit(changesOf(windowsOf('j', window(identity, [entry(1)]))));
      store.close();
    }
    const store = openAt(path);
    assert.deepEqual(
      store.windows('j').map(([identity]) => identity),
      ['c', 'b', 'a'],
    );
    store.close();
  });

  it('what is written whole replaces all there was, of that jail only', () => {
    const store = openAt(storePath());
    store.commit(changesOf({ ...bansOf(made(decisionOf('192.0.2.1', 5))), ...windowsOf('a', window('x', [entry(1)], 'stray')) }));
    store.commit(changesOf(windowsOf('b', window('x', [entry(2)]))));
    store.commit(
      changesOf({
        bans: { isWhole: true, bans: [made(decisionOf('192.0.2.2', 5))] },
        jails: [{ name: 'a', isWhole: true, windows: [window('y', [entry(3)])] }],
      }),
    );
    assert.deepEqual(
      store.bans().map(({ network }) => network.text),
      ['192.0.2.2'],
    );
    assert.deepEqual([store.windows('a'), store.windows('b')], [[['y', [entry(3)]]], [['x', [entry(2)]]]]);
    assert.deepEqual(store.evidence('x', 'a'), []);
    store.close();
  });

  it('a transaction is all or nothing, and the next one works', () => {
    const store = openAt(storePath());
    const broken = {
      *[Symbol.iterator]() {
        yield window('x', [entry(1)], 'text');
        throw new Error('in the middle');
      },
    };
    const changes = changesOf({
      ...bansOf(made(decisionOf('192.0.2.1', 5))),
      jails: [{ name: 'a', isWhole: false, windows: broken }],
      positions: { kernel: { sequence: 1 } },
    });
    assert.throws(() => store.commit(changes, { isDurable: true }), /in the middle/);
    assert.deepEqual([store.bans(), store.windows('a'), store.positions(), store.evidence('x', 'a')], [[], [], {}, []]);
    store.commit(changesOf(windowsOf('a', window('x', [entry(1)]))));
    assert.deepEqual(store.windows('a'), [['x', [entry(1)]]]);
    store.close();
  });

  it('a transaction in slices counts when its last one was written, and not where the store is closed before', () => {
    const path = storePath();
    const identities = Array.from({ length: 100 }, (_, index) => `w${index}`);
    const changes = changesOf(windowsOf('a', ...identities.map((identity) => window(identity, [entry(1)], 'text'))));
    const first = openAt(path);
    const unfinished = first.begin(changes);
    assert.equal(unfinished.advance(0), false);
    assert.equal(unfinished.advance(0), false);
    first.close();
    const store = openAt(path);
    assert.deepEqual(store.windows('a'), []);
    const transaction = store.begin(changes);
    let slices = 1;
    while (!transaction.advance(0)) slices++;
    assert.ok(slices > 4, `${slices} slices`);
    store.close();
    const again = openAt(path);
    assert.equal(again.windows('a').length, 100);
    again.close();
  });

  it('rows that make no sense are left out and counted, and spoil no others', () => {
    const path = storePath();
    const good = decisionOf('192.0.2.7', 5);
    const store = openAt(path);
    store.commit(changesOf({ ...bansOf(made(good)), ...windowsOf('portscan', window('x', [entry(1)])), positions: { kernel: { a: 1 } } }));
    store.close();
    const database = openSqlite(path);
    const rest = JSON.parse((database.prepare('SELECT decision FROM bans').get() as { decision: string }).decision) as object;
    const add = database.prepare('INSERT INTO bans VALUES(?, 1, ?, ?, ?)');
    const withRest = (change: object) => JSON.stringify({ ...rest, ...change });
    const broken: [string, unknown, unknown, string][] = [
      ['example.org', 1, 5, withRest({})],
      ['192.0.2.10', 'soon', 5, withRest({})],
      ['192.0.2.11', 1, 'later', withRest({})],
      ['192.0.2.12', 1, 5, '{'],
      ['192.0.2.13', 1, 5, 'null'],
      ['192.0.2.14', 1, 5, '[]'],
      ['192.0.2.15', 1, 5, withRest({ actions: 'nftables' })],
      ['192.0.2.16', 1, 5, withRest({ distinct: [5] })],
      ['192.0.2.17', 1, 5, withRest({ failures: null })],
      ['192.0.2.18', 1, 5, withRest({ origin: 'x' })],
      ['192.0.2.19', 1, 5, withRest({ evidence: { source: 'kernel' } })],
    ];
    for (const row of broken) add.run(...row);
    const windows = ['', '{}', '[1]', '[["1"]]', '[[1,2]]', '[[1],null]'];
    for (const entries of windows) database.prepare('INSERT INTO windows VALUES(1, ?, 0, ?)').run(`w${entries}`, entries);
    for (const position of ['[]', '{"a":null}', '{']) database.prepare('INSERT INTO positions VALUES(?, ?)').run(position, position);
    database.close();
    const read = openAt(path);
    assert.deepEqual(read.bans(), [good]);
    assert.deepEqual(read.windows('portscan'), [['x', [entry(1)]]]);
    assert.deepEqual(read.positions(), { kernel: { a: 1 } });
    assert.equal(read.unreadCount, broken.length + windows.length + 3);
    read.close();
  });

  it('an end that no Date can hold is for good', () => {
    const path = storePath();
    const store = openAt(path);
    store.commit(
      changesOf(bansOf(made(decisionOf('192.0.2.1', 7_258_118_400_000_001)), made(decisionOf('192.0.2.2', 7_258_118_400_000_000)))),
    );
    assert.deepEqual(
      store.bans().map(({ untilUsec }) => untilUsec),
      [Number.POSITIVE_INFINITY, 7_258_118_400_000_000],
    );
    store.close();
  });
});

describe('BanStore, sessions', () => {
  const session = (startSec: number, rest: Partial<SessionState> = {}): SessionState => {
    return { startSec, isPending: false, wasHeld: false, isDecided: false, attempts: 0, groups: [], users: [], lines: [], ...rest };
  };
  const change = (id: string, state: SessionState | undefined) => ({ id, state });
  const sessionsOf = (jail: string, filter: string, isWhole: boolean, ...sessions: ReturnType<typeof change>[]) => {
    return changesOf({ sessions: [{ jail, filter, isWhole, sessions }] });
  };
  const shown = (store: BanStore) => store.sessions().map(({ jail, filter, id, state }) => [jail, filter, id, state.startSec].join(' '));

  it('are read back as they were, whatever attackers wrote', () => {
    const path = storePath();
    const text = '"}],\\"\x1b[2J\n\0\u2028\xff😀__proto__';
    const states = [
      session(1_700_000_000.25, { isPending: true, attempts: 7, groups: [['user', text]], users: [text, 'v'], lines: [text, ''] }),
      session(2, { wasHeld: true, groups: [['__proto__', 'x']] }),
      session(3, { isDecided: true, isPending: true }),
    ];
    const store = openAt(path);
    store.commit(sessionsOf('sshd', 'sshd', true, ...states.map((state, index) => change(`${text} ${index}`, state))));
    store.close();
    const read = openAt(path);
    assert.deepEqual(
      read.sessions(),
      states.map((state, index) => ({ jail: 'sshd', filter: 'sshd', id: `${text} ${index}`, state })),
    );
    assert.equal(read.unreadCount, 0);
    read.close();
  });

  it('changes replace, and take away; what is written whole replaces what that filter of that jail had', () => {
    const store = openAt(storePath());
    store.commit(sessionsOf('a', 'f', false, change('x', session(1)), change('y', session(2)), change('z', session(3))));
    store.commit(sessionsOf('a', 'f successregex', false, change('x', session(4))));
    store.commit(sessionsOf('b', 'f', false, change('x', session(5))));
    store.commit(sessionsOf('a', 'f', false, change('y', undefined), change('x', session(6)), change('none', undefined)));
    assert.deepEqual(shown(store), ['a f x 6', 'a f z 3', 'a f successregex x 4', 'b f x 5']);
    store.commit(sessionsOf('a', 'f', true, change('w', session(7))));
    assert.deepEqual(shown(store), ['a f w 7', 'a f successregex x 4', 'b f x 5']);
    const forget = (olderThanUsec: number, ...jails: string[]) => store.forgetOthers(jails, [['a', 'f']], olderThanUsec);
    forget(0, 'a');
    assert.deepEqual(shown(store), ['a f w 7', 'b f x 5'], 'a jail in error may come back');
    forget(5e6, 'a');
    assert.deepEqual(shown(store), ['a f w 7', 'b f x 5']);
    forget(5e6 + 1, 'a');
    assert.deepEqual(shown(store), ['a f w 7']);
    store.commit(sessionsOf('b', 'f', false, change('x', session(5))));
    forget(0, 'a', 'b');
    assert.deepEqual(shown(store), ['a f w 7']);
    store.close();
  });

  it('change with the windows and positions of their transaction, or not at all', () => {
    const path = storePath();
    const store = openAt(path);
    const broken = {
      *[Symbol.iterator]() {
        yield change('x', session(1));
        throw new Error('in the middle');
      },
    };
    const changes = changesOf({
      ...windowsOf('a', window('x', [entry(1)])),
      sessions: [{ jail: 'a', filter: 'f', isWhole: false, sessions: broken }],
      positions: { journal: { cursor: 'c' } },
    });
    assert.throws(() => store.commit(changes), /in the middle/);
    assert.deepEqual([store.sessions(), store.windows('a'), store.positions()], [[], [], {}]);
    const unfinished = store.begin(
      sessionsOf('a', 'f', true, ...Array.from({ length: 100 }, (_, index) => change(`s${index}`, session(1)))),
    );
    assert.equal(unfinished.advance(0), false);
    store.close();
    const again = openAt(path);
    assert.deepEqual(again.sessions(), []);
    again.close();
  });

  it('those that make no sense are left out and counted', () => {
    const path = storePath();
    const store = openAt(path);
    store.commit(sessionsOf('a', 'f', true, change('x', session(1))));
    store.close();
    const database = openSqlite(path);
    const broken = [
      '',
      'null',
      '{}',
      '[]',
      '["1",0,0,[],[],[]]',
      '[1,8,0,[],[],[]]',
      '[1,-1,0,[],[],[]]',
      '[1,0,0.5,[],[],[]]',
      '[1,0,-1,[],[],[]]',
      '[1,0,0,{},[],[]]',
      '[1,0,0,[["a"]],[],[]]',
      '[1,0,0,[["a","b","c"]],[],[]]',
      '[1,0,0,[["a",null]],[],[]]',
      '[1,0,0,[],[5],[]]',
      '[1,0,0,[],[],"x"]',
      '[1,0,0,[],[]]',
      '[1e999,0,0,[],[],[]]',
    ];
    for (const state of broken) database.prepare("INSERT INTO sessions VALUES(1, 'f', ?, ?)").run(`s${state}`, state);
    database.close();
    const read = openAt(path);
    assert.deepEqual(shown(read), ['a f x 1']);
    assert.equal(read.unreadCount, broken.length);
    read.close();
  });
});

describe('BanStore, what is kept of a ban', () => {
  const ban = decisionOf('192.0.2.7', 10 * second, { sinceUsec: second });

  it('as many records as the jail keeps (maxmatches), of another as many as usual', () => {
    const store = openAt(storePath(), { maxEvidenceOf: (jail) => (jail === 'few' ? 2 : undefined) });
    const texts = Array.from({ length: 12 }, (_, index) => `packet ${index}`);
    for (const jail of ['few', 'usual']) store.commit(changesOf(windowsOf(jail, window('192.0.2.7', [entry(1)], ...texts))));
    assert.deepEqual(
      ['few', 'usual'].map((jail) => store.evidence('192.0.2.7', jail)),
      [texts.slice(-2).map(record), texts.slice(-10).map(record)],
    );
    store.close();
  });

  it('the records that led to it, the latest ten, and none that came later', () => {
    const store = openAt(storePath());
    const texts = Array.from({ length: 12 }, (_, index) => `packet ${index}`);
    store.commit(changesOf(windowsOf('portscan', window('192.0.2.7', [entry(1)], ...texts.slice(0, 6)))));
    const proven = { ...ban, evidence: record('packet 11') };
    store.commit(
      changesOf({ ...bansOf(made(proven)), ...windowsOf('portscan', window('192.0.2.7', undefined, ...texts.slice(6), 'packet 12')) }),
    );
    store.commit(changesOf(windowsOf('portscan', window('192.0.2.7', [entry(2)], 'too late'))));
    store.commit(changesOf(windowsOf('portscan', window('192.0.2.7', undefined))));
    assert.deepEqual(store.evidence('192.0.2.7', 'portscan'), texts.slice(2).map(record));
    assert.deepEqual(store.evidence('192.0.2.7', 'sshd'), []);
    store.close();
  });

  const ends: [name: string, untilUsec: number, liftedUsec: number, endedUsec: number][] = [
    ['by itself, while nobody looked', 10 * second, 90 * second, 10 * second],
    ['by hand', 10 * second, 5 * second, 5 * second],
    ['by hand, made for good', Number.POSITIVE_INFINITY, 90 * second, 90 * second],
  ];
  for (const [name, untilUsec, liftedUsec, endedUsec] of ends) {
    for (const isWhole of [false, true]) {
      it(`the end of a ban that ended ${name}${isWhole ? ', written with all' : ''}`, () => {
        let now = second;
        const store = openAt(storePath(), { clock: () => now });
        const short = decisionOf('192.0.2.7', 2 * second, { sinceUsec: second });
        store.commit(changesOf(bansOf(made(short))));
        // Made longer: a ban on probation that somebody confirmed.
        store.commit(changesOf(bansOf(made({ ...short, untilUsec }))));
        now = liftedUsec;
        store.commit(changesOf(isWhole ? { bans: { isWhole, bans: [] } } : bansOf(lifted(short))));
        assert.deepEqual(
          store.history('192.0.2.7').map((row) => [row.untilUsec, row.endedUsec]),
          [[Number.isFinite(untilUsec) ? untilUsec : null, endedUsec]],
        );
        store.close();
      });
    }
  }

  it('the records of a window that is gone are gone', () => {
    const store = openAt(storePath());
    store.commit(changesOf(windowsOf('portscan', window('192.0.2.7', [entry(1)], 'packet'))));
    store.commit(changesOf(windowsOf('portscan', window('192.0.2.7', undefined))));
    assert.deepEqual(store.evidence('192.0.2.7', 'portscan'), []);
    store.close();
  });

  for (const purgeAgeUsec of [day, 0]) {
    it(`history and evidence outlive the ban by ${purgeAgeUsec / day} days`, () => {
      let now = second;
      const store = openAt(storePath(), { purgeAgeUsec, clock: () => now, configurationOf: (jail) => `hash of ${jail}` });
      const open = { jail: 'portscan', sinceUsec: second, untilUsec: 10 * second, endedUsec: null, bancount: 1 };
      const first = { ...open, configuration: 'hash of portscan' };
      const rows = () => store.history('192.0.2.7').map(({ endedUsec }) => endedUsec);
      store.commit(changesOf({ ...bansOf(made(ban)), ...windowsOf('portscan', window('192.0.2.7', undefined, 'packet')) }));
      assert.deepEqual(store.history('192.0.2.7'), purgeAgeUsec === 0 ? [] : [first]);
      assert.equal(store.evidence('192.0.2.7', 'portscan').length, 1);
      now = 5 * second;
      store.commit(changesOf(bansOf(lifted(ban))));
      assert.deepEqual(rows(), purgeAgeUsec === 0 ? [] : [now]);
      now += purgeAgeUsec;
      store.commit(changesOf({}));
      assert.equal(rows().length, purgeAgeUsec === 0 ? 0 : 1);
      assert.equal(store.evidence('192.0.2.7', 'portscan').length, purgeAgeUsec === 0 ? 0 : 1);
      now += 1;
      store.commit(changesOf({}));
      assert.deepEqual([rows(), store.evidence('192.0.2.7', 'portscan')], [[], []]);
      store.close();
    });
  }

  it('a ban that is held is never purged by age', () => {
    let now = second;
    const store = openAt(storePath(), { clock: () => now });
    store.commit(changesOf(bansOf(made(ban))));
    now = 100 * day;
    store.commit(changesOf({}));
    assert.equal(store.history('192.0.2.7').length, 1);
    store.close();
  });

  it('each ban of a network counts once, by every jail, also one that was lifted before it was written, and one written again', () => {
    const store = openAt(storePath());
    const again = decisionOf('192.0.2.7', Number.POSITIVE_INFINITY, { sinceUsec: 20 * second, bancount: 4 });
    const short = decisionOf('192.0.2.7', 40 * second, { sinceUsec: 30 * second, jail: 'sshd' });
    store.commit(changesOf(bansOf(made(ban))));
    store.commit(changesOf(bansOf(made(again), { ...lifted(short), made: short })));
    store.commit(changesOf({ bans: { isWhole: true, bans: [made(again)] } }));
    store.commit(changesOf(bansOf(made(decisionOf('192.0.2.8', 5, { origin: 'found' })))));
    assert.deepEqual(
      store.history('192.0.2.7').map(({ jail, untilUsec, endedUsec, bancount }) => [jail, untilUsec, endedUsec, bancount]),
      [
        ['portscan', 10 * second, 0, 1],
        ['portscan', null, null, 4],
        ['sshd', 40 * second, 0, 1],
      ],
    );
    assert.deepEqual(store.history('192.0.2.8'), []);
    store.commit(changesOf({ bans: { isWhole: true, bans: [] } }));
    assert.equal(store.history('192.0.2.7')[1]?.endedUsec, 0);
    store.close();
  });

  it('more bans a transaction than are purged at once: the history stays within its bounds', () => {
    const store = openAt(storePath(), { maxHistory: 1000 });
    const ofRound = (round: number) => {
      return Array.from({ length: 500 }, (_, index) => decisionOf(`198.${round}.${index >> 8}.${index & 255}`, 5, { sinceUsec: round }));
    };
    for (let round = 0; round < 6; round++) {
      store.commit(changesOf(bansOf(...ofRound(round).map((decision) => ({ ...made(decision), held: undefined })))));
      const kept = Array.from({ length: 6 }, (_, former) =>
        ofRound(former).filter(({ network }) => store.history(network.text).length > 0),
      );
      assert.equal(kept.flat().length, Math.min(1000, 500 * (round + 1)));
    }
    store.close();
  });

  it('history is bounded by size, the oldest goes first', () => {
    const store = openAt(storePath(), { maxHistory: 3 });
    const decisions = [1, 2, 3, 4, 5].map((last) => decisionOf(`192.0.2.${last}`, 5));
    for (const decision of decisions) store.commit(changesOf(bansOf(made(decision))));
    assert.deepEqual(
      decisions.map(({ network }) => store.history(network.text).length),
      [0, 0, 1, 1, 1],
    );
    assert.equal(store.bans().length, 5);
    store.close();
  });

  it('what other jails counted is let go where it is old', () => {
    const store = openAt(storePath());
    const windows = [window('old', [entry(1), entry(10)]), window('new', [entry(1), entry(11)]), window('none', [])];
    store.commit(changesOf({ jails: ['kept', 'gone'].map((name) => ({ name, isWhole: false, windows })) }));
    store.forgetOthers(['kept'], [], 11);
    assert.deepEqual([store.windows('kept').length, store.windows('gone').map(([identity]) => identity)], [3, ['new']]);
    store.close();
  });
});
