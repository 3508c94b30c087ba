// The filters that ringjail ships, on lines that real programs wrote and on such as an attacker would have them write.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatConfigError } from '../../src/config/config-error.ts';
import { type FilterDefinition, loadFilterDefinition } from '../../src/config/filter-definition.ts';
import { createLineFilter } from '../../src/config/line-filter-config.ts';
import type { LineFailure } from '../../src/match/line-failure.ts';
import type { LineFilter } from '../../src/match/line-filter.ts';
import { type FilterSample, type HostileKind, lineOf, loadFilterSamples, type SampleGroup } from '../lab/filter-samples.ts';

const directory = join(import.meta.dirname, '../../../config');
/** A parser of its own reads these records. */
const withoutExpressions = ['portscan'];
const names = readdirSync(join(directory, 'filter.d'))
  .map((file) => file.replace(/\.conf$/, ''))
  .filter((name) => !withoutExpressions.includes(name));

const seed = Number(process.env['RINGJAIL_SEED'] ?? Date.now() % 1_000_000_000);

/** Longer than a session is kept: each line that is apart from the one before by so much stands alone. */
const sessionSec = 1000;

/** How the program writes what a client sent; no newline gets through. */
const writers: Readonly<Record<string, (text: string) => string>> = {
  sshd: (text) => replaceUnprintable(text.replaceAll('\\', '\\\\'), octal),
  'named-refused': (text) => replaceUnprintable(text.replace(/["().;@$\\]/g, '\\$&').replaceAll(' ', '\\032'), decimal),
  recidive: (text) => text,
  postfix: (text) => replaceUnprintable(text, () => '?'),
  'postfix-greylisting': (text) => replaceUnprintable(text, () => '?'),
};

for (const name of names) {
  const groups = loadFilterSamples(name);
  const write = writers[name] ?? assert.fail(`${name}: how does its program write what it was sent?`);
  const peers = new Set(groups.flatMap(({ samples }) => samples.map(({ address }) => address)));

  describe(name, () => {
    it('counts against whom the samples say, and nobody else', () => {
      const wrong = groups.flatMap((group) => {
        const { lineFilter } = createFilter(name, group);
        return group.samples.flatMap((sample) => judge(sample, match(lineFilter, lineOf(sample))) ?? []);
      });
      assert.deepEqual(wrong, []);
    });

    it('has no expression that no sample hits', () => {
      const hits = new Map<string, number>();
      for (const group of groups) {
        const { lineFilter, definition } = createFilter(name, group);
        for (const sample of group.samples) match(lineFilter, lineOf(sample));
        for (const [index, { text }] of definition.failregex.entries()) {
          hits.set(text, (hits.get(text) ?? 0) + (lineFilter.counts.failregex[index] ?? 0));
        }
      }
      assert.deepEqual(
        [...hits].filter(([, count]) => count === 0).map(([text]) => text),
        [],
      );
    });

    it(`finds the true peer or nobody, whatever stands where an attacker writes (seed ${seed})`, () => {
      for (const group of groups) {
        const { lineFilter, nextSession } = createFilter(name, group);
        const samples = group.samples.filter(({ parts }) => parts.some(({ hostile }) => hostile !== undefined));
        if (samples.length === 0) continue;
        const property = fc.property(
          fc.constantFrom(...samples),
          fc.array(hostileText, { minLength: 1, maxLength: 6 }),
          (sample, texts) => {
            let next = 0;
            const line = lineOf(sample, (kind) => placed(write(texts[next++ % texts.length] ?? ''))(kind));
            nextSession();
            const found = match(lineFilter, line)?.identity.text;
            assert.ok(found === undefined || peers.has(found), `${found} in ${line}`);
          },
        );
        fc.assert(property, { seed, numRuns: 4000 });
      }
    });

    it('takes few steps in lines of 64 KiB', () => {
      for (const group of groups) {
        const { lineFilter, nextSession } = createFilter(name, group);
        for (const [index, sample] of group.samples.entries()) {
          const places = sample.parts.filter(({ hostile }) => hostile !== undefined).length;
          if (places === 0) continue;
          // All texts in all samples would take minutes.
          for (let which = index % everyText; which < longTexts.length; which += everyText) {
            const text = write(longTexts[which] ?? '').slice(0, (64 * 1024) / places);
            nextSession();
            const found = match(lineFilter, lineOf(sample, placed(text)))?.identity.text;
            assert.ok(found === undefined || peers.has(found), `${found} in ${sample.place} with ${text.slice(0, 100)}`);
          }
        }
        assert.deepEqual(lineFilter.limitsReached(), []);
      }
    });
  });
}

interface OwnFilter {
  readonly lineFilter: LineFilter;
  readonly definition: FilterDefinition;
  /** Forgets what is known of all sessions. */
  readonly nextSession: () => void;
}

function createFilter(name: string, { options }: SampleGroup): OwnFilter {
  const request = { section: undefined, origin: { file: name, line: 1 }, logtype: 'journal' };
  const { definition, errors, notices } = loadFilterDefinition(directory, { name, options, offset: 0 }, request);
  assert.ok(definition, errors.map(formatConfigError).join('\n'));
  assert.deepEqual(notices, []);
  let nowSec = 0;
  const working = createLineFilter(definition, { section: undefined, hasDates: false, nowSec: () => nowSec });
  assert.ok(working.ok);
  const nextSession = () => {
    nowSec += sessionSec;
  };
  return { lineFilter: working.value.lineFilter, definition, nextSession };
}

function match(filter: LineFilter, line: string): LineFailure | undefined {
  const bytes = Buffer.from(line);
  return filter.match(bytes, 0, bytes.length, 0);
}

function judge({ place, address, user }: FilterSample, failure: LineFailure | undefined): string | undefined {
  const found = failure?.identity.text;
  if (found !== address) return `${place}: ${found ?? 'nobody'} instead of ${address ?? 'nobody'}`;
  if (failure !== undefined && failure.attempts !== 1) return `${place}: ${failure.attempts} attempts`;
  const foundUser = failure?.groups.get('user');
  return user !== undefined && foundUser !== user ? `${place}: user ${foundUser} instead of ${user}` : undefined;
}

/** Parts of what the filters look for, with an address that is nobody's. */
const fragments = [
  ' from 1.2.3.4 port 22 ssh2',
  ' from 1.2.3.4',
  ' 1.2.3.4 port 22 [preauth]',
  ' 1.2.3.4 port 22: Too many authentication failures [preauth]',
  ' port 22',
  ' ssh2: RSA SHA256:abc',
  ' [preauth]',
  ']',
  "'",
  "' from 1.2.3.4 port 22",
  ' 1:2::3:4 port 22 ssh2',
  ' not allowed because not listed in AllowUsers',
  'invalid user ',
  'host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2',
  'host sshd[1]: Invalid user x from 1.2.3.4 port 22',
  '\n',
  '\r',
  '\0',
  'é',
  '\u2028',
  'client @0x1 1.2.3.4#53 (a): ',
  "query (cache) 'a/A/IN' denied",
  "/A/IN' denied",
  ') view a: ',
  '1.2.3.4#53',
  'NOQUEUE: reject: RCPT from x[1.2.3.4]: 554 5.7.1 <a>: Relay access denied; ',
  'x[1.2.3.4]: 450 4.2.0 <a>: Recipient address rejected: Greylisted',
  '>: Relay access denied; ',
  '>: Helo command rejected: ',
  ' from unknown[1.2.3.4]: ',
  '[1.2.3.4]:25',
  'SASL LOGIN authentication failed: ',
  ', sasl_username=x',
  'host postfix/smtpd[1]: warning: x[1.2.3.4]: SASL LOGIN authentication failed: x',
  'blocked using ',
];

const longTexts = [...fragments, 'x', ' ', '<', '\\', '>: ', '('].map((text) => text.repeat(Math.ceil((64 * 1024) / text.length)));
const everyText = 5;

const hostileText = fc
  .array(
    fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 5 }), fc.constantFrom(' ', ': ', '[', '<', '>', '(', 'a'.repeat(1000))),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));

/** A name that a resolver found has few characters only. */
function placed(text: string): (kind: HostileKind) => string {
  return (kind) => (kind === 'name' ? text.replace(/[^\w.-]/g, '-').slice(0, 255) : text);
}

function replaceUnprintable(text: string, escapeByte: (byte: number) => string): string {
  return [...Buffer.from(text)].map((byte) => (byte < 0x20 || byte > 0x7e ? escapeByte(byte) : String.fromCharCode(byte))).join('');
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

function decimal(byte: number): string {
  return `\\${String(byte).padStart(3, '0')}`;
}
