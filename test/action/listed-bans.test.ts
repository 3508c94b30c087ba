import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { missingFrom } from '../../src/action/listed-bans.ts';

describe('missingFrom', () => {
  const addresses = Array.from({ length: 256 }, (_, index) => `add bl 198.51.100.${index}`).join('\n');
  const cases: [said: string, output: string, there: string[], gone: string[]][] = [
    ['a network as its addresses', addresses, ['198.51.100.0/24', '198.51.100.128/25'], ['198.51.100.0/23', '198.51.101.0']],
    ['with one address less', addresses.replace('198.51.100.9\n', ''), ['198.51.100.128/25'], ['198.51.100.0/24', '198.51.100.9']],
    ['addresses as a network', 'elements = { 192.0.2.8/30 }', ['192.0.2.8', '192.0.2.11'], ['192.0.2.7', '192.0.2.12']],
    ['ranges', '{ 192.0.2.8-192.0.2.11, 2001:db8::8-2001:db8::ff }', ['192.0.2.9', '2001:db8::10/124'], ['192.0.2.12', '2001:db8::/120']],
    ['everything, which is nothing', 'DROP all -- 0.0.0.0/0 ::/0', [], ['192.0.2.9', '2001:db8::1']],
    ['names', '-A f2b-192.0.2.1-x -d 1-2 -s 192.0.2.5-2001:db8::9', ['192.0.2.1', '192.0.2.5'], ['192.0.2.2', '1.0.0.0']],
    ['ranges from behind', '192.0.2.11-192.0.2.8', ['192.0.2.8', '192.0.2.11'], ['192.0.2.9', '192.0.2.10']],
  ];
  for (const [said, output, there, gone] of cases) it(said, () => assert.deepEqual(missingFrom(output, [...there, ...gone]), gone));
});
