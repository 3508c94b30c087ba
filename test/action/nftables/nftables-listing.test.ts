import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elementOfKey, networkOfKey, parseElements } from '../../../src/action/nftables/nftables-listing.ts';
import { banSets } from '../../../src/action/nftables/nftables-table.ts';
import { network } from '../../core/network.ts';

const forGood = Number.POSITIVE_INFINITY;
type Listed = readonly [address: string, leftMs: number, isEnd?: 'end'];

/** As the kernel lists them. */
const listing = (elements: readonly Listed[]) => ({
  keys: Buffer.concat(elements.map(([address]) => network(address).bytes)),
  leftMs: Float64Array.from(elements, ([, leftMs]) => leftMs),
  isEnd: Buffer.from(elements.map(([, , isEnd]) => (isEnd === undefined ? 0 : 1))),
});

describe('the elements of a set', () => {
  const cases: [set: string, name: string, listed: Listed[], expected: [string, number][]][] = [
    ['banned4', 'nothing', [], []],
    ['banned4', 'an address with a timeout', [['192.0.2.7', 599_001]], [['192.0.2.7', 599_001_000]]],
    ['banned4', 'an address about to end', [['192.0.2.7', 0]], [['192.0.2.7', 0]]],
    ['banned6', 'an address for good', [['2001:db8::7', forGood]], [['2001:db8::7', forGood]]],
    ['banned6_64', 'a network by its first address', [['2001:db8::', 5]], [['2001:db8::', 5000]]],
    // The last first, and the null element, as kernel 6.18 has them.
    [
      'banned4_net',
      'networks, adjacent and apart, and one that reaches the last address of all',
      [
        ['255.0.0.0', forGood],
        ['12.0.0.0', forGood, 'end'],
        ['11.0.0.0', 7],
        ['11.0.0.0', forGood, 'end'],
        ['10.0.0.0', 5],
        ['0.0.0.0', forGood, 'end'],
      ],
      [
        ['10.0.0.0/8', 5000],
        ['11.0.0.0/8', 7000],
        ['255.0.0.0/8', forGood],
      ],
    ],
    [
      'banned4_net',
      'a range that is no network, which others put in',
      [
        ['192.0.2.6', forGood, 'end'],
        ['192.0.2.1', forGood],
      ],
      [['192.0.2.1-192.0.2.5', forGood]],
    ],
    [
      'banned6_net',
      'a network of IPv6',
      [
        ['2001:db8::', 1],
        ['2001:db9::', forGood, 'end'],
      ],
      [['2001:db8::/32', 1000]],
    ],
  ];
  for (const [setName, name, listed, expected] of cases) {
    it(`${setName}: ${name}`, () => {
      const set = banSets.find((candidate) => candidate.name === setName) ?? assert.fail();
      const elements = Array.from(parseElements(set, listing(listed)), ([key, leftUsec]) => [elementOfKey(set, key), leftUsec]);
      assert.deepEqual(elements, expected);
    });
  }

  it('are networks again, but for a range that is none', () => {
    const [, , half6, wide4] = banSets;
    assert.ok(half6 !== undefined && wide4 !== undefined);
    const [key = ''] = parseElements(half6, listing([['2001:db8::', 5]])).keys();
    assert.deepEqual(networkOfKey(half6, key), network('2001:db8::/64'));
    assert.equal(networkOfKey(wide4, '192.0.2.1-192.0.2.5'), undefined);
  });
});
