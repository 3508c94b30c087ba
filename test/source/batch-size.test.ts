import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BatchSize } from '../../src/source/batch-size.ts';

describe('BatchSize', () => {
  const after = (size: BatchSize, ...tookMs: number[]) => {
    for (const ms of tookMs) size.note(size.records, ms);
    return size.records;
  };

  it('grows while full batches are quick, up to a bound', () => {
    const size = new BatchSize();
    assert.equal(size.records, 256);
    assert.equal(after(size, 1), 512);
    assert.equal(after(size, 1, 1, 1, 1, 1), 1024);
  });

  it('shrinks where they take long, down to a bound, and stays in between', () => {
    const size = new BatchSize();
    assert.equal(after(size, 3, 4), 256);
    assert.equal(after(size, 10), 128);
    assert.equal(after(size, 500), 32, 'at once, where records have become dear');
    assert.equal(after(size, 1.5), 64);
  });

  it('a batch that was not full says nothing of what more would take', () => {
    const size = new BatchSize();
    size.note(10, 0.1);
    assert.equal(size.records, 256);
  });
});
