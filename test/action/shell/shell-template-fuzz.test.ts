// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the shell's
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { renderShellTemplate } from '../../../src/action/shell/shell-template.ts';
import { parseShellTemplate } from '../../../src/action/shell/shell-template-parser.ts';

const seed = Number(process.env['RINGJAIL_SEED'] ?? Date.now() % 2 ** 31);
const shells = ['/bin/dash', '/bin/bash'];

/** Shell text, and what it stands for. */
interface Part {
  readonly text: string;
  readonly means: (value: string) => string;
}

const tag: Part = { text: '<matches>', means: (value) => value };
const fixed = (text: string, means: string): Part => ({ text, means: () => means });
const join = (parts: readonly Part[], open: string, close: string): Part => ({
  text: open + parts.map(({ text }) => text).join('') + close,
  means: (value) => parts.map(({ means }) => means(value)).join(''),
});

const inSingle = fc.constantFrom(
  tag,
  fixed('"', '"'),
  fixed('\\', '\\'),
  fixed('#', '#'),
  fixed('$(', '$('),
  fixed(' x) ', ' x) '),
  fixed('\n', '\n'),
);
const inDouble = fc.constantFrom(
  tag,
  fixed('\\"', '"'),
  fixed('\\\\', '\\'),
  fixed("'", "'"),
  fixed(' # ', ' # '),
  fixed('(', '('),
  fixed('\\$', '$'),
  fixed('<ip>', '192.0.2.7'),
);
const unquoted = fc.constantFrom(
  tag,
  fixed('${x:-"}"}', '}'),
  fixed("${x:-'}\"'}", '}"'),
  fixed('${x:-\\}}', '}'),
  fixed('${x:-$(printf %s ")}")}', ')}'),
  fixed('${#x}', '0'),
  fixed('$((1 + (2)))', '3'),
  fixed("\\'", "'"),
  fixed('\\ ', ' '),
  fixed('a#b', 'a#b'),
  fixed('\\"', '"'),
  fixed('<ip>', '192.0.2.7'),
);

/** One word. In backticks backslashes are read twice, and backticks cannot stand: those parts are left out there. */
const { word } = fc.letrec<{ word: Part; plain: Part; backticked: Part; substituted: Part }>((tie) => ({
  plain: fc.oneof(
    { withCrossShrink: true },
    fc.array(unquoted, { minLength: 1, maxLength: 4 }).map((parts) => join(parts, '', '')),
    fc.array(inSingle, { maxLength: 5 }).map((parts) => join(parts, "'", "'")),
    fc.array(fc.oneof(inDouble, tie('substituted'), tie('backticked')), { maxLength: 5 }).map((parts) => join(parts, '"', '"')),
  ),
  substituted: tie('word').map(({ text, means }) => ({
    text: `$(printf '%sx' ${text} # it's "\n)`,
    means: (value: string) => `${means(value)}x`,
  })),
  backticked: fc
    .array(
      fc.constantFrom(tag, join([tag], "'", "'"), join([tag, fixed(' y ', ' y ')], '"', '"'), join([tag, fixed('\\z', '\\z')], '"', '"')),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => join(parts, '', ''))
    .map(({ text, means }) => ({ text: `\`printf '%sx' ${text}\``, means: (value: string) => `${means(value)}x` })),
  word: fc.array(tie('plain'), { minLength: 1, maxLength: 3 }).map((parts) => join(parts, '', '')),
}));

/** What is easily misread. */
const around = fc
  .constantFrom(
    ...["${x:-'}'}", '${x:-"}"}', '"${x:-\'}"', '"${x#"}"}"', "${x%%'\"'}", '"${x:-`p \'`}"', '"${x:-"a b"}"', '"${x:-\\}}"', "${x:-\\'}"],
    ...['${x:-{}', '${x:-$(p "}")}', '"${x:-$(p "}")}"', '${#x}', '$#', '$((1+1))', '"$((1))"', '$(( (1) ))', '$((p a) )', '$((p a) ")")'],
    ...["$(p # it's\n)", "`p # it's\n`", '"$(p ")")"', '"$(p \')\')"', '$(case x in x) p ;; esac)', '$(case x in (x) p ;; esac)'],
    ...['<<E\n"\nE\n', "<<E\n'\nE\n", "<<'E'\n\"\nE\n", '<<-E\n\t"\n\tE\n', '<<E\na\\\nE\n"\nE\n', '<<E1 <<E2\n"\nE1\n\'\nE2\n'],
    ...['$(p <<E\n"\nE\n)', '"$(p <<E\n"\nE\n)"', '`p <<E\n"\nE\n`', '<<\\E\n"\nE\n', '<<E"F"\n"\nEF\n', '<<E;p b\n"\nE\n'],
    ...[
      '\\"',
      "\\'",
      '"\\""',
      "'\\'",
      '#"\n',
      'a#"',
      '""#"',
      '\\\n',
      '$"',
      "$'a'",
      '\\`',
      '"\\`"',
      "'`'",
      '\\\\',
      '"\\\\"',
      '\\\\"',
      '\\$(',
    ],
    ...[
      '{ p a; }',
      '( p a )',
      '! p',
      '>/dev/null',
      '2>&1',
      '; p ',
      '| p ',
      '&& p ',
      '\np ',
      '=',
      '~',
      '"',
      "'",
      '`',
      ')',
      '}',
      '`p \\`p a\\``',
    ],
    ...[
      '"`p ',
      '`"',
      '"$(p ',
      ')"',
      '"`p \\"',
      '\\"`"',
      '`p \\\\"',
      '\\\\"`',
      'p <<E\n`p \\"',
      '\\"`\nE\n',
      '"`p \\$(p \\"',
      'a`p "b c"`d',
    ],
  )
  .chain((text) => fc.constantFrom(text, `${text} `));
const whole = fc.constantFrom('"<F-USER>"', "'<F-USER>'", '<F-USER>', '"a <F-USER> b"', '\'a "<F-USER>" b\'');

const hostile = fc.constantFrom(
  "'",
  '"',
  '$(echo no)',
  '`echo no`',
  '\n',
  '\\',
  '%',
  '%s',
  '-n',
  '~!echo no',
  '*',
  ' ',
  '\\c',
  '$RJ_IP',
  'EOF',
  '&',
  ';',
  '|',
  '>',
  '\\n',
);
const value = fc
  .oneof(
    fc.array(fc.oneof(hostile, fc.string({ unit: 'grapheme' })), { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string(),
  )
  .map((text) => Buffer.from(text.replaceAll('\0', '')).toString());

function runTemplate(shell: string, text: string, matches: string): string {
  const parsed = parseShellTemplate(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.map(({ message }) => message).join('; '));
  const values = new Map([
    ['matches', matches],
    ['ip', '192.0.2.7'],
  ]);
  const { script, env } = renderShellTemplate(parsed.value.template, values);
  assert.ok(!script.includes('<matches>'), script);
  return execFileSync(shell, ['-c', script], {
    env: { PATH: '/nowhere', LC_ALL: 'C.UTF-8', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('the program receives exactly the value', () => {
  for (const shell of shells) {
    it(`in any quotes, with ${shell}`, (context) => {
      context.diagnostic(`RINGJAIL_SEED=${seed}`);
      fc.assert(
        fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), value, (words, matches) => {
          const text = `printf '[%s]' ${words.map((part) => part.text).join(' ')}`;
          assert.equal(runTemplate(shell, text, matches), words.map(({ means }) => `[${means(matches)}]`).join(''), text);
        }),
        { seed, numRuns: 150 },
      );
    });

    it(`in a here-document, a format, by %b, and in awk's input, with ${shell}`, () => {
      const forms: readonly (readonly [string, (value: string) => string])[] = [
        [
          'while IFS= read -r line; do printf "%s\\n" "$line"; done <<EOF\n"<matches>\' $(printf %sx "<matches>")\nEOF\nprintf z',
          (v) => `"${v}' ${v}x\nz`,
        ],
        ['printf "a <matches>\\n"', (v) => `a ${v}\n`],
        ["printf %b 'a\\n<matches>'", (v) => `a\n${v}`],
        ['printf -- \'%s %b|\' 1 "<matches>" 2 <matches>', (v) => `1 ${v}|2 ${v}|`],
        ['printf \'%.1000s\' x"<matches>"y', (v) => `x${v}y`.slice(0, 1000)],
        ['# "<matches>\'\nprintf %s "<matches>"', (v) => v],
        ['X="<matches>"; printf %s "$X"', (v) => v],
        ['case "x" in y) printf %s no;; (x) printf %s "<matches>";; esac', (v) => v],
        ['Y="$(case x in x) printf %sx "<matches>";; esac)"; printf %s "$Y"', (v) => `${v}x`],
        ['printf %s 2>&1 <matches>', (v) => v],
      ];
      fc.assert(
        fc.property(fc.constantFrom(...forms), value, ([text, means], matches) => {
          assert.equal(runTemplate(shell, text, matches), means(matches), text);
        }),
        { seed, numRuns: 150 },
      );
    });
  }

  for (const shell of shells) {
    it(`whatever is around it, the value does not come apart and is not run, with ${shell}`, () => {
      const text = '-CAN --y /et* $(echo RAN) `echo RAN` ; echo RAN';
      let accepted = 0;
      fc.assert(
        fc.property(
          fc.array(around, { maxLength: 4 }),
          whole,
          fc.array(fc.oneof(whole, around, fc.constant(' ')), { maxLength: 4 }),
          (...parts) => {
            const program = `p ${parts.flat().join('')}`;
            const parsed = parseShellTemplate(program);
            if (!parsed.ok) return;
            const { script, env } = renderShellTemplate(parsed.value.template, new Map([['F-USER', text]]));
            // What a command in $( ) writes may come apart, as it would anywhere.
            const p =
              'p() { for a; do case "$a" in -CAN*) printf BAD ;; *"$TEXT"* | *"_$REST"*) ;; *CAN*|*--y*|*/etc*|*RAN*) printf BAD ;; esac; done; }';
            const { status, stdout } = spawnSync(shell, ['-c', `${p}\n${script}`], {
              env: { PATH: '/nowhere', TEXT: text, REST: text.slice(1), ...env },
              encoding: 'utf8',
              cwd: '/',
            });
            if (status === 0) accepted += 1;
            assert.doesNotMatch(stdout, /BAD|RAN/, program);
          },
        ),
        { seed, numRuns: 400 },
      );
      assert.ok(accepted > 20, String(accepted));
    });
  }

  it('any text is parsed or refused, quickly, and no value is in the script', () => {
    const bits = fc.constantFrom(
      '<matches>',
      '<ip>',
      '"',
      "'",
      '`',
      '$(',
      ')',
      '((',
      '${',
      '}',
      '<<EOF\n',
      'EOF',
      '\n',
      '\\',
      '#',
      ' ',
      'case',
      'esac',
      'x',
      ';',
      '<<',
      '<',
      '>',
      '<br>',
      '<-',
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 40 }), (parts) => {
        const parsed = parseShellTemplate(parts.join(''));
        if (!parsed.ok) return;
        const marked = renderShellTemplate(parsed.value.template, new Map([['matches', 'HOSTILE']]));
        assert.ok(!marked.script.includes('HOSTILE'), parts.join(''));
      }),
      { seed, numRuns: 20_000 },
    );
  });
});
