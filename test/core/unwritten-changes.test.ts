import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnwrittenChanges } from '../../src/core/unwritten-changes.ts';

const changesOf = (...list: [key: string, change: string][]) => {
  const changes = new UnwrittenChanges<string>(false, (former, later) => `${former} ${later}`);
  for (const [key, change] of list) changes.set(key, change);
  return changes;
};

describe('UnwrittenChanges', () => {
  it('hands over what changed, which is no change any more', () => {
    const changes = changesOf(['one', 'a'], ['two', 'b']);
    assert.deepEqual([...changes.take().byKey.keys()], ['one', 'two']);
    assert.deepEqual([changes.byKey.size, changes.taken('one')], [0, 'a']);
    assert.equal(changes.settle(true), false);
    assert.deepEqual([changes.byKey.size, changes.taken('one')], [0, undefined]);
  });

  it('has it again where it was not written, joined with what changed meanwhile, which stands behind it', () => {
    const changes = changesOf(['one', 'a'], ['two', 'b']);
    changes.take();
    changes.set('three', 'c');
    changes.set('one', 'd');
    assert.equal(changes.settle(false), true);
    assert.deepEqual(
      [...changes.byKey],
      [
        ['two', 'b'],
        ['three', 'c'],
        ['one', 'a d'],
      ],
    );
    assert.equal(changes.isWhole, false);
  });

  it('is to give all again where all was not written', () => {
    const changes = changesOf();
    changes.setWhole();
    assert.equal(changes.take().isWhole, true);
    assert.equal(changes.isWhole, false);
    changes.settle(false);
    assert.equal(changes.isWhole, true);
  });

  it('puts nothing back twice', () => {
    const changes = changesOf(['one', 'a']);
    changes.take();
    changes.settle(false);
    changes.clear();
    assert.equal(changes.settle(false), false);
    assert.equal(changes.byKey.size, 0);
  });
});
