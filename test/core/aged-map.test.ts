import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgedMap } from '../../src/core/aged-map.ts';
import { Random } from '../record/random.ts';

const mapOf = (...keys: string[]): AgedMap<string> => {
  const map = new AgedMap<string>();
  for (const key of keys) map.set(key, `of ${key}`);
  return map;
};

describe('AgedMap', () => {
  it('an empty one has no oldest', () => {
    const map = mapOf('a');
    assert.equal(map.delete('a'), true);
    assert.equal(map.delete('a'), false);
    assert.deepEqual([map.size, map.oldest, [...map]], [0, undefined, []]);
    map.set('b', '1');
    assert.equal(map.oldest?.key, 'b');
  });

  it('what is set again is the newest', () => {
    const map = mapOf('a', 'b', 'c');
    map.set('a', 'again');
    map.set('a', 'and again');
    assert.deepEqual(
      [...map],
      [
        ['b', 'of b'],
        ['c', 'of c'],
        ['a', 'and again'],
      ],
    );
    assert.equal(map.get('a'), 'and again');
  });

  it('does what a Map does whose entries are deleted before they are set (seed 1)', () => {
    const random = new Random(1);
    const map = new AgedMap<number>();
    const model = new Map<string, number>();
    for (let step = 0; step < 20_000; step++) {
      const key = String(random.below(30));
      if (random.once(3)) assert.equal(map.delete(key), model.delete(key));
      else {
        map.set(key, step);
        model.delete(key);
        model.set(key, step);
      }
      assert.equal(map.size, model.size);
      assert.equal(map.oldest?.key, model.keys().next().value);
      if (random.once(50)) assert.deepEqual([...map], [...model]);
    }
    assert.deepEqual([...map.keys()], [...model.keys()]);
  });
});
