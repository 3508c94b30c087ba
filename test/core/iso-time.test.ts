import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isoTime } from '../../src/core/iso-time.ts';

describe('isoTime', () => {
  const latest = '+275760-09-13T00:00:00.000Z';
  for (const [usec, text] of [
    [0, '1970-01-01T00:00:00.000Z'],
    [1_500_000, '1970-01-01T00:00:01.500Z'],
    [8.64e18, latest],
    [8.64e18 + 1_000_000, latest],
    [Number.POSITIVE_INFINITY, latest],
  ] as const) {
    it(`${usec} us: ${text}`, () => assert.equal(isoTime(usec), text));
  }
});
