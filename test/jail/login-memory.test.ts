import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LoginMemory } from '../../src/jail/login-memory.ts';
import { network } from '../core/network.ts';

const day = 86_400_000_000;
const now = 1_700_000_000_000_000;
const texts = (memory: LoginMemory, nowUsec = now) => memory.current(nowUsec).map(({ address }) => address.text);

describe('LoginMemory', () => {
  it('keeps a login as long as it is told, and not a microsecond longer', () => {
    const memory = new LoginMemory(day);
    memory.observe(network('192.0.2.7'), now);
    assert.deepEqual(texts(memory, now + day - 1), ['192.0.2.7']);
    assert.deepEqual(texts(memory, now + day), []);
  });

  it('a later login counts, an earlier one that is read again does not', () => {
    const memory = new LoginMemory(day);
    memory.observe(network('192.0.2.7'), now);
    memory.observe(network('192.0.2.7'), now + 10);
    memory.observe(network('192.0.2.7'), now);
    assert.deepEqual(memory.current(now + 20), [{ address: network('192.0.2.7'), timeUsec: now + 10 }]);
  });

  it('gives the same array until something changes', () => {
    const memory = new LoginMemory(day);
    memory.observe(network('192.0.2.7'), now);
    const first = memory.current(now);
    memory.observe(network('192.0.2.7'), now - 5);
    assert.equal(memory.current(now + day - 1), first);
    memory.observe(network('192.0.2.8'), now);
    assert.notEqual(memory.current(now + day - 1), first);
  });

  it('keeps the most recent ones, whatever order they came in', () => {
    const memory = new LoginMemory(day, 2);
    memory.observe(network('192.0.2.9'), now + 3);
    memory.observe(network('192.0.2.7'), now + 1);
    memory.observe(network('192.0.2.8'), now + 2);
    assert.deepEqual(texts(memory, now + 4).sort(), ['192.0.2.8', '192.0.2.9']);
  });

  it('is off with 0', () => {
    const off = new LoginMemory(0);
    off.observe(network('192.0.2.7'), now);
    assert.deepEqual(texts(off), []);
  });

  it('a login of the future, as the clock was set back, counts from now', () => {
    const memory = new LoginMemory(day);
    memory.observe(network('192.0.2.7'), now + 100 * day);
    assert.deepEqual(texts(memory, now), ['192.0.2.7']);
    assert.deepEqual(texts(memory, now + day - 1), ['192.0.2.7']);
    assert.deepEqual(texts(memory, now + day), []);
  });

  it('is the same after it was saved and restored', () => {
    const memory = new LoginMemory(day);
    memory.observe(network('192.0.2.7'), now);
    memory.observe(network('2001:db8::7'), now + 1);
    const restored = new LoginMemory(day);
    restored.restore(JSON.parse(JSON.stringify(memory.save())));
    assert.deepEqual(restored.current(now + 1), memory.current(now + 1));
  });

  const broken: unknown[] = [
    undefined,
    null,
    'x',
    {},
    [1],
    [[]],
    [['x', 1]],
    [['192.0.2.0/24', now]],
    [['192.0.2.7', '1']],
    [['192.0.2.7', null]],
  ];
  for (const saved of broken) {
    it(`restores nothing of ${JSON.stringify(saved)}`, () => {
      const memory = new LoginMemory(day);
      memory.restore(saved);
      assert.deepEqual(texts(memory), []);
    });
  }
});
