import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtectedSet } from '../../src/daemon/protected-set.ts';
import { LoginMemory } from '../../src/jail/login-memory.ts';
import { network } from '../core/network.ts';

const day = 86_400_000_000;
const start = Date.UTC(2026, 0, 2, 3, 4, 5) * 1000;

function setUp() {
  const parts = { host: [{ network: network('192.0.2.1'), reason: 'gateway' }], sessions: [network('192.0.2.2')], nowUsec: start };
  const logins = new LoginMemory(day);
  const protectedSet = new ProtectedSet({
    host: { current: () => parts.host },
    sessions: { current: () => parts.sessions },
    logins,
    clock: () => parts.nowUsec,
  });
  return { parts, logins, protectedSet, reasonOf: (text: string) => protectedSet.current().find(network(text))?.reason };
}

describe('ProtectedSet', () => {
  it('unites all, each with its reason', () => {
    const { logins, reasonOf } = setUp();
    logins.observe(network('192.0.2.3'), start);
    assert.equal(reasonOf('192.0.2.1'), 'gateway');
    assert.equal(reasonOf('192.0.2.2'), 'logged in now');
    assert.equal(reasonOf('192.0.2.3'), 'logged in at 2026-01-02T03:04:05.000Z');
    assert.equal(reasonOf('192.0.2.4'), undefined);
    assert.equal(reasonOf('192.0.2.0/24') === undefined, false);
  });

  it('protects single addresses only', () => {
    const { parts, reasonOf } = setUp();
    parts.sessions = [network('2001:db8::7')];
    assert.equal(reasonOf('2001:db8::7'), 'logged in now');
    assert.equal(reasonOf('2001:db8::8'), undefined);
  });

  it('is the same list until something changes', () => {
    const { parts, logins, protectedSet, reasonOf } = setUp();
    const first = protectedSet.current();
    parts.nowUsec += 1000;
    assert.equal(protectedSet.current(), first);
    logins.observe(network('192.0.2.3'), start);
    assert.notEqual(protectedSet.current(), first);
    assert.match(reasonOf('192.0.2.3') ?? '', /^logged in at/);
    parts.nowUsec = start + day;
    assert.equal(reasonOf('192.0.2.3'), undefined);
    parts.sessions = [];
    assert.equal(reasonOf('192.0.2.2'), undefined);
    parts.host = [];
    assert.equal(reasonOf('192.0.2.1'), undefined);
  });
});
