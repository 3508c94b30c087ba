// `ringjail regex` with filters of its own, in this process; its streams and exit codes as a process of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { regex } from '../../src/cli/regex.ts';
import type { RegexOptions } from '../../src/cli/regex-options.ts';
import { RingjailError } from '../../src/core/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringjail-regex-'));
after(() => rmSync(directory, { recursive: true }));
mkdirSync(join(directory, 'filter.d'));

const guard = `[Definition]
prefregex = ^\\s*<F-MLFID>guard\\[\\d+\\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$
failregex = ^<F-NOFAIL>hello</F-NOFAIL> <HOST>$
            ^<mode> <F-USER>\\S+</F-USER>(?: from <HOST>)?$
            ^<F-MLFFORGET>bye</F-MLFFORGET>$
            ^never <HOST>$
ignoreregex = bob
mode = wrong
datepattern = {^LN-BEG}
`;
writeFileSync(join(directory, 'filter.d', 'guard.conf'), guard);
writeFileSync(
  join(directory, 'filter.d', 'broken.conf'),
  '[Definition]\nfailregex = ^a <HOST>\n            ^b (<HOST>\n            ^c from\n',
);
writeFileSync(join(directory, 'filter.d', 'empty.conf'), '[Definition]\n');
writeFileSync(join(directory, 'own.conf'), '[Definition]\nfailregex = ^own <HOST>$\nignoreregex = ::1\ndatepattern = {NONE}\n');

const log = `# a comment
2005-08-14 11:59:58 guard[1]: hello 192.0.2.1

2005-08-14 11:59:59 guard[1]: wrong eve
2005-08-14 11:59:59 guard[2]: wrong bob from 192.0.2.2\r
2005-08-14 11:59:59 guard[3]: wrong \x1b[31mx from 2001:DB8::1
2005-08-14 11:59:59 other: wrong
2005-08-14 11:59:59 guard[4]: wrong mallory
`;
const logFile = join(directory, 'a.log');
writeFileSync(logFile, log, 'latin1');

interface Run {
  readonly source?: string;
  readonly filter?: string;
  readonly ignoreregex?: string;
  readonly options?: RegexOptions;
  readonly isJson?: boolean;
}

const nowSec = 1_124_013_600;

async function run({ source = logFile, filter = 'guard', ignoreregex, options = {}, isJson = false }: Run) {
  const written: Buffer[] = [];
  const errors: string[] = [];
  const context = {
    version: '0',
    paths: { config: directory, store: '', helper: '', socket: '' },
    isJson,
    print: () => assert.fail('not for much text'),
    write: async (text: string | Uint8Array) => void written.push(Buffer.from(text)),
    printError: (message: string) => void errors.push(message.replaceAll(directory, '')),
  };
  const exitCode = await regex(context, { source, filter, ignoreregex, options: { now: nowSec, ...options } });
  return { exitCode, output: Buffer.concat(written).toString().replaceAll(directory, ''), errors };
}

describe('ringjail regex, of what is no address', () => {
  const filter = '^bad <F-ID>.+</F-ID> from <ADDR>$';
  for (const [text, shown] of [
    ['bob', '"bob"'],
    ['$(reboot) "', '"$(reboot) \\""'],
    ['192.0.2.1', '192.0.2.1'],
    ['a\x1b[2J', '"a\\u001b[2J" (nobody can ban it: too long, a network, or with control characters)'],
    ['0.0.0.0/0', '0.0.0.0/0 (nobody can ban it: too long, a network, or with control characters)'],
    ['x'.repeat(10_000), `"${'x'.repeat(256)}" (nobody can ban it: too long, a network, or with control characters)`],
  ] as const) {
    it(`shows ${JSON.stringify(text.slice(0, 20))}`, async () => {
      const { output } = await run({ source: `bad ${text} from 198.51.100.1`, filter, options: { verbose: true } });
      assert.ok(output.includes(`\n|      ${shown}  `), output.slice(0, 2000));
      assert.match(output, /Lines: 1 lines, 0 ignored, 1 matched, 0 missed/);
    });
  }

  it('-o: the id by <fid>, the address beside it by <ip>', async () => {
    const source = 'bad bob from 198.51.100.1';
    assert.equal((await run({ source, filter, options: { out: '<fid> <F-ID> <ip>' } })).output, 'bob bob 198.51.100.1\n');
    assert.equal(
      (await run({ source: 'bad host.example', filter: '^bad <HOST>$', options: { usedns: 'raw', out: 'id' } })).output,
      'host.example\n',
    );
  });
});

describe('ringjail regex, the summary', () => {
  it('as fail2ban-regex has it', async () => {
    const { exitCode, output } = await run({});
    assert.equal(exitCode, 0);
    const shown = output.replace(/processed in [\d.]+ sec/, 'processed in 0 sec');
    assert.equal(
      shown,
      `
Running tests
=============

Use failregex filter : guard, basedir: 
Use         maxlines : 1
Use      datepattern : {^LN-BEG}
Use         log file : /a.log

Results
=======

Prefregex: 4 total
|  ^\\s*(?P<mlfid>guard\\[\\d+\\]): (?P<content>.+)$
\`-

Failregex: 4 total
|-  #) [# of hits] regular expression
|   1) [1] ^<F-NOFAIL>hello</F-NOFAIL> <HOST>$
|   2) [3] ^wrong <F-USER>\\S+</F-USER>(?: from <HOST>)?$
\`-

Ignoreregex: 1 total
|-  #) [# of hits] regular expression
|   1) [1] bob
\`-

Date template hits:
|- [# of hits] date format
|  [6] {^LN-BEG}ExYear(?P<_sep>[-/.])Month(?P=_sep)Day(?:T|  ?)24hour:Minute:Second(?:[.,]Microseconds)?(?:\\s*Zone offset)?
\`-

Lines: 6 lines, 2 ignored, 3 matched, 1 missed
(1 of the ignored by <F-NOFAIL>, no failure by themselves; 1 of the matched name nobody)
[processed in 0 sec]

|- Ignored line(s):
|  2005-08-14 11:59:58 guard[1]: hello 192.0.2.1
|  2005-08-14 11:59:59 guard[2]: wrong bob from 192.0.2.2
\`-
|- Missed line(s):
|  2005-08-14 11:59:59 other: wrong
\`-
`,
    );
  });

  it('--print-all-matched -v', async () => {
    const { output } = await run({ options: { printAllMatched: true, verbose: true } });
    assert.match(output, /\|- Matched line\(s\):\n\| {2}2005-08-14 11:59:59 guard\[1\]: wrong eve\n.*\\x1b\[31mx.*\n.*wrong mallory\n`-/);
    assert.match(output, /\| {3}2\) \[3\] .*\n\| {6}192\.0\.2\.1 {2}\w.*\n\| {6}2001:db8::1 {2}\w/);
    assert.match(output, /\| {3}4\) \[0\] \^never <HOST>\$/);
  });

  const many = join(directory, 'many.log');
  const missed = (count: number) => writeFileSync(many, '2005-08-14 11:59:59 other\n'.repeat(count));
  for (const [count, isShown] of [
    [20, true],
    [21, false],
    [50, false],
  ] as const) {
    it(`${count} missed lines are ${isShown ? '' : 'not '}shown`, async () => {
      missed(count);
      const { output } = await run({ source: many });
      assert.equal(output.includes('|- Missed line(s):'), isShown);
      const told = `Missed line(s): too many to print. Use --print-all-missed to print all ${count} of them`;
      assert.equal(output.includes(told), !isShown);
      const all = await run({ source: many, options: { printAllMissed: true } });
      assert.equal(all.output.match(/^\| {2}2005.*other$/gm)?.length, count);
    });
  }

  it('a line instead of a file', async () => {
    const { output } = await run({ source: '2005-08-14 11:59:59 guard[1]: wrong eve from 192.0.2.1' });
    assert.match(output, /Use {6}single line : 2005/);
    assert.match(output, /Lines: 1 lines, 0 ignored, 1 matched, 0 missed/);
  });

  it('an expression that takes too many steps is named', async () => {
    const { output } = await run({ source: `${'a'.repeat(5000)}! 192.0.2.1`, filter: '(a+)+$ <HOST>' });
    assert.match(output, /^failregex 1 takes too many steps: given up 1 times$/m);
  });
});

describe('ringjail regex --json', () => {
  it('an object a line', async () => {
    const { output } = await run({ isJson: true });
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ line, match, outcome, host }) => [line, match, outcome ?? host]),
      [
        [1, false, 'skipped'],
        [2, false, 'held'],
        [3, false, 'skipped'],
        [4, true, '192.0.2.1'],
        [5, false, 'ignored'],
        [6, true, '2001:db8::1'],
        [7, false, 'missed'],
        [8, false, 'pending'],
      ],
    );
    assert.deepEqual(lines[3], {
      line: 4,
      match: true,
      host: '192.0.2.1',
      time: Date.parse('2005-08-14T11:59:59') / 1000,
      failregex: 1,
      attempts: 2,
      users: ['eve'],
      groups: { mlfid: 'guard[1]', ip4: '192.0.2.1', user: 'eve' },
    });
  });

  it('escapes what a terminal would act on', async () => {
    const { output } = await run({ isJson: true, source: 'x \u009b31m\u202e 192.0.2.1', filter: '^x <F-USER>.*</F-USER> <HOST>$' });
    assert.match(output, /"user":"\\u009b31m\\u202e"/);
  });

  it('messages of the journal: no date is looked for', async () => {
    const { output } = await run({ isJson: true, source: 'guard[1]: wrong eve from 192.0.2.1', options: { input: 'journal' } });
    assert.equal(JSON.parse(output).time, nowSec);
  });
});

describe('ringjail regex -o', () => {
  const source = '2005-08-14 11:59:59 guard[1]: wrong eve from ::ffff:192.0.2.1';
  for (const [out, expected] of [
    ['id', '192.0.2.1'],
    ['ip', '192.0.2.1'],
    ['host', '192.0.2.1'],
    ['user', 'eve'],
    ['msg', source],
    ['nothere', ''],
    ['row', `["192.0.2.1",${Date.parse('2005-08-14T11:59:59') / 1000},{"mlfid":"guard[1]","ip4":"192.0.2.1","user":"eve"}]`],
    ['<ip> is <F-USER>, <F-ID>, <mlfid>, <F-NOTHERE>, <nothere>', '192.0.2.1 is eve, 192.0.2.1, guard[1], , <nothere>'],
  ] as const) {
    it(out, async () => assert.equal((await run({ source, options: { out } })).output, `${expected}\n`));
  }
});

describe('ringjail regex, filters', () => {
  const matches = async (request: Run) => JSON.parse((await run({ ...request, isJson: true })).output.split('\n')[0] ?? '').match;
  it('with options', async () => {
    const source = '2005-08-14 11:59:59 guard[1]: bad eve from 192.0.2.1';
    assert.equal(await matches({ source }), false);
    assert.equal(await matches({ source, filter: 'guard[mode=bad]' }), true);
  });
  it('a path of a file', async () => {
    assert.equal(await matches({ source: 'own 192.0.2.1', filter: join(directory, 'own.conf') }), true);
    assert.equal(await matches({ source: 'own ::1', filter: join(directory, 'own.conf') }), false);
    assert.equal(await matches({ source: 'own 192.0.2.1', filter: join(directory, 'filter.d', 'guard.conf') }), false);
  });
  it('an expression, and what to ignore', async () => {
    assert.equal(await matches({ source: 'x 192.0.2.1', filter: '^x <HOST>$' }), true);
    assert.equal(await matches({ source: 'x 192.0.2.1', filter: '^x <HOST>$', ignoreregex: '192' }), false);
    assert.equal(await matches({ source: 'x ::1', filter: '^x <HOST>$', ignoreregex: join(directory, 'own.conf') }), false);
  });
  it("what to ignore comes to the filter's own", async () => {
    const source = '2005-08-14 11:59:59 guard[1]: wrong bob from 192.0.2.1';
    assert.equal(await matches({ source, ignoreregex: 'eve' }), false);
  });
  it('--usedns no: a name is no host', async () => {
    const request = { source: 'x host.example', filter: '^x <HOST>$' };
    assert.equal(await matches(request), true);
    assert.equal(await matches({ ...request, options: { usedns: 'no' } }), false);
  });
  it('--datepattern and --maxlines', async () => {
    writeFileSync(join(directory, 'two.log'), '<1124013600> A 192.0.2.1\n<1124013601> B\n');
    const options = { datepattern: '^<({EPOCH})>', maxlines: 2 };
    const { output } = await run({ source: join(directory, 'two.log'), filter: '^ A <HOST>\\n B$', options, isJson: true });
    assert.match(output, /"line":2,"match":true/);
  });
});

describe('ringjail regex, what must be mended', () => {
  const errors: [Run, ...string[]][] = [
    [{ filter: 'gard' }, '/filter.d/gard.conf: no such file, and no gard.local; did you mean "guard"?'],
    [
      { filter: 'broken' },
      '/filter.d/broken.conf:4: failregex "^c from" has no <HOST>, so it finds nobody; it is likely missing after "from"',
    ],
    [
      { filter: 'empty' },
      'empty: no failregex in this filter, so there is nothing to look for; set one in its [Definition], or name another filter',
    ],
    [{ filter: '^x (<HOST>' }, '(command line):1: failregex "^x (<HOST>": missing closing parenthesis; at its end'],
    [{ filter: 'from x$' }, '(command line): failregex "from x$" has no <HOST>, so it finds nobody; it is likely missing after "from"'],
    [{ ignoreregex: '[' }, '(command line):1: ignoreregex "[": missing terminating ] for character class; at its end'],
    [{ options: { datepattern: '%Q' } }, '(command line):1: datepattern "%Q": there is no date field "%Q"; write %% for a percent sign'],
  ];
  for (const [request, ...expected] of errors) {
    it(expected[0] ?? '', async () => {
      const { exitCode, output, errors: told } = await run(request);
      assert.equal(exitCode, 78);
      assert.equal(output, '');
      assert.deepEqual(told, expected);
    });
  }

  for (const [source, code] of [
    ['/nowhere/auth.log', 'usage'],
    ['auth.log', 'usage'],
    [directory, 'usage'],
    ['/nowhere/system.journal', 'usage'],
    [logFile.replace('a.log', 'nowhere.journal'), 'usage'],
    ['systemd-journal[journalpath=/nowhere]', 'usage'],
    ['systemd-journal[journalflags=local]', 'usage'],
    ['systemd-journal[path=/nowhere]', 'usage'],
    ['systemd-journal[journalpath="]', 'usage'],
  ] as const) {
    it(`${source.replace(directory, 'a directory')}: ${code}`, async () => {
      await assert.rejects(run({ source }), (error) => error instanceof RingjailError && error.code === code);
    });
  }
});

describe('ringjail regex, the process', () => {
  const program = fileURLToPath(new URL('../../src/cli/ringjail.js', import.meta.url));
  const ringjail = (...given: string[]) => spawnSync(process.execPath, [program, '-c', directory, 'regex', ...given], { encoding: 'utf8' });

  it('reads its arguments', () => {
    const { status, stdout } = ringjail(
      '--json',
      '--input',
      'file',
      '--now',
      String(nowSec),
      '-r',
      '-l',
      'debug',
      '-m',
      'A=b',
      logFile,
      'guard',
    );
    assert.equal(status, 0);
    assert.equal(stdout.split('\n').length, 9);
  });

  for (const [given, expected] of [
    [['--now', 'soon'], '--now soon: expected a number from 0'],
    [['--timezone', 'Foo'], '--timezone Foo: no such time zone'],
    [['--usedns', 'mabe'], '--usedns mabe: expected yes or warn or no or raw'],
    [['--input', 'jurnal'], '--input jurnal: expected file or journal; did you mean "journal"?'],
    [['-L', '0'], '--maxlines 0: expected a number from 1 to 1000'],
  ] as const) {
    it(expected, () => {
      const { status, stderr } = ringjail(...given, logFile, 'guard');
      assert.equal(status, 64);
      assert.ok(stderr.startsWith(`ringjail: ${expected}`), stderr);
    });
  }

  it('ends quietly when nobody reads on', () => {
    const long = join(directory, 'long.log');
    writeFileSync(long, log.repeat(20_000), 'latin1');
    const command = `"$0" "$1" -c "$2" regex --json "$3" guard | head -1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, program, directory, long], { encoding: 'utf8' });
    assert.equal(stdout, '{"line":1,"match":false,"outcome":"skipped"}\n');
    assert.equal(stderr, '');
  });
});
