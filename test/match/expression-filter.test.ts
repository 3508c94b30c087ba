import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDateDetector } from '../../src/match/date-detector.ts';
import { createExpressionFilter } from '../../src/match/expression-filter.ts';
import type { Filter } from '../../src/match/filter.ts';
import { LineFilter } from '../../src/match/line-filter.ts';
import { allOf, batchOf } from '../record/batch-of.ts';
import { compiledOf, type FilterText } from './filter-of.ts';

function expressionFilterOf(text: FilterText, hasDates = false): Filter {
  const compiled = compiledOf(text);
  const dates = createDateDetector({ datepattern: undefined, nowSec: () => 0, timeZone: 'UTC' });
  assert.ok(dates.ok);
  const lineFilter = new LineFilter({ expressions: compiled, dates: dates.value, nowSec: () => 0 });
  return createExpressionFilter({ name: 'f', lineFilter, compiled, hasDates });
}

/** Each failure: who, when, and its evidence. */
function found(filter: Filter, messages: readonly string[], prefix = '', records?: number[]): string[] {
  const batch = batchOf(messages, { prefix });
  const failures: string[] = [];
  filter.match(batch, records === undefined ? allOf(batch) : Uint32Array.from(records), {
    onFailure: ({ address, timeUsec, distinct, evidence: { source, sequence, text } }) =>
      void failures.push([address.text, timeUsec, distinct, source, sequence, text].join('|')),
    onNamedFailure: ({ hostname, timeUsec, evidence: { text } }) => void failures.push(['name', hostname, timeUsec, text].join('|')),
    onNobody: () => void failures.push('nobody'),
  });
  return failures;
}

describe('ExpressionFilter', () => {
  it('tells who failed, at the time of the record, with the line', () => {
    const filter = expressionFilterOf({ failregex: ['^\\S+ app: bad <HOST>$'] });
    assert.deepEqual(found(filter, ['good 192.0.2.1', 'bad 192.0.2.2', 'bad 2001:db8::1'], 'host app: '), [
      '192.0.2.2|1000001||kernel|101|host app: bad 192.0.2.2',
      '2001:db8::1|1000002||kernel|102|host app: bad 2001:db8::1',
    ]);
  });

  it('looks at the records that it is given only', () => {
    const filter = expressionFilterOf({ failregex: ['bad <HOST>'] });
    assert.deepEqual(
      found(filter, ['bad 192.0.2.1', 'bad 192.0.2.2', 'bad 192.0.2.3'], '', [0, 2]).map((one) => one.split('|')[0]),
      ['192.0.2.1', '192.0.2.3'],
    );
    assert.deepEqual(found(filter, ['bad 192.0.2.1'], '', []), []);
  });

  it('a host name goes its own way', () => {
    assert.deepEqual(found(expressionFilterOf({ failregex: ['bad <HOST>'] }), ['bad host.example']), [
      'name|host.example|1000000|bad host.example',
    ]);
  });

  const ids: [text: string, who: string][] = [
    ['account', 'account'],
    ['192.0.2.7', '192.0.2.7'],
    ['[2001:DB8::7]', '2001:db8::7'],
    ['192.0.2.7/24', 'nobody'],
    ['192.0.2.7:80', '192.0.2.7:80'],
    ['$(reboot) "; `id` \'', '$(reboot) "; `id` \''],
    ['-rf', '-rf'],
    ['\xff\xfe', '\ufffd\ufffd'],
    ['0.0.0.0/0', 'nobody'],
    ['1.0.0.0/15', 'nobody'],
    ['\x1b[2J', 'nobody'],
    ['a\tb', 'nobody'],
    ['  ', 'nobody'],
    ['x'.repeat(256), 'x'.repeat(256)],
    ['x'.repeat(257), 'nobody'],
    ['\xff'.repeat(86), 'nobody'],
    ['x'.repeat(10_000), 'nobody'],
  ];
  for (const [text, who] of ids) {
    it(`<F-ID> ${JSON.stringify(text.slice(0, 20))} of ${text.length} bytes`, () => {
      const filter = expressionFilterOf({ failregex: ['^bad <F-ID>.+</F-ID>, <HOST>$'] });
      assert.deepEqual(
        found(filter, [`bad ${text}, 198.51.100.1`]).map((one) => one.split('|')[0]),
        [who],
      );
    });
  }

  it('an address that is not who failed is one more thing that was found', () => {
    const filter = expressionFilterOf({ failregex: ['^bad <F-ID>\\S+</F-ID> of <F-USER>\\S+</F-USER>, <HOST>$'] });
    const batch = batchOf(['bad session of bob, 198.51.100.1', 'bad 192.0.2.1 of bob, 198.51.100.1']);
    const fields: unknown[] = [];
    filter.match(batch, allOf(batch), {
      onFailure: ({ evidence }) => void fields.push(evidence.fields),
      onNamedFailure: () => assert.fail(),
    });
    assert.deepEqual(fields, [{ 'F-IP4': '198.51.100.1', 'F-USER': 'bob' }, { 'F-USER': 'bob' }]);
  });

  it('a network is who failed, where the expression names one', () => {
    assert.match(found(expressionFilterOf({ failregex: ['bad <SUBNET>$'] }), ['bad 192.0.2.0/24']).join(), /^192\.0\.2\.0\/24\|/);
  });

  it('evidence is cut', () => {
    const [one = ''] = found(expressionFilterOf({ failregex: ['bad <HOST>'] }), [`bad 192.0.2.1 ${'x'.repeat(1000)}`]);
    assert.equal(one.split('|').at(-1)?.length, 512);
  });

  it('lines of files: their date is not seen, and is not the time', () => {
    const text = { failregex: ['^\\s*bad <HOST>$'] };
    const line = '2005-08-14 11:59:59 bad 192.0.2.1';
    assert.deepEqual(found(expressionFilterOf(text, true), [line]), [`192.0.2.1|1000000||kernel|100|${line}`]);
    assert.deepEqual(found(expressionFilterOf(text, true), ['bad 192.0.2.1']).length, 1);
    assert.deepEqual(found(expressionFilterOf(text, false), [line]), []);
  });

  it('records are hostile', () => {
    const filter = expressionFilterOf({ failregex: ['bad <HOST>'] });
    assert.deepEqual(
      found(filter, ['', '\xff\xfe bad 192.0.2.1', '\0', 'x'.repeat(70_000), 'bad ::ffff:192.0.2.7']).map((one) => one.split('|')[0]),
      ['192.0.2.1', '192.0.2.7'],
    );
  });
});

describe('ExpressionFilter: logins that succeeded', () => {
  /** For each message whom it clears, and whom it counts against. */
  function told(filter: Filter, messages: readonly string[]): string[] {
    const events: string[] = [];
    const batch = batchOf(messages);
    filter.match(batch, allOf(batch), {
      onFailure: ({ address }) => void events.push(`failure ${address.text}`),
      onNamedFailure: () => assert.fail(),
      onSuccess: ({ text }) => void events.push(`success ${text}`),
    });
    return events;
  }

  const sessions = [
    '^<F-MLFID>\\d+</F-MLFID> bad (?:<F-USER>\\w+</F-USER> )?<HOST>$',
    '^<F-MLFID>\\d+</F-MLFID> <F-MLFGAINED>good</F-MLFGAINED>(?: <HOST>)?$',
  ];

  it('<F-MLFGAINED> with an address', () =>
    assert.deepEqual(told(expressionFilterOf({ failregex: sessions }), ['1 good 192.0.2.1']), ['success 192.0.2.1']));
  it('<F-MLFGAINED> without one: that of its session, if there is one', () =>
    assert.deepEqual(told(expressionFilterOf({ failregex: sessions }), ['1 bad 192.0.2.1', '1 good', '2 good', '1 bad 192.0.2.1']), [
      'failure 192.0.2.1',
      'success 192.0.2.1',
      'failure 192.0.2.1',
    ]));
  it('<F-MLFGAINED> without a session', () =>
    assert.deepEqual(told(expressionFilterOf({ failregex: ['^<F-MLFGAINED>good</F-MLFGAINED> <HOST>$'] }), ['good 192.0.2.1', 'bad']), [
      'success 192.0.2.1',
    ]));
  it('who tried several names failed, whoever gets in', () =>
    assert.deepEqual(told(expressionFilterOf({ failregex: sessions }), ['1 bad a 192.0.2.1', '1 bad b 192.0.2.1', '1 good']), [
      'failure 192.0.2.1',
      'failure 192.0.2.1',
      'failure 192.0.2.1',
    ]));

  const both = (failregex: string[], success: string) => {
    const compiled = compiledOf({ failregex: [success] });
    const successes = { compiled, lineFilter: new LineFilter({ expressions: compiled, dates: undefined, nowSec: () => 0 }) };
    const failures = compiledOf({ failregex });
    const lineFilter = new LineFilter({ expressions: failures, dates: undefined, nowSec: () => 0 });
    return createExpressionFilter({ name: 'f', lineFilter, compiled: failures, hasDates: false, successes });
  };

  it('an expression of its own, and never for a line that is a failure', () => {
    const filter = both(['bad <HOST>$'], '(?:good|bad) <HOST>$');
    assert.deepEqual(told(filter, ['good 192.0.2.1', 'bad 192.0.2.2', 'good host.example']), ['success 192.0.2.1', 'failure 192.0.2.2']);
    assert.deepEqual([...both(['bad <HOST>$'], 'good <HOST>$').literals].sort(), ['bad ', 'good ']);
    assert.deepEqual(both(['bad <HOST>$'], '<HOST>$').literals, []);
    assert.deepEqual(both(['<HOST>$'], 'good <HOST>$').literals, []);
  });

  it('one that takes too many steps is told as such', () => {
    const filter = both(['bad <HOST>$'], '^(a+)+!$ <HOST>');
    told(filter, [`${'a'.repeat(40)}!x 192.0.2.9`]);
    assert.deepEqual(filter.takeGivenUp(), [{ expression: 'successregex 1', count: 1 }]);
  });
});

describe('ExpressionFilter: literals', () => {
  const table: [name: string, text: FilterText, hasDates: boolean, literals: string[]][] = [
    ['of each expression', { failregex: ['^Failed .* <HOST>', 'bad guy <HOST>'] }, false, ['failed ', 'bad guy ']],
    ['once', { failregex: ['bad <HOST>', 'bad <HOST>$'] }, false, ['bad ']],
    ['none where one expression has none', { failregex: ['bad <HOST>', '<HOST>'] }, false, []],
    ['none where a date is cut out', { failregex: ['bad <HOST>'] }, true, []],
    ['none where lines stand together', { failregex: ['bad <HOST>'], maxlines: 2 }, false, []],
    ['none without an expression', { failregex: [] }, false, []],
    [
      'not of ignoreregex or prefregex',
      { prefregex: '^pre <F-CONTENT>.+</F-CONTENT>$', failregex: ['bad <HOST>'], ignoreregex: ['ign'] },
      false,
      ['bad '],
    ],
  ];
  for (const [name, text, hasDates, literals] of table) {
    it(name, () => assert.deepEqual([...expressionFilterOf(text, hasDates).literals].sort(), literals.toSorted()));
  }
});

describe('ExpressionFilter: takeGivenUp', () => {
  const endless = '^(a+)+$ <HOST>';
  const hostile = `${'a'.repeat(40)}!`;

  it('each expression by kind and number, since it was asked last', () => {
    const filter = expressionFilterOf({ failregex: ['bad <HOST>', endless.replace('$', '!$')] });
    assert.deepEqual(filter.takeGivenUp(), []);
    assert.deepEqual(found(filter, [`${hostile}x 192.0.2.9`, 'bad 192.0.2.1', `${hostile}x 192.0.2.9`]).length, 1);
    assert.deepEqual(filter.takeGivenUp(), [{ expression: 'failregex 2', count: 2 }]);
    assert.deepEqual(filter.takeGivenUp(), []);
    found(filter, [`${hostile}x 192.0.2.9`]);
    assert.deepEqual(filter.takeGivenUp(), [{ expression: 'failregex 2', count: 1 }]);
  });

  it('prefregex and ignoreregex', () => {
    const pre = expressionFilterOf({ prefregex: '^(?:a+)+b<F-CONTENT>.+</F-CONTENT>$', failregex: ['<HOST>'] });
    found(pre, [`${hostile}b 192.0.2.1`]);
    assert.deepEqual(pre.takeGivenUp(), [{ expression: 'prefregex', count: 1 }]);
    const ignore = expressionFilterOf({ failregex: [' <HOST>$'], ignoreregex: ['^(?:a+)+b'] });
    // What to ignore was not found.
    assert.equal(found(ignore, [`${hostile}b 192.0.2.1`]).length, 1);
    assert.deepEqual(ignore.takeGivenUp(), [{ expression: 'ignoreregex 1', count: 1 }]);
  });
});
