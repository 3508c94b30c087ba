import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import fc from 'fast-check';
import { parseDefinition } from '../../src/config/action-list.ts';
import { formatConfigError } from '../../src/config/config-error.ts';
import { loadFilterDefinition } from '../../src/config/filter-definition.ts';
import { plainValue } from '../../src/config/filter-values.ts';
import { parseJournalmatch } from '../../src/config/journalmatch.ts';
import { TagSubstitution } from '../../src/config/tag-substitution.ts';
import { ok } from '../../src/core/result.ts';

const { FUZZ_SEED } = process.env;
const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);

/** Nothing a person could write may take longer. */
const maxMs = 2000;

const root = mkdtempSync(join(tmpdir(), 'ringjail-fuzz-'));
after(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, 'filter.d'));

it('any options that refer to each other by tags end, and stay small', (context) => {
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'ab', 'a/b', 'aa');
  const part = fc.oneof(name, fc.constantFrom('<a>', '<b>', '<c>', '<d>', '<a<b>>', '<', '>', '<<', '>>', 'x', ' ', '\n', '<HOST>'));
  const value = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1 }), (options) => {
      const start = performance.now();
      const tags = new TagSubstitution((tag) =>
        ok(Object.hasOwn(options, tag) ? { key: tag, value: plainValue(options[tag] ?? '', { file: tag, line: 1 }) } : undefined),
      );
      for (const [key, text] of Object.entries(options)) {
        const result = tags.resolve(key, plainValue(text, { file: key, line: 1 }));
        if (!result.ok) for (const error of result.error) assert.match(formatConfigError(error), /^[abcd/]+:1: "</);
        else {
          assert.ok(result.value.text.length <= 256 * 1024);
          for (const offset of [0, result.value.text.length]) assert.ok(result.value.originAt(offset).line === 1);
          // Nothing is left that an option would replace, but what stands for itself.
          for (const [tag, rest = ''] of result.value.text.matchAll(/<([^ <>]+)>/g)) {
            assert.ok(!Object.hasOwn(options, rest) || (rest.includes('/') && tags.resolve(rest, result.value).ok), tag);
          }
        }
      }
      assert.ok(performance.now() - start < maxMs);
    }),
    { seed, numRuns: 5000 },
  );
});

it('values that multiply each other end', () => {
  for (const [count, uses] of [
    [18, 2],
    [5000, 2],
    [5000, 1],
    [300, 100],
  ] as const) {
    const lines = Array.from({ length: count }, (_, index) => `a${index} = ${`<a${index + 1}>`.repeat(uses)}`);
    writeFileSync(
      join(root, 'filter.d', 'grow.conf'),
      `[Definition]\nfailregex = <a0> <HOST>\n${lines.join('\n')}\na${count} = x${'y'.repeat(1000)}\n`,
    );
    const start = performance.now();
    const { errors } = load('grow');
    assert.ok(performance.now() - start < 2 * maxMs, `${count} ${uses}: ${performance.now() - start} ms`);
    assert.ok(errors.length > 0 && errors.length < 10);
    for (const { message } of errors) assert.ok(message.length < 1000);
  }
});

const pieces = [
  ...['[Definition]\n', '[Init]\n', '[DEFAULT]\n', '[lt_file]\n', '[Init?family=inet6]\n', '[INCLUDES]\nbefore = fuzz.conf\n'],
  ...['failregex = ', 'prefregex = ', 'ignoreregex = ', 'maxlines = ', 'datepattern = ', 'journalmatch = ', 'usedns = ', 'logtype = '],
  ...[
    'a = ',
    'b = ',
    'host = ',
    'mdre-a = ',
    '\n',
    '\n',
    '\n  ',
    ' ',
    '5',
    'no',
    'A=1',
    '+',
    '"',
    'x',
    '^',
    '(',
    ')',
    '(?i)',
    '{,2}',
    '\\Z',
    '\\R',
  ],
  ...[
    '<HOST>',
    '<a>',
    '<b>',
    '<mdre-<a>>',
    '<known/a>',
    '<lt_<logtype>/a>',
    '<',
    '>',
    '<F-ID>',
    '</F-ID>',
    '%(a)s',
    '%(known/a)s',
    '%%',
    '%',
  ],
  ...['\ud800', '\u2028', '\x1b'],
];

it('no filter file makes the loader throw or hang', (context) => {
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => `[Definition]\n${parts.join('')}`);
  const filter = fc.constantFrom(
    'fuzz',
    'fuzz[a=<b>]',
    'fuzz[failregex="<known/failregex>"]',
    'fuzz[logtype=, mode=x]',
    'fuzz[a="%(b)s", b="<a>"]',
  );
  fc.assert(
    fc.property(text, text, filter, (conf, local, spec) => {
      writeFileSync(join(root, 'filter.d', 'fuzz.conf'), conf);
      writeFileSync(join(root, 'filter.d', 'fuzz.local'), local);
      const start = performance.now();
      const { definition, errors, notices } = load(spec);
      assert.equal(definition === undefined, errors.length > 0);
      for (const error of [...errors, ...notices]) assert.match(formatConfigError(error), /^\S+: \S/);
      for (const expression of definition?.failregex ?? []) {
        assert.ok(expression.origin.line > 0);
        assert.match(formatConfigError(expression.errorAt(expression.source.length, 'm')), /: failregex /);
      }
      for (const line of definition?.journalmatch ?? []) assert.ok(parseJournalmatch(line).ok);
      assert.ok(performance.now() - start < maxMs);
    }),
    { seed, numRuns: 1500 },
  );
});

it('no text makes journalmatch throw', (context) => {
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const line = fc.oneof(fc.string({ unit: fc.constantFrom(...'AB=+ "\'\\x') }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(line, (text) => {
      const parsed = parseJournalmatch(text);
      if (parsed.ok) for (const fields of parsed.value) assert.ok(fields.length > 0);
    }),
    { seed, numRuns: 10_000 },
  );
});

function load(spec: string) {
  const named = parseDefinition(spec);
  assert.ok(named.ok);
  return loadFilterDefinition(root, named.value, {
    section: 'j',
    origin: { file: 'jail.conf', line: 1 },
    logtype: 'file',
    jailOption: (option, known) =>
      ok(option === 'datepattern' ? plainValue(known.get('known/datepattern') ?? '', { file: 'jail.conf', line: 2 }) : undefined),
  });
}
