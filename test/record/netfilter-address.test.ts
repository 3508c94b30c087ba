import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIpAddress } from '../../src/core/ip-network.ts';
import { readNetfilterAddress } from '../../src/record/netfilter-address.ts';

const read = (text: string) => readNetfilterAddress(Buffer.from(text), 0, text.length);

describe('readNetfilterAddress', () => {
  const addresses: [string, string][] = [
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['10.77.0.10', '10.77.0.10'],
    ['0000:0000:0000:0000:0000:0000:0000:0000', '::'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['fe80:0000:0000:0000:0000:0000:0000:0000', 'fe80::'],
    ['2001:0db8:0000:0001:0000:0000:0000:0001', '2001:db8:0:1::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0001:0001:0001:0001:0001', '2001:db8:0:1:1:1:1:1'],
    ['0064:ff9b:0000:0000:0000:0000:c000:0207', '64:ff9b::c000:207'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['2001:db8::7', '2001:db8::7'],
    ['0000:0000:0000:0000:0000:fffe:c000:0207', '::fffe:c000:207'],
    ['0000:0000:0000:0000:ffff:0000:c000:0207', '::ffff:0:c000:207'],
  ];
  for (const [text, canonical] of addresses) it(text, () => assert.equal(read(text)?.text, canonical));

  const none = [
    '0000:0000:0000:0000:0000:ffff:c000:0207',
    '0000:0000:0000:0000:0000:ffff:0000:0000',
    '::ffff:192.0.2.7',
    // not as the kernel or inet_ntop writes it; the second has lost two digits
    '2001:0DB8:0000:0000:0000:0000:0000:0007',
    '2001:0db8:0000:0000:0000:0000:0000:00',
    '2001:DB8::7',
    '2001:db8:0::7',
    '2001:0db8:0000:0000:0000:0000:0000:000g',
    '2001:0db8:0000:0000:0000:0000:0000.0007',
    '2001:0db8:0000:0000:0000:0000:0000:00070',
    '1.2.3.4.',
    '1.2.3.',
    '1.2.3.1000',
    '01.2.3.4',
    '1..3.4',
    '',
    ' ',
  ];
  for (const text of none) it(`no address: ${text}`, () => assert.equal(read(text), undefined));

  it('gives the text that parseIpAddress gives, for each pattern of zero groups', () => {
    for (let pattern = 0; pattern < 6561; pattern++) {
      // Base 3: each group is 0, has leading zeros, or fills its digits.
      const text = Array.from({ length: 8 }, (_, group) => ['0000', '0a0b', 'ffff'][Math.floor(pattern / 3 ** group) % 3]).join(':');
      const expected = parseIpAddress(text);
      assert.equal(read(text)?.text, expected?.family === 6 ? expected.text : undefined, text);
    }
  });
});
