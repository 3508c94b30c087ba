import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { translateFailregex } from '../../src/match/failregex.ts';

const ip4 = '(?:::f{4,6}:)?(?P<ip4>(?:\\d{1,3}\\.){3}\\d{1,3})';
const ip6 = '(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|::){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))';
const dns = '(?P<dns>[\\w\\-.^_]*\\w)';

const sourceOf = (text: string, hostHasName = true): string => {
  const translated = translateFailregex(text, hostHasName);
  assert.ok(translated.ok, translated.ok ? '' : translated.error.message);
  return translated.value.source;
};

describe('tags', () => {
  const table: [string, string][] = [
    ['<HOST>', `(?:\\[?(?:${ip4}|${ip6})\\]?|${dns})`],
    ['<ADDR>', `\\[?(?:${ip4}|${ip6})\\]?`],
    ['<F-ADDR/>', `\\[?(?:${ip4}|${ip6})\\]?`],
    ['<IP4>x<F-IP6/>', `${ip4}x${ip6}`],
    ['<F-IP4/>x<IP6>', `${ip4}x${ip6}`],
    ['<DNS>', dns],
    ['<F-DNS/>', dns],
    ['<CIDR>', '(?P<cidr>\\d+)'],
    ['<F-CIDR/>', '(?P<cidr>\\d+)'],
    ['<SUBNET>', `\\[?(?:${ip4}|${ip6})(?:/(?P<cidr>\\d+))?\\]?`],
    ['<F-SUBNET/>', `\\[?(?:${ip4}|${ip6})(?:/(?P<cidr>\\d+))?\\]?`],
    ['<F-ID/>', '(?P<fid>\\S+)'],
    ['<F-ID>a</F-ID>', '(?P<fid>a)'],
    ['<F-PORT/>', '(?P<fport>\\w+)'],
    ['<F-PORT>a</F-PORT>', '(?P<fport>a)'],
    ['<F-USER>a</F-USER>', '(?P<user>a)'],
    ['<F-ALT_USER_1>a</F-ALT_USER_1>', '(?P<alt_user_1>a)'],
    ['<F-TUPLE_ID>a</F-TUPLE_ID>', '(?P<tuple_id>a)'],
    ['<F-ALT_ID>a</F-ALT_ID>', '(?P<alt_id>a)'],
    ['<F-NOFAIL><F-MLFFORGET>a</F-MLFFORGET></F-NOFAIL>', '(?P<nofail>(?P<mlfforget>a))'],
    ['<F-MLFID>a</F-MLFID><F-MLFGAINED>b</F-MLFGAINED>', '(?P<mlfid>a)(?P<mlfgained>b)'],
    ['^p<F-CONTENT>.+</F-CONTENT>$', '^p(?P<content>.+)$'],
    ['a<SKIPLINES>b<SKIPLINES>c', 'a\\n(?P<skiplines0>(?:(?:.*\\n)*?))b\\n(?P<skiplines1>(?:(?:.*\\n)*?))c'],
    // What is no tag stays: an end without a beginning, lower case, unknown names, group names, comparisons.
    ['a</F-USER>', 'a</F-USER>'],
    ['</HOST>', '</HOST>'],
    ['<HOST/>', '<HOST/>'],
    ['<F-USER/>', '<F-USER/>'],
    ['<F-user>a</F-user>', '<F-user>a</F-user>'],
    ['<host> <FOO> <mdre-x> <> <a b>', '<host> <FOO> <mdre-x> <> <a b>'],
    ['(?P<user>a)(?<=x)(?<!y)', '(?P<user>a)(?<=x)(?<!y)'],
    ['<<F-A>a</F-A>>', '<(?P<a>a)>'],
    ['<é<IP4>>', `<é${ip4}>`],
  ];
  for (const [text, source] of table) it(text, () => assert.equal(sourceOf(text), source));

  it('without names <HOST> is <ADDR>', () => assert.equal(sourceOf('<HOST>', false), sourceOf('<ADDR>', true)));
  it('without names <DNS> is still a name', () => assert.equal(sourceOf('<DNS>', false), dns));
});

describe('flags inside of groups', () => {
  const table: [string, string][] = [
    ['((?i)a)(?:(?is)b)', '(?i:a)(?is:b)'],
    ['((?iu)a)', '(?i:a)'],
    ['\\((?:(?i)a)', '\\((?i:a)'],
    ['<F-A>((?i)a)</F-A>', '(?P<a>(?i:a))'],
  ];
  for (const [text, source] of table) it(text, () => assert.equal(sourceOf(text), source));
});

describe('errors, by their place in the text as configured', () => {
  const table: [string, number, RegExp][] = [
    ['', 0, /the expression is empty/],
    [' \t', 0, /the expression is empty/],
    ['^<HOST> a\\R', 9, /"\\R"/],
    ['^((?i)<HOST>) a\\R', 15, /"\\R"/],
    ['\\((?i)a', 2, /flags in the middle/],
    ['<HOST>(?R)', 6, /\(\?R\)/],
  ];
  for (const [text, offset, message] of table) {
    it(JSON.stringify(text), () => {
      const translated = translateFailregex(text, true);
      assert.ok(!translated.ok);
      assert.match(translated.error.message, message);
      assert.equal(translated.error.offset, offset);
    });
  }
});

it('from a character of the source back to the text as configured', () => {
  const text = 'a<HOST>((?i)b{,2})c';
  const translated = translateFailregex(text, true);
  assert.ok(translated.ok);
  const { source, offsetInText } = translated.value;
  const at = (part: string): string => text.slice(offsetInText(source.indexOf(part)));
  assert.equal(at('ip4'), '<HOST>((?i)b{,2})c');
  assert.equal(at('b{0'), 'b{,2})c');
  assert.equal(at('2})c'), '2})c');
  assert.equal(offsetInText(source.length), text.length);
});

it('the names of the groups', () => {
  const translated = translateFailregex('<F-USER>(a)</F-USER> <HOST>', true);
  assert.ok(translated.ok);
  assert.deepEqual(translated.value.groups, ['user', undefined, 'ip4', 'ip6', 'dns']);
});
