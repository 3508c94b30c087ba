import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { identityOf } from '../../src/jail/identity.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { network } from '../core/network.ts';

const listOf = (...texts: string[]) => new NetworkList(texts.map((text) => ({ network: network(text), reason: 'test' })));

describe('identityOf', () => {
  const cases: [address: string, prefix: number, spared: string[], identity: string][] = [
    ['192.0.2.7', 64, [], '192.0.2.7'],
    ['192.0.2.7', 1, [], '192.0.2.7'],
    ['::ffff:192.0.2.7', 64, [], '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', 64, [], '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', 128, [], '2001:db8:1:2:3:4:5:6'],
    ['2001:db8:1:2:3:4:5:6', 48, [], '2001:db8:1::/48'],
    ['2001:db8:1:2::666', 64, ['2001:db8:1:2::1'], '2001:db8:1:2::666'],
    ['2001:db8:1:2::666', 64, ['2001:db8:1:3::1'], '2001:db8:1:2::/64'],
    ['2001:db8:1:2::666', 64, ['2001:db8:1:2:ffff::/80'], '2001:db8:1:2::666'],
    ['2001:db8:1:2::666', 64, ['2001:db8:1::/48'], '2001:db8:1:2::666'],
    ['2001:db8:1:2::666', 64, ['192.0.2.0/24'], '2001:db8:1:2::/64'],
    ['64:ff9b::192.0.2.7', 64, [], '64:ff9b::192.0.2.7'],
    ['64:ff9b:1::192.0.2.7', 48, [], '64:ff9b:1::192.0.2.7'],
    ['64:ff9b:2::1', 64, [], '64:ff9b:2::/64'],
    ['2001:0:4136:e378::1', 64, [], '2001:0:4136:e378::1'],
    ['2001:1::1', 64, [], '2001:1::/64'],
  ];
  for (const [address, prefix, spared, identity] of cases) {
    it(`${address} by ${prefix} bits${spared.length === 0 ? '' : `, with ${spared} spared`} is ${identity}`, () => {
      assert.deepEqual(identityOf(network(address), prefix, [listOf(), listOf(...spared)]), network(identity));
      assert.deepEqual(identityOf(network(address), prefix, [listOf(...spared), listOf()]), network(identity));
    });
  }
});
