// Expectations as fail2ban 1.0.2 has them, learnt by feeding it these lines; where it is said, ringjail differs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FilterText, filterOf, matchLine, outcomesOf, timeSec } from './filter-of.ts';

const others = ['^never <HOST>', '^ever <HOST>', '^and <HOST>'];

const windows: [string, FilterText, [line: string, outcome: string][]][] = [
  [
    'two lines of two',
    { failregex: ['^A <HOST>\\nB$'], maxlines: 2 },
    [
      ['A 192.0.2.1', 'missed'],
      ['B', '192.0.2.1 x2'],
      ['B', 'missed'],
      ['A 192.0.2.2', 'missed'],
      ['x', 'missed'],
      ['B', 'missed'],
    ],
  ],
  [
    'three lines of three',
    { failregex: ['^A <HOST><SKIPLINES>B$'], maxlines: 3 },
    [
      ['A 192.0.2.1', 'missed'],
      ['x', 'missed'],
      ['B', '192.0.2.1 x2'],
    ],
  ],
  [
    'four lines of three',
    { failregex: ['^A <HOST><SKIPLINES>B$'], maxlines: 3 },
    [
      ['A 192.0.2.1', 'missed'],
      ['x', 'missed'],
      ['x', 'missed'],
      ['B', 'missed'],
    ],
  ],
  [
    'skipped lines stay for another failregex',
    { failregex: ['^A <HOST><SKIPLINES>B$', '^C <HOST><SKIPLINES>D$'], maxlines: 4 },
    [
      ['A 192.0.2.1', 'missed'],
      ['C 192.0.2.9', 'missed'],
      ['B', '192.0.2.1 x2'],
      ['D', '192.0.2.9 x2'],
    ],
  ],
  [
    'sessions that cross each other',
    { failregex: ['^A (?P<s>\\w+) <HOST><SKIPLINES>M<SKIPLINES>B (?P=s)$'], maxlines: 10 },
    [
      ['A s1 192.0.2.1', 'missed'],
      ['x', 'missed'],
      ['M', 'missed'],
      ['A s2 192.0.2.2', 'missed'],
      ['B s1', '192.0.2.1 x3'],
      ['M', 'missed'],
      ['B s2', '192.0.2.2 x3'],
    ],
  ],
  [
    '$ and ^ are at every line',
    { failregex: ['^A <HOST>$(?:\\n)^B$'], maxlines: 3 },
    [
      ['x', 'missed'],
      ['A 192.0.2.1', 'missed'],
      ['B', '192.0.2.1 x2'],
    ],
  ],
  [
    'a line alone',
    { failregex: ['^A <HOST>$'], maxlines: 3 },
    [
      ['x', 'missed'],
      ['A 192.0.2.1', '192.0.2.1 x1'],
      ['A 192.0.2.2', '192.0.2.2 x1'],
      ['x', 'missed'],
    ],
  ],
  [
    'a match that names nobody is used up',
    { failregex: ['^A(?: <HOST>)?$'], maxlines: 3 },
    [
      ['A', 'pending'],
      ['A 192.0.2.1', '192.0.2.1 x1'],
    ],
  ],
  [
    'a session through a window',
    { failregex: ['^<F-NOFAIL>A</F-NOFAIL> <F-MLFID>\\w+</F-MLFID> <HOST>$', '^B <F-MLFID>\\w+</F-MLFID>$'], maxlines: 4 },
    [
      ['A s 192.0.2.1', 'held'],
      ['B s', '192.0.2.1 x2'],
      ['B s', '192.0.2.1 x1'],
    ],
  ],
  [
    'what is ignored after the match: only lines that it is made of',
    { failregex: ['^A <HOST><SKIPLINES>B'], ignoreregex: ['ign'], maxlines: 4 },
    [
      ['A 192.0.2.1', 'missed'],
      ['x ign', 'missed'],
      ['B', '192.0.2.1 x2'],
      ['A 192.0.2.2', 'missed'],
      ['B ign', 'ignored'],
      ['B', 'missed'],
    ],
  ],
  [
    // In fail2ban it hides its neighbours until it leaves the window.
    'what is ignored before the match leaves the window at once',
    { failregex: ['^A <HOST><SKIPLINES>B', ...others], ignoreregex: ['ign'], maxlines: 4 },
    [
      ['A 192.0.2.1', 'missed'],
      ['x ign', 'ignored'],
      ['B', '192.0.2.1 x2'],
    ],
  ],
  [
    'prefregex sees the window as one text',
    { prefregex: 'A.*\\n.*B', failregex: ['B <HOST>'], maxlines: 4 },
    [
      ['B', 'missed'],
      ['A', 'missed'],
      ['B 192.0.2.2', '192.0.2.2 x1'],
    ],
  ],
  [
    'the lines of F-CONTENT',
    { prefregex: 'A <F-CONTENT>[^\\n]*\\nB</F-CONTENT>\\nC', failregex: ['^<HOST>\\nB$'], maxlines: 4 },
    [
      ['A 192.0.2.1', 'missed'],
      ['B', 'missed'],
      ['C', '192.0.2.1 x3'],
      ['C', 'missed'],
    ],
  ],
];

describe('windows', () => {
  for (const [name, text, lines] of windows) {
    it(name, () => {
      const outcomes = outcomesOf(
        filterOf(text),
        lines.map(([line]) => line),
      );
      assert.deepEqual(
        outcomes,
        lines.map(([, outcome]) => outcome),
      );
    });
  }

  it('gives the lines as the log has them', () => {
    const dates = { detect: (_: Buffer, start: number) => ({ cutStart: start, cutEnd: start + 2, timeSec }) };
    const filter = filterOf({ failregex: ['^A <HOST><SKIPLINES>B$'], maxlines: 4, dates });
    for (const line of ['1 A 192.0.2.1', '2 x']) assert.equal(matchLine(filter, line), undefined);
    const failure = matchLine(filter, '3 B');
    assert.deepEqual(failure?.lines, ['1 A 192.0.2.1', '3 B']);
    assert.equal(failure?.groups.get('skiplines0'), 'x\n');
  });
});
