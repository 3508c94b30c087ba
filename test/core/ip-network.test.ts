import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { containsNetwork, isSingleAddress, networkOf, overlapsNetwork, parseIpAddress, parseIpNetwork } from '../../src/core/ip-network.ts';
import { network } from './network.ts';

describe('parseIpAddress', () => {
  const good: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0007', '2001:db8::7'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:c000:0207', '192.0.2.7'],
    ['64:ff9b::192.0.2.7', '64:ff9b::c000:207'],
    ['::192.0.2.7', '::c000:207'],
    ['::0.0.0.1', '::1'],
    ['0:0:0:0:0:0:192.0.2.7', '::c000:207'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
  ];
  for (const [text, canonical] of good) {
    it(`${text} is ${canonical}`, () => {
      const address = parseIpAddress(text);
      assert.equal(address?.text, canonical);
      assert.equal(address.family, canonical.includes(':') ? 6 : 4);
      assert.equal(address.bytes.length, address.family === 4 ? 4 : 16);
      assert.ok(isSingleAddress(address));
      assert.deepEqual(parseIpAddress(canonical), address);
    });
  }

  it('bytes are in network order', () => {
    assert.deepEqual([...(parseIpAddress('192.0.2.7')?.bytes ?? [])], [192, 0, 2, 7]);
    assert.deepEqual([...(parseIpAddress('2001:db8::102')?.bytes ?? [])], [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
  });

  const bad = [
    '',
    ' ',
    ' 192.0.2.7',
    '192.0.2.7 ',
    '192.0.2.7\n',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.07',
    '0300.0.2.7',
    '0xc0.0.2.7',
    '3221225991',
    '192.0.2.7/32',
    '192.0.2.7:80',
    'fe80::1%eth0',
    '[::1]',
    '1::2::3',
    '12345::',
    ':1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:192.0.2.256',
    'localhost',
    '１９２.0.2.7',
    `::${'1'.repeat(10_000)}`,
  ];
  for (const text of bad) it(`not ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(parseIpAddress(text), undefined));
});

describe('parseIpNetwork', () => {
  const good: [string, string][] = [
    ['10.77.0.2/24', '10.77.0.0/24'],
    ['10.77.0.255/25', '10.77.0.128/25'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/32', '192.0.2.7'],
    ['192.0.2.7/0', '0.0.0.0/0'],
    ['192.0.2.7/31', '192.0.2.6/31'],
    ['2001:db8::7/128', '2001:db8::7'],
    ['2001:db8:1:2:3::/64', '2001:db8:1:2::/64'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['::/0', '::/0'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['::10.1.2.3/120', '::a01:200/120'],
    ['::ffff:10.1.2.3/128', '10.1.2.3'],
    ['::ffff:10.1.2.3/96', '0.0.0.0/0'],
  ];
  for (const [text, canonical] of good) it(`${text} is ${canonical}`, () => assert.equal(parseIpNetwork(text)?.text, canonical));

  const bad = [
    '192.0.2.7/33',
    '2001:db8::/129',
    '192.0.2.7/',
    '/24',
    '192.0.2.7/-1',
    '192.0.2.7/+1',
    '192.0.2.7/ 8',
    '192.0.2.7/1e1',
    '192.0.2.7/255.255.255.0',
    '192.0.2.0/24/24',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.0/8',
    'fe80::1%eth0/64',
  ];
  for (const text of bad) it(`not ${text}`, () => assert.equal(parseIpNetwork(text), undefined));
});

describe('networkOf', () => {
  const cases: [string, number, string][] = [
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', 128, '2001:db8:1:2:3:4:5:6'],
    ['2001:db8:1:2:3:4:5:6', 1, '::/1'],
    ['2001:db8:1:2::/64', 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2::/64', 80, '2001:db8:1:2::/64'],
    ['2001:db8:1:2::/64', 63, '2001:db8:1:2::/63'],
    ['10.255.255.255', 9, '10.128.0.0/9'],
  ];
  for (const [text, prefix, expected] of cases) {
    it(`${text} by ${prefix} bits is ${expected}`, () => assert.deepEqual(networkOf(network(text), prefix), network(expected)));
  }

  it('leaves the bytes of its argument alone', () => {
    const address = network('10.1.2.3');
    networkOf(address, 8);
    assert.deepEqual([...address.bytes], [10, 1, 2, 3]);
  });
});

describe('containsNetwork and overlapsNetwork', () => {
  const contained: [string, string][] = [
    ['10.0.0.0/8', '10.0.0.0'],
    ['10.0.0.0/8', '10.255.255.255'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.0.0.0/8', '10.1.0.0/16'],
    ['0.0.0.0/0', '255.255.255.255'],
    ['2001:db8::/33', '2001:db8:7fff:ffff::1'],
    ['::/0', '::1'],
    ['192.0.2.7', '192.0.2.7'],
  ];
  for (const [outer, inner] of contained) {
    it(`${inner} is in ${outer}`, () => {
      assert.ok(containsNetwork(network(outer), network(inner)));
      assert.equal(containsNetwork(network(inner), network(outer)), outer === inner);
      assert.ok(overlapsNetwork(network(outer), network(inner)));
      assert.ok(overlapsNetwork(network(inner), network(outer)));
    });
  }

  const apart: [string, string][] = [
    ['10.0.0.0/8', '11.0.0.0'],
    ['10.0.0.0/8', '9.255.255.255'],
    ['10.0.0.0/9', '10.128.0.0/9'],
    ['2001:db8::/33', '2001:db8:8000::'],
    ['0.0.0.0/0', '::1'],
    ['::/0', '0.0.0.0'],
    ['192.0.2.7', '192.0.2.6'],
  ];
  for (const [a, b] of apart) {
    it(`${a} and ${b} have nothing in common`, () => {
      for (const [outer, inner] of [
        [a, b],
        [b, a],
      ] as const) {
        assert.equal(containsNetwork(network(outer), network(inner)), false);
        assert.equal(overlapsNetwork(network(outer), network(inner)), false);
      }
    });
  }
});
