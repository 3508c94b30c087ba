import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatConfigError } from '../../src/config/config-error.ts';
import { plainValue } from '../../src/config/filter-values.ts';
import { TagSubstitution } from '../../src/config/tag-substitution.ts';
import { ok } from '../../src/core/result.ts';

/** Options by name, each in a file of that name; resolves the option "v". */
function resolve(options: Record<string, string>) {
  const find = (name: string) => {
    const text = Object.hasOwn(options, name) ? options[name] : undefined;
    return text === undefined ? undefined : { key: name, value: plainValue(text, { file: name, line: 1 }) };
  };
  const target = find('v');
  assert.ok(target);
  return new TagSubstitution((tag) => ok(find(tag))).resolve('v', target.value);
}

describe('replaced', () => {
  const table: [Record<string, string>, string][] = [
    [{ v: '<a>', a: '1' }, '1'],
    [{ v: '<a><a>-<a>', a: '1' }, '11-1'],
    [{ v: '<a>', a: '<b>', b: '<c>', c: '1' }, '1'],
    [{ v: 'x<a>', a: '' }, 'x'],
    // Inside out.
    [{ v: '<mdre-<mode>>', mode: 'x', 'mdre-x': '<b>', b: '1' }, '1'],
    [{ v: '<a<b<c>>>', c: '3', b3: '2', a2: '1' }, '1'],
    [{ v: '<lt_<logtype>/prefix>', logtype: 'file', 'lt_file/prefix': 'P<d>', d: 'D' }, 'PD'],
    // What completes a tag may come from any side.
    [{ v: '<<a>', a: 'b>', b: '1' }, '1'],
    [{ v: '<a>b>', a: '<', b: '1' }, '1'],
    // Unknown ones stay, whatever stands around them.
    [{ v: '<HOST> <F-USER>a</F-USER> (?P<x>y)(?<=z)' }, '<HOST> <F-USER>a</F-USER> (?P<x>y)(?<=z)'],
    [{ v: '<x-<mode>>', mode: 'y' }, '<x-y>'],
    [{ v: '<<<>> < a> <a >', a: '1' }, '<<<>> < a> <a >'],
    [{ v: '<a\nb>', 'a\nb': '1' }, '1'],
    [{ v: '<A>', a: '1' }, '<A>'],
    [{ v: '$& <a>', a: '$& $1' }, '$& $& $1'],
    // [lt_x] without its own, so that [DEFAULT] answers with the same tag: fail2ban lets it stand.
    [{ v: '<lt_<t>/d>', t: 'x', 'lt_x/d': '<lt_<t>/d>' }, '<lt_x/d>'],
    [{ v: '^<lt_<t>/d> <t>', t: 'x', 'lt_x/d': '<lt_<t>/d>' }, '^<lt_x/d> x'],
    [{ v: '<__proto__> <constructor>' }, '<__proto__> <constructor>'],
  ];
  for (const [options, expected] of table) {
    it(JSON.stringify(options), () => {
      const result = resolve(options);
      assert.ok(result.ok, result.ok ? '' : result.error.map(formatConfigError).join());
      assert.equal(result.value.text, expected);
    });
  }

  it('many tags, many times', () => {
    const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
    const options = Object.fromEntries(names.map((name) => [name, `[${name}]`]));
    const tags = names.map((name) => `<${name}>`).join('');
    const result = resolve({ ...options, v: tags.repeat(3) });
    assert.ok(result.ok);
    assert.equal(result.value.text, tags.replaceAll('<', '[').replaceAll('>', ']').repeat(3));
  });
});

describe('errors', () => {
  const table: [Record<string, string>, string][] = [
    [{ v: '<v>' }, 'v:1: "<v>" leads back to itself: "v -> v"; take one of them out'],
    [{ v: 'x<a>', a: 'y<v>' }, 'a:1: "<v>" leads back to itself: "v -> a -> v"; take one of them out'],
    [{ v: '<a>', a: '<b>', b: '<c>', c: '<b>' }, 'c:1: "<b>" leads back to itself: "b -> c -> b"; take one of them out'],
    [{ v: '<a<b>>', b: 'x', ax: '<a<b>>' }, 'ax:1: "<ax>" leads back to itself: "ax -> ax"; take one of them out'],
    [{ v: '<lt/d>', 'lt/d': 'x<lt/d>' }, 'lt/d:1: "<lt/d>" leads back to itself: "lt/d -> lt/d"; take one of them out'],
    [{ v: '<a>', ...doubling(30) }, /a\d+:1: "<a\d+>" makes the value longer than 256 KiB; do values double each other\?/.source],
    [{ v: '<n0>', ...chain(150) }, 'n98:1: "<n99>" is nested more than 100 deep; write the values out'],
  ];
  for (const [options, expected] of table) {
    it(JSON.stringify(options).slice(0, 80), () => {
      const result = resolve(options);
      assert.ok(!result.ok);
      assert.equal(result.error.length, 1);
      const [message = ''] = result.error.map(formatConfigError);
      if (expected.includes('\\')) assert.match(message, new RegExp(expected));
      else assert.equal(message, expected);
    });
  }

  it('25 repeats are a limit: a value that builds the same tag again and again', () => {
    const building = (count: number) => resolve({ v: `${'<'.repeat(count)}<t>${'t>'.repeat(count)}`, t: '' });
    assert.equal(building(25).ok, true);
    const result = building(26);
    assert.ok(!result.ok);
    assert.match(result.error[0]?.message ?? '', /"<t>" comes back after it was replaced 25 times/);
  });

  it('doubling ten times is none', () => {
    const result = resolve({ v: '<a>', ...doubling(10) });
    assert.ok(result.ok);
    assert.equal(result.value.text, 'x'.repeat(1024));
  });

  it('the same error however often it is asked for', () => {
    const tags = new TagSubstitution(() => ok({ key: 'a', value: plainValue('<a>', { file: 'a', line: 1 }) }));
    const value = plainValue('<a>', { file: 'v', line: 1 });
    const first = tags.resolve('v', value);
    assert.ok(!first.ok);
    assert.deepEqual(tags.resolve('v', value), first);
    assert.deepEqual(tags.resolve('w', value), first);
  });
});

/** `<a>` is 2^count "x". */
function doubling(count: number): Record<string, string> {
  const entries = Array.from({ length: count }, (_, index) => [
    `a${index || ''}`,
    index === count - 1 ? 'xx' : `<a${index + 1}><a${index + 1}>`,
  ]);
  return Object.fromEntries(entries);
}

function chain(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, index === count - 1 ? 'x' : `<n${index + 1}>`]));
}
