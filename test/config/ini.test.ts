import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type IniFile, parseIni } from '../../src/config/ini.ts';

const shown = ({ sections }: IniFile): unknown =>
  sections.map(({ name, options }) => [name, ...options.map((option) => `${option.name}=${option.text}@${option.lines.join()}`)]);

const errorsOf = ({ errors }: IniFile): string[] => errors.map(({ line, section, message }) => `${line} ${section}: ${message}`);

describe('parseIni', () => {
  const good: [string, unknown][] = [
    ['', []],
    ['# only\n; comments\n\n', []],
    ['[a]', [['a']]],
    ['[a]\nx = 1', [['a', 'x=1@2']]],
    ['[a]\nx: 1', [['a', 'x=1@2']]],
    ['[a]\nx=1:2', [['a', 'x=1:2@2']]],
    ['[a]\nx:1=2', [['a', 'x=1=2@2']]],
    ['[a]\nX Y = 1', [['a', 'x y=1@2']]],
    ['[a]\nx =', [['a', 'x=@2']]],
    ['[a]\nx = 1\n  2\n\t3', [['a', 'x=1\n2\n3@2,3,4']]],
    ['[a]\nx =\n  2', [['a', 'x=\n2@2,3']]],
    ['[a]\nx = 1\n\n  2\n\n', [['a', 'x=1\n\n2@2,3,4,5,6']]],
    ['[a]\nx = 1\n# no\n  # no\n  2', [['a', 'x=1\n2@2,5']]],
    ['[a]\n  x = 1\n  y = 2\n    3', [['a', 'x=1@2', 'y=2\n3@3,4']]],
    ['[a]\nx = 1 ; no', [['a', 'x=1@2']]],
    ['[a]\nx = 1\t;no', [['a', 'x=1@2']]],
    ['[a]\nx = 1;yes', [['a', 'x=1;yes@2']]],
    ['[a]\nx = 1;yes ; no', [['a', 'x=1;yes@2']]],
    ['[a]\nx = 1 # yes', [['a', 'x=1 # yes@2']]],
    ['[a] # x\nx = 1', [['a', 'x=1@2']]],
    ['[a]\nx = 1\n  [b]', [['a', 'x=1\n[b]@2,3']]],
    ['[a]\r\nx = 1\r\n  2\r\n', [['a', 'x=1\n2@2,3,4']]],
    ['[a]\rx = 1\r', [['a', 'x=1@2,3']]],
    ['\uFEFF[a]\nx = 1', [['a', 'x=1@2']]],
    ['[DEFAULT]\nx=1\n[a]\n[DEFAULT]\ny=2', [['DEFAULT', 'x=1@2', 'y=2@5'], ['a']]],
    [
      '[a]\nx=1\n[A]\nx=2',
      [
        ['a', 'x=1@2'],
        ['A', 'x=2@4'],
      ],
    ],
    ['[a]\n__proto__ = 1\nconstructor = 2', [['a', '__proto__=1@2', 'constructor=2@3']]],
    ['[Init?family=inet6]\nx = 1', [['Init?family=inet6', 'x=1@2']]],
    ['[a]\nx = %(y)s %%', [['a', 'x=%(y)s %%@2']]],
  ];
  for (const [text, expected] of good) {
    it(JSON.stringify(text), () => {
      const file = parseIni(text, 'f');
      assert.deepEqual(shown(file), expected);
      assert.deepEqual(file.errors, []);
    });
  }

  const bad: [string, string[], unknown][] = [
    [
      'x = 1\ny = 2\n[a]\nz = 3',
      ['1 undefined: "x = 1" stands before the first section; put a line such as [DEFAULT] or [sshd] above it'],
      [['a', 'z=3@4']],
    ],
    [
      '[a]\nx=1\n[b]\n[a]\nx=2\ny=3',
      ['4 a: section [a] is already in this file, at line 1; put its options there'],
      [['a', 'x=1@2'], ['b']],
    ],
    ['[a]\nx=1\nX=2\n  3\ny=4', ['3 a: option "x" is already in [a], at line 2; keep one of them'], [['a', 'x=1@2', 'y=4@5']]],
    [
      '[a]\nx\n  more\n=1\ny=2',
      [
        '2 a: "x" is no option; write "name = value", or indent it if it continues the line above',
        '4 a: no option name before "=1"; write "name = value"',
      ],
      [['a', 'y=2@5']],
    ],
    ['[]\n[a]', ['1 undefined: "[]" stands before the first section; put a line such as [DEFAULT] or [sshd] above it'], [['a']]],
    ['[DEFAULT]\nx', ['2 undefined: "x" is no option; write "name = value", or indent it if it continues the line above'], [['DEFAULT']]],
    ['[a]\nx = 1\n\0', ['3 undefined: binary data (a NUL character) in a configuration file; put a text file here or remove it'], []],
  ];
  for (const [text, errors, expected] of bad) {
    it(`error: ${JSON.stringify(text)}`, () => {
      const file = parseIni(text, 'f');
      assert.deepEqual(errorsOf(file), errors);
      assert.deepEqual(shown(file), expected);
    });
  }

  it('every option names its file and line', () => {
    const [section] = parseIni('[a]\n\nx = 1', '/etc/jail.conf').sections;
    assert.deepEqual(section?.options[0]?.origin, { file: '/etc/jail.conf', line: 3 });
    assert.equal(section?.line, 1);
  });

  it('50 errors are told, and then that there are more', () => {
    const errors = (count: number) => parseIni(`[a]\n${'x\n'.repeat(count)}`, 'f').errors;
    assert.equal(errors(49).length, 49);
    assert.equal(errors(50).length, 51);
    assert.equal(errors(100_000).length, 51);
    assert.match(errors(51).at(-1)?.message ?? '', /more than 50 errors/);
  });

  for (const [name, line] of [
    ['a value', `x = ${'a'.repeat(1_000_000)}`],
    ['spaces', ' '.repeat(1_000_000)],
    ['spaces and a value', `x =${' '.repeat(1_000_000)}1`],
    ['semicolons', `x = ${'a;'.repeat(500_000)}`],
    ['no delimiter', 'a '.repeat(500_000)],
    ['opening brackets', '['.repeat(1_000_000)],
    ['percent signs', `x = ${'%('.repeat(500_000)}`],
  ] as const) {
    it(`1 MB in one line: ${name}`, () => {
      parseIni(`[a]\n${line}\n`, 'f');
    });
  }
});
