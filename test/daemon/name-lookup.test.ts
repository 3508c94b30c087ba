import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fewAtOnce, usualMost } from '../../src/daemon/name-lookup.ts';
import { settled } from './settled.ts';

const isAwaited = () => true;

/** Names whose answers come when the test says so. */
class Trial {
  readonly asked: string[] = [];
  readonly #answers = new Map<string, { resolve: (addresses: string[]) => void; reject: (error: Error) => void }>();
  readonly lookup = fewAtOnce(2, (hostname) => {
    this.asked.push(hostname);
    return new Promise((resolve, reject) => this.#answers.set(hostname, { resolve, reject }));
  });

  async answer(hostname: string, ...addresses: string[]): Promise<void> {
    this.#answers.get(hostname)?.resolve(addresses);
    await settled();
  }

  async fail(hostname: string): Promise<void> {
    this.#answers.get(hostname)?.reject(new Error('ENOTFOUND'));
    await settled();
  }
}

describe('fewAtOnce', () => {
  it('one slow name holds up nobody; a third waits for its turn', async () => {
    const trial = new Trial();
    void trial.lookup('slow', isAwaited);
    const [first, second] = [trial.lookup('a', isAwaited), trial.lookup('b', isAwaited)];
    assert.deepEqual(trial.asked, ['slow', 'a']);
    await trial.answer('a', '192.0.2.1');
    assert.deepEqual(await first, ['192.0.2.1']);
    assert.deepEqual(trial.asked, ['slow', 'a', 'b']);
    const failed = assert.rejects(second, /ENOTFOUND/);
    await trial.fail('b');
    await failed;
    void trial.lookup('c', isAwaited);
    assert.deepEqual(trial.asked, ['slow', 'a', 'b', 'c']);
  });

  it('nobody is asked for whom nobody waits any more', async () => {
    const trial = new Trial();
    for (const name of ['slow', 'slower']) void trial.lookup(name, isAwaited);
    let isGivenUp = false;
    const given = trial.lookup('a', () => !isGivenUp);
    void trial.lookup('b', isAwaited);
    isGivenUp = true;
    await trial.answer('slow');
    assert.equal(await given, undefined);
    assert.deepEqual(trial.asked, ['slow', 'slower', 'b']);
  });

  it('a name that is being asked for is not asked for twice, and one that somebody else waits for is', async () => {
    const trial = new Trial();
    const both = [trial.lookup('slow', isAwaited), trial.lookup('slow', isAwaited)];
    void trial.lookup('slower', isAwaited);
    const waiting = [trial.lookup('a', () => false), trial.lookup('a', isAwaited)];
    assert.deepEqual(trial.asked, ['slow', 'slower']);
    await trial.answer('slow', '192.0.2.1');
    assert.deepEqual(await Promise.all(both), [['192.0.2.1'], ['192.0.2.1']]);
    await trial.answer('a', '192.0.2.2');
    assert.deepEqual(await Promise.all(waiting), [['192.0.2.2'], ['192.0.2.2']]);
    void trial.lookup('a', isAwaited);
    await trial.answer('slower');
    assert.deepEqual(trial.asked, ['slow', 'slower', 'a', 'a']);
  });
});

describe('usualMost', () => {
  for (const [threads, most] of [
    [undefined, 1],
    ['', 1],
    ['1', 1],
    ['4', 1],
    ['5', 2],
    ['6', 2],
    ['128', 63],
    ['x', 1],
  ] as const) {
    it(`${threads} threads: ${most}`, () => assert.equal(usualMost(threads), most));
  }
});
