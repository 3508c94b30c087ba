import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BanList } from '../../src/ban/ban-list.ts';
import { network, target } from '../core/network.ts';
import { decisionOf } from './decision.ts';

const a = network('192.0.2.7');
const forGood = Number.POSITIVE_INFINITY;

/** What is banned, by whom, until when. */
const contentOf = (list: BanList) =>
  Array.from(list.decisions(), ({ network: { text }, jail, untilUsec }) => `${text} ${jail} ${untilUsec}`);

describe('BanList', () => {
  it('knows how many are no addresses, whoever holds them, and mixes up no text with the name of a jail', () => {
    const list = new BanList();
    list.add(decisionOf('a b', 5, { jail: 'c' }));
    list.add(decisionOf('a', 5, { jail: 'b c' }));
    list.add(decisionOf('a', 9, { jail: 'b c' }));
    list.add(decisionOf('a', 5, { jail: 'd' }));
    list.add(decisionOf('192.0.2.1', 5));
    assert.equal(list.textCount, 3);
    assert.deepEqual(list.changes().bans.length, 4);
    assert.equal(list.madeLately(target('a'), 'b c')[0]?.untilUsec, 9);
    list.remove(target('a'), 'd');
    assert.equal(list.textCount, 2);
    list.expire(5);
    assert.equal(list.textCount, 1);
    list.remove(target('a'));
    assert.equal(list.textCount, 0);
  });

  it('of 100,000 bans, one that ends costs nothing that grows with the others', () => {
    const list = new BanList();
    const count = 100_000;
    // Not in the order of their ends.
    for (let index = 0; index < count; index++) {
      const end = 1 + ((index * 7919) % count);
      list.add(decisionOf(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, end));
    }
    const begin = performance.now();
    for (let now = 1; now <= 2000; now++) {
      assert.deepEqual(
        list.expire(now).map(({ untilUsec }) => untilUsec),
        [now],
      );
      assert.equal(list.nextEndUsec, now + 1);
    }
    // Going through them all took 95 ms each time.
    assert.ok(performance.now() - begin < 2000);
    assert.equal(list.size, count - 2000);
  });

  it('a ban made longer, or lifted and made again, ends once and in its own time', () => {
    const list = new BanList();
    for (let end = 1; end <= 5000; end++) list.add(decisionOf('192.0.2.7', end));
    for (let round = 0; round < 5000; round++) {
      list.remove(a);
      list.add(decisionOf('192.0.2.7', 6000 + round));
    }
    assert.deepEqual(list.expire(10_998), []);
    assert.equal(list.size, 1);
    assert.equal(list.expire(10_999).length, 1);
    assert.equal(list.nextEndUsec, forGood);
  });

  it('a ban ends at its untilUsec and not a microsecond before', () => {
    const list = new BanList();
    list.add(decisionOf('192.0.2.7', 1000));
    assert.deepEqual(list.expire(999), []);
    assert.equal(list.size, 1);
    assert.deepEqual(list.expire(1000), [decisionOf('192.0.2.7', 1000)]);
    assert.equal(list.size, 0);
    assert.deepEqual(list.expire(1000), []);
  });

  it('a longer ban by the same jail replaces the former one, an equal or shorter one does not', () => {
    const list = new BanList();
    assert.equal(list.add(decisionOf('192.0.2.7', 1000)), true);
    assert.equal(list.add(decisionOf('192.0.2.7', 1000, { failures: 9 })), false);
    assert.equal(list.add(decisionOf('192.0.2.7', 999)), false);
    assert.equal(list.add(decisionOf('192.0.2.7', 1001)), true);
    assert.deepEqual(contentOf(list), ['192.0.2.7 portscan 1001']);
  });

  it('a ban for good is replaced by none, and never ends', () => {
    const list = new BanList();
    list.add(decisionOf('192.0.2.7', 1000));
    assert.equal(list.add(decisionOf('192.0.2.7', forGood)), true);
    assert.equal(list.add(decisionOf('192.0.2.7', forGood)), false);
    assert.equal(list.add(decisionOf('192.0.2.7', 2000)), false);
    list.expire(Number.MAX_VALUE);
    assert.equal(list.nextEndUsec, forGood);
    assert.equal(list.size, 1);
  });

  it('is held by two jails: free when neither holds it', () => {
    const list = new BanList();
    list.add(decisionOf('192.0.2.7', 1000));
    list.add(decisionOf('192.0.2.7', 2000, { jail: 'sshd' }));
    assert.equal(list.size, 1);
    assert.deepEqual(
      list.expire(1000).map(({ jail }) => jail),
      ['portscan'],
    );
    assert.equal(list.isHeldBy(a, 'portscan'), false);
    assert.ok(list.isHeldBy(a, 'sshd'));
    assert.equal(list.nextEndUsec, 2000);
    assert.deepEqual(
      list.expire(2000).map(({ jail }) => jail),
      ['sshd'],
    );
    assert.equal(list.get(a), undefined);
  });

  it('remove takes one holder, or all, and says whose', () => {
    const list = new BanList();
    for (const jail of ['one', 'two', 'three']) list.add(decisionOf('192.0.2.7', 1000, { jail }));
    assert.deepEqual(list.remove(a, 'nobody'), []);
    assert.deepEqual(
      list.remove(a, 'two').map(({ jail }) => jail),
      ['two'],
    );
    assert.deepEqual(
      list.remove(a).map(({ jail }) => jail),
      ['one', 'three'],
    );
    assert.deepEqual(list.remove(a), []);
    assert.equal(list.size, 0);
    assert.equal(list.add(decisionOf('192.0.2.7', 5)), true);
  });

  it('a network and an address in it are two bans', () => {
    const list = new BanList();
    list.add(decisionOf('192.0.2.0/24', 1000));
    list.add(decisionOf('192.0.2.7', 2000));
    assert.equal(list.size, 2);
    list.remove(a);
    assert.deepEqual(contentOf(list), ['192.0.2.0/24 portscan 1000']);
  });

  it('nextEndUsec: Infinity of nothing, the soonest of many, never later than the next end', () => {
    const list = new BanList();
    assert.equal(list.nextEndUsec, forGood);
    list.add(decisionOf('192.0.2.1', 3000));
    list.add(decisionOf('192.0.2.2', 1000));
    list.add(decisionOf('192.0.2.3', forGood));
    assert.equal(list.nextEndUsec, 1000);
    list.expire(1000);
    assert.equal(list.nextEndUsec, 3000);
    list.add(decisionOf('192.0.2.1', 4000));
    assert.ok(list.nextEndUsec <= 4000);
    list.expire(3000);
    assert.equal(list.nextEndUsec, 4000);
    list.remove(network('192.0.2.1'));
    list.expire(4000);
    assert.equal(list.nextEndUsec, forGood);
  });
});

describe('BanList, what changed', () => {
  const one = decisionOf('192.0.2.1', 1000);
  const two = decisionOf('192.0.2.2', 1000);
  const begun = () => {
    const list = new BanList();
    list.forgetChanges();
    return list;
  };
  const changesOf = (list: BanList) => {
    const { isWhole, bans } = list.changes();
    return { isWhole, bans: bans.map(({ network, made, held }) => [network.text, made?.untilUsec, held?.untilUsec]) };
  };

  it('what is restored from the store is no change to it, and ends all the same', () => {
    const list = begun();
    list.restore([one, { ...one, untilUsec: 500 }, { ...one, jail: 'sshd' }, two]);
    assert.deepEqual(changesOf(list), { isWhole: false, bans: [] });
    assert.equal(list.get(one.network)?.holders.get('portscan')?.untilUsec, 1000);
    assert.deepEqual([list.size, list.nextEndUsec, list.isHeldBy(one.network, 'sshd')], [2, 1000, true]);
    assert.equal(list.expire(1000).length, 3);
    assert.equal(changesOf(list).bans.length, 3);
  });

  it('what was taken is no change any more, and is none where it was written', () => {
    const list = begun();
    list.add(one);
    assert.equal(list.takeChanges().bans.length, 1);
    list.add(two);
    assert.deepEqual(changesOf(list), { isWhole: false, bans: [['192.0.2.2', 1000, 1000]] });
    assert.deepEqual(list.madeLately(one.network, 'portscan'), [one], 'the store may not know it yet');
    list.settleChanges(true);
    assert.deepEqual(list.madeLately(one.network, 'portscan'), []);
    assert.deepEqual(changesOf(list), { isWhole: false, bans: [['192.0.2.2', 1000, 1000]] });
  });

  it('what was taken and did not get there is a change again, as it is by now', () => {
    const list = begun();
    list.add(one);
    list.add(two);
    list.takeChanges();
    list.remove(one.network);
    list.settleChanges(false);
    assert.deepEqual(changesOf(list), {
      isWhole: false,
      bans: [
        ['192.0.2.2', 1000, 1000],
        ['192.0.2.1', 1000, undefined],
      ],
    });
  });

  it('a whole list that did not get there is one again', () => {
    const list = begun();
    list.touchAll();
    list.takeChanges();
    list.add(one);
    list.settleChanges(false);
    assert.deepEqual(changesOf(list), { isWhole: true, bans: [['192.0.2.1', 1000, 1000]] });
  });
});
