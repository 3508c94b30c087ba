// What outlives the daemon of a filter's sessions. RINGJAIL_SEED=n repeats a run.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatSession, parseSession } from '../../src/ban/stored-session.ts';
import type { LineFilter } from '../../src/match/line-filter.ts';
import { Session } from '../../src/match/session.ts';
import type { SessionCache, SessionStates } from '../../src/match/session-cache.ts';
import { Random } from '../record/random.ts';
import { filterOf, matchLine, outcomesOf, timeSec } from './filter-of.ts';

const seed = Number(process.env['RINGJAIL_SEED'] ?? Date.now() & 0x3fffffff);

const failregex = [
  '^<F-MLFID>\\S+</F-MLFID> fail from <HOST>(?: user <F-USER>.*</F-USER>)?$',
  '^<F-MLFID>\\S+</F-MLFID> <F-NOFAIL>connect</F-NOFAIL> from <HOST>$',
  '^<F-MLFID>\\S+</F-MLFID> <F-NOFAIL>try</F-NOFAIL> user <F-USER>.*</F-USER>$',
  '^<F-MLFID>\\S+</F-MLFID> wrong user <F-USER>.*</F-USER>$',
  '^<F-MLFID>\\S+</F-MLFID> id <F-ID>.+</F-ID>$',
  '^<F-MLFID>\\S+</F-MLFID> net <SUBNET>$',
  '^<F-MLFID>\\S+</F-MLFID> <F-MLFGAINED>gain</F-MLFGAINED> user <F-USER>.*</F-USER>$',
  '^<F-MLFID>\\S+</F-MLFID> <F-NOFAIL><F-MLFPENDING>due</F-MLFPENDING></F-NOFAIL>$',
  '^<F-MLFID>\\S+</F-MLFID> <F-MLFONCE>end</F-MLFONCE> from <HOST>$',
  '^<F-MLFID>\\S+</F-MLFID> <F-MLFFORGET>close</F-MLFFORGET>$',
];

const sessionsOf = (filter: LineFilter): SessionCache => filter.sessions ?? assert.fail('it knows no sessions');

/** As through the store's file. */
const stored = (states: SessionStates): SessionStates =>
  states.map(([id, state]) => [id, parseSession(formatSession(state)) ?? assert.fail(id)]);

function restarted(filter: LineFilter): LineFilter {
  const next = filterOf({ failregex });
  sessionsOf(next).restore(stored(sessionsOf(filter).save()));
  return next;
}

const hostileTexts = ['"}],\\"', '\x1b[2J', '\0', '\u2028', '\xff', '😀', '__proto__', '[[', 'null', '', ' ', "'; DROP TABLE sessions; --"];

describe('SessionCache: saved and restored', () => {
  it(`after any line, what follows is judged as if nothing had happened (seed ${seed})`, () => {
    const random = new Random(seed);
    const text = () => Array.from({ length: random.below(3) }, () => random.pick(hostileTexts)).join('');
    const address = () => random.pick(['192.0.2.1', '192.0.2.2', '2001:db8::1', 'host.example']);
    const rests = [
      () => `fail from ${address()} user ${text()}`,
      () => `fail from ${address()}`,
      () => `connect from ${address()}`,
      () => `try user ${random.pick(['u', 'v', text()])}`,
      () => `wrong user ${random.pick(['u', 'v', text()])}`,
      () => `id x${text()}`,
      () => `net 192.0.2.${random.below(256)}/${random.below(40)}`,
      () => `gain user ${random.pick(['u', 'v', text()])}`,
      () => 'due',
      () => `end from ${address()}`,
      () => 'close',
      text,
    ];
    for (let round = 0; round < 30; round++) {
      const ids = ['a', 'b', `c${text().replace(/\s/g, '')}`];
      const lines = Array.from({ length: 40 }, () => `${random.pick(ids)} ${random.pick(rests)()}`);
      const whole = outcomesOf(filterOf({ failregex }), lines);
      let filter = filterOf({ failregex });
      for (const [index, line] of lines.entries()) {
        const [outcome = ''] = outcomesOf(filter, [line]);
        // Of the names that were tried it is kept only whether they were several, and lines only as long as they wait for something.
        const [expected = ''] = [whole[index]];
        assert.equal(outcome.split(' ').slice(0, 2).join(' '), expected.split(' ').slice(0, 2).join(' '), `${index}: ${lines.join('\n')}`);
        filter = restarted(filter);
      }
    }
  });

  it('hostile text comes back as it was', () => {
    for (const text of hostileTexts) {
      const filter = filterOf({ failregex });
      const id = `a${text.replace(/\s/g, '')}`;
      outcomesOf(filter, [`${id} connect from 192.0.2.1`, `${id} try user ${text}`]);
      const states = sessionsOf(filter).save();
      assert.deepEqual(stored(states), states);
      assert.equal(states[0]?.[0], id);
      assert.deepEqual(states[0]?.[1].users, text === '' ? [] : [text]);
      const [restored] = sessionsOf(restarted(filter)).save();
      assert.deepEqual(restored, states[0]);
    }
  });

  it('the evidence of a failure that lines before the restart led to has them', () => {
    const filter = filterOf({ failregex });
    outcomesOf(filter, ['a connect from 192.0.2.1', 'a try user u']);
    const failure = matchLine(restarted(filter), 'a wrong user u', timeSec);
    assert.deepEqual(failure?.lines, ['a connect from 192.0.2.1', 'a try user u', 'a wrong user u']);
    assert.deepEqual([failure?.identity.text, failure?.attempts, failure?.users], ['192.0.2.1', 3, ['u']]);
  });

  it('of long lines, as much as evidence has', () => {
    for (const length of [480, 497, 498, 499, 500, 600, 10_000]) {
      const filter = filterOf({ failregex });
      outcomesOf(filter, [`a wrong user ${'x'.repeat(length)}`, 'a try user u']);
      const lines = [filter, restarted(filter)].map((one) => matchLine(one, 'a connect from 192.0.2.1', timeSec)?.lines ?? []);
      const [whole, cut] = lines.map((texts) => texts.join('\n').slice(0, 512));
      assert.equal(cut, whole, String(length));
      assert.ok((lines[1]?.join('').length ?? 0) < 600);
    }
  });

  it('a session is bounded: long texts are cut or left out, and none is taken for somebody else', () => {
    const session = new Session(1);
    const noMarks = { isNofail: true, isGained: false, isForget: false, isPending: undefined, isOnce: false };
    const long = 'x'.repeat(100_000);
    const groups = { user: long, fid: long, ip4: '192.0.2.1', dns: 'd'.repeat(1024), port: long, mlfid: 'a' };
    for (let line = 0; line < 200; line++) session.add(new Map(Object.entries({ ...groups, user: `${line}${long}` })), noMarks, [long]);
    const state = session.save();
    assert.ok(JSON.stringify(state).length < 4000);
    assert.deepEqual(state.groups.map(([name, { length }]) => `${name} ${length}`).sort(), ['dns 1024', 'ip4 9', 'port 256', 'user 256']);
    assert.deepEqual(state.users, []);
  });

  it('in the order of their first lines, whatever order the store has them in, and no more than are kept', () => {
    const filter = filterOf({ failregex });
    const states = Array.from({ length: 1001 }, (_, index): SessionStates[number] => [
      `s${index}`,
      new Session(timeSec - index / 10).save(),
    ]);
    sessionsOf(filter).restore(states);
    const ids = sessionsOf(filter)
      .save()
      .map(([id]) => id);
    assert.deepEqual([ids.length, ids[0], ids.at(-1)], [1000, 's999', 's0']);
    assert.deepEqual(sessionsOf(filter).takeChanges(), { isWhole: false, sessions: [{ id: 's1000', state: undefined }] });
  });

  it('they still make room for each other by size', () => {
    const filter = filterOf({
      failregex: ['^<F-NOFAIL>long</F-NOFAIL> <F-MLFID>\\w+</F-MLFID>$', '^<F-MLFID>\\w+</F-MLFID> from <HOST>$'],
    });
    const state = { ...new Session(timeSec).save(), groups: [['user', 'x'.repeat(200_000)] as const] };
    sessionsOf(filter).restore(Array.from({ length: 100 }, (_, index) => [`s${index}`, { ...state, startSec: index }]));
    assert.equal(sessionsOf(filter).save().length, 41);
  });
});

describe('SessionCache: what changed', () => {
  it('a model that is given the changes, some of them only at the second try, has what the cache has', () => {
    const random = new Random(seed);
    const filter = filterOf({ failregex });
    const cache = sessionsOf(filter);
    let model = new Map<string, unknown>();
    for (let round = 0; round < 300; round++) {
      const count = random.once(20) ? 3000 : random.below(30);
      const lines = () =>
        Array.from({ length: count }, () => `s${random.below(3000)} ${random.pick(['close', 'wrong user u', 'end from 192.0.2.1'])}`);
      outcomesOf(filter, lines());
      if (random.once(50)) cache.touchAll();
      const { isWhole, sessions } = cache.takeChanges();
      outcomesOf(filter, random.once(2) ? lines() : []);
      const isWritten = !random.once(3);
      cache.settleChanges(isWritten);
      if (!isWritten) continue;
      model = new Map(isWhole ? [] : model);
      for (const { id, state } of sessions) {
        if (state === undefined) model.delete(id);
        else model.set(id, state);
      }
      const { isWhole: isAll, sessions: rest } = cache.takeChanges();
      cache.settleChanges(false);
      const all = new Map(isAll ? [] : model);
      for (const { id, state } of rest) {
        if (state === undefined) all.delete(id);
        else all.set(id, state);
      }
      const byId = (states: Iterable<readonly [string, unknown]>) => Array.from(states).sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(byId(all), byId(cache.save()));
    }
  });

  it('none is remembered before the store asked for the first time, as where there is none', () => {
    const filter = filterOf({ failregex });
    outcomesOf(filter, ['a wrong user u', 'a close', 'b wrong user u']);
    assert.deepEqual(
      sessionsOf(filter)
        .takeChanges()
        .sessions.map(({ id }) => id),
      ['b'],
    );
  });

  it('a line that changes nothing is no change; each other is one', () => {
    const filter = filterOf({ failregex });
    const changed = (line: string) => {
      outcomesOf(filter, [line]);
      const ids = sessionsOf(filter).takeChanges();
      return ids.sessions.map(({ id, state }) => (state === undefined ? `${id} gone` : id)).join();
    };
    assert.deepEqual(
      ['a fail from 192.0.2.1', 'a end from 192.0.2.1', 'nothing', 'a fail from 192.0.2.1', 'b close', 'a close', 'a close'].map(changed),
      ['a', '', '', 'a', '', 'a gone', ''],
    );
  });

  it('more than can be kept are written as a whole', () => {
    const filter = filterOf({ failregex });
    sessionsOf(filter).takeChanges();
    const lines = (count: number) => Array.from({ length: count }, (_, index) => `s${index} wrong user u`);
    outcomesOf(filter, lines(2000));
    assert.equal(sessionsOf(filter).takeChanges().isWhole, false);
    outcomesOf(filter, lines(2001));
    const { isWhole, sessions } = sessionsOf(filter).takeChanges();
    assert.deepEqual([isWhole, sessions.length], [true, 1000]);
  });

  it('what is a day old goes with the sessions that come, two at most with each', () => {
    const day = 86_400;
    const filter = filterOf({ failregex });
    const at = (line: string, time: number) => {
      filter.find(Buffer.from(line), 0, line.length, false, time);
      return sessionsOf(filter)
        .save()
        .map(([id]) => id)
        .join('');
    };
    for (const id of ['a', 'b', 'c', 'd']) at(`${id} wrong user u`, timeSec);
    assert.deepEqual(
      [at('e wrong user u', timeSec + day), at('f wrong user u', timeSec + day + 1), at('g wrong user u', timeSec + day + 1)],
      ['abcde', 'cdef', 'efg'],
    );
  });

  it('a session with a very long id stays in memory', () => {
    const filter = filterOf({ failregex });
    outcomesOf(filter, [`${'x'.repeat(512)} wrong user u`, `${'y'.repeat(513)} wrong user u`]);
    assert.deepEqual(
      sessionsOf(filter)
        .save()
        .map(([id]) => id.length),
      [512],
    );
  });
});

describe('LineFilter', () => {
  for (const [text, knows] of [
    ['<HOST>', false],
    ['<F-MLFID>\\w+</F-MLFID> <HOST>', true],
    ['<F-TUPLE_MLFID>\\w+</F-TUPLE_MLFID> <HOST>', true],
  ] as const) {
    it(`${text} ${knows ? 'knows' : 'does not know'} sessions`, () => {
      assert.equal(filterOf({ failregex: ['<HOST>$', text] }).sessions !== undefined, knows);
    });
  }

  it('sessions are known where the prefregex tells them', () => {
    assert.ok(filterOf({ prefregex: '^<F-MLFID>\\w+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$', failregex: ['<HOST>'] }).sessions);
  });

  it("a session's age is told by the time of the record, where it has one", () => {
    for (const [seconds, outcome] of [
      [300, 'failure'],
      [301, 'pending'],
      [-300, 'failure'],
      [-301, 'pending'],
    ] as const) {
      const filter = filterOf({ failregex, nowSec: () => assert.fail('nobody asked') });
      const find = (line: string, time: number) => filter.find(Buffer.from(line), 0, line.length, false, time);
      find('a connect from 192.0.2.1', timeSec);
      find('a wrong user u', timeSec + seconds);
      assert.equal(filter.outcome, outcome, String(seconds));
    }
  });
});
