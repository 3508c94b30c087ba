import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadJailFilter } from '../../src/config/filter-config.ts';
import { parseIni } from '../../src/config/ini.ts';
import { MergedConfig } from '../../src/config/merged-config.ts';
import { OptionReader } from '../../src/config/option-reader.ts';
import { allOf, batchOf } from '../record/batch-of.ts';
import { configDirectory, shownErrors } from './config-directory.ts';

const packet =
  'SRC=192.0.2.7 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=54 ID=1 PROTO=TCP SPT=40000 DPT=22 WINDOW=1 RES=0x00 SYN URGP=0 ';
const own = `[UFW BLOCK] IN=eth0 OUT= MAC= ${packet}`;
const forwarded = `[UFW BLOCK] IN=eth0 OUT=eth1 MAC= ${packet}`;
const prefixed = (prefix: string) => `${prefix} IN=eth0 OUT= MAC= ${packet}`;

/** Loads what [j] of jail.conf names, line 2; the filter as a function that says whether it counts a line. */
function load(filter: string, files: Readonly<Record<string, string>>, rest = '', listensToSyslog = false) {
  const directory = configDirectory(files);
  const jail = new OptionReader(new MergedConfig([parseIni(`[j]\nfilter = ${filter}\n${rest}`, `${directory}/jail.conf`)], []), 'j');
  const value = jail.value('filter');
  assert.ok(value);
  const loaded = loadJailFilter({ directory, clock: () => 0, listensToSyslog }, jail, value);
  for (const { section } of jail.errors) assert.equal(section, 'j');
  assert.equal(loaded === undefined, jail.errors.length > 0);
  const counts = (line: string) => {
    let count = 0;
    const batch = batchOf([line]);
    loaded?.filter.match(batch, allOf(batch), { onFailure: () => count++, onNamedFailure: () => assert.fail() });
    return count === 1;
  };
  return { counts, name: loaded?.filter.name, loaded, errors: shownErrors(directory, jail.errors) };
}

const definition = (rest = '') => ({ 'filter.d/scan.conf': `[Definition]\nnetfilter = blocked\n${rest}` });

/** The expressions of two posts as web pages show them: the browser took <HOST> for a tag. */
const eaten: [string, RegExp][] = [
  ['reject: DATA from (.*)\\[\\]: 450.*Greylisted', /^filter\.d\/post\.conf:2: .*<HOST>/],
  ['named\\[\\d*\\]: client .* denied', /^filter\.d\/post\.conf:2: .*<HOST>/],
  ['^(unclosed <HOST>$', /^filter\.d\/post\.conf:2: /],
];

describe('loadJailFilter, expressions', () => {
  for (const [expression, expected] of eaten) {
    it(`${expression} is told with its line`, () => {
      const { errors } = load('post', { 'filter.d/post.conf': `[Definition]\nfailregex = ${expression}\n` });
      assert.match(errors[0] ?? '', expected);
    });
  }
});

describe('loadJailFilter, usedns', () => {
  const app = { 'filter.d/app.conf': '[Definition]\nfailregex = ^\\S+ bad <HOST>$\njournalmatch = _COMM=app\n' };
  for (const [usedns, findsTexts] of [
    ['raw', true],
    ['no', false],
    ['warn', false],
  ] as const) {
    it(`${usedns}: whom it finds ${findsTexts ? 'may be' : 'is'} ${findsTexts ? 'no' : 'an'} address`, () => {
      const { loaded, errors } = load('app', app, `usedns = ${usedns}`);
      assert.deepEqual(errors, []);
      assert.equal(loaded?.usedns, usedns);
      assert.equal(loaded.findsTexts, findsTexts);
    });
  }

  for (const [failregex, usedns, findsTexts] of [
    ['bad <F-ID>\\S+</F-ID> <ADDR>', 'no', true],
    ['bad <F-ID/>', 'warn', true],
    ['bad <F-ALT_ID>\\S+</F-ALT_ID> <ADDR>', 'warn', true],
    ['bad (?P<fid>\\S+)', 'warn', true],
    ['bad <ADDR>', 'raw', false],
    ['bad <F-USER>\\S+</F-USER> <ADDR>', 'warn', false],
    ['bad <F-MLFID>\\S+</F-MLFID> <ADDR>', 'warn', false],
  ] as const) {
    it(`${failregex}, usedns = ${usedns}: ${findsTexts}`, () => {
      const files = { 'filter.d/app.conf': `[Definition]\nfailregex = ${failregex}\njournalmatch = _COMM=app\n` };
      const { loaded, errors } = load('app', files, `usedns = ${usedns}`);
      assert.deepEqual(errors, []);
      assert.equal(loaded?.findsTexts, findsTexts);
    });
  }
});

describe('loadJailFilter, dates', () => {
  const files = { 'filter.d/post.conf': '[Definition]\nfailregex = from <HOST>\ndatepattern = ^(%%Y\n' };
  const mistakes = [/^filter\.d\/post\.conf:3: datepattern "\^\(%Y": missing closing parenthesis/];
  const zone = [/^jail\.conf:4: logtimezone = "Foo": no such time zone/];
  const whole = { 'filter.d/post.conf': '[Definition]\nfailregex = from <HOST>\ndatepattern = ^%%Y\n' };
  for (const [what, given, rest, expected] of [
    ['a pattern in error, of files', files, 'logpath = /srv/a.log', mistakes],
    // That it is not needed today makes it no better.
    ['a pattern in error, of the journal', files, 'logpath = /var/log/auth.log', mistakes],
    ['an unknown zone, of files', whole, 'logpath = /srv/a.log\nlogtimezone = Foo', zone],
    ['an unknown zone, of the journal', whole, 'logpath = /var/log/auth.log\nlogtimezone = Foo', zone],
    ['a zone', whole, 'logpath = /srv/a.log\nlogtimezone = UTC+0200', []],
    ['no zone', whole, 'logpath = /srv/a.log\nlogtimezone = None', []],
  ] as const) {
    it(what, () => {
      const { errors } = load('post', given, rest, true);
      assert.equal(errors.length, expected.length, errors.join('\n'));
      for (const [index, error] of expected.entries()) assert.match(errors[index] ?? '', error);
    });
  }
});

describe('loadJailFilter, successregex', () => {
  const app = { 'filter.d/app.conf': '[Definition]\nfailregex = ^\\S+ bad <HOST>$\njournalmatch = _COMM=app\n' };
  const cleared = (rest: string, files: Readonly<Record<string, string>> = app) => {
    const { loaded, errors } = load('app', files, rest);
    assert.deepEqual(errors, []);
    const addresses: string[] = [];
    const batch = batchOf(['x good 192.0.2.1', 'x bad 192.0.2.2']);
    loaded?.filter.match(batch, allOf(batch), {
      onFailure: () => undefined,
      onNamedFailure: () => assert.fail(),
      onSuccess: ({ text }) => void addresses.push(text),
    });
    return addresses;
  };
  const success = 'successregex = ^\\S+ good <HOST>$\n';

  it("the jail's, where it asks for it", () => assert.deepEqual(cleared(`${success}reset_on_success = yes`), ['192.0.2.1']));
  it('not where it does not', () => assert.deepEqual(cleared(success), []));
  it("the filter's", () =>
    assert.deepEqual(cleared('reset_on_success = on', { 'filter.d/app.conf': app['filter.d/app.conf'] + success }), ['192.0.2.1']));
  it('one in error is told with its line', () => {
    assert.match(
      load('app', app, 'successregex = good\nreset_on_success = yes').errors.join(),
      /^jail\.conf:3: successregex "good" has no <HOST>/,
    );
    assert.match(
      load('app', app, 'successregex = (<HOST>\nreset_on_success = yes').errors.join(),
      /^jail\.conf:3: successregex "\(<HOST>"/,
    );
  });
});

describe('loadJailFilter', () => {
  it('netfilter = blocked counts refused packets to this host', () => {
    const { counts, name, errors } = load('scan', definition());
    assert.deepEqual(errors, []);
    assert.equal(name, 'scan');
    assert.ok(counts(own));
    assert.equal(counts(forwarded), false);
    assert.equal(counts(prefixed('myrule:')), false);
  });

  it('forwarded = yes in the file, and as an argument that wins over it', () => {
    assert.ok(load('scan', definition('forwarded = yes')).counts(forwarded));
    assert.ok(load('scan[forwarded=yes]', definition('forwarded = no')).counts(forwarded));
    assert.equal(load('scan[forwarded=no]', definition('forwarded = yes')).counts(forwarded), false);
  });

  it('logprefix: one a line in the file, or one as an argument', () => {
    const file = load('scan', definition('logprefix = myrule:\n  other rule:\n'));
    for (const prefix of ['myrule:', 'other rule:']) assert.ok(file.counts(prefixed(prefix)), prefix);
    assert.equal(file.counts(prefixed('other')), false);
    const argument = load('scan[logprefix="a, b:"]', definition('logprefix = myrule:'));
    assert.ok(argument.counts(prefixed('a, b:')));
    assert.equal(argument.counts(prefixed('myrule:')), false);
  });

  it('a .local file wins', () => {
    const files = { ...definition(), 'filter.d/scan.local': '[Definition]\nforwarded = yes\n' };
    assert.ok(load('scan', files).counts(forwarded));
  });

  const refused: [filter: string, files: Readonly<Record<string, string>>, errors: string[]][] = [
    [
      'scn',
      definition(),
      ['filter.d/scn.conf: no such file, and no scn.local; did you mean "scan"?', 'jail.conf:2: filter "scn" cannot be read'],
    ],
    [
      'scan',
      { 'filter.d/scan.conf': '[Definition]\n\nnetfilter = all\n' },
      ['filter.d/scan.conf:3: netfilter = "all": the only kind is "blocked"'],
    ],
    ['scan', definition('forwarded = maybe'), ['filter.d/scan.conf:3: forwarded = "maybe": expected yes or no']],
    ['scan[forwarded=maybe]', definition(), ['jail.conf:2: forwarded="maybe": expected yes or no']],
    ['scan[forward=yes]', definition(), ['jail.conf:2: filter scan has no option "forward"; did you mean "forwarded"?']],
    ['scan[colour=red]', definition(), ['jail.conf:2: filter scan has no option "colour"']],
    ['../jail', definition(), ['jail.conf:2: "../jail" is no name of a filter; name a file of filter.d without .conf']],
    ['.hidden', definition(), ['jail.conf:2: ".hidden" is no name of a filter; name a file of filter.d without .conf']],
    ['/etc/passwd', definition(), ['jail.conf:2: "/etc/passwd" is no name of a filter; name a file of filter.d without .conf']],
  ];
  for (const [filter, files, errors] of refused) {
    it(`${filter}: ${errors.at(-1)}`, () => assert.deepEqual(load(filter, files).errors, errors));
  }

  for (const filter of ['scan[', 'scan other', 'scan[a]']) {
    it(`${filter} is an error at the jail's line`, () =>
      assert.match(load(filter, definition()).errors.join('\n'), /^jail\.conf:2: [^\n]+$/));
  }

  it('a filter file with an error of its own spoils the jail that names it', () => {
    const { errors } = load('scan', { 'filter.d/scan.conf': 'netfilter = blocked\n' });
    assert.match(errors[0] ?? '', /^filter\.d\/scan\.conf:1: /);
    assert.equal(errors.at(-1), 'jail.conf:2: filter "scan" cannot be read');
  });
});
