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
    ['names', '-N f2b-192.0.2.1-x -d 1-2 -s 192.0.2.5-2001:db8::9', ['192.0.2.1', '192.0.2.5'], ['192.0.2.2', '1.0.0.0']],
    ['ranges from behind', '192.0.2.11-192.0.2.8', ['192.0.2.8', '192.0.2.11'], ['192.0.2.9', '192.0.2.10']],
  ];
  for (const [said, output, there, gone] of cases) {
    it(said, async () => assert.deepEqual(await missingFrom(output, [...there, ...gone]), gone));
  }

  for (const line of [
    'ALL:192.0.2.7',
    'sshd:192.0.2.7',
    '192.0.2.7:22',
    '[192.0.2.7]:22',
    '192.0.2.7.',
    '/var/bans/192.0.2.7',
    'f2b_192.0.2.7_sshd',
    '192.0.2.7-sshd',
    'bad-192.0.2.7',
    '12:00:01 192.0.2.7|1700',
    'fe:192.0.2.7',
    'deadbeef/192.0.2.7',
    '::ffff:192.0.2.7',
    '192.0.2.7/255.255.255.255',
    '192.0.2.7/32',
    'deny 192.0.2.7;',
    'ip=192.0.2.7,jail=x',
    '-A INPUT -s 192.0.2.7/32 -j DROP',
    '-A INPUT -m iprange --src-range 192.0.2.0-192.0.2.9 -d 203.0.113.1/32 -j DROP',
    'DROP all -- 192.0.2.7 0.0.0.0/0',
    'ip saddr 192.0.2.7 reject # handle 7',
  ]) {
    it(`has 192.0.2.7: ${line}`, async () => assert.deepEqual(await missingFrom(line, ['192.0.2.7']), []));
  }

  for (const line of [
    '2001:db8::7',
    '2001:DB8:0::0007',
    'sshd:2001:db8::7',
    'ALL:2001:db8::7',
    '[2001:db8::7]:22',
    '2001:db8::7.',
    '2001:db8::7/128',
  ]) {
    it(`has 2001:db8::7: ${line}`, async () => assert.deepEqual(await missingFrom(line, ['2001:db8::7', '2001:db8::8']), ['2001:db8::8']));
  }

  for (const line of [
    '1192.0.2.7',
    '192.0.2.77',
    '192.0.2.7.1',
    '1.192.0.2.7',
    '64:ff9b::192.0.2.7',
    '192.0.2.7/33',
    '-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT',
    '-A INPUT -s 192.0.2.0/24 -j RETURN',
    '-A INPUT -d 192.0.2.7/32 -j DROP',
    '-A INPUT ! -s 192.0.2.7/32 -j DROP',
    '-A INPUT -s 198.51.100.1/32 -d 192.0.2.7/32 -j DROP',
    'ACCEPT all -- 192.0.2.0/24 0.0.0.0/0',
    '22/tcp                     ALLOW       192.0.2.0/24',
    'ip saddr 192.0.2.0/24 tcp dport 22 accept',
    'ip saddr 192.0.2.0/24 counter packets 0 bytes 0 accept comment "mine" # handle 9',
  ]) {
    it(`has it not: ${line}`, async () => assert.deepEqual(await missingFrom(line, ['192.0.2.7']), ['192.0.2.7']));
  }

  it('what nobody can compare is not compared', async () => {
    const output = Array.from({ length: 150_001 }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/31,`)
      .concat(Array.from({ length: 150_001 }, (_, index) => `11.${index >> 16}.${(index >> 8) & 255}.${index & 255}/31`))
      .join(' ');
    await assert.rejects(missingFrom(output, ['192.0.2.7']), /more than 150000 networks/);
  });

  it('a long list does not hold up the process', async () => {
    for (const text of ['192.0.2.7 rule\n', '\n', '192.0.2.7-', '2001:db8::9/64 ']) {
      let turns = 0;
      const turn = () => {
        turns += 1;
        timer = setImmediate(turn);
      };
      let timer = setImmediate(turn);
      await missingFrom(text.repeat((1 << 20) / text.length), ['203.0.113.9', '203.0.113.0/24']);
      clearImmediate(timer);
      assert.ok(turns > 20, `${JSON.stringify(text)}: ${turns} turns`);
    }
  });

  it('nor does one of no sense', async () => {
    for (const text of ['a', '1.', '1:', ':', '1::/', '/', '-A ']) {
      assert.deepEqual(await missingFrom(text.repeat(50_000), ['203.0.113.9']), ['203.0.113.9'], text);
    }
  });
});
