// What the set finds, and where. Expectations are Python's (re.search on text): that is what filters are written for.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePatterns, type Expression, PatternError } from '../../src/binding/pattern-set.ts';

/** The texts of all groups, the match first; undefined where nothing is found. */
function find(expression: Expression, text: string, options = {}): (string | null)[] | undefined {
  const bytes = Buffer.from(`before\n${text}after`);
  const hit = compilePatterns([expression], options).search(bytes, 7, bytes.length - 5);
  if (hit === undefined) return undefined;
  const groups: (string | null)[] = [];
  for (let i = 0; i < hit.offsets.length; i += 2) {
    const start = hit.offsets[i] ?? -1;
    groups.push(start < 0 ? null : bytes.toString('utf8', start, hit.offsets[i + 1]));
  }
  return groups;
}

type Case = [source: string, text: string, groups: (string | null)[] | undefined];

const cases: Case[] = [
  ['^a', 'ab', ['a']],
  ['^b', 'ab', undefined],
  ['^after', 'a', undefined],
  ['(?<=\\n)x', 'x', undefined],
  ['b$', 'ab\n', ['b']],
  ['b$', 'ab\n\n', undefined],
  ['b$', 'ab\r\n', undefined],
  ['a.c', 'a\nc', undefined],
  ['a.c', 'a\rc', ['a\rc']],
  ['a.c', 'a\u2028c', ['a\u2028c']],
  ['(a)|(b)', 'b', ['b', null, 'b']],
  ['(a)(b)?(c)?', 'a', ['a', 'a', null, null]],
  ['(?P<q>["\'])?x(?(q)(?P=q)|;)', '"x"', ['"x"', '"']],
  ['(?P<q>["\'])?x(?(q)(?P=q)|;)', 'x;', ['x;', null]],
  ['^(?P<q>["\'])?x(?(q)(?P=q)|;)', '"x;', undefined],
  ['(?P<w>\\w+) (?P=w)', 'no yes yes', ['yes yes', 'yes']],
  ['x(?=\\d)', 'xa x1', ['x']],
  ['x(?!\\d)y?', 'x1 xy', ['xy']],
  ['(?:\\d{1,3}\\.){3}\\d{1,3}', 'from 192.0.2.7 port', ['192.0.2.7']],
  ['\\d{0,2}x', '123x', ['23x']],
  ['(?i:failed) password', 'FAILED password', ['FAILED password']],
  ['(?i:failed) password', 'FAILED PASSWORD', undefined],
  ['(?i)straße', 'STRAßE', ['STRAßE']],
  ['[]x]+', 'a]x]', [']x]']],
  ['[^]x]+', ']ax', ['a']],
  ['[\\w\\-.^_]*\\w', '  a-b.c^', ['a-b.c']],
  ['\\w+', '- größe', ['größe']],
  ['\\bñu\\b', 'el ñu', ['ñu']],
  ['\\d+', 'a٣٤', ['٣٤']],
  ['\\s+x', 'a\u00a0\u2003x', ['\u00a0\u2003x']],
  ['.', '😀', ['😀']],
  ['^.$', 'é', ['é']],
  ['.*?<(\\S+)>.*$', 'a <b> <c>\n', ['a <b> <c>', 'b']],
  ['(?P<content>.+)$', 'a b\n', ['a b', 'a b']],
  ['', 'a', ['']],
  ['x*', '', ['']],
];

describe('found as Python finds it', () => {
  for (const [source, text, groups] of cases) {
    it(`${source} in ${JSON.stringify(text)}`, () => {
      for (const usesJit of [true, false]) {
        for (const usesPrefilter of [true, false]) assert.deepEqual(find({ source }, text, { usesJit, usesPrefilter }), groups);
      }
    });
  }

  it('isMultiline: ^ and $ at every line', () => {
    assert.equal(find({ source: '^b$' }, 'a\nb\nc'), undefined);
    assert.deepEqual(find({ source: '^b$', isMultiline: true }, 'a\nb\nc'), ['b']);
  });

  it('isCaseless', () => {
    assert.equal(find({ source: 'K' }, 'k'), undefined);
    assert.deepEqual(find({ source: 'KiSs', isCaseless: true }, '\u212aiſs'), ['\u212aiſs']);
  });
});

describe('a set', () => {
  const set = compilePatterns([
    { source: '^Failed (?P<method>\\S+) for (?P<user>\\S+)' },
    { source: '(invalid) user (?P<user>\\S+)' },
    { source: '\\d+' },
  ]);
  const bytes = Buffer.from('Failed password for invalid user x9');

  it('finds the first expression, with offsets in the whole of the bytes', () => {
    assert.deepEqual(set.search(bytes, 0, bytes.length), { index: 0, offsets: Int32Array.of(0, 27, 7, 15, 20, 27) });
  });

  it('finds the first from `from` on', () => {
    assert.equal(set.search(bytes, 0, bytes.length, 1)?.index, 1);
    assert.equal(set.search(bytes, 0, bytes.length, 2)?.index, 2);
    assert.equal(set.search(bytes, 0, bytes.length, 3), undefined);
  });

  it('finds none from `to` on', () => {
    assert.equal(set.search(bytes, 20, bytes.length, 0, 1), undefined);
    assert.equal(set.search(bytes, 20, bytes.length, 0, 2)?.index, 1);
    assert.equal(set.search(bytes, 20, bytes.length, 2, 2), undefined);
    assert.equal(set.search(bytes, 20, bytes.length, 2, 99)?.index, 2);
  });

  it('is empty, or more than a word of bits', () => {
    assert.equal(compilePatterns([]).search(bytes, 0, bytes.length), undefined);
    const many = compilePatterns(Array.from({ length: 200 }, (_, i) => ({ source: `literal ${i};` })));
    const found = [0, 63, 64, 127, 128, 199].map((i) => many.search(Buffer.from(`a literal ${i};`), 0, 10 + String(i).length + 1)?.index);
    assert.deepEqual(found, [0, 63, 64, 127, 128, 199]);
    assert.equal(many.search(Buffer.from('literal 63; literal 64;'), 0, 23, 64)?.index, 64);
  });

  it('names its groups', () => {
    assert.deepEqual(
      [...set.groupNames(0)],
      [
        ['method', 1],
        ['user', 2],
      ],
    );
    assert.deepEqual([...set.groupNames(1)], [['user', 2]]);
    assert.deepEqual([...set.groupNames(2)], []);
    assert.equal(
      compilePatterns([{ source: '(?P<__proto__>a)' }])
        .groupNames(0)
        .get('__proto__'),
      1,
    );
  });

  it('is searched for in a batch', () => {
    const text = Buffer.from('nothing|Failed a for b|12|\xff|invalid user é|', 'latin1');
    const ends = Uint32Array.from([...text.keys()].filter((i) => text[i] === 0x7c));
    const starts = Uint32Array.from([0, ...[...ends].map((end) => end + 1)]);
    assert.deepEqual([...set.searchBatch(text, starts, ends, 4)], [1, 0, 3, 8, 22, 15, 16, 21, 22, 2, 2, 1, 23, 25, 3, -1, 0]);
    assert.deepEqual([...set.searchBatch(text, starts, ends, 1)], []);
  });
});

describe('what does not compile', () => {
  const table: [source: string, offset: number, message: RegExp][] = [
    ['(a', 2, /missing closing parenthesis/],
    ['a)b', 1, /unmatched closing parenthesis/],
    ['x**+*', 2, /quantifier does not follow/],
    ['[a', 2, /missing terminating \]/],
    ['é日😀(', 5, /missing closing parenthesis/],
    ['(?P<a>x)(?P<a>y)', 14, /two named subpatterns have the same name/],
    ['(?P=b)', 4, /reference to non-existent subpattern/],
    ['a\\C', 3, /using \\C is disabled/],
  ];
  for (const [source, offset, message] of table) {
    it(source, () => {
      assert.throws(
        () => compilePatterns([{ source: 'fine' }, { source }]),
        (error) => error instanceof PatternError && error.index === 1 && error.offset === offset && message.test(error.message),
      );
    });
  }

  it('all of them are named', () => {
    assert.throws(
      () => compilePatterns([{ source: '(' }, { source: 'a' }, { source: 'é[' }]),
      (error) => error instanceof PatternError && JSON.stringify(error.failures.map((f) => [f.index, f.offset])) === '[[0,1],[2,2]]',
    );
  });
});
