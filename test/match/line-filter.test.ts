// Expectations as fail2ban 1.0.2 has them, learnt by feeding it these lines.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileExpressions } from '../../src/match/line-expressions.ts';
import { type FilterText, filterOf, matchLine, outcomesOf, timeSec } from './filter-of.ts';

const three = ['^f <HOST>', '^g <HOST>', '^h <HOST>'];
const four = [...three, '^i <HOST>'];
const prefregex = '^(?P<p>\\w+): <F-CONTENT>.+</F-CONTENT>$';

const orders: [string, FilterText, line: string, outcome: string][] = [
  [
    'the first failregex that is found wins',
    { failregex: ['^x <F-USER>\\S+</F-USER> <HOST>', '<HOST>$'] },
    'x u 192.0.2.1',
    '192.0.2.1 x1',
  ],
  ['and nothing after it is tried', { failregex: ['^x(?: y<HOST>)?', '^x <HOST>'] }, 'x 192.0.2.1', 'pending'],
  ['no failregex', { failregex: [] }, 'x 192.0.2.1', 'missed'],
  ['the line ends with a line feed', { failregex: ['^x <HOST>\\n$'] }, 'x 192.0.2.1', '192.0.2.1 x1'],
  ['line ends are taken off', { failregex: ['^x <HOST>$'] }, 'x 192.0.2.1\r\r\n', '192.0.2.1 x1'],
  ['prefregex is not found', { prefregex, failregex: ['<HOST>'] }, '192.0.2.1', 'missed'],
  ['failregex sees F-CONTENT', { prefregex, failregex: ['^<HOST>$'] }, 'a: 192.0.2.1', '192.0.2.1 x1'],
  [
    'F-CONTENT ends with a line feed',
    { prefregex: '^a <F-CONTENT>\\S+</F-CONTENT> b', failregex: ['^<HOST>\\n$'] },
    'a 192.0.2.1 b',
    '192.0.2.1 x1',
  ],
  [
    'F-CONTENT with the line feed has two',
    { prefregex: '^a <F-CONTENT>.*\\n</F-CONTENT>', failregex: ['^<HOST>\\n\\n$'] },
    'a 192.0.2.1',
    '192.0.2.1 x1',
  ],
  [
    'F-CONTENT that took no part',
    { prefregex: '^(?:x: <F-CONTENT>.+</F-CONTENT>)?', failregex: ['^p <HOST>'] },
    'p 192.0.2.1',
    '192.0.2.1 x1',
  ],
  ['prefregex without F-CONTENT', { prefregex: '^a: ', failregex: ['^a: <HOST>$'] }, 'a: 192.0.2.1', '192.0.2.1 x1'],
  [
    'prefregex tells the host',
    { prefregex: '^\\[<HOST>\\]: <F-CONTENT>.+</F-CONTENT>$', failregex: ['^z$'] },
    '[192.0.2.1]: z',
    '192.0.2.1 x1',
  ],
  [
    'failregex tells another',
    { prefregex: '^\\[<HOST>\\]: <F-CONTENT>.+</F-CONTENT>$', failregex: ['^z <HOST>$'] },
    '[192.0.2.1]: z b.example',
    'b.example x1',
  ],
  [
    'ignored last, in F-CONTENT: the line does not count',
    { prefregex, failregex: three, ignoreregex: ['^a:'] },
    'a: f 192.0.2.1',
    '192.0.2.1 x1',
  ],
  ['ignored last, in F-CONTENT', { prefregex, failregex: three, ignoreregex: ['^f'] }, 'a: f 192.0.2.1', 'ignored'],
  ['ignored last: only what a failregex hit', { failregex: three, ignoreregex: ['x'] }, 'x', 'missed'],
  ['ignored first: the line', { prefregex, failregex: four, ignoreregex: ['^a:'] }, 'a: f 192.0.2.1', 'ignored'],
  ['ignored first, and last in F-CONTENT', { prefregex, failregex: four, ignoreregex: ['^f'] }, 'a: f 192.0.2.1', 'ignored'],
  ['ignored first: whatever it is', { prefregex, failregex: four, ignoreregex: ['x'] }, 'x', 'ignored'],
  ['two expressions of what to ignore are too many for four', { failregex: four, ignoreregex: ['x', 'y'] }, 'x', 'missed'],
];

describe('LineFilter.match, in order', () => {
  for (const [name, text, line, outcome] of orders) it(name, () => assert.deepEqual(outcomesOf(filterOf(text), [line]), [outcome]));

  it('counts what was found', () => {
    const filter = filterOf({ prefregex, failregex: four, ignoreregex: ['^ign', '^f .*no'] });
    outcomesOf(filter, ['a: f 192.0.2.1', 'a: i 192.0.2.1', 'a: f 192.0.2.1 no', 'a: x', 'b']);
    assert.deepEqual(filter.counts, { prefregex: 4, failregex: [2, 0, 0, 1], ignoreregex: [0, 1] });
  });

  it('what failregex captured replaces what prefregex did, even if it captured nothing', () => {
    const filter = filterOf({
      prefregex: '^<F-USER>\\S+</F-USER>: <F-CONTENT>.*</F-CONTENT>$',
      failregex: ['^y (?:<F-USER>a</F-USER> )?<HOST>'],
    });
    assert.equal(matchLine(filter, 'bar: y 192.0.2.1')?.groups.has('user'), false);
    assert.equal(matchLine(filter, 'bar: y a 192.0.2.1')?.groups.get('user'), 'a');
  });

  it('replaces invalid UTF-8', () => {
    const filter = filterOf({ failregex: ['^\ufffdx <F-USER>.</F-USER> <HOST>$'] });
    const failure = matchLine(filter, Buffer.from('\xffx \xe4 192.0.2.1', 'latin1'), timeSec);
    assert.equal(failure?.groups.get('user'), '\ufffd');
    assert.deepEqual(failure?.lines, ['\ufffdx \ufffd 192.0.2.1']);
  });

  it('text beyond ASCII, and beyond what is kept whole', () => {
    const filter = filterOf({ failregex: ['^<F-USER>\\w+</F-USER> é+ <HOST>$'] });
    const failure = matchLine(filter, `Grüße ${'é'.repeat(5000)} 192.0.2.1`, timeSec);
    assert.equal(failure?.groups.get('user'), 'Grüße');
    assert.equal(failure?.identity.text, '192.0.2.1');
    assert.ok((failure?.lines[0]?.length ?? 0) <= 4096);
  });
});

describe('LineFilter.match, dates', () => {
  /** Finds `[digits]`. */
  const dates = {
    detect(bytes: Buffer, start: number, end: number) {
      const open = bytes.indexOf('[', start);
      const close = bytes.indexOf(']', start);
      if (open === -1 || close >= end) return undefined;
      return { cutStart: open, cutEnd: close + 1, timeSec: Number(bytes.toString('latin1', open + 1, close)) };
    },
  };
  const cuts: [line: string, failregex: string, time: number | undefined][] = [
    ['[5] x 192.0.2.1', '^ x <HOST>$', 5],
    ['x [5] 192.0.2.1', '^x  <HOST>$', 5],
    ['x 192.0.2.1[5]', '^x <HOST>\\n$', 5],
    ['x 192.0.2.1', '^x <HOST>\\n$', undefined],
  ];
  for (const [line, failregex, time] of cuts) {
    it(line, () => {
      const filter = filterOf({ failregex: [failregex], dates });
      for (const text of [line, `${line}\r\n`]) {
        const failure = matchLine(filter, text);
        assert.equal(failure?.timeSec, time);
        assert.deepEqual(failure?.lines, [line]);
      }
    });
  }

  it('a line within others, none of which is seen', () => {
    const filter = filterOf({ failregex: ['^x(?<!e)  <HOST>$'], dates });
    const bytes = Buffer.from('before\nx [5] 192.0.2.1\nafter 192.0.2.2\n');
    const failure = filter.match(bytes, 7, 22);
    assert.deepEqual(failure?.lines, ['x [5] 192.0.2.1']);
    assert.equal(failure?.identity.text, '192.0.2.1');
    assert.equal(bytes.toString(), 'before\nx [5] 192.0.2.1\nafter 192.0.2.2\n');
  });

  it('a line after one of 100 kB', () => {
    const filter = filterOf({ prefregex: '<F-CONTENT>[\\d.]+$</F-CONTENT>', failregex: ['^<HOST>$'], dates });
    for (const line of ['[1] 192.0.2.1', `${'y'.repeat(100_000)} [1] 192.0.2.1`, 'x [1] 192.0.2.1']) {
      assert.equal(matchLine(filter, line)?.identity.text, '192.0.2.1');
    }
  });

  it('a time that is given: no date is looked for', () => {
    const filter = filterOf({ failregex: ['^\\[5\\] <HOST>$'], dates });
    assert.equal(matchLine(filter, '[5] 192.0.2.1', 7)?.timeSec, 7);
  });
});

describe('LineFilter.match, hostile lines', () => {
  it('an expression that takes too many steps counts as not found, and is told', () => {
    const filter = filterOf({ failregex: ['(a+)+$ <HOST>', '^b+ <HOST>'] });
    assert.deepEqual(outcomesOf(filter, [`${'a'.repeat(5000)}! 192.0.2.1`, 'b 192.0.2.1']), ['missed', '192.0.2.1 x1']);
    assert.deepEqual(filter.limitsReached(), [{ kind: 'failregex', index: 0, count: 1 }]);
  });

  it('1 MB in one line', () => {
    const filter = filterOf({ failregex: ['^x+ <HOST>$', '<HOST>$'] });
    assert.deepEqual(outcomesOf(filter, [`${'x'.repeat(1e6)} 192.0.2.1`]), ['192.0.2.1 x1']);
  });
});

describe('compileExpressions', () => {
  it('tells every expression that does not compile', () => {
    const compiled = compileExpressions({
      prefregex: { source: '(' },
      failregex: [{ source: 'a' }, { source: 'b)' }, { source: '[' }],
      ignoreregex: [{ source: '*' }],
      maxlines: 1,
    });
    assert.ok(!compiled.ok);
    assert.deepEqual(
      compiled.error.map(({ kind, index }) => `${kind} ${index}`),
      ['prefregex 0', 'failregex 1', 'failregex 2', 'ignoreregex 0'],
    );
  });
});
