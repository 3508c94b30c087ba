import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { parseDefinitionList } from '../../src/config/action-list.ts';
import { formatConfigError } from '../../src/config/config-error.ts';
import { parseIni } from '../../src/config/ini.ts';
import { MergedConfig } from '../../src/config/merged-config.ts';

const { FUZZ_SEED } = process.env;
const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);

const pieces = [
  '[DEFAULT]',
  '[a]',
  '[b]',
  '[a?family=inet6]',
  '[INCLUDES]',
  '[',
  ']',
  '\n',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\n  ',
  '\t',
  ' ',
  '=',
  ' = ',
  ':',
  '#',
  ' ;',
  '%',
  '%%',
  '%(',
  ')s',
  ')',
  '/',
  'known/',
  'default/',
  'a/',
  '%(a)s',
  '%(b)s',
  '%(c)s',
  '%(known/a)s',
  '%(known/b)s',
  '%(default/a)s',
  '%(b/c)s',
  '%(__name__)s',
  'a',
  'b',
  'c',
  'a = ',
  'b = ',
  'c = ',
  '\0',
  '\uFEFF',
  '\u2028',
  '\x1b',
  '\ud800',
  '__proto__',
  '"',
  "'",
  ',',
];
const configText = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 120 }).map((parts) => parts.join('')),
  fc.array(fc.constantFrom(...pieces.filter((piece) => piece !== '\0')), { maxLength: 200 }).map((parts) => `[a]\n${parts.join('')}`),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

function readEverything(texts: readonly string[]): void {
  const files = texts.map((text, index) => parseIni(text, `f${index}`));
  const config = new MergedConfig(
    files,
    files.flatMap(({ errors }) => errors),
  );
  for (const error of config.errors) assert.match(formatConfigError(error), /^f\d+:\d+: \S/);
  for (const section of [...config.sections, 'DEFAULT', 'none']) {
    config.referencedNames(section);
    for (const { name } of [...config.options(section), ...config.options('DEFAULT')]) {
      const result = config.get(section, name, new Map([['given', '%(a)s']]));
      if (!result.ok) for (const error of result.error) assert.match(formatConfigError(error), /^f\d+:\d+: \S/);
      else if (result.value !== undefined) {
        assert.ok(result.value.originAt(result.value.text.length).line > 0);
        parseDefinitionList(result.value.text);
      }
    }
  }
}

it('no text makes the reader throw or hang', (context) => {
  context.diagnostic(`FUZZ_SEED=${seed}`);
  fc.assert(
    fc.property(fc.array(configText, { minLength: 1, maxLength: 3 }), (texts) => {
      readEverything(texts);
    }),
    { seed, numRuns: 3000 },
  );
});

it('any options that refer to each other end', (context) => {
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const reference = fc.tuple(fc.constantFrom('', '', 'known/', 'default/', 'b/'), name).map(([place, option]) => `%(${place}${option})s`);
  const value = fc.array(fc.oneof(reference, fc.constantFrom('x', '%%', '\n  y')), { maxLength: 8 }).map((parts) => parts.join(''));
  const file = fc.array(fc.tuple(fc.constantFrom('DEFAULT', 'a', 'b'), fc.dictionary(name, value)), { maxLength: 3 }).map((sections) =>
    sections
      .map(
        ([section, options]) =>
          `[${section}]\n${Object.entries(options)
            .map((entry) => entry.join(' = '))
            .join('\n')}`,
      )
      .join('\n'),
  );
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 4 }), (texts) => {
      readEverything(texts);
    }),
    { seed, numRuns: 2000 },
  );
});

it('no text makes the list of actions throw', (context) => {
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const unit = fc.constantFrom(...'ab=[],"\' \n%.', '[x=', '[x="');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' })), (text) => {
      const list = parseDefinitionList(text);
      if (!list.ok) assert.ok(list.error.offset >= 0 && list.error.offset <= text.length);
    }),
    { seed, numRuns: 10_000 },
  );
});
