import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatConfigError } from '../../src/config/config-error.ts';
import { parseIni } from '../../src/config/ini.ts';
import { MergedConfig } from '../../src/config/merged-config.ts';
import { OptionReader, parseBoolean } from '../../src/config/option-reader.ts';

/** A reader of [a], where `x` has this value in line 3. */
const readerOf = (value: string) => new OptionReader(new MergedConfig([parseIni(`[a]\n\nx = ${value}\n`, 'f')], []), 'a');

/** What a read gives: the value, or the error that it noted beside the fallback. */
function read<T>(value: string, take: (reader: OptionReader) => T, fallback: T): T | string {
  const reader = readerOf(value);
  const taken = take(reader);
  const [error, second] = reader.errors;
  assert.equal(second, undefined);
  if (error === undefined) return taken;
  assert.equal(taken, fallback);
  assert.equal(error.section, 'a');
  return formatConfigError(error);
}

describe('OptionReader', () => {
  it('gives the fallback for what nobody set, and notes nothing', () => {
    const reader = readerOf('1');
    assert.equal(reader.text('y', 'fallback'), 'fallback');
    assert.equal(reader.boolean('y', true), true);
    assert.equal(reader.integer('y', 7, 1, 9), 7);
    assert.equal(reader.durationUsec('y', 600_000), 600_000_000);
    assert.equal(reader.value('y'), undefined);
    assert.deepEqual(reader.errors, []);
  });

  it('a value that cannot be interpolated is one error, and the fallback', () => {
    const reader = readerOf('%(nothing)s');
    assert.equal(reader.integer('x', 7, 1, 9), 7);
    assert.equal(reader.errors.length, 1);
    assert.match(formatConfigError(reader.errors[0] ?? assert.fail()), /^f:3: .*nothing/);
  });

  it('notes all errors, each with its own', () => {
    const reader = new OptionReader(new MergedConfig([parseIni('[a]\nx = q\ny = q', 'f')], []), 'a');
    reader.boolean('x', true);
    reader.integer('y', 7, 1, 9);
    assert.deepEqual(
      reader.errors.map(({ line }) => line),
      [2, 3],
    );
  });

  const integers: [string, number | string][] = [
    ['1', 1],
    ['10000', 10_000],
    ['007', 7],
    ['0', 'f:3: x = "0": expected a whole number from 1 to 10000'],
    ['10001', 'f:3: x = "10001": expected a whole number from 1 to 10000'],
    ['-5', 'f:3: x = "-5": expected a whole number from 1 to 10000'],
    ['1.5', 'f:3: x = "1.5": expected a whole number from 1 to 10000'],
    ['1e3', 'f:3: x = "1e3": expected a whole number from 1 to 10000'],
    ['0x10', 'f:3: x = "0x10": expected a whole number from 1 to 10000'],
    ['', 'f:3: x = "": expected a whole number from 1 to 10000'],
    ['many', 'f:3: x = "many": expected a whole number from 1 to 10000'],
  ];
  for (const [value, expected] of integers) {
    it(`integer: ${JSON.stringify(value)}`, () =>
      assert.equal(
        read(value, (reader) => reader.integer('x', 42, 1, 10_000), 42),
        expected,
      ));
  }

  const times: [string, number | string][] = [
    ['600', 600_000_000],
    ['10m', 600_000_000],
    ['0.001', 1000],
    ['0', 'f:3: x = "0": expected a time such as 600, 10m or 1d12h'],
    ['-1', 'f:3: x = "-1": expected a time such as 600, 10m or 1d12h'],
    ['soon', 'f:3: x = "soon": expected a time such as 600, 10m or 1d12h'],
  ];
  for (const [value, expected] of times) {
    it(`duration: ${JSON.stringify(value)}`, () =>
      assert.equal(
        read(value, (reader) => reader.durationUsec('x', 5), 5000),
        expected,
      ));
  }

  it('duration that may be for good: -1 is Infinity', () => {
    assert.equal(
      read('-1', (reader) => reader.durationUsec('x', 5, { mayBeForGood: true }), 5000),
      Number.POSITIVE_INFINITY,
    );
    assert.match(String(read('never', (reader) => reader.durationUsec('x', 5, { mayBeForGood: true }), 5000)), /, or -1 for good$/);
  });

  it('an error shows hostile text so that it does not act', () => {
    assert.equal(
      read('\x1b[2J', (reader) => reader.boolean('x', false), false),
      'f:3: x = "\\x1b[2J": expected yes or no',
    );
  });
});

describe('parseBoolean', () => {
  // jail.conf(5)
  for (const text of ['1', 'yes', 'true', 'on', 'Yes', 'TRUE']) it(`${text} is true`, () => assert.equal(parseBoolean(text), true));
  for (const text of ['0', 'no', 'false', 'off', 'No']) it(`${text} is false`, () => assert.equal(parseBoolean(text), false));
  for (const text of ['', '2', 'y', 'enabled', 'constructor'])
    it(`"${text}" is neither`, () => assert.equal(parseBoolean(text), undefined));
});
