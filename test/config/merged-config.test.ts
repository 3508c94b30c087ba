import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseIni } from '../../src/config/ini.ts';
import { MergedConfig } from '../../src/config/merged-config.ts';

const merge = (...texts: string[]): MergedConfig =>
  new MergedConfig(
    texts.map((text, index) => parseIni(text, `f${index + 1}`)),
    [],
  );

it('sections in the order of their first appearance', () => {
  const config = merge('[INCLUDES]\nbefore = x\n[DEFAULT]\n[b]\n[a]', '[c]\n[b]\nx = 1');
  assert.deepEqual(config.sections, ['b', 'a', 'c']);
  assert.deepEqual(config.files, ['f1', 'f2']);
  assert.equal(config.hasSection('a'), true);
  assert.equal(config.hasSection('DEFAULT'), true);
  assert.equal(config.hasSection('A'), false);
});

it('later files win, option by option', () => {
  const config = merge('[a]\nx = 1\ny = 1', '[a]\ny = 2\nz = 2');
  const shown = config.options('a').map(({ name, text, origin }) => `${origin.file}:${origin.line} ${name}=${text}`);
  assert.deepEqual(shown, ['f1:2 x=1', 'f2:2 y=2', 'f2:3 z=2']);
});

it('the options of a section are its own', () => {
  const config = merge('[DEFAULT]\nx = 1\n[a]\ny = 2');
  assert.deepEqual(
    config.options('a').map(({ name }) => name),
    ['y'],
  );
  assert.deepEqual(
    config.options('DEFAULT').map(({ name }) => name),
    ['x'],
  );
  assert.deepEqual(config.options('none'), []);
});

it('a conditional section is part of its base', () => {
  const config = merge('[Init]\nq = 4\n[Init?family=inet6]\nq = 6');
  assert.deepEqual(config.sections, ['Init']);
  assert.deepEqual(
    config.options('Init').map(({ name, text }) => `${name}: ${text}`),
    ['q: 4', 'q?family=inet6: 6'],
  );
});

it('get: the section, then [DEFAULT], whatever the case of the name', () => {
  const config = merge('[DEFAULT]\nx = d\n[a]\ny = s');
  const text = (section: string, option: string): string | undefined => {
    const result = config.get(section, option);
    return result.ok ? result.value?.text : 'error';
  };
  assert.equal(text('a', 'X'), 'd');
  assert.equal(text('a', 'y'), 's');
  assert.equal(text('DEFAULT', 'x'), 'd');
  assert.equal(text('a', 'z'), undefined);
  assert.equal(text('DEFAULT', 'y'), undefined);
});

it('the names that values refer to', () => {
  const config = merge('[DEFAULT]\naction_ = %(Banaction)s[port="%(port)s"]\n[a]\nx = %(known/chain)s %(b/y)s\n[b]\nz = %(other)s');
  assert.deepEqual([...config.referencedNames('a')].sort(), ['banaction', 'chain', 'port', 'y']);
});

it('getFrom: another section, the value before, [DEFAULT]', () => {
  const config = merge('[DEFAULT]\nx = d\nd = %(x)s\n[a]\nx = 1\ny = 2\n[b]\nz = %(x)s\nx = b', '[a]\nx = %(known/x)s3');
  const text = (place: string, option: string): string | undefined => {
    const result = config.getFrom('a', place, option);
    return result.ok ? result.value?.text : 'error';
  };
  assert.equal(text('known', 'X'), '1');
  assert.equal(text('Known', 'y'), '2');
  assert.equal(text('known', 'd'), '13');
  assert.equal(text('known', 'none'), undefined);
  assert.equal(text('default', 'x'), 'd');
  assert.equal(text('b', 'z'), 'b');
  assert.equal(text('b', 'd'), 'b');
  assert.equal(text('B', 'z'), undefined);
  assert.equal(text('c', 'x'), undefined);
});
