import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NameResolver, type NameResolverOptions } from '../../src/daemon/name-resolver.ts';
import { settled } from './settled.ts';

const minute = 60_000_000;

/** Names have the addresses that the test gives them, or none; what is asked is kept. */
class Trial {
  nowUsec = 0;
  readonly asked: string[] = [];
  readonly resolver: NameResolver;

  constructor(query: NonNullable<NameResolverOptions['query']>, timeoutMs?: number) {
    this.resolver = new NameResolver({
      clock: () => this.nowUsec,
      query: (hostname, isAwaited) => {
        this.asked.push(hostname);
        return query(hostname, isAwaited);
      },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  async addresses(hostname: string): Promise<string[]> {
    return (await this.resolver.resolve(hostname)).map(({ text }) => text);
  }
}

const dns = async () => ['192.0.2.1', '192.0.2.2', '2001:db8::1'];
const never = () => new Promise<readonly string[]>(() => undefined);

describe('NameResolver', () => {
  it('finds the addresses of both families', async () => {
    const trial = new Trial(dns);
    assert.deepEqual(await trial.addresses('host.example'), ['192.0.2.1', '192.0.2.2', '2001:db8::1']);
    assert.deepEqual(trial.asked, ['host.example']);
  });

  const failing: [name: string, query: NonNullable<NameResolverOptions['query']>, addresses: string[]][] = [
    ['no answer', () => Promise.reject(new Error('ENOTFOUND')), []],
    [
      'an exception',
      () => {
        throw new Error('bad name');
      },
      [],
    ],
    ['answers that are no addresses', async () => ['x', '', '192.0.2.300'], []],
  ];
  for (const [name, query, addresses] of failing) {
    it(`${name} is no failure`, async () => {
      const trial = new Trial(query);
      assert.deepEqual(await trial.addresses('host.example'), addresses);
      // And the next ones have their turn.
      for (let index = 0; index < 200; index++) await trial.addresses(`h${index}.example`);
      assert.equal(trial.resolver.refused, 0);
    });
  }

  for (const name of ['', '.', 'a b', 'a/b', '-a', 'a-', 'é.example', 'a\n', '*.example', 'x'.repeat(254), "a';b", '__proto__ ']) {
    it(`${JSON.stringify(name.slice(0, 20))} is no name: nobody is asked`, async () => {
      const trial = new Trial(dns);
      assert.deepEqual(await trial.addresses(name), []);
      assert.deepEqual(trial.asked, []);
    });
  }

  it('names that there are', async () => {
    const trial = new Trial(dns);
    for (const name of ['a', 'A.Example', 'a_b.example', 'a.example.', 'x'.repeat(253)])
      assert.equal((await trial.addresses(name)).length, 3, name);
  });

  it('asks once a minute, whatever the case', async () => {
    const trial = new Trial(dns);
    for (const [nowUsec, asked] of [
      [0, 1],
      [minute - 1, 1],
      [minute, 2],
      [2 * minute - 1, 2],
      [0, 3],
    ] as const) {
      trial.nowUsec = nowUsec;
      assert.equal((await trial.addresses(nowUsec === 0 ? 'Host.example' : 'host.EXAMPLE')).length, 3);
      assert.equal(trial.asked.length, asked, `${nowUsec}`);
    }
  });

  it('who asks while the answer is awaited waits for the same', async () => {
    const trial = new Trial(dns);
    const both = await Promise.all([trial.addresses('a.example'), trial.addresses('a.example')]);
    assert.deepEqual(both[0], both[1]);
    assert.equal(trial.asked.length, 1);
  });

  it('remembers a thousand names, the ones asked last', async () => {
    const trial = new Trial(dns);
    for (let index = 0; index <= 1000; index++) await trial.addresses(`h${index}.example`);
    trial.asked.length = 0;
    await trial.addresses('h1000.example');
    await trial.addresses('h1.example');
    assert.deepEqual(trial.asked, []);
    await trial.addresses('h0.example');
    assert.equal(trial.asked.length, 1);
  });

  it('64 names at once; of those beyond nothing is known, and they may be asked again', async () => {
    let answer: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const trial = new Trial(async () => {
      await gate;
      return dns();
    });
    const waiting = Array.from({ length: 66 }, (_, index) => trial.addresses(`h${index}.example`));
    await settled();
    assert.equal(trial.asked.length, 64);
    assert.equal(trial.resolver.refused, 2);
    assert.deepEqual(await waiting[64], []);
    answer();
    assert.equal((await waiting[63])?.length, 3);
    assert.equal((await trial.addresses('h64.example')).length, 3);
  });

  it('a name server that never answers holds up nobody for ever', async () => {
    const trial = new Trial((name) => (name.startsWith('slow') ? never() : dns()), 5);
    const slow = Array.from({ length: 64 }, (_, index) => trial.addresses(`slow${index}.example`));
    assert.deepEqual(await trial.addresses('a.example'), []);
    assert.deepEqual((await Promise.all(slow)).flat(), []);
    assert.equal((await trial.addresses('a.example')).length, 3);
  });

  it('who asks for a name is told when nobody waits for it any more', async () => {
    let isAwaited: () => boolean = () => assert.fail();
    const trial = new Trial((_, isAwaitedNow) => {
      isAwaited = isAwaitedNow;
      assert.ok(isAwaited());
      return never();
    }, 5);
    assert.deepEqual(await trial.addresses('a.example'), []);
    assert.equal(isAwaited(), false);
  });

  it('what was never asked is not remembered', async () => {
    const isAsked = [false, true];
    const trial = new Trial(async (_, isAwaited) => {
      if (isAsked.shift() === true) return dns();
      while (isAwaited()) await settled();
      return undefined;
    }, 5);
    assert.deepEqual(await trial.addresses('a.example'), []);
    await settled();
    assert.equal((await trial.addresses('a.example')).length, 3);
  });

  it('an answer that comes too late is remembered when it comes, also that there is none', async () => {
    for (const late of [['192.0.2.1'], []]) {
      let answer: (addresses: readonly string[]) => void = () => undefined;
      const slow = new Promise<readonly string[]>((resolve) => {
        answer = resolve;
      });
      const trial = new Trial(() => slow, 5);
      assert.deepEqual(await trial.addresses('a.example'), []);
      assert.deepEqual(await trial.addresses('a.example'), []);
      assert.equal(trial.asked.length, 2, 'no answer is not remembered');
      trial.nowUsec = minute;
      answer(late);
      await settled();
      trial.nowUsec = 2 * minute - 1;
      assert.deepEqual(await trial.addresses('a.example'), late);
      assert.equal(trial.asked.length, 2);
    }
  });

  it('a name of /etc/hosts has its addresses', async () => {
    const resolver = new NameResolver({ clock: () => 0 });
    const addresses = (await resolver.resolve('localhost')).map(({ text }) => text);
    assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'), addresses.join());
  });
});
