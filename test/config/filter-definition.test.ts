import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { compilePatterns, PatternError } from '../../src/binding/pattern-set.ts';
import { parseDefinition } from '../../src/config/action-list.ts';
import { formatConfigError } from '../../src/config/config-error.ts';
import { type FilterDefinition, type FilterRequest, type LoadedFilter, loadFilterDefinition } from '../../src/config/filter-definition.ts';
import { parseIni } from '../../src/config/ini.ts';
import { MergedConfig } from '../../src/config/merged-config.ts';

const root = mkdtempSync(join(tmpdir(), 'ringjail-filter-'));
after(() => rmSync(root, { recursive: true }));

let directories = 0;

interface Given {
  /** By name in filter.d. */
  readonly files: Record<string, string>;
  readonly filter?: string;
  /** The options of [j] in jail.conf. */
  readonly jail?: string;
  readonly logtype?: string;
  readonly context?: FilterRequest['context'];
}

function load({ files, filter = 'f', jail = '', logtype = 'file', context = new Map() }: Given): LoadedFilter {
  directories += 1;
  const directory = join(root, String(directories));
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, 'filter.d', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const named = parseDefinition(filter);
  assert.ok(named.ok);
  const config = new MergedConfig([parseIni(`[DEFAULT]\nusedns = warn\n[j]\n${jail}`, 'jail.conf')], []);
  return loadFilterDefinition(directory, named.value, {
    section: 'j',
    origin: { file: 'jail.conf', line: 9 },
    logtype,
    context,
    jailOption: (option, known) => config.get('j', option, known),
  });
}

const shorten = (text: string): string => text.replaceAll(/\/\S*\/filter\.d\//g, '');

function define(given: Given): FilterDefinition {
  const { definition, errors } = load(given);
  assert.ok(definition, errors.map(formatConfigError).join('\n'));
  return definition;
}

const textsOf = (expressions: FilterDefinition['failregex']): string[] => expressions.map(({ text }) => text);
const failregexOf = (given: Given): string[] => textsOf(define(given).failregex);
const errorsOf = (given: Given): string[] => load(given).errors.map((error) => shorten(formatConfigError(error)));
const noticesOf = (given: Given): string[] => load(given).notices.map((notice) => shorten(formatConfigError(notice)));

describe('an option: arguments, then [Init], then [Definition], then [DEFAULT]', () => {
  const head = '[DEFAULT]\nx = default\n';
  const table: [string, string, string | undefined, string][] = [
    ['[DEFAULT]', `${head}[Definition]\nfailregex = <x> <HOST>`, undefined, 'default <HOST>'],
    ['[Definition]', `${head}[Definition]\nfailregex = <x> <HOST>\nx = definition`, undefined, 'definition <HOST>'],
    ['[Init]', `${head}[Definition]\nfailregex = <x> <HOST>\nx = definition\n[Init]\nx = init`, undefined, 'init <HOST>'],
    ['arguments', `[Definition]\nfailregex = <x> <HOST>\n[Init]\nx = init`, 'f[x=argument]', 'argument <HOST>'],
    ['the last argument', `[Definition]\nfailregex = <x> <HOST>`, 'f[x=1, x="2"][x=\'a, b\']', 'a, b <HOST>'],
    ['arguments in %()s', `[Definition]\nfailregex = %(x)s <HOST>\nx = 1`, 'f[x=2]', '2 <HOST>'],
    ['[Init] is not in %()s', `[Definition]\nfailregex = %(x)s <HOST>\nx = 1\n[Init]\nx = 2`, undefined, '1 <HOST>'],
    ['an argument may be the expression', `[Definition]\nfailregex = a <HOST>`, 'f[failregex="b <HOST>"]', 'b <HOST>'],
    ['and know the one of the file', `[Definition]\nfailregex = a <HOST>`, 'f[failregex="<known/failregex>|b"]', 'a <HOST>|b'],
    ['known/ is the own value of [Init]', `[Definition]\nfailregex = <x> <HOST>\n[Init]\nx = 1`, 'f[x="<known/x>2"]', '12 <HOST>'],
    ['capitals of an argument do not count', `[Definition]\nfailregex = <x> <X> <HOST>\nx = 1`, 'f[X=2]', '2 2 <HOST>'],
    ['an option may stand for <HOST>', `[Definition]\nfailregex = <HOST>\nhost = (?P<ip4>1)`, undefined, '(?P<ip4>1)'],
    ['one of [Init] may not', `[Definition]\nfailregex = <HOST>\n[Init]\nhost = x`, undefined, '<HOST>'],
  ];
  for (const [name, file, filter, expected] of table) {
    it(name, () => assert.deepEqual(failregexOf({ files: { 'f.conf': file }, ...(filter && { filter }) }), [expected]));
  }

  it('of another section, with the names of that section', () => {
    const file = '[DEFAULT]\nx = d\n[Definition]\nfailregex = <s/a> <s/x> <default/x> <t/a> <HOST>\nx = 1\n[s]\na = %(x)s\nx = 2';
    assert.deepEqual(failregexOf({ files: { 'f.conf': file } }), ['2 2 d <t/a> <HOST>']);
  });
  it('a conditional one keeps its tags: which holds is known only for an address', () => {
    const file = '[Definition]\nfailregex = <q> <r> <HOST>\nr = <q>\n[Init]\nq = 4\n[Init?family=inet6]\nq = 6';
    assert.deepEqual(failregexOf({ files: { 'f.conf': file } }), ['<q> <q> <HOST>']);
  });
  it('values of the jail', () => {
    const files = { 'f.conf': '[Definition]\nfailregex = <backend> %(backend)s <HOST>' };
    assert.deepEqual(failregexOf({ files, context: new Map([['backend', 'kernel']]) }), ['kernel kernel <HOST>']);
  });
});

describe('what the user lays over it', () => {
  it('.local replaces, and knows what was before', () => {
    const files = {
      'f.conf': '[Definition]\nfailregex = <_daemon> a <HOST>\n_daemon = d',
      'f.local': '[Definition]\nfailregex = %(known/failregex)s\n  b <HOST>\n_daemon = e',
    };
    assert.deepEqual(failregexOf({ files }), ['e a <HOST>', 'b <HOST>']);
  });
  it('.local alone', () => assert.deepEqual(failregexOf({ files: { 'f.local': '[Definition]\nfailregex = a <HOST>' } }), ['a <HOST>']));
  it('common.local', () => {
    const files = {
      'f.conf': '[INCLUDES]\nbefore = common.conf\n[Definition]\nfailregex = %(__prefix)sa <HOST>',
      'common.conf': '[DEFAULT]\n__prefix = P<p>',
      'common.local': '[DEFAULT]\np = Q',
    };
    assert.deepEqual(failregexOf({ files }), ['PQa <HOST>']);
  });
});

describe('lines as other log daemons write them', () => {
  const common = `[DEFAULT]
logtype = file
_daemon = \\S*
__prefix_line = <lt_<logtype>/__prefix_line>
datepattern = <lt_<logtype>/datepattern>
[lt_file]
__prefix_line = FILE <_daemon>:
datepattern = {^LN-BEG}
[lt_journal]
__prefix_line = %(lt_short/__prefix_line)sJ
datepattern = %(lt_file/datepattern)s
[lt_short]
__prefix_line = SHORT <_daemon>:
`;
  const files = (more = '') => ({
    'common.conf': common,
    'f.conf': `[INCLUDES]\nbefore = common.conf\n[Definition]\n_daemon = d\nfailregex = ^%(__prefix_line)s <HOST>\n${more}`,
  });
  const table: [string, Given, string, string, string | undefined][] = [
    ['a file', { files: files() }, 'file', 'FILE d:', '{^LN-BEG}'],
    ['the journal', { files: files(), logtype: 'journal' }, 'journal', 'SHORT d:J', '{^LN-BEG}'],
    [
      'the argument first',
      { files: files(), filter: 'f[logtype=short]', logtype: 'journal' },
      'short',
      'SHORT d:',
      '<lt_short/datepattern>',
    ],
    ['an empty argument is none', { files: files(), filter: 'f[logtype=]', logtype: 'journal' }, 'journal', 'SHORT d:J', '{^LN-BEG}'],
    [
      "the filter's own before ours",
      { files: files('logtype = short'), logtype: 'journal' },
      'short',
      'SHORT d:',
      '<lt_short/datepattern>',
    ],
    ['one that nobody has', { files: files(), filter: 'f[logtype=x]' }, 'x', '<lt_x/__prefix_line>', '<lt_x/datepattern>'],
  ];
  for (const [name, given, logtype, prefix, datepattern] of table) {
    it(name, () => {
      const definition = define(given);
      assert.equal(definition.logtype, logtype);
      assert.deepEqual(textsOf(definition.failregex), [`^${prefix} <HOST>`]);
      assert.equal(definition.datepattern?.text, datepattern);
    });
  }
});

describe('one expression a line', () => {
  it('empty lines are none, a tag may be many', () => {
    const file =
      '[Definition]\nfailregex = <mdre-<mode>>\n\n   c <x>$\nmode = two\nmdre-two = a <HOST>\n  b <HOST>\nx = <HOST>\n  d <HOST>';
    assert.deepEqual(failregexOf({ files: { 'f.conf': file } }), ['a <HOST>', 'b <HOST>', 'c <HOST>', 'd <HOST>$']);
  });
  it('none at all', () => {
    const definition = define({ files: { 'f.conf': '[Definition]\nfailregex =\nignoreregex =\nprefregex =' } });
    assert.deepEqual([definition.failregex, definition.ignoreregex, definition.prefregex], [[], [], undefined]);
  });
  it('a prefregex is one, lines and all', () => {
    const definition = define({ files: { 'f.conf': '[Definition]\nprefregex = ^a\n  <F-CONTENT>.</F-CONTENT>\nfailregex = <HOST>' } });
    assert.equal(definition.prefregex?.source, '^a\n(?P<content>.)');
  });
  it('ignoreregex need no host', () => {
    const definition = define({ files: { 'f.conf': '[Definition]\nfailregex = <HOST>\nignoreregex = a\n  b <HOST>' } });
    assert.deepEqual(textsOf(definition.ignoreregex), ['a', 'b <HOST>']);
  });
  it('each knows where it is written', () => {
    const files = {
      'common.conf': '[DEFAULT]\np = ^prefix',
      'f.conf':
        '[INCLUDES]\nbefore = common.conf\n[Definition]\nm-a = a <HOST>\n  %(p)s b <HOST>\n  <p> c <HOST>\nfailregex = <m-a>\n  d <HOST>',
      'f.local': '[Definition]\nfailregex = %(known/failregex)s\n  e <HOST>',
    };
    const origins = define({ files }).failregex.map(({ origin }) => shorten(`${origin.file}:${origin.line}`));
    assert.deepEqual(origins, ['f.conf:4', 'f.conf:5', 'f.conf:6', 'f.conf:8', 'f.local:3']);
  });
});

describe("the jail's own options", () => {
  const file = `[Definition]
prefregex = ^p <F-CONTENT>.*</F-CONTENT>
failregex = f <x> <HOST>
ignoreregex = i
maxlines = 2
datepattern = %%Y
journalmatch = A=1
x = 1
`;
  const shown = (definition: FilterDefinition) => ({
    prefregex: definition.prefregex?.text,
    failregex: textsOf(definition.failregex),
    ignoreregex: textsOf(definition.ignoreregex),
    maxlines: definition.maxlines,
    datepattern: definition.datepattern?.text,
    journalmatch: definition.journalmatch,
    usedns: definition.usedns,
  });
  const base = {
    prefregex: '^p <F-CONTENT>.*</F-CONTENT>',
    failregex: ['f 1 <HOST>'],
    ignoreregex: ['i'],
    maxlines: 2,
    datepattern: '%Y',
    journalmatch: ['A=1'],
    usedns: 'warn',
  };
  const table: [string, string, Partial<ReturnType<typeof shown>>, string?][] = [
    ['none', '', {}],
    ['failregex replaces, and has no tags of the filter', 'failregex = j <x> <HOST>', { failregex: ['j <x> <HOST>'] }],
    ['known/ has the tags replaced', 'failregex = %(known/failregex)s\n  j <HOST>', { failregex: ['f 1 <HOST>', 'j <HOST>'] }],
    ['any option of the filter is known', 'failregex = %(known/x)s <HOST>', { failregex: ['1 <HOST>'] }],
    ['an empty one takes away', 'prefregex =\nignoreregex =\njournalmatch =', { prefregex: undefined, ignoreregex: [], journalmatch: [] }],
    [
      'the others',
      'prefregex = q <F-CONTENT>\nmaxlines = 3\njournalmatch = B=1\n  C=1\nusedns = no\ndatepattern = D',
      {
        prefregex: 'q <F-CONTENT>',
        maxlines: 3,
        journalmatch: ['B=1', 'C=1'],
        usedns: 'no',
        datepattern: 'D',
      },
    ],
    ['known/datepattern', 'datepattern = %(known/datepattern)s\n  x', { datepattern: '%Y\nx' }],
    // As in fail2ban: lists add up, and of the others the argument holds, but for the date.
    [
      'beside arguments',
      'failregex = j <HOST>\nmaxlines = 3\ndatepattern = D\njournalmatch = B=1\nusedns = no',
      {
        failregex: ['a <HOST>', 'j <HOST>'],
        maxlines: 4,
        datepattern: 'D',
        journalmatch: ['C=1', 'B=1'],
        usedns: 'raw',
      },
      'f[failregex="a <HOST>", maxlines=4, datepattern=E, journalmatch="C=1", usedns=raw]',
    ],
  ];
  for (const [name, jail, changes, filter] of table) {
    it(name, () => {
      const definition = define({ files: { 'f.conf': file }, jail, ...(filter && { filter }) });
      assert.deepEqual(shown(definition), { ...base, ...changes });
    });
  }

  it('known/ for the rest of the jail', () => {
    const { known } = load({ files: { 'f.conf': `${file}[Init]\ny = <x>2` }, filter: 'f[x=3, Z=4]' });
    assert.equal(known.get('known/failregex'), 'f 3 <HOST>');
    assert.equal(known.get('known/y'), '32');
    assert.equal(known.get('known/z'), '4');
    assert.equal(known.get('known/logtype'), 'file');
  });
});

describe('what an expression is compiled with', () => {
  const files = (options: string) => ({
    'f.conf': `[Definition]\nprefregex = ^<F-CONTENT>.</F-CONTENT>\nfailregex = <HOST>\nignoreregex = x\n${options}`,
  });
  it('one line', () => {
    const { prefregex, failregex, ignoreregex } = define({ files: files('maxlines = 1') });
    assert.deepEqual(
      [prefregex, ...failregex, ...ignoreregex].map((expression) => expression?.isMultiline),
      [false, false, false],
    );
  });
  it('several lines: failregex only', () => {
    const { prefregex, failregex, ignoreregex } = define({ files: files('maxlines = 2') });
    assert.deepEqual(
      [prefregex, ...failregex, ...ignoreregex].map((expression) => expression?.isMultiline),
      [false, true, false],
    );
  });
  it('names count as hosts', () => assert.ok(define({ files: files('') }).failregex[0]?.groups.includes('dns')));
  it('but not with usedns = no', () => {
    assert.deepEqual(define({ files: files(''), jail: 'usedns = NO' }).failregex[0]?.groups, ['ip4', 'ip6']);
  });
});

describe('errors, each at its own line', () => {
  const table: [string, Given, string[]][] = [
    [
      'no such filter',
      { files: { 'sshd.conf': '' }, filter: 'ssdh' },
      ['ssdh.conf: no such file, and no ssdh.local; did you mean "sshd"?'],
    ],
    ['no [Definition]', { files: { 'f.conf': '[Init]\nx = 1' } }, ['f.conf: no section [Definition]; put it above the options']],
    [
      'a bad file',
      { files: { 'f.conf': '[Definition]\nx' } },
      ['f.conf:2: "x" is no option; write "name = value", or indent it if it continues the line above'],
    ],
    [
      'a bad reference',
      { files: { 'f.conf': '[Definition]\nfailregex = a <HOST>\n  %(y)s' } },
      ['f.conf:3: "%(y)s" is set nowhere in [Definition] or [DEFAULT]; set it there, or write %% for a percent sign'],
    ],
    [
      'one in [Init]',
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>\n[Init]\nx = %(y)s' } },
      ['f.conf:4: "%(y)s" is set nowhere in [Init] or [DEFAULT]; set it there, or write %% for a percent sign'],
    ],
    [
      'one in the jail',
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>' }, jail: 'failregex = %(known/nothing)s' },
      [
        'jail.conf:4: "%(known/nothing)s" has no earlier value: no file read before this one sets it in [j] or [DEFAULT]; set it there, or write the value out',
      ],
    ],
    [
      'a loop of tags',
      { files: { 'f.conf': '[Definition]\nfailregex = <a>\na = <b>\nb = <a>' } },
      ['f.conf:4: "<a>" leads back to itself: "a -> b -> a"; take one of them out'],
    ],
    [
      'web pages eat <HOST>',
      {
        files: {
          'f.conf':
            '[Definition]\nfailregex = reject: DATA from (.*)\\[\\]: 450.*Greylisted\n  named\\[\\d*\\]: client .* denied\n  &lt;HOST&gt;\n  what',
        },
      },
      [
        'f.conf:2: failregex "reject: DATA from (.*)\\[\\]: 450.*Greylisted" has no <HOST>, so it finds nobody; it is likely missing after "from", inside "\\[\\]"',
        'f.conf:3: failregex "named\\[\\d*\\]: client .* denied" has no <HOST>, so it finds nobody; it is likely missing after "client"',
        'f.conf:4: failregex "&lt;HOST&gt;" has no <HOST>, so it finds nobody; write "<HOST>" for "&lt;HOST&gt;"',
        'f.conf:5: failregex "what" has no <HOST>, so it finds nobody; put <HOST> where the address stands',
      ],
    ],
    [
      'a mode that there is not',
      { files: { 'f.conf': '[Definition]\nfailregex = <mdre-<mode>>\nmdre-aggressive = <HOST>' }, filter: 'f[mode=agressive]' },
      [
        'f.conf:2: failregex "<mdre-agressive>" has no <HOST>, so it finds nobody; no option sets "<mdre-agressive>"; did you mean "mdre-aggressive"?',
      ],
    ],
    [
      "the jail's own failregex",
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>' }, jail: 'failregex = a\n  b <HOST>\n  c' },
      [
        'jail.conf:4: failregex "a" has no <HOST>, so it finds nobody; put <HOST> where the address stands',
        'jail.conf:6: failregex "c" has no <HOST>, so it finds nobody; put <HOST> where the address stands',
      ],
    ],
    [
      "PCRE2's own syntax",
      { files: { 'f.conf': '[Definition]\nfailregex = ^a\\R <HOST>\n  %(x)s <HOST>\nx = y(?R)' } },
      [
        'f.conf:2: failregex "^a\\R <HOST>": "\\R" has no meaning in fail2ban\'s expressions (Python\'s re); write "R" for the letter; at character 3, "\\R <HOST>"',
        'f.conf:3: failregex "y(?R) <HOST>": "(?R)" begins no group that fail2ban knows; a name is given by "(?P<name>", a parenthesis is written "\\("; at character 2, "(?R) <HOST>" (from f.conf:4)',
      ],
    ],
    [
      'maxlines',
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>\nmaxlines = 0' } },
      ['f.conf:3: maxlines = "0": expected a whole number from 1 to 1000'],
    ],
    [
      'maxlines of an argument',
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>' }, filter: 'f[maxlines=1001]' },
      ['jail.conf:9: maxlines = "1001": expected a whole number from 1 to 1000'],
    ],
    [
      'usedns',
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>' }, jail: 'usedns = never' },
      ['jail.conf:4: usedns = "never": expected yes, warn, no or raw'],
    ],
    [
      'journalmatch',
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>\njournalmatch = A=1\n  x' } },
      ['f.conf:4: journalmatch: "x" is no FIELD=value, such as _SYSTEMD_UNIT=sshd.service'],
    ],
  ];
  for (const [name, given, errors] of table) {
    it(name, () => {
      assert.deepEqual(errorsOf(given), errors);
      const loaded = load(given);
      assert.equal(loaded.definition, undefined);
      for (const { section } of loaded.errors) assert.equal(section, 'j');
    });
  }

  it('a prefregex may tell who failed', () => {
    assert.deepEqual(errorsOf({ files: { 'f.conf': '[Definition]\nprefregex = ^<HOST> <F-CONTENT>.</F-CONTENT>\nfailregex = a' } }), []);
  });
  it('so may a session', () => assert.deepEqual(errorsOf({ files: { 'f.conf': '[Definition]\nfailregex = <F-MLFID>a</F-MLFID>' } }), []));
  it('a prefregex in error hides no other error, and makes none', () => {
    const errors = errorsOf({ files: { 'f.conf': '[Definition]\nprefregex = \\R\nfailregex = a\n  \\K' } });
    assert.deepEqual(
      errors.map((error) => error.slice(0, 9)),
      ['f.conf:2:', 'f.conf:4:'],
    );
  });
});

it('an expression that PCRE2 refuses: the place in the text as configured', () => {
  const definition = define({ files: { 'f.conf': '[Definition]\nfailregex = ok <HOST>\n  %(p)s <HOST>{,2} (a|b\np = ^x' } });
  assert.throws(
    () => compilePatterns(definition.failregex),
    (error) => {
      assert.ok(error instanceof PatternError);
      const told = definition.failregex[error.index]?.errorAt(error.offset, error.message);
      assert.equal(
        told && shorten(formatConfigError(told)),
        'f.conf:3: failregex "^x <HOST>{,2} (a|b": missing closing parenthesis; at its end',
      );
      return true;
    },
  );
});

describe('notices', () => {
  const files = { 'f.conf': '[Definition]\nfailregex = <mdre-<mode>> <HOST>\nmode = a\nmdre-a = <x>' };
  const table: [string, Given, string[]][] = [
    [
      'an argument that nothing reads',
      { files, filter: 'f[mod=b]' },
      ['jail.conf:9: the filter reads no option "mod", so it has no effect; did you mean "mode"?'],
    ],
    [
      'what jail.conf passes to every filter',
      { files: { 'f.conf': '[Definition]\nfailregex = <HOST>' }, filter: 'f[mode=normal, logtype=file]' },
      [],
    ],
    ['arguments that a tag names', { files, filter: 'f[X=1, mdre-b=2, failregex="<HOST>"]' }, []],
    [
      'an option that is nearly one',
      { files: { 'f.conf': '[Definition]\nfailregexp = <HOST>' } },
      ['f.conf:2: nothing reads "failregexp"; did you mean "failregex"?', 'jail.conf:9: filter "f" has no failregex, so it finds nothing'],
    ],
    ['unless it is used', { files: { 'f.conf': '[Definition]\nfailregex_ = <HOST>\nfailregex = %(failregex_)s' } }, []],
  ];
  for (const [name, given, notices] of table) it(name, () => assert.deepEqual(noticesOf(given), notices));
});
