import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NetworkList } from '../../src/jail/network-list.ts';
import { network, target } from '../core/network.ts';

describe('NetworkList', () => {
  it('a text that is no address is compared as it stands, and is in no network', () => {
    const list = new NetworkList([{ network: network('0.0.0.0/0'), reason: 'all' }], ['bob', '192.0.2.7']);
    assert.deepEqual(list.find(target('bob')), { network: target('bob'), reason: 'ignoreip' });
    for (const other of ['Bob', 'bob ', 'bo', '192.0.2.7:80']) assert.equal(list.find(target(other)), undefined);
    assert.equal(list.find(network('192.0.2.7'))?.reason, 'all');
  });

  const entries = ['192.0.2.7', '10.0.0.0/8', '2001:db8::/32', 'fd77::1'];
  const list = new NetworkList(entries.map((text) => ({ network: network(text), reason: `for ${text}` })));

  const found: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['10.255.255.255', '10.0.0.0/8'],
    ['10.1.0.0/16', '10.0.0.0/8'],
    ['2001:db8:1::1', '2001:db8::/32'],
    // A network that holds a listed address touches it.
    ['192.0.2.0/24', '192.0.2.7'],
    ['fd77::/64', 'fd77::1'],
    ['8.0.0.0/6', '10.0.0.0/8'],
    ['0.0.0.0/0', '192.0.2.7'],
  ];
  for (const [text, entry] of found) it(`${text} touches ${entry}`, () => assert.equal(list.find(network(text))?.reason, `for ${entry}`));

  for (const text of ['192.0.2.8', '192.0.2.8/29', '11.0.0.0', '9.255.255.255', '2001:db9::1', 'fd77::2', 'fd77:0:0:1::/64', '::a00:1']) {
    it(`${text} touches none`, () => assert.equal(list.find(network(text)), undefined));
  }

  it('an address that is listed as such counts before a network around it', () => {
    const nested = new NetworkList(['10.0.0.0/8', '10.0.0.1'].map((text) => ({ network: network(text), reason: text })));
    assert.equal(nested.find(network('10.0.0.1'))?.reason, '10.0.0.1');
    assert.equal(nested.find(network('10.0.0.2'))?.reason, '10.0.0.0/8');
  });

  it('an empty list touches nothing', () => assert.equal(new NetworkList([]).find(network('0.0.0.0/0')), undefined));
});
