import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePatterns } from '../../src/binding/pattern-set.ts';
import { translateFailregex } from '../../src/match/failregex.ts';
import { translatePythonRegex } from '../../src/match/python-regex.ts';
import { isPcre2Since1043 } from '../binding/pcre2-generation.ts';

const sourceOf = (python: string): string => {
  const translated = translatePythonRegex(python);
  assert.ok(translated.ok, translated.ok ? '' : translated.error.message);
  return translated.value.text;
};

describe('rewritten for PCRE2', () => {
  const table: [string, string][] = [
    ['\\d{,3}', '\\d{0,3}'],
    ['a{,}', 'a{0,}'],
    ['a{,2}?b{,2}+', 'a{0,2}?b{0,2}+'],
    ['a{ 1,2}', 'a\\{ 1,2}'],
    ['a{1 , 2 }', 'a\\{1 , 2 }'],
    ['a{ ,2}', 'a\\{ ,2}'],
    ['a{\t3\t}', 'a\\{\t3\t}'],
    ['a\\Z', 'a\\z'],
    ['\\v[\\v]', '\\x0b[\\x0b]'],
    ['\\u00e9[\\u00e9-\\U0001f600]', '\\x{e9}[\\x{e9}-\\x{1f600}]'],
    ['()()()()()()()()()()\\10\\1', '()()()()()()()()()()\\g{10}\\1'],
    ['()\\101', '()\\x{41}'],
    ['[[:alpha:]]', '[\\[:alpha:]]'],
    ['[a[.b[=c]', '[a\\[.b\\[=c]'],
    ['[:;:]', '[\\:;:]'],
    ['[^:;:]', '[^:;:]'],
    ['(?iu)a', '(?i)a'],
    ['(?u)a(?u:b)(?iu-s:c)', 'a(?:b)(?i-s:c)'],
    ['(?xx) (?ii-ss:a)', '(?x) (?i-s:a)'],
    ['(?P<R>a)(?P<DEFINE>b)(?(R)c)(?(DEFINE)d)', '(?P<R>a)(?P<DEFINE>b)(?(<R>)c)(?(<DEFINE>)d)'],
    ['a(?#b\\)c)d', 'ad'],
    ['(?x)a #b\\\nc\nd', '(?x)a d'],
  ];
  for (const [python, pcre2] of table) it(JSON.stringify(python), () => assert.equal(sourceOf(python), pcre2));
});

describe('left as it is', () => {
  const table = [
    '{}{a}x{2}{1,}{1,2}{2',
    '[{,2}]\\{,2}',
    '(?P<a>x)(?P=a)(?(a)y|z)(?(1)y)',
    '^\\A\\b\\B\\d\\D\\w\\W\\s\\S\\a\\f\\n\\r\\t\\0\\012\\x41\\z$',
    '[\\b\\d\\D\\w\\W\\s\\S\\a\\f\\n\\r\\t\\0\\012\\x41\\.\\]]',
    '\\.\\(\\)\\[\\]\\{\\}\\*\\+\\?\\|\\^\\$\\\\\\-\\/\\"\\_\\<\\>\\é\\ ',
    'a*+b++c?+d{1}+(?>e)',
    '(?=a)(?!b)(?<=c)(?<!d)(?:e)(?i:f)(?-i:g)(?#[(h)',
    '[]a][^]a][a&&b--c||d~~]',
    '(?x) a{ # {,2} [ (',
    // What is no expression at all, PCRE2 says best.
    'a)(b',
    '[a',
    '(a',
    'a\\',
    '(?#a',
    '*',
    '(?P<a>x)(?P<a>y)',
    '',
  ];
  for (const python of table) it(JSON.stringify(python), () => assert.equal(sourceOf(python), python));
});

describe('refused: what PCRE2 has beyond Python', () => {
  const table: [string, number, RegExp][] = [
    ...[...'cghklopqyCEFGHIJKLMNOPQRTVXY'].map((letter): [string, number, RegExp] => [
      `a\\${letter}`,
      1,
      /has no meaning in fail2ban's expressions/,
    ]),
    ...[...'ABZGKQzhNpk'].map((letter): [string, number, RegExp] => [`[a\\${letter}]`, 2, /has no meaning/]),
    ['\\Qa+\\E', 0, /"\\Q" has no meaning.*write "Q" for the letter/],
    ['a\\N{DIGIT ONE}', 1, /write the characters themselves/],
    ['\\x{41}', 0, /"\\x" needs 2 hexadecimal digits/],
    ['\\x4', 0, /2 hexadecimal/],
    ['\\u12g4', 0, /"\\u" needs 4/],
    ['\\U00110000', 0, /is no character/],
    ['\\ud800', 0, /is no character/],
    ['[\\x4]', 1, /2 hexadecimal/],
    ['\\400', 0, /octal character goes up to "\\377"/],
    ['[\\400]', 1, /octal/],
    ['[\\8]', 1, /"\\8" is no character; write "8"/],
    ['(*UTF)a', 0, /"\(\*" begins a directive of PCRE2/],
    ['a(*ACCEPT)', 1, /directive/],
    ['a(?R)', 1, /"\(\?R\)" begins no group/],
    ...[
      '(?1)',
      '(?+1)',
      '(?-1)',
      '(?&a)',
      '(?P>a)',
      '(?<a>b)',
      "(?'a'b)",
      '(?|a)',
      '(?C)',
      '(?[a])',
      '(?^a)',
      '(?*a)',
      '(?)',
      '(?-i)',
      '(?J)',
      '(?n:a)',
    ].map((group): [string, number, RegExp] => [`b${group}`, 1, /begins no group/]),
    ['(?(+1)a)', 0, /begins no group/],
    ['(?(<a>)b)', 0, /begins no group/],
    ['(?(?=a)b)', 0, /begins no group/],
    ['(?(R)b)', 0, /no group "R" stands before this/],
    ['(?(DEFINE)b)', 0, /no group "DEFINE"/],
    ['a(?i)b', 1, /flags in the middle.*"\(\?i:part\)"/],
    ['(?i)a|(?s)b', 6, /flags in the middle/],
    ['(a(?i)b)', 2, /flags in the middle/],
    ['(?a)x', 0, /the flag "a" is not served/],
    ['(?a:x)', 0, /the flag "a"/],
    ['(?L)x', 0, /the flag "L"/],
    ['\\1(a)', 0, /no group 1 stands before this/],
    ['(a\\1)', 2, /group 1 does not end before this/],
    ['(?P=a)(?P<a>b)', 0, /no group "a" stands before this/],
    ['(?P<a>b(?P=a))', 7, /group 1 does not end/],
    ['(a)\\2', 3, /no group 2/],
    ['(a)\\12', 3, /no group 12/],
    ['(?P=\x1b[)', 0, /no group "\\x1b\[" stands/],
  ];
  for (const [python, offset, message] of table) {
    it(JSON.stringify(python), () => {
      const translated = translatePythonRegex(python);
      assert.ok(!translated.ok);
      assert.match(translated.error.message, message);
      assert.equal(translated.error.offset, offset);
    });
  }
});

it('the names of the groups, by number', () => {
  const translated = translatePythonRegex('(?P<a>(b)(?:c)(?P<d>e)(?=(f)))\\((?i:[(]g)(?#()');
  assert.ok(translated.ok);
  assert.deepEqual(translated.value.groups, ['a', undefined, 'd', undefined]);
});

it('from a character of the result back to the expression', () => {
  const python = 'a{,2}b\\vc';
  const translated = translatePythonRegex(python);
  assert.ok(translated.ok);
  const { text, offsetBefore } = translated.value;
  assert.equal(text, 'a{0,2}b\\x0bc');
  assert.deepEqual([...text].map((_, index) => python[offsetBefore(index)]).join(''), 'a{,,2}b\\\\\\\\c');
  assert.equal(offsetBefore(1000), python.length);
  assert.equal(offsetBefore(-1), 0);
});

/** Expression, text, and the groups that Python 3.11's re.search finds in it: the match, then each group; undefined for no match. */
const asPython: [string, string, (string | undefined)[] | undefined][] = [
  ['a{,2}b', 'aaab', ['aab']],
  ['^x{,}$', 'xxxx', ['xxxx']],
  ['^a{ 1,2}$', 'a{ 1,2}', ['a{ 1,2}']],
  ['^a{1, 2}$', 'aa', undefined],
  ['^a{}$', 'a{}', ['a{}']],
  ['^a{,}?b', 'aab', ['aab']],
  ['^a{2$', 'a{2', ['a{2']],
  ['^a{x}$', 'a{x}', ['a{x}']],
  ['^(?:a{,2}+)a', 'aaa', ['aaa']],
  ['^a++a', 'aaa', undefined],
  ['^(?>a+)b', 'aab', ['aab']],
  ['^\\Aa\\Z', 'a\n', undefined],
  ['^a$', 'a\n', ['a']],
  ['^a\\Z', 'a', ['a']],
  ['a\\vb', 'a\u000bb', ['a\u000bb']],
  ['a\\vb', 'a\nb', undefined],
  ['[\\v]', '\u000b', ['\u000b']],
  ['[\\v]', '\n', undefined],
  ['\\a\\f\\n\\r\\t', '\u0007\u000c\n\r\t', ['\u0007\u000c\n\r\t']],
  ['\\x41\\u0042\\U00000043', 'ABC', ['ABC']],
  ['\\U0001f600', '😀', ['😀']],
  ['^\\0$', '\u0000', ['\u0000']],
  ['\\012', '\n', ['\n']],
  ['\\0123', '\n3', ['\n3']],
  ['\\101', 'A', ['A']],
  ['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10', 'abcdefghijj', ['abcdefghijj', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']],
  ['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\108', 'abcdefghijj8', ['abcdefghijj8', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']],
  ['(a)\\141', 'aa', ['aa', 'a']],
  ['(a)\\1', 'aa', ['aa', 'a']],
  ['[\\101]', 'A', ['A']],
  ['[\\1]', '\u0001', ['\u0001']],
  ['[\\b]', '\u0008', ['\u0008']],
  ['\\bfoo\\b', 'a foo b', ['foo']],
  ['\\Boo', 'foo', ['oo']],
  ['\\-\\_\\<\\>\\/\\é\\ \\#', '-_<>/é #', ['-_<>/é #']],
  ['\\{1}', '{1}', ['{1}']],
  ['[\\w.]+', 'é_١.x', ['é_١.x']],
  ['^\\d$', '١', ['١']],
  ['^\\w+$', 'äß²', ['äß²']],
  // A difference that is known: Python's \w never takes a combining mark alone, PCRE2's does from 10.43 on.
  ['^\\w$', '\u0301', isPcre2Since1043 ? ['\u0301'] : undefined],
  ['\\s', '\u2028', ['\u2028']],
  ['\\S', '\u200b', ['\u200b']],
  ['^[]a]+$', ']a]', [']a]']],
  ['^[^]a]+$', 'bc', ['bc']],
  ['^[[:alpha:]]$', 'p]', ['p]']],
  ['^[[:alpha:]]$', 'p', undefined],
  ['^[x[:digit:]]+$', 'd]', ['d]']],
  ['[[.a.]]', '.]', ['.]']],
  ['[[=a=]]', '=]', ['=]']],
  ['^[:;:]+$', ';:;', [';:;']],
  ['^[.,.]+$', '.,.', ['.,.']],
  ['^[=-=]+$', '=', ['=']],
  ['^[a&&b]+$', 'a&b', ['a&b']],
  ['^[a||b~~]+$', 'a|b~', ['a|b~']],
  ['[[:<:]]foo', '<]foo', ['<]foo']],
  ['[^\\d\\s]+', '12 ab', ['ab']],
  ['[\\]\\[]+', '[]', ['[]']],
  ['[^a]', '\n', ['\n']],
  ['.', '\r', ['\r']],
  ['.', '\u2028', ['\u2028']],
  ['.', '\n', undefined],
  ['(?i)STRASSE|ß', 'ẞ', ['ẞ']],
  ['(?i)k', '\u212a', ['\u212a']],
  ['(?iu)É', 'é', ['é']],
  ['(?u)a', 'a', ['a']],
  ['(?u:a)(?iu-s:B.)', 'ab\n', undefined],
  ['(?s).', '\n', ['\n']],
  ['(?m)^b$', 'a\nb\nc', ['b']],
  ['a(?i:B)c', 'aBc', ['aBc']],
  ['a(?i:B)c', 'abC', undefined],
  ['(?i)a(?-i:B)', 'Ab', undefined],
  ['(?x) a  b # c', 'ab', ['ab']],
  ['(?x)[ ]#[ ]', '  ', [' ']],
  ['(?x)a\\ b\\#', 'a b#', ['a b#']],
  ['(?x) a # ) (\n b', 'ab', ['ab']],
  ['(?xx)[ ]', ' ', [' ']],
  ['(?i)|a', 'A', ['']],
  ['(?i)(?s)a.', 'A\n', ['A\n']],
  ['(?#x)(?i)a', 'A', ['A']],
  ['((?i)a)b', 'Ab', ['Ab']],
  ['(?:(?i)a)B', 'AB', ['AB']],
  ['((?i)a)b', 'AB', undefined],
  ['(?P<a>x)|(?P<b>y)', 'y', ['y', undefined, 'y']],
  ['(?P<q>["\\\'])(.*?)(?P=q)', 'a "b\' c" d', ['"b\' c"', '"', "b' c"]],
  ['(a)?b\\1', 'b', undefined],
  ['(a)?(?(1)b|c)', 'c', ['c', undefined]],
  ['(?P<n>a)?(?(n)b|c)', 'ab', ['ab', 'a']],
  ['^(?P<R>a)?(?(R)b|c)$', 'ab', ['ab', 'a']],
  ['^(?P<R1>a)?(?(R1)b|c)$', 'c', ['c', undefined]],
  ['^(?P<DEFINE>a)?(?(DEFINE)b|c)$', 'ab', ['ab', 'a']],
  ['^(?P<VERSION>a)?(?(VERSION)b|c)$', 'c', ['c', undefined]],
  ['^(?(1)a|b)(x)?', 'b', ['b', undefined]],
  ['(?:(a)|b)*', 'ab', ['ab', 'a']],
  ['(a|ab)(c|bcd)(d*)', 'abcd', ['abcd', 'a', 'bcd', '']],
  ['(?=(a+))a*b\\1', 'baaabac', ['aba', 'a']],
  ['(?!a)b', 'ab', ['b']],
  ['(?<=:)x(?<!y)', 'a:x', ['x']],
  ['(?P<é>x)', 'x', ['x', 'x']],
  ['a(?#b\\)c)d', 'ad', ['ad']],
  ['a(?#b)c', 'ac', ['ac']],
  ['(?x)a#\\\nb\nc', 'ac', ['ac']],
  ['(?#[)a', 'a', ['a']],
  ['^b', 'a\nb', undefined],
  ['b$', 'b\n\n', undefined],
  ['b\\n$', 'b\n', ['b\n']],
  ['\\n^', 'a\n', undefined],
  ['$', '\n', ['']],
];

describe('matches as Python does', () => {
  for (const [python, text, groups] of asPython) {
    it(`${JSON.stringify(python)} in ${JSON.stringify(text)}`, () => assert.deepEqual(search(python, text), groups));
  }
});

describe('known to differ', () => {
  const table: [string, string, boolean][] = [
    // Python's str.isspace() has the four separators, Unicode's White_Space has not.
    ['^\\s$', '\u001c', false],
    ['^\\s$', '\u001f', false],
    // Perl's \h has it, which was a space until Unicode 6.3.
    ['^\\s$', '\u180e', true],
    ['(?i)^i$', '\u0131', false],
    // Python before 3.14: \B is never at the end of an empty text. A line is never empty, it has its line feed.
    ['\\B', '', true],
  ];
  for (const [python, text, isFound] of table) {
    it(`${JSON.stringify(python)} in ${JSON.stringify(text)}`, () => assert.equal(search(python, text) !== undefined, isFound));
  }
});

function search(python: string, text: string): (string | undefined)[] | undefined {
  const translated = translateFailregex(python, true);
  assert.ok(translated.ok, translated.ok ? '' : translated.error.message);
  const bytes = Buffer.from(text);
  const offsets = compilePatterns([{ source: translated.value.source }]).search(bytes, 0, bytes.length)?.offsets;
  if (offsets === undefined) return undefined;
  return Array.from({ length: offsets.length / 2 }, (_, group) => {
    const start = offsets[2 * group] ?? -1;
    return start === -1 ? undefined : bytes.subarray(start, offsets[2 * group + 1]).toString();
  });
}
