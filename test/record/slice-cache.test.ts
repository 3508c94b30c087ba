import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SliceCache } from '../../src/record/slice-cache.ts';
import { Random } from './random.ts';

const textOf = (bytes: Buffer, start: number, end: number): string => bytes.toString('latin1', start, end);

describe('SliceCache', () => {
  it('reads a slice once while it stays', () => {
    let reads = 0;
    const cache = new SliceCache((bytes: Buffer, start: number, end: number) => {
      reads++;
      return textOf(bytes, start, end);
    });
    const bytes = Buffer.from('eth0 eth0 eth1');
    assert.deepEqual(
      [cache.of(bytes, 0, 4), cache.of(bytes, 5, 9), cache.of(bytes, 10, 14), cache.of(bytes, 0, 4)],
      ['eth0', 'eth0', 'eth1', 'eth0'],
    );
    assert.equal(reads, 2);
  });

  it('tells apart what differs in one byte, wherever it is', () => {
    const cache = new SliceCache(textOf);
    const bytes = Buffer.alloc(127, 'a');
    for (let length = 0; length <= bytes.length; length++) {
      const plain = 'a'.repeat(length);
      for (let at = 0; at < length; at++) {
        assert.equal(cache.of(bytes, 0, length), plain);
        bytes[at] = 0x62;
        assert.equal(cache.of(bytes, 0, length), `${plain.slice(0, at)}b${plain.slice(at + 1)}`);
        bytes[at] = 0x61;
      }
    }
  });

  it('keeps no reference to the bytes', () => {
    const cache = new SliceCache(textOf);
    const bytes = Buffer.from('eth0');
    cache.of(bytes, 0, 4);
    bytes.write('eth1');
    assert.equal(cache.of(bytes, 0, 4), 'eth1');
  });

  for (const length of [127, 128, 129, 8192]) {
    it(`a slice of ${length} bytes`, () => {
      const cache = new SliceCache(textOf);
      for (const letter of 'abab') assert.equal(cache.of(Buffer.alloc(length, letter), 0, length), letter.repeat(length));
    });
  }

  it('gives what reading gives, for 100,000 slices that collide', () => {
    const random = new Random(1);
    const cache = new SliceCache(textOf);
    const bytes = Buffer.from(Array.from({ length: 4096 }, () => random.pick(['a', 'b'])).join(''));
    for (let round = 0; round < 100_000; round++) {
      const start = random.below(4000);
      const end = start + random.below(8);
      assert.equal(cache.of(bytes, start, end), textOf(bytes, start, end));
    }
  });
});
