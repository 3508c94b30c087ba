import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BanDecision } from '../../src/ban/ban.ts';
import { Jail, type JailOptions } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { network, target } from '../core/network.ts';
import { failureOf, minute } from './failure.ts';

const findtime = 10 * minute;
const hour = 60 * minute;
const listOf = (...texts: string[]) => new NetworkList(texts.map((text) => ({ network: network(text), reason: 'test' })));
const nobody = listOf();

const jailOf = (options: Partial<JailOptions> = {}) =>
  new Jail({
    name: 'portscan',
    actions: ['nftables'],
    maxretry: 3,
    findtimeUsec: findtime,
    bantimeUsec: hour,
    increment: undefined,
    aggregate: [],
    isDistinct: true,
    ipv6prefix: 64,
    ignoreip: nobody,
    maxtracked: 1000,
    ...options,
  });

/** A failure for each port, a microsecond after the other; the last decision. */
function knock(jail: Jail, address: string, ports: readonly number[], timeUsec = 0, spared = nobody): BanDecision | undefined {
  let decision: BanDecision | undefined;
  for (const [index, port] of ports.entries()) decision = jail.observe(failureOf(address, timeUsec + index, port), spared);
  return decision;
}

describe('Jail, of what is no address', () => {
  const options = { isDistinct: false, maxretry: 2, aggregate: [{ family: 4, prefix: 24, hosts: 2 } as const] };

  it('counts and bans by the text as it stands', () => {
    const jail = jailOf(options);
    for (const text of ['bob', 'Bob', 'bob ', 'bob/24', '192.0.2.7:80', '192.0.2.7'])
      assert.equal(jail.observe(failureOf(text, 0), nobody), undefined);
    assert.equal(jail.trackedCount, 6);
    for (const text of ['bob', 'bob/24', '192.0.2.7:80']) assert.deepEqual(jail.observe(failureOf(text, 1), nobody)?.network, target(text));
    assert.equal(jail.trackedCount, 3);
  });

  it('is neither in a network that is spared nor in one of many', () => {
    const jail = jailOf(options);
    const spared = listOf('0.0.0.0/0', '::/0');
    for (const text of ['192.0.2.1:80', '192.0.2.2:80', '192.0.2.3:80']) {
      jail.observe(failureOf(text, 0), spared);
      assert.deepEqual(jail.observe(failureOf(text, 1), spared)?.network, target(text));
    }
    assert.equal(jail.trackedCount, 0);
  });

  it('ignoreip has it as a text', () => {
    const jail = jailOf({ ...options, ignoreip: new NetworkList([], ['bob']) });
    for (const text of ['bob', 'bob', 'alice']) jail.observe(failureOf(text, 0), nobody);
    assert.deepEqual([jail.counts.ignored, jail.counts.failures], [2, 1]);
  });

  it('is forgiven, and restored with the thresholds of a failure, also where it looks like a network', () => {
    const jail = jailOf({ ...options, aggregate: [{ family: 4, prefix: 24, hosts: 1 }] });
    jail.restore([
      ['bob/24', [{ timeUsec: 0, distinct: undefined }]],
      ['bob', [{ timeUsec: 0, distinct: undefined }]],
    ]);
    assert.equal(jail.windowOf(target('bob/24')).length, 1);
    jail.forgive(target('bob/24'), nobody);
    assert.equal(jail.observe(failureOf('bob/24', 1), nobody), undefined);
    assert.deepEqual(jail.observe(failureOf('bob', 1), nobody)?.network, target('bob'));
  });
});

describe('Jail', () => {
  it('bans with the failure that completes it, for bantime from that failure on', () => {
    const jail = jailOf();
    assert.equal(knock(jail, '192.0.2.7', [1, 2]), undefined);
    assert.deepEqual(knock(jail, '192.0.2.7', [3], minute), {
      network: network('192.0.2.7'),
      jail: 'portscan',
      origin: 'failures',
      actions: ['nftables'],
      sinceUsec: minute,
      untilUsec: minute + hour,
      failures: 3,
      distinct: ['1', '2', '3'],
      evidence: failureOf('192.0.2.7', minute).evidence,
    });
  });

  it('a failure exactly findtime after the first bans, one 1 ms later does not', () => {
    for (const [delay, isBanned] of [
      [0, true],
      [1000, false],
    ] as const) {
      const jail = jailOf({ maxretry: 2 });
      knock(jail, '192.0.2.7', [1]);
      assert.equal(knock(jail, '192.0.2.7', [2], findtime + delay) !== undefined, isBanned, `${delay} µs`);
    }
  });

  it('maxretry = 1 bans at the first failure, and remembers nothing of it', () => {
    const jail = jailOf({ maxretry: 1 });
    assert.equal(knock(jail, '192.0.2.7', [1])?.failures, 1);
    assert.equal(jail.trackedCount, 0);
  });

  it('bantime for good has no end', () => {
    assert.equal(
      knock(jailOf({ maxretry: 1, bantimeUsec: Number.POSITIVE_INFINITY }), '192.0.2.7', [1])?.untilUsec,
      Number.POSITIVE_INFINITY,
    );
  });

  it('after a ban counts from nothing', () => {
    const jail = jailOf();
    assert.ok(knock(jail, '192.0.2.7', [1, 2, 3]));
    assert.equal(knock(jail, '192.0.2.7', [4, 5]), undefined);
    assert.ok(knock(jail, '192.0.2.7', [6]));
  });

  it('addresses do not add up; those of one /64 do', () => {
    const jail = jailOf();
    assert.equal(knock(jail, '192.0.2.7', [1, 2]), undefined);
    assert.equal(knock(jail, '192.0.2.8', [3]), undefined);
    assert.equal(knock(jail, '2001:db8::1', [1]), undefined);
    assert.equal(knock(jail, '2001:db8::2', [2]), undefined);
    assert.equal(knock(jail, '2001:db8:0:1::3', [3]), undefined);
    assert.equal(knock(jail, '2001:db8::3', [3])?.network.text, '2001:db8::/64');
  });

  it('with a protected address in the /64, single addresses count and are banned', () => {
    const jail = jailOf();
    const spared = listOf('2001:db8::1');
    for (const [index, address] of ['2001:db8::5', '2001:db8::6', '2001:db8::7'].entries()) {
      assert.equal(knock(jail, address, [index], 0, spared), undefined);
    }
    assert.equal(knock(jail, '2001:db8::7', [8, 9], 0, spared)?.network.text, '2001:db8::7');
  });

  it('isDistinct: a failure without a port counts for nothing', () => {
    const jail = jailOf({ maxretry: 1 });
    assert.equal(jail.observe(failureOf('192.0.2.7', 0), nobody), undefined);
    assert.equal(jail.counts.failures, 0);
    assert.equal(jail.trackedCount, 0);
  });

  it('not isDistinct: the same port counts each time, and so does none', () => {
    const jail = jailOf({ isDistinct: false });
    assert.equal(knock(jail, '192.0.2.7', [1, 1]), undefined);
    const decision = jail.observe(failureOf('192.0.2.7', 2), nobody);
    assert.equal(decision?.failures, 3);
    assert.deepEqual(decision.distinct, []);
  });

  it('ignoreip counts nothing but that it was ignored', () => {
    const jail = jailOf({ maxretry: 1, ignoreip: listOf('192.0.2.0/24') });
    assert.equal(knock(jail, '192.0.2.255', [1, 2]), undefined);
    assert.equal(knock(jail, '::ffff:192.0.2.0', [1]), undefined);
    assert.deepEqual([jail.counts.ignored, jail.counts.failures, jail.trackedCount], [3, 0, 0]);
    assert.ok(knock(jail, '192.0.3.0', [1]));
  });

  it('clear forgets one identity', () => {
    const jail = jailOf();
    knock(jail, '192.0.2.7', [1, 2]);
    knock(jail, '192.0.2.8', [1, 2]);
    jail.clear(network('192.0.2.7'));
    assert.equal(knock(jail, '192.0.2.7', [3]), undefined);
    assert.ok(knock(jail, '192.0.2.8', [3]));
  });
});

describe('Jail, its memory', () => {
  it('at maxtracked addresses forgets none, with one more the one unseen for the longest, and counts it', () => {
    const jail = jailOf({ maxtracked: 3 });
    for (const last of [1, 2, 3]) knock(jail, `192.0.2.${last}`, [1, 2], last);
    assert.equal(jail.counts.evicted, 0);
    // Seen again: not the longest unseen any more.
    knock(jail, '192.0.2.1', [2], 4);
    knock(jail, '192.0.2.4', [1], 5);
    assert.deepEqual([jail.counts.evicted, jail.trackedCount], [1, 3]);
    assert.deepEqual(
      jail.save().map(([identity]) => identity),
      ['192.0.2.3', '192.0.2.1', '192.0.2.4'],
    );
    assert.equal(knock(jail, '192.0.2.2', [3], 6), undefined);
    assert.ok(knock(jail, '192.0.2.1', [3], 7));
  });

  it('maxtracked = 1: an address alone is banned all the same', () => {
    assert.ok(knock(jailOf({ maxtracked: 1 }), '192.0.2.7', [1, 2, 3]));
  });

  it('100,000 addresses are no more than maxtracked', () => {
    const jail = jailOf({ maxtracked: 100 });
    for (let index = 0; index < 100_000; index++) knock(jail, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, [1], index);
    assert.deepEqual([jail.trackedCount, jail.counts.evicted], [100, 99_900]);
  });

  it('lets go whom nobody saw for findtime, without calling it an eviction', () => {
    const jail = jailOf();
    for (let last = 0; last < 100; last++) knock(jail, `192.0.2.${last}`, [1]);
    for (let turn = 0; turn < 100; turn++) knock(jail, '203.0.113.1', [1], findtime);
    assert.equal(jail.trackedCount, 101);
    for (let turn = 0; turn < 100; turn++) knock(jail, '203.0.113.1', [1], findtime + 1000);
    assert.deepEqual([jail.trackedCount, jail.counts.evicted], [1, 0]);
  });

  it('is bounded by maxretry for one address', () => {
    const jail = jailOf();
    for (let time = 0; time < 10_000; time++) knock(jail, '192.0.2.7', [time % 2], time);
    assert.equal(jail.save()[0]?.[1].length, 2);
  });
});

describe('Jail, saved and restored', () => {
  /** As it is after it was on disk. */
  const stored = (jail: Jail) => structuredClone(jail.save());

  function restored(former: Jail, options: Partial<JailOptions> = {}): Jail {
    const jail = jailOf(options);
    jail.restore(stored(former));
    return jail;
  }

  it('goes on as if nothing had been', () => {
    for (const isDistinct of [true, false]) {
      const former = jailOf({ isDistinct });
      knock(former, '192.0.2.7', [1, 2]);
      const jail = restored(former, { isDistinct });
      assert.deepEqual(stored(jail), stored(former));
      const decision = knock(jail, '192.0.2.7', [3], findtime);
      assert.equal(decision?.failures, 3);
      assert.deepEqual(decision.distinct, isDistinct ? ['1', '2', '3'] : []);
    }
  });

  it('decides nothing by itself: a lower maxretry bans with the next failure', () => {
    const former = jailOf({ maxretry: 5 });
    knock(former, '192.0.2.7', [1, 2, 3, 4]);
    const jail = restored(former, { maxretry: 2 });
    assert.equal(jail.trackedCount, 1);
    assert.equal(knock(jail, '192.0.2.7', [5], 10)?.failures, 5);
  });

  it('a higher maxretry needs the more', () => {
    const former = jailOf();
    knock(former, '192.0.2.7', [1, 2]);
    const jail = restored(former, { maxretry: 4 });
    assert.equal(knock(jail, '192.0.2.7', [3], 10), undefined);
    assert.ok(knock(jail, '192.0.2.7', [4], 10));
  });

  it('a shorter findtime forgets what is out of it', () => {
    const former = jailOf();
    knock(former, '192.0.2.7', [1]);
    knock(former, '192.0.2.7', [2], minute);
    assert.equal(knock(restored(former, { findtimeUsec: minute - 1 }), '192.0.2.7', [3], minute), undefined);
  });

  it('what was counted otherwise does not count', () => {
    const former = jailOf({ isDistinct: false });
    knock(former, '192.0.2.7', [1, 2]);
    assert.equal(knock(restored(former), '192.0.2.7', [3]), undefined);
    const other = jailOf();
    knock(other, '192.0.2.7', [1, 2]);
    assert.equal(knock(restored(other, { isDistinct: false }), '192.0.2.7', [3]), undefined);
  });

  it('a lower maxtracked keeps those that were seen last', () => {
    const former = jailOf();
    for (const last of [1, 2, 3]) knock(former, `192.0.2.${last}`, [1]);
    assert.deepEqual(
      restored(former, { maxtracked: 2 })
        .save()
        .map(([identity]) => identity),
      ['192.0.2.2', '192.0.2.3'],
    );
  });

  it('takeOver takes the windows and the counts', () => {
    const former = jailOf({ ignoreip: listOf('198.51.100.1') });
    knock(former, '192.0.2.7', [1, 2]);
    knock(former, '198.51.100.1', [1]);
    const jail = jailOf({ bantimeUsec: minute });
    jail.takeOver(former);
    assert.deepEqual(jail.counts, { failures: 2, ignored: 1, unusable: 0, evicted: 0, banned: 0, refused: 0 });
    assert.equal(knock(jail, '192.0.2.7', [3], 5)?.untilUsec, 5 + minute);
    assert.equal(former.counts.failures, 2);
  });
});

describe('Jail, what changed', () => {
  const changesOf = (jail: Jail) => {
    const { isWhole, windows } = jail.changes();
    const list = Array.from(windows, ({ identity, entries, evidence }) => [identity, entries?.length, evidence.map(({ text }) => text)]);
    jail.forgetChanges();
    return { isWhole, list };
  };
  const begun = (options: Partial<JailOptions> = {}) => {
    const jail = jailOf(options);
    jail.restore([]);
    return jail;
  };
  const packet = (last: number, times: number) => Array(times).fill(`packet of 192.0.2.${last}`);

  it('everything, of a jail that was never restored', () => {
    const jail = jailOf();
    knock(jail, '192.0.2.7', [1, 2]);
    assert.deepEqual(changesOf(jail), { isWhole: true, list: [['192.0.2.7', 2, packet(7, 2)]] });
    assert.deepEqual(changesOf(jail), { isWhole: false, list: [] });
  });

  it('each identity once, by its latest failure, with the records since', () => {
    const jail = begun();
    knock(jail, '192.0.2.7', [1, 2]);
    knock(jail, '192.0.2.8', [1]);
    knock(jail, '192.0.2.7', [2]);
    const list = [
      ['192.0.2.8', 1, packet(8, 1)],
      ['192.0.2.7', 2, packet(7, 3)],
    ];
    assert.deepEqual(changesOf(jail), { isWhole: false, list });
    knock(jail, '192.0.2.8', [2]);
    assert.deepEqual(changesOf(jail), { isWhole: false, list: [['192.0.2.8', 2, packet(8, 1)]] });
  });

  for (const [maxmatches, kept] of [
    [undefined, 10],
    [2, 2],
    [20, 12],
  ] as const) {
    it(`of one identity the latest ${kept} of 12 records, with maxmatches ${maxmatches ?? 'as usual'}`, () => {
      const jail = begun({ maxretry: 20, isDistinct: false, ...(maxmatches === undefined ? {} : { maxmatches }) });
      knock(jail, '192.0.2.7', Array(12).fill(1));
      assert.deepEqual(changesOf(jail).list, [['192.0.2.7', 12, packet(7, kept)]]);
    });
  }

  it('a window that is gone by a ban, with its records', () => {
    const jail = begun();
    assert.ok(knock(jail, '192.0.2.7', [1, 2, 3]));
    assert.deepEqual(changesOf(jail), { isWhole: false, list: [['192.0.2.7', undefined, packet(7, 3)]] });
  });

  it('a window that is cleared, and none where there was none', () => {
    const jail = begun();
    knock(jail, '192.0.2.7', [1]);
    changesOf(jail);
    jail.clear(network('192.0.2.7'));
    jail.clear(network('192.0.2.8'));
    assert.deepEqual(changesOf(jail), { isWhole: false, list: [['192.0.2.7', undefined, []]] });
  });

  it('what was forgotten by age and by maxtracked', () => {
    const jail = begun({ maxtracked: 2 });
    for (const last of [1, 2, 3]) knock(jail, `192.0.2.${last}`, [1], last);
    assert.deepEqual(changesOf(jail).list.at(-1), ['192.0.2.1', undefined, packet(1, 1)]);
    knock(jail, '192.0.2.3', [1], findtime + 3);
    assert.deepEqual(changesOf(jail).list, [
      ['192.0.2.3', 1, packet(3, 1)],
      ['192.0.2.2', undefined, []],
    ]);
  });

  it('what a restored jail has no room for', () => {
    const jail = jailOf({ maxtracked: 1 });
    jail.restore([
      ['192.0.2.1', []],
      ['192.0.2.2', []],
    ]);
    assert.deepEqual(changesOf(jail), { isWhole: false, list: [['192.0.2.1', undefined, []]] });
  });

  it('goes on through takeOver: what was not yet written, and what the new jail has no room for', () => {
    const former = begun();
    knock(former, '192.0.2.1', [1]);
    changesOf(former);
    knock(former, '192.0.2.2', [1]);
    const jail = jailOf({ maxtracked: 1 });
    jail.takeOver(former);
    assert.deepEqual(changesOf(jail), {
      isWhole: false,
      list: [
        ['192.0.2.2', 1, packet(2, 1)],
        ['192.0.2.1', undefined, []],
      ],
    });
  });

  it('what was taken is no change any more, and a window that goes on meanwhile does not change what was taken', () => {
    const jail = begun();
    knock(jail, '192.0.2.7', [1]);
    const { windows } = jail.takeChanges();
    knock(jail, '192.0.2.7', [2]);
    assert.equal(windows[0]?.entries?.length, 1);
    jail.settleChanges(true);
    assert.deepEqual(changesOf(jail).list, [['192.0.2.7', 2, packet(7, 1)]]);
  });

  it('what was taken and did not get into the store is a change again, before what changed since, with its records', () => {
    const jail = begun();
    for (const last of [1, 2, 3]) knock(jail, `192.0.2.${last}`, [1]);
    jail.takeChanges();
    knock(jail, '192.0.2.1', [2]);
    const successor = jailOf();
    successor.takeOver(jail);
    jail.settleChanges(false);
    assert.deepEqual(changesOf(successor), {
      isWhole: false,
      list: [
        ['192.0.2.2', 1, packet(2, 1)],
        ['192.0.2.3', 1, packet(3, 1)],
        ['192.0.2.1', 2, packet(1, 2)],
      ],
    });
    jail.touchAll();
    jail.takeChanges();
    knock(jail, '192.0.2.4', [1]);
    jail.settleChanges(false);
    assert.equal(jail.changes().isWhole, true);
  });

  it('everything, where more changed than is tracked; and the memory for records is bounded', () => {
    const jail = begun({ maxtracked: 2 });
    for (let last = 1; last <= 4; last++) knock(jail, `192.0.2.${last}`, [1]);
    assert.equal(jail.changes().isWhole, false);
    for (let last = 5; last <= 6; last++) knock(jail, `192.0.2.${last}`, [1]);
    assert.deepEqual(changesOf(jail), {
      isWhole: true,
      list: [
        ['192.0.2.5', 1, []],
        ['192.0.2.6', 1, packet(6, 1)],
      ],
    });
    const busy = begun({ maxretry: 100, isDistinct: false });
    for (let time = 0; time < 20; time++) knock(busy, '192.0.2.7', [1]);
    assert.deepEqual(changesOf(busy).list, [['192.0.2.7', 20, packet(7, 10)]]);
    const terse = begun({ maxretry: 100, isDistinct: false, maxmatches: 0 });
    knock(terse, '192.0.2.7', [1, 2, 3]);
    assert.deepEqual(changesOf(terse).list, [['192.0.2.7', 3, []]]);
  });
});

describe('bantime.increment', () => {
  it('bans longer who was banned before, by this jail or by any', () => {
    const asked: boolean[] = [];
    const lengthOf = (isOverall: boolean) => {
      const increment = {
        secondsOf: (sec: number, earlier: number) => sec * 10 ** earlier,
        maxtimeUsec: Number.POSITIVE_INFINITY,
        rndtimeUsec: 0,
        isOverall,
      };
      const jail = jailOf({ maxretry: 1, isDistinct: false, bantimeUsec: minute, increment });
      const earlierBans = (_: unknown, overall: boolean) => {
        asked.push(overall);
        return overall ? 2 : 1;
      };
      const decision = jail.observe(failureOf('192.0.2.1', 0), new NetworkList([]), earlierBans);
      return (decision?.untilUsec ?? 0) / minute;
    };
    assert.deepEqual([lengthOf(false), lengthOf(true)], [10, 100]);
    assert.deepEqual(asked, [false, true]);
  });
});

describe('aggregate', () => {
  const jailWithRules = () =>
    jailOf({
      isDistinct: false,
      maxretry: 1,
      aggregate: [
        { family: 4, prefix: 24, hosts: 3 },
        { family: 4, prefix: 16, hosts: 5 },
        { family: 6, prefix: 48, hosts: 2 },
      ],
    });
  const bansOf = (jail: Jail, addresses: readonly string[], spared = nobody, timeUsec = 0) =>
    addresses.map((address) => {
      const decision = jail.observe(failureOf(address, timeUsec), spared);
      return decision && (jail.widen(decision, spared) ?? decision).network.text;
    });

  it('bans the network with the address that completes it, the widest where several are complete', () => {
    const jail = jailWithRules();
    assert.deepEqual(bansOf(jail, ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3']), [
      '192.0.2.1',
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.0/24',
    ]);
    assert.deepEqual(bansOf(jail, ['192.0.3.1', '192.0.4.1']), ['192.0.3.1', '192.0.0.0/16']);
    assert.deepEqual(bansOf(jail, ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:2::1']), [
      '2001:db8:0:1::/64',
      '2001:db8:0:1::/64',
      '2001:db8::/48',
    ]);
  });

  it('never a network with somebody in it who is spared, and not after findtime', () => {
    const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    assert.deepEqual(bansOf(jailWithRules(), addresses, listOf('192.0.2.99')), addresses);
    const jail = jailWithRules();
    bansOf(jail, addresses.slice(0, 2));
    assert.deepEqual(bansOf(jail, ['192.0.2.3'], nobody, findtime + 1), ['192.0.2.3']);
  });

  it('an address that was cleared does not count, and what is left in the store neither', () => {
    const jail = jailWithRules();
    bansOf(jail, ['192.0.2.1', '192.0.2.2', '2001:db8:0:1::1']);
    jail.forgetChanges();
    jail.clear(network('192.0.2.1'));
    jail.clear(network('2001:db8:0:1::/64'));
    jail.clear(network('192.0.2.9'));
    assert.deepEqual(
      jail.changes().windows.map(({ identity, entries }) => [identity, entries?.map(({ distinct }) => distinct)]),
      [
        ['192.0.2.0/24', ['192.0.2.2']],
        ['192.0.0.0/16', ['192.0.2.2']],
        ['2001:db8::/48', undefined],
      ],
    );
    assert.deepEqual(bansOf(jail, ['192.0.2.3', '2001:db8:0:2::1']), ['192.0.2.3', '2001:db8:0:2::/64']);
    assert.deepEqual(bansOf(jail, ['192.0.2.1']), ['192.0.2.0/24']);
  });

  it('networks of many are bounded by maxtracked and findtime, also where each failure bans', () => {
    const rules = [
      { family: 4, prefix: 24, hosts: 3 },
      { family: 4, prefix: 16, hosts: 5 },
    ] as const;
    const jail = jailOf({ isDistinct: false, maxretry: 1, maxtracked: 10, aggregate: rules });
    for (let index = 0; index < 200; index++) {
      assert.ok(bansOf(jail, [`198.${index}.0.1`], nobody, index)[0]);
      assert.ok(jail.trackedCount <= 10);
    }
    assert.equal(jail.counts.evicted, 390);
    for (let index = 0; index < 20; index++) bansOf(jail, [`192.0.2.${index % 2}`], nobody, 1000 + findtime + index);
    assert.equal(jail.trackedCount, 2);
  });

  it('goes on after a restart', () => {
    const former = jailWithRules();
    bansOf(former, ['192.0.2.1', '192.0.2.2']);
    const jail = jailWithRules();
    jail.restore(former.save());
    assert.deepEqual(bansOf(jail, ['192.0.2.3']), ['192.0.2.0/24']);
  });
});
