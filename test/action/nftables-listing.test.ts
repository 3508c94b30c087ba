import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSetListing } from '../../src/action/nftables-listing.ts';

// As nft 1.0.6 answers to `nft -j list set inet ringjail banned4`.
const metainfo = { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } };
const set = { family: 'inet', name: 'banned4', table: 'ringjail', type: 'ipv4_addr', handle: 1, flags: ['timeout'] };
const listing = (elem?: unknown[]) => JSON.stringify({ nftables: [metainfo, { set: elem === undefined ? set : { ...set, elem } }] });

describe('parseSetListing', () => {
  const cases: [string, unknown[] | undefined, [string, number][]][] = [
    ['an empty set', undefined, []],
    ['an address with a timeout', [{ elem: { val: '192.0.2.7', timeout: 600, expires: 599 } }], [['192.0.2.7', 599_000_000]]],
    ['an address about to end', [{ elem: { val: '192.0.2.7', timeout: 600, expires: 0 } }], [['192.0.2.7', 0]]],
    ['an address for good', ['192.0.2.7'], [['192.0.2.7', Number.POSITIVE_INFINITY]]],
    ['an address for good, with a counter', [{ elem: { val: '192.0.2.7', counter: {} } }], [['192.0.2.7', Number.POSITIVE_INFINITY]]],
    [
      'networks',
      [{ elem: { val: { prefix: { addr: '10.0.0.0', len: 8 } }, timeout: 60, expires: 5 } }, { prefix: { addr: '2001:db8::', len: 32 } }],
      [
        ['10.0.0.0/8', 5_000_000],
        ['2001:db8::/32', Number.POSITIVE_INFINITY],
      ],
    ],
    [
      'a range, which nobody but another program makes',
      [{ range: ['192.0.2.1', '192.0.2.5'] }],
      [['192.0.2.1-192.0.2.5', Number.POSITIVE_INFINITY]],
    ],
  ];
  for (const [name, elements, expected] of cases) {
    it(name, () => assert.deepEqual([...parseSetListing(listing(elements))], expected));
  }

  it('no set at all', () => {
    assert.equal(parseSetListing(JSON.stringify({ nftables: [metainfo] })).size, 0);
    assert.equal(parseSetListing('{}').size, 0);
  });

  it('an element of another kind is not passed over in silence', () => {
    assert.throws(() => parseSetListing(listing([{ concat: ['192.0.2.7', 22] }])), /not understood/);
  });
});
