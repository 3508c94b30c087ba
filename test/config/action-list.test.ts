import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDefinition, parseDefinitionList } from '../../src/config/action-list.ts';

describe('parseDefinitionList', () => {
  const good: [string, [string, Record<string, string>][]][] = [
    ['', []],
    [' \n ', []],
    ['ufw', [['ufw', {}]]],
    [
      'ufw sendmail\nmail',
      [
        ['ufw', {}],
        ['sendmail', {}],
        ['mail', {}],
      ],
    ],
    ['name[key="a, b", other=c][more=d]', [['name', { key: 'a, b', other: 'c', more: 'd' }]]],
    ['a[x="[1], ]2"]', [['a', { x: '[1], ]2' }]]],
    ['a[x=\'"\', y="\'"]', [['a', { x: '"', y: "'" }]]],
    ['a[]', [['a', {}]]],
    ['a[x=,y=]', [['a', { x: '', y: '' }]]],
    ['a[x=1,]', [['a', { x: '1' }]]],
    [
      'a [x=1]\n  [y=2]\nb',
      [
        ['a', { x: '1', y: '2' }],
        ['b', {}],
      ],
    ],
    ['a[x= 1 , y = " 2 "]', [['a', { x: '1', y: '2' }]]],
    ['a[x=1][x=2]', [['a', { x: '2' }]]],
    ['a[x="two\nlines"]', [['a', { x: 'two\nlines' }]]],
    ['a[x=b[c]', [['a', { x: 'b[c' }]]],
    ['a[__proto__=1]', [['a', Object.fromEntries([['__proto__', '1']])]]],
    ['smtp.py[dest="root@localhost", matches=10]', [['smtp.py', { dest: 'root@localhost', matches: '10' }]]],
  ];
  for (const [text, expected] of good) {
    it(JSON.stringify(text), () => {
      const list = parseDefinitionList(text);
      assert.ok(list.ok);
      assert.deepEqual(
        list.value.map(({ name, options }) => [name, Object.fromEntries(options)]),
        expected,
      );
    });
  }

  const bad: [string, number, RegExp][] = [
    ['ab[x=1', 2, /no "\]"/],
    ['ab[', 2, /no "\]"/],
    ['ab[x="1]', 5, /close the quotes/],
    ['a[x]', 2, /key=value/],
    ['a[x=1, 2]', 7, /key=value/],
    ['a[=1]', 2, /key=value/],
    ['a[x="1"2]', 7, /"," or "\]"/],
    ['[x=1]', 0, /name is missing/],
    ['a]', 1, /white space/],
    ['a[x=1]b', 6, /white space/],
    ['a[x=1], b', 6, /separate definitions/],
    ['a, b', 1, /separate definitions/],
  ];
  for (const [text, offset, message] of bad) {
    it(`error: ${text}`, () => {
      const list = parseDefinitionList(text);
      assert.ok(!list.ok);
      assert.equal(list.error.offset, offset);
      assert.match(list.error.message, message);
    });
  }

  it('the offset of each name', () => {
    const list = parseDefinitionList(' a[x=1]\n  b');
    assert.ok(list.ok);
    assert.deepEqual(
      list.value.map(({ offset }) => offset),
      [1, 10],
    );
  });
});

describe('parseDefinition', () => {
  it('sshd[mode=aggressive]', () => {
    const one = parseDefinition('sshd[mode=aggressive]');
    assert.ok(one.ok);
    assert.equal(one.value.name, 'sshd');
    assert.equal(one.value.options.get('mode'), 'aggressive');
  });
  it('none', () => assert.deepEqual(parseDefinition(' ').ok, false));
  it('two', () => {
    const two = parseDefinition('a b');
    assert.ok(!two.ok);
    assert.equal(two.error.offset, 2);
  });
});
