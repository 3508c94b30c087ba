import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatConfigError } from '../../src/config/config-error.ts';
import { parseIni } from '../../src/config/ini.ts';
import { MergedConfig } from '../../src/config/merged-config.ts';

/** Files named f1, f2, ... in reading order. */
const merge = (...texts: string[]): MergedConfig =>
  new MergedConfig(
    texts.map((text, index) => parseIni(text, `f${index + 1}`)),
    [],
  );

const textOf = (config: MergedConfig, option = 'v', given?: ReadonlyMap<string, string>): string | undefined => {
  const result = config.get('a', option, given);
  assert.ok(result.ok, result.ok ? '' : result.error.map(formatConfigError).join('\n'));
  return result.value?.text;
};

const errorsOf = (config: MergedConfig, option = 'v'): string[] => {
  const result = config.get('a', option);
  assert.ok(!result.ok);
  return result.error.map(formatConfigError);
};

describe('one file', () => {
  const table: [string, string | undefined][] = [
    ['[a]', undefined],
    ['[a]\nv =', ''],
    ['[a]\nv = 100%%', '100%'],
    ['[a]\nv = %%(x)s', '%(x)s'],
    ['[a]\nv = %%%%', '%%'],
    ['[a]\nv = <%(x)s>\nx = 1', '<1>'],
    ['[a]\nv = %(X)s\nx = 1', '1'],
    ['[a]\nv = %(x)s%(x)s\nx = %(y)s.\ny = 2', '2.2.'],
    ['[DEFAULT]\nx = d\n[a]\nv = %(x)s', 'd'],
    ['[DEFAULT]\nx = d\n[a]\nv = %(x)s\nx = s', 's'],
    ['[DEFAULT]\nv = %(x)s\nx = d\n[a]\nx = s', 's'],
    ['[DEFAULT]\nx = d\n[a]\nv = %(default/x)s %(x)s\nx = s', 'd s'],
    ['[DEFAULT]\nx = d\n[a]\nv = %(DEFAULT/X)s\nx = s', 'd'],
    ['[a]\nv = %(b/x)s\n[b]\nx = b', 'b'],
    ['[a]\nv = %(Definition/x)s\n[Definition]\nx = b', 'b'],
    // The text of another section is read with the names of the one that asks, as in fail2ban.
    ['[a]\nv = %(b/x)s\ny = a\n[b]\nx = %(y)s\ny = b', 'a'],
    ['[DEFAULT]\nx = d\n[a]\nv = %(b/x)s\n[b]', 'd'],
    ['[DEFAULT]\nv = %(__name__)s\n[a]', 'a'],
    ['[a]\nv = %(n/x)s\nn/x = own', 'own'],
    ['[DEFAULT]\nx = d\n[a]\nv = %(known/x)s', 'd'],
    ['[a]\nv = 1\n  %(x)s\nx = 2\n 3', '1\n2\n3'],
    ['[a]\nv = %(q?family=inet6)s\n[a?family=inet6]\nq = 6', '6'],
  ];
  for (const [text, expected] of table) it(JSON.stringify(text), () => assert.equal(textOf(merge(text)), expected));
});

describe('known/', () => {
  const table: [string, string[], string][] = [
    ['the value of the file before', ['[a]\nv = 1', '[a]\nv = %(known/v)s 2'], '1 2'],
    ['of the file before that one, step by step', ['[a]\nv = 1', '[a]\nv = %(known/v)s 2', '[a]\nv = %(known/v)s 3'], '1 2 3'],
    ['files that do not have it do not count', ['[a]\nv = 1', '[a]\nx = 5', '[a]\nv = %(known/v)s 2'], '1 2'],
    ['another option: before its last definition', ['[a]\nx = 1', '[a]\nx = 2\nv = %(known/x)s'], '1'],
    ['then [DEFAULT]', ['[DEFAULT]\nv = d', '[a]\nv = %(known/v)s 2'], 'd 2'],
    ['[DEFAULT] in its last form', ['[DEFAULT]\nv = d', '[a]\nv = %(known/v)s 2', '[DEFAULT]\nv = e'], 'e 2'],
    ['in [DEFAULT] itself', ['[DEFAULT]\nv = d', '[DEFAULT]\nv = %(known/v)s e', '[a]'], 'd e'],
    ['a later plain value ends the chain', ['[a]\nv = 1', '[a]\nv = %(known/v)s 2', '[a]\nv = 3'], '3'],
  ];
  for (const [name, files, expected] of table) it(name, () => assert.equal(textOf(merge(...files)), expected));

  it('a file that is read twice does not repeat itself', () => {
    const [base, again] = [parseIni('[a]\nv = 1', 'base'), parseIni('[a]\nv = %(known/v)s 2', 'again')];
    assert.equal(textOf(new MergedConfig([base, again, again], [])), '1 2');
  });
});

describe('given values', () => {
  it('come before the files', () => assert.equal(textOf(merge('[a]\nv = %(x)s\nx = file'), 'v', new Map([['x', 'given']])), 'given'));
  it('are taken as they are', () => assert.equal(textOf(merge('[a]\nv = %(x)s'), 'v', new Map([['x', '%Y %(x)s']])), '%Y %(x)s'));
  it('may be the known values of a filter', () => {
    const given = new Map([['known/failregex', 'from filter']]);
    assert.equal(textOf(merge('[a]\nfailregex = %(known/failregex)s\n  own'), 'failregex', given), 'from filter\nown');
  });
});

describe('errors', () => {
  const table: [string, string[]][] = [
    ['[a]\nv = %(portt)s\nport = 1', ['f1:2: "%(portt)s" is set nowhere in [a] or [DEFAULT]; did you mean "port"?']],
    ['[a]\nv = %(x)s', ['f1:2: "%(x)s" is set nowhere in [a] or [DEFAULT]; set it there, or write %% for a percent sign']],
    [
      '[a]\nv = 1\n  %(x)s\n  %(known/y)s',
      [
        'f1:3: "%(x)s" is set nowhere in [a] or [DEFAULT]; set it there, or write %% for a percent sign',
        'f1:4: "%(known/y)s" has no earlier value: no file read before this one sets it in [a] or [DEFAULT]; set it there, or write the value out',
      ],
    ],
    [
      '[a]\nv = %(w)s\nw = %(x)s',
      ['f1:3: "%(x)s" is set nowhere in [a] or [DEFAULT]; set it there, or write %% for a percent sign (for option "v" of [a])'],
    ],
    ['[a]\nv = %(bbx/x)s\n[bbb]', ['f1:2: "%(bbx/x)s" names a section that does not exist; did you mean "bbb"?']],
    ['[a]\nv = %(b/enabld)s\n[b]\nenabled = 1', ['f1:2: "%(b/enabld)s" is set nowhere in [b] or [DEFAULT]; did you mean "enabled"?']],
    ['[a]\nv = %(x/y)s', ['f1:2: "%(x/y)s" names a section that does not exist; correct the name or add the section']],
    ['[a]\nv = 5% of', ['f1:2: "% of" is no %(name)s; write %% for a percent sign']],
    ['[a]\nv = %(x', ['f1:2: "%(x" is no %(name)s; write %% for a percent sign']],
    ['[a]\nv = %(x)d\nx = 1', ['f1:2: "%(x)d" is no %(name)s; write %% for a percent sign']],
    ['[a]\nv = %()s', ['f1:2: "%()s" is no %(name)s; write %% for a percent sign']],
    ['[a]\nv = %', ['f1:2: "%" is no %(name)s; write %% for a percent sign']],
    ['[a]\nv = %(v)s', ['f1:2: "%(v)s" leads back to itself: "v -> v"; take one of them out']],
    [
      '[a]\nv = %(w)s\nw = %(x)s\nx = %(w)s',
      ['f1:4: "%(w)s" leads back to itself: "w -> x -> w"; take one of them out (for option "v" of [a])'],
    ],
    ['[DEFAULT]\nv = %(default/v)s\n[a]', ['f1:2: "%(default/v)s" leads back to itself: "v -> v"; take one of them out']],
  ];
  for (const [text, errors] of table) it(JSON.stringify(text), () => assert.deepEqual(errorsOf(merge(text)), errors));

  it('a bad option spoils no other, and a bad section no other', () => {
    const config = merge('[DEFAULT]\nok = %(x)s\n[a]\nv = %(nothing)s\nx = 1\n[b]\nx = 2');
    assert.equal(textOf(config, 'ok'), '1');
    assert.equal(config.get('b', 'ok').ok, true);
    assert.equal(config.get('a', 'v').ok, false);
  });

  it('names the section', () => {
    const result = merge('[DEFAULT]\nv = %(x)s\n[a]').get('a', 'v');
    assert.equal(result.ok ? '' : result.error[0]?.section, 'a');
  });

  const chain = (length: number): string => {
    const steps = Array.from({ length: length - 1 }, (_, index) => `o${index} = %(o${index + 1})s`);
    return `[a]\n${steps.join('\n')}\no${length - 1} = end`;
  };
  it('nested 100 deep', () => assert.equal(textOf(merge(chain(100)), 'o0'), 'end'));
  it('nested 101 deep', () => assert.match(errorsOf(merge(chain(101)), 'o0')[0] ?? '', /nested more than 100 deep/));
});

// Each ends at once, or never within the age of the universe; no clock is asked, as the machine may be busy.
describe('is bounded', () => {
  const doubling = (leaf: string, times = 60): string => {
    const steps = Array.from({ length: times }, (_, index) => `o${index} = %(o${index + 1})s%(o${index + 1})s`);
    return `[a]\nv = %(o0)s\n${steps.join('\n')}\no${times} = ${leaf}`;
  };
  const table: [string, string, RegExp][] = [
    ['doubling definitions', doubling('x'), /f1:\d+: the value grows beyond 4 MiB/],
    ['doubling definitions of nothing', doubling(''), /grows beyond/],
    ['doubling definitions of an error', doubling('%(none)s'), /"%\(none\)s" is set nowhere/],
    ['doubling definitions that loop', doubling('%(v)s'), /leads back to itself/],
    ['half a million stray signs', `[a]\nv = ${'% '.repeat(500_000)}`, /no %\(name\)s/],
    ['one missing name 140,000 times', `[a]\nname = 1\nv = ${'%(nam)s'.repeat(140_000)}`, /did you mean "name"/],
    ['90,000 missing names', `[a]\nv = ${Array.from({ length: 90_000 }, (_, index) => `%(${index})s`).join('')}`, /is set nowhere/],
    ['a name of a megabyte', `[a]\nv = %(${'x'.repeat(1_000_000)})s`, /no %\(name\)s/],
    ['a million opened references', `[a]\nv = ${'%('.repeat(1_000_000)}`, /no %\(name\)s/],
    ['and one that is closed', `[a]\nv = ${'%('.repeat(1_000_000)})x`, /no %\(name\)s/],
  ];
  for (const [name, text, message] of table) {
    it(name, () => {
      const errors = errorsOf(merge(text));
      assert.match(errors[0] ?? '', message);
      assert.ok(errors.length <= 20);
      for (const error of errors) assert.ok(error.length < 400, error);
    });
  }

  it('a megabyte in one line is no error', () => assert.equal(textOf(merge(`[a]\nv = ${'x%%'.repeat(340_000)}`))?.length, 680_000));
  it('doubling sixteen times is no error', () => assert.equal(textOf(merge(doubling('x', 16)))?.length, 65_536));
});

describe('originAt', () => {
  it('names the file and line of every character', () => {
    const config = merge('[DEFAULT]\nx = 1\n  22\n[a]\nv = first', '[a]\nv = %(known/v)s\n  a%%b%(x)s\n  last');
    const result = config.get('a', 'v');
    assert.ok(result.ok && result.value);
    const { text, origin, originAt } = result.value;
    assert.equal(text, 'first\na%b1\n22\nlast');
    assert.deepEqual(origin, { file: 'f2', line: 2 });
    const at = (part: string): string => Object.values(originAt(text.indexOf(part))).join(':');
    assert.deepEqual(['first', 'a%', 'b', '1', '22', 'last'].map(at), ['f1:5', 'f2:3', 'f2:3', 'f1:2', 'f1:3', 'f2:4']);
    assert.deepEqual(originAt(1000), { file: 'f2', line: 4 });
  });
  it('of a given value is its reference', () => {
    const result = merge('[a]\nv = x\n  %(g)s').get('a', 'v', new Map([['g', 'one\ntwo']]));
    assert.ok(result.ok && result.value);
    assert.deepEqual(result.value.originAt(7), { file: 'f1', line: 3 });
  });
  it('of an empty value', () => {
    const result = merge('[a]\nv =').get('a', 'v');
    assert.ok(result.ok && result.value);
    assert.deepEqual(result.value.originAt(0), { file: 'f1', line: 2 });
  });
});

describe('originOf', () => {
  const config = merge('[a]\nv = one\n  two %(x)s\n  %(x)s\n  %(x)s%(y)s\nx = 1\n  2\ny = 3');
  const result = config.get('a', 'v');
  assert.ok(result.ok && result.value);
  const { text, originOf } = result.value;
  const table: [string, number, number][] = [
    ['one', 0, 2],
    ['two 1', 4, 3],
    // A line that references make up is where it is written in full, if it is.
    ['2', 10, 7],
    ['1', 12, 6],
    ['23', text.length - 2, 7],
  ];
  it('the text', () => assert.equal(text, 'one\ntwo 1\n2\n1\n2\n1\n23'));
  for (const [line, start, expected] of table) {
    it(`${line} at ${start}`, () => {
      assert.equal(text.slice(start, start + line.length), line);
      assert.deepEqual(originOf(start, start + line.length), { file: 'f1', line: expected });
    });
  }
  it('of an empty value', () => {
    const empty = merge('[a]\nv =').get('a', 'v');
    assert.ok(empty.ok && empty.value);
    assert.deepEqual(empty.value.originOf(0, 0), { file: 'f1', line: 2 });
  });
});
