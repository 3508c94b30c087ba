import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KernelLine } from '../../src/record/kernel-line.ts';

/** What stands before a message, written at 3 of a buffer that has just the room that is promised. */
function prefixOf(hostname: string, sinceBootUsec: number): string {
  const line = new KernelLine(hostname);
  const bytes = Buffer.alloc(3 + line.longestPrefix + 2, '~');
  const end = line.writePrefix(bytes, 3, sinceBootUsec);
  assert.ok(end - 3 <= line.longestPrefix);
  assert.equal(bytes.toString('utf8', 0, 3), '~~~');
  assert.equal(bytes[end], '~'.charCodeAt(0));
  return bytes.toString('utf8', 3, end);
}

describe('KernelLine', () => {
  const table: [sinceBootUsec: number, prefix: string][] = [
    [0, 'host kernel: [    0.000000] '],
    [1, 'host kernel: [    0.000001] '],
    [999_999, 'host kernel: [    0.999999] '],
    [1_000_000, 'host kernel: [    1.000000] '],
    [12_345_678_901, 'host kernel: [12345.678901] '],
    [123_456_000_001, 'host kernel: [123456.000001] '],
    [Number.MAX_SAFE_INTEGER, 'host kernel: [9007199254.740991] '],
  ];
  for (const [sinceBootUsec, prefix] of table) it(prefix, () => assert.equal(prefixOf('host', sinceBootUsec), prefix));

  it('room is counted in bytes of the name', () =>
    assert.equal(prefixOf('größe.example', 5_000_000), 'größe.example kernel: [    5.000000] '));

  it('an empty name', () => assert.equal(prefixOf('', 0), ' kernel: [    0.000000] '));
});
