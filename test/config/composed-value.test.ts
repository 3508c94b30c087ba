import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ComposedValue } from '../../src/config/composed-value.ts';
import type { ConfigValue } from '../../src/config/interpolation.ts';

/** Each line of `text` stands in a line of its own. */
function fileValue(text: string, file: string): ConfigValue {
  const originAt = (offset: number) => ({ file, line: text.slice(0, offset).split('\n').length });
  return { text, origin: { file, line: 1 }, originAt, originOf: originAt };
}

const at = (value: ConfigValue, part: string): string => Object.values(value.originAt(value.text.indexOf(part))).join(':');
const of = (value: ConfigValue, line: string): string => {
  const start = value.text.indexOf(line);
  return Object.values(value.originOf(start, start + line.length)).join(':');
};

const inner = ComposedValue.of(fileValue('1\n<c>2', 'b')).replaceAll('<c>', fileValue('C', 'c'));
const value = ComposedValue.of(fileValue('x<b>y\n<b>\nz', 'a')).replaceAll('<b>', inner);

it('the text', () => assert.equal(value.text, 'x1\nC2y\n1\nC2\nz'));

describe('originAt: where a character is written', () => {
  const table: [string, string][] = [
    ['x', 'a:1'],
    ['1', 'b:1'],
    ['C', 'c:1'],
    ['2', 'b:2'],
    ['y', 'a:1'],
    ['1\nC2\nz', 'b:1'],
    ['C2\nz', 'c:1'],
    ['z', 'a:3'],
  ];
  for (const [part, origin] of table) it(JSON.stringify(part), () => assert.equal(at(value, part), origin));
  it('beyond the end', () => assert.deepEqual(value.originAt(100), { file: 'a', line: 3 }));
});

describe('originOf: where a line is written', () => {
  const table: [string, string][] = [
    ['x1', 'a:1'],
    ['C2y', 'a:1'],
    ['1\nC2\nz', 'a:2'],
    ['C2\nz', 'a:2'],
    ['C2', 'b:2'],
  ];
  for (const [line, origin] of table) it(JSON.stringify(line), () => assert.equal(of(value, line), origin));
  it('a line that is all put in is where that is written', () => {
    const start = value.text.lastIndexOf('C2');
    assert.deepEqual(value.originOf(start, start + 2), { file: 'b', line: 2 });
    assert.deepEqual(value.originOf(start, start + 1), { file: 'c', line: 1 });
  });
});

it('what is put in may be put in again, across the borders of earlier pieces', () => {
  const first = ComposedValue.of(fileValue('<a<b>>-', 'a')).replaceAll('<b>', fileValue('c', 'b'));
  assert.equal(first.text, '<ac>-');
  const second = first.replaceAll('<ac>', fileValue('X', 'c'));
  assert.equal(second.text, 'X-');
  assert.equal(at(second, 'X'), 'c:1');
  assert.equal(at(second, '-'), 'a:1');
});

it('by nothing', () => {
  const empty = ComposedValue.of(fileValue('<a>', 'a')).replaceAll('<a>', fileValue('', 'b'));
  assert.equal(empty.text, '');
  assert.deepEqual(empty.originAt(0), { file: 'a', line: 1 });
  assert.deepEqual(empty.originOf(0, 0), { file: 'a', line: 1 });
});

it('a replacement is taken as it is', () => {
  assert.equal(ComposedValue.of(fileValue('<a>', 'a')).replaceAll('<a>', fileValue('$& $1 <a>', 'b')).text, '$& $1 <a>');
});
