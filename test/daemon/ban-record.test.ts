import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { banRecord } from '../../src/daemon/ban-record.ts';
import { decisionOf } from '../ban/decision.ts';

describe('banRecord', () => {
  it("is a line in the words of fail2ban's log, at the time of the ban", () => {
    const batch = banRecord(decisionOf('2001:db8::/48', 100, { jail: 'sshd', sinceUsec: 17 }), 1, 64);
    const [start = 0, message = 0, end = 0] = [batch.lineStart[0], batch.messageStart[0], batch.messageEnd[0]];
    assert.equal(
      batch.bytes.toString('utf8', start, end),
      `${hostname()} fail2ban.actions[${process.pid}]: NOTICE [sshd] Ban 2001:db8::/48`,
    );
    assert.equal(batch.bytes.toString('utf8', message, end), 'NOTICE [sshd] Ban 2001:db8::/48');
    assert.equal(batch.bytes[end], 0x0a);
    assert.deepEqual([batch.source, batch.count, batch.realtimeUsec[0], batch.priority[0]], ['bans', 1, 17, 29]);
  });

  for (const [banned, ipv6prefix, told] of [
    ['2001:db8::/64', 64, '2001:db8::'],
    ['2001:db8::/56', 56, '2001:db8::'],
    ['2001:db8::/56', 64, '2001:db8::/56'],
    ['2001:db8::7', 64, '2001:db8::7'],
    ['192.0.2.0/24', 24, '192.0.2.0/24'],
    ['bob', 64, '"bob"'],
    ['x] Ban 192.0.2.7', 64, '"x] Ban 192.0.2.7"'],
    ['" Ban 192.0.2.7', 64, '"\\" Ban 192.0.2.7"'],
  ] as const) {
    it(`${banned}, where a host has a /${ipv6prefix}, is told as ${told}`, () => {
      const { bytes } = banRecord(decisionOf(banned, 100), 1, ipv6prefix);
      assert.ok(bytes.toString().endsWith(` Ban ${told}\n`));
    });
  }

  for (const [selectors, words] of [
    [1, 1],
    [32, 1],
    [33, 2],
    [300, 10],
  ] as const) {
    it(`every one of ${selectors} selectors takes it`, () => {
      const { selected } = banRecord(decisionOf('192.0.2.1', 100), selectors, 64);
      assert.deepEqual([...selected], new Array(words).fill(0xffffffff));
    });
  }
});
