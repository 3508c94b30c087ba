// Expectations as fail2ban 1.0.2 has them, learnt by feeding it these lines.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filterOf, matchLine, outcomesOf, timeSec } from './filter-of.ts';

const prefregex = '^<F-MLFID>\\w+</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$';
const failregex = [
  '^fail from <HOST>(?: user <F-USER>\\S*</F-USER>)?$',
  '^<F-NOFAIL>connect</F-NOFAIL> from <HOST>$',
  '^<F-NOFAIL>try</F-NOFAIL> user <F-USER>\\S*</F-USER>$',
  '^wrong user <F-USER>\\S*</F-USER>$',
  '^<F-MLFFORGET>close</F-MLFFORGET>(?: from <HOST>)?$',
  '^<F-MLFFORGET><F-NOFAIL>leave</F-NOFAIL></F-MLFFORGET>(?: from <HOST>)?$',
  '^<F-MLFFORGET><F-MLFGAINED>accept</F-MLFGAINED></F-MLFFORGET> user <F-USER>\\S*</F-USER>$',
  '^<F-MLFGAINED>gain</F-MLFGAINED>(?: from <HOST>)? user <F-USER>\\S*</F-USER>$',
  '^<F-NOFAIL><F-MLFPENDING>due</F-MLFPENDING></F-NOFAIL>(?: from <HOST>)?$',
  '^<F-NOFAIL></F-NOFAIL>empty from <HOST>$',
  '^<F-MLFONCE>end</F-MLFONCE> from <HOST>$',
  '^<F-NOFAIL><F-MLFONCE>bye</F-MLFONCE></F-NOFAIL> from <HOST>$',
  '^id <F-ID>\\S+</F-ID>$',
  '^net <SUBNET>$',
];

const sessions: [string, [line: string, outcome: string][]][] = [
  [
    "a line's own address counts, whatever was told of the session",
    [
      ['a: fail from 192.0.2.1', '192.0.2.1 x1'],
      ['a: fail from 2001:db8::1', '2001:db8::1 x1'],
      ['a: fail from 192.0.2.2', '192.0.2.2 x1'],
      ['b: net 192.0.2.0/24', '192.0.2.0/24 x1'],
      ['b: fail from 192.0.2.2', '192.0.2.2 x1'],
      ['c: fail from 192.0.2.1', '192.0.2.1 x1'],
      ['c: fail from name.example', '192.0.2.1 x1'],
    ],
  ],
  [
    'what counts only once does so where nothing else did, and adds no line to what follows',
    [
      ['a: end from 192.0.2.1', '192.0.2.1 x1'],
      ['a: end from 192.0.2.1', 'held'],
      ['a: fail from 192.0.2.1', '192.0.2.1 x1'],
      ['a: end from 192.0.2.1', 'held'],
      ['b: end from 192.0.2.1', '192.0.2.1 x1'],
    ],
  ],
  [
    'what counts only once counts no more when somebody got in',
    [
      ['a: accept user u', 'held'],
      ['b: gain from 192.0.2.1 user u', 'held'],
      ['b: end from 192.0.2.1', 'held'],
      ['a: end from 192.0.2.1', '192.0.2.1 x1'],
    ],
  ],
  [
    'what counts only once completes a failure that waits for an address',
    [
      ['a: wrong user u', 'pending'],
      ['a: end from 192.0.2.1', '192.0.2.1 x2 u'],
      ['a: end from 192.0.2.1', 'held'],
    ],
  ],
  [
    'what counts only once, and is none, is none after several names either',
    [
      ['a: fail from 192.0.2.1 user u', '192.0.2.1 x1 u'],
      ['a: fail from 192.0.2.1 user v', '192.0.2.1 x1 u+v'],
      ['a: bye from 192.0.2.1', 'held'],
    ],
  ],
  [
    'what is no failure by itself joins the failure that follows',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: wrong user u', '192.0.2.1 x2 u'],
      ['a: wrong user v', '192.0.2.1 x1 u+v'],
      ['a: close', '192.0.2.1 x1 u+v'],
      ['a: close', 'pending'],
    ],
  ],
  [
    'a failure without an address waits for one',
    [
      ['a: wrong user u', 'pending'],
      ['a: wrong user v', 'pending'],
      ['a: connect from 192.0.2.1', '192.0.2.1 x3 u+v'],
    ],
  ],
  [
    'one name tried is no failure, and nothing is due when the address comes',
    [
      ['a: try user u', 'held'],
      ['a: connect from 192.0.2.1', 'held'],
      ['a: close', '192.0.2.1 x3 u'],
    ],
  ],
  [
    'once given out, an earlier failure is due no more',
    [
      ['a: wrong user u', 'pending'],
      ['a: connect from 192.0.2.1', '192.0.2.1 x2 u'],
      ['a: connect from 192.0.2.1', 'held'],
      ['a: close', '192.0.2.1 x2 u'],
    ],
  ],
  [
    'two names tried are a failure',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: try user u', 'held'],
      ['a: try user v', '192.0.2.1 x3 u+v'],
      ['a: gain user u', '192.0.2.1 x1 u+v'],
    ],
  ],
  [
    'the same name twice is not',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: try user u', 'held'],
      ['a: try user u', 'held'],
    ],
  ],
  [
    'who gets in is forgiven what was due',
    [
      ['a: wrong user u', 'pending'],
      ['a: gain user u', 'held'],
      ['a: connect from 192.0.2.1', 'held'],
    ],
  ],
  [
    'who gets in under another name is not',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: try user u', 'held'],
      ['a: accept user v', '192.0.2.1 x3 u+v'],
      ['a: close', 'pending'],
    ],
  ],
  [
    'a session that ends with a login is forgotten',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: accept user u', 'held'],
      ['a: close', 'pending'],
    ],
  ],
  [
    'a session that ends quietly is forgotten',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: leave', 'held'],
      ['a: close', 'pending'],
    ],
  ],
  [
    'the last line may bring the address',
    [
      ['a: wrong user u', 'pending'],
      ['a: leave from 192.0.2.1', '192.0.2.1 x2 u'],
      ['a: wrong user u', 'pending'],
    ],
  ],
  [
    'the last line alone',
    [
      ['a: close from 192.0.2.1', '192.0.2.1 x1'],
      ['a: wrong user u', 'pending'],
    ],
  ],
  [
    'pending, by its own tag',
    [
      ['a: due', 'pending'],
      ['a: connect from 192.0.2.1', '192.0.2.1 x2'],
      ['b: due from 192.0.2.2', '192.0.2.2 x1'],
      ['b: connect from 192.0.2.2', 'held'],
    ],
  ],
  ['an empty nofail marks nothing', [['a: empty from 192.0.2.1', '192.0.2.1 x1']]],
  [
    'the session that a line belongs to is the one of its own id',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['b: wrong user u', 'pending'],
      ['b: connect from 192.0.2.2', '192.0.2.2 x2 u'],
      ['a: wrong user v', '192.0.2.1 x2 v'],
    ],
  ],
  [
    'a later address replaces the earlier one',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: fail from 192.0.2.2', '192.0.2.2 x2'],
      ['a: close', '192.0.2.2 x1'],
    ],
  ],
  [
    'an id goes before an address',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: id xx', 'xx x2'],
      ['a: fail from 192.0.2.2', 'xx x1'],
    ],
  ],
  [
    'a network',
    [
      ['a: connect from 192.0.2.1', 'held'],
      ['a: net 192.0.2.1/24', '192.0.2.0/24 x2'],
    ],
  ],
  [
    'an empty name is none',
    [
      ['a: fail from 192.0.2.1 user ', '192.0.2.1 x1'],
      ['a: fail from 192.0.2.1 user u', '192.0.2.1 x1 u'],
    ],
  ],
];

describe('sessions', () => {
  for (const [name, lines] of sessions) {
    it(name, () => {
      const filter = filterOf({ prefregex, failregex });
      assert.deepEqual(
        outcomesOf(
          filter,
          lines.map(([line]) => line),
        ),
        lines.map(([, outcome]) => outcome),
      );
    });
  }

  it('keeps the lines in their order, and the groups of all of them', () => {
    const filter = filterOf({ prefregex, failregex });
    matchLine(filter, 'a: connect from 2001:db8::1', timeSec);
    const failure = matchLine(filter, 'a: wrong user u', timeSec);
    assert.deepEqual(failure?.lines, ['a: connect from 2001:db8::1', 'a: wrong user u']);
    assert.deepEqual(failure?.groups, new Map([...Object.entries({ mlfid: 'a', ip6: '2001:db8::1', user: 'u' })]));
    assert.equal(failure?.expression, 3);
  });

  it('a failure that was given out does not change with its session', () => {
    const filter = filterOf({ prefregex, failregex });
    const first = matchLine(filter, 'a: fail from 192.0.2.1 user u', timeSec);
    matchLine(filter, 'a: fail from 192.0.2.2 user v', timeSec);
    assert.equal(first?.groups.get('user'), 'u');
    assert.deepEqual(first?.users, ['u']);
    assert.deepEqual(first?.lines, ['a: fail from 192.0.2.1 user u']);
  });

  it('without a session, what is marked as no failure is none', () => {
    const filter = filterOf({ failregex: ['^<F-NOFAIL>connect</F-NOFAIL> from <HOST>', '^from <HOST>'] });
    assert.deepEqual(outcomesOf(filter, ['connect from 192.0.2.1', 'from 192.0.2.1']), ['held', '192.0.2.1 x1']);
  });
});

describe('sessions, bounded', () => {
  const connect = (id: number | string) => `s${id}: connect from 192.0.2.1`;

  for (const [others, expected] of [
    [999, '192.0.2.1 x2 u'],
    [1000, 'pending'],
  ] as const) {
    it(`${others} sessions later: ${expected}`, () => {
      const filter = filterOf({ prefregex, failregex });
      outcomesOf(filter, [connect('first'), ...Array.from({ length: others }, (_, id) => connect(id))]);
      assert.deepEqual(outcomesOf(filter, ['sfirst: wrong user u']), [expected]);
    });
  }

  for (const [seconds, expected] of [
    [300, '192.0.2.1 x3 u'],
    [301, 'pending'],
  ] as const) {
    it(`${seconds} s after its first line: ${expected}`, () => {
      let now = timeSec;
      const filter = filterOf({ prefregex, failregex, nowSec: () => now });
      outcomesOf(filter, ['a: connect from 192.0.2.1']);
      now = timeSec + 200;
      outcomesOf(filter, ['a: connect from 192.0.2.1']);
      now = timeSec + seconds;
      assert.deepEqual(outcomesOf(filter, ['a: wrong user u']), [expected]);
    });
  }

  it('of many lines the latest are kept, and all are counted', () => {
    const filter = filterOf({ prefregex, failregex });
    outcomesOf(filter, new Array<string>(250).fill(connect(1)));
    const failure = matchLine(filter, 's1: wrong user u', timeSec);
    assert.equal(failure?.attempts, 251);
    assert.equal(failure?.lines.length, 100);
    assert.equal(failure?.lines.at(-1), 's1: wrong user u');
  });

  it('sessions with long texts make room for each other', () => {
    const filter = filterOf({
      failregex: ['^<F-NOFAIL>long</F-NOFAIL> <F-MLFID>\\w+</F-MLFID>$', '^<F-MLFID>\\w+</F-MLFID> from <HOST>$'],
    });
    const id = (number: number) => `${number}${'x'.repeat(200_000)}`;
    for (let number = 0; number < 100; number++) assert.deepEqual(outcomesOf(filter, [`long ${id(number)}`]), ['held']);
    assert.deepEqual(outcomesOf(filter, [`${id(0)} from 192.0.2.1`, `${id(99)} from 192.0.2.1`]), ['192.0.2.1 x1', '192.0.2.1 x2']);
  });
});
