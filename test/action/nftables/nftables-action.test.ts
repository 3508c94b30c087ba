// The decisions of the action, on fakes of libnftables and of the kernel's sets; test/system has it on the real ones.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WantedBans } from '../../../src/action/action.ts';
import { NftablesAction } from '../../../src/action/nftables/nftables-action.ts';
import { network } from '../../core/network.ts';
import { wantedOf } from '../wanted.ts';
import { FakeKernel } from './fake-kernel.ts';

const second = 1_000_000;
const day = 86_400 * second;
const forGood = Number.POSITIVE_INFINITY;

/** The set's elements with the time that is left. */
function leftIn(kernel: FakeKernel, set: string): Record<string, number> {
  return Object.fromEntries(Array.from(kernel.sets?.get(set) ?? [], ([text, untilUsec]) => [text, untilUsec - kernel.nowUsec]));
}

const actionOn = (kernel: FakeKernel) =>
  new NftablesAction({ open: () => kernel, openLookup: () => kernel, openReader: () => kernel, clock: kernel.clock });

async function reconciled(
  bans: Readonly<Record<string, number>>,
): Promise<{ kernel: FakeKernel; action: NftablesAction; wanted: WantedBans }> {
  const kernel = new FakeKernel();
  const action = actionOn(kernel);
  const wanted = wantedOf(Object.fromEntries(Object.entries(bans).map(([text, leftUsec]) => [text, kernel.nowUsec + leftUsec])));
  await action.reconcile(wanted);
  return { kernel, action, wanted };
}

describe('NftablesAction, reconcile', () => {
  it('with nothing wanted makes the table, and changes no element', async () => {
    const { kernel } = await reconciled({});
    assert.deepEqual([...(kernel.sets?.keys() ?? [])], ['banned4', 'banned6', 'banned6_64', 'banned4_net', 'banned6_net']);
    assert.deepEqual(kernel.transactions, []);
  });

  it('puts all that is missing into its set, in one transaction', async () => {
    const { kernel } = await reconciled({
      '192.0.2.1': day,
      '2001:db8::1': day,
      '2001:db8:1::/64': day,
      '10.0.0.0/8': day,
      '2001:db8::/32': forGood,
    });
    assert.equal(kernel.transactions.length, 1);
    assert.deepEqual(leftIn(kernel, 'banned4'), { '192.0.2.1': day });
    assert.deepEqual(leftIn(kernel, 'banned6'), { '2001:db8::1': day });
    assert.deepEqual(leftIn(kernel, 'banned6_64'), { '2001:db8:1::': day });
    assert.deepEqual(leftIn(kernel, 'banned4_net'), { '10.0.0.0/8': day });
    assert.deepEqual(leftIn(kernel, 'banned6_net'), { '2001:db8::/32': forGood });
  });

  // Boundaries: what nft's parser takes at most are eight digits a number.
  const times = [
    1,
    999,
    1000,
    second,
    600 * second,
    99_999_999 * 1000,
    100_000_000 * 1000,
    7 * day,
    30 * day + 1000,
    365 * day,
    36_525 * day,
  ];
  for (const leftUsec of times) {
    it(`a ban for ${leftUsec / 1000} ms lasts so long, and less than a millisecond more`, async () => {
      const { kernel } = await reconciled({ '192.0.2.1': leftUsec });
      const { '192.0.2.1': left = 0 } = leftIn(kernel, 'banned4');
      assert.ok(left >= leftUsec && left < leftUsec + 1000, String(left));
    });
  }

  it('is idempotent', async () => {
    const { kernel, action, wanted } = await reconciled({ '192.0.2.1': day, '192.0.2.2': forGood, '10.0.0.0/8': day });
    kernel.nowUsec += 1_900_000;
    await action.reconcile(wanted);
    assert.equal(kernel.transactions.length, 1);
  });

  it('takes away what is not wanted', async () => {
    const { kernel, action } = await reconciled({ '192.0.2.1': day, '10.0.0.0/8': day });
    await action.reconcile(wantedOf({}));
    assert.deepEqual(leftIn(kernel, 'banned4'), {});
    assert.deepEqual(leftIn(kernel, 'banned4_net'), {});
  });

  for (const [name, before, after] of [
    ['longer', day, 2 * day],
    ['shorter', 2 * day, day],
    ['for good', day, forGood],
    ['not for good any more', forGood, day],
  ] as const) {
    it(`makes a ban ${name}, in one transaction: the address is never free`, async () => {
      const { kernel, action } = await reconciled({ '192.0.2.1': before });
      await action.reconcile(wantedOf({ '192.0.2.1': kernel.nowUsec + after }));
      assert.equal(kernel.transactions.length, 2);
      assert.deepEqual(leftIn(kernel, 'banned4'), { '192.0.2.1': after });
    });
  }

  it('leaves out a ban that is over', async () => {
    const { kernel } = await reconciled({ '192.0.2.1': 0, '192.0.2.2': -second, '192.0.2.3': day });
    assert.deepEqual(leftIn(kernel, 'banned4'), { '192.0.2.3': day });
  });

  it('of nested networks takes the outer one, and the inner one when that has gone', async () => {
    const bans: Record<string, number> = {};
    const kernel = new FakeKernel();
    const action = actionOn(kernel);
    for (const text of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24']) bans[text] = kernel.nowUsec + day;
    await action.reconcile(wantedOf(bans));
    assert.deepEqual(leftIn(kernel, 'banned4_net'), { '10.0.0.0/8': day });
    delete bans['10.0.0.0/8'];
    await action.enforce([network('10.0.0.0/8')], wantedOf(bans));
    assert.deepEqual(leftIn(kernel, 'banned4_net'), { '10.1.0.0/16': day });
  });
});

describe('NftablesAction, enforce', () => {
  it('of nothing does nothing', async () => {
    const { kernel, action, wanted } = await reconciled({});
    await action.enforce([], wanted);
    assert.deepEqual(kernel.transactions, []);
  });

  it('changes the given networks, and no other', async () => {
    const { kernel, action } = await reconciled({ '192.0.2.1': day, '192.0.2.2': day });
    const wanted = wantedOf({ '192.0.2.3': kernel.nowUsec + day, '192.0.2.4': kernel.nowUsec + day });
    await action.enforce([network('192.0.2.1'), network('192.0.2.3')], wanted);
    assert.deepEqual(leftIn(kernel, 'banned4'), { '192.0.2.2': day, '192.0.2.3': day });
  });

  it('a network that is named twice is one', async () => {
    const { kernel, action } = await reconciled({});
    await action.enforce([network('192.0.2.1'), network('::ffff:192.0.2.1')], wantedOf({ '192.0.2.1': kernel.nowUsec + day }));
    assert.deepEqual(leftIn(kernel, 'banned4'), { '192.0.2.1': day });
  });

  for (const size of [2000, 2001]) {
    it(`${size} addresses are one transaction`, async () => {
      const { kernel, action } = await reconciled({ '192.0.2.1': day });
      const bans = Object.fromEntries(
        Array.from({ length: size }, (_, index) => [`10.0.${index >> 8}.${index & 255}`, kernel.nowUsec + day]),
      );
      bans['192.0.2.1'] = kernel.nowUsec + day;
      await action.enforce(Object.keys(bans).slice(0, size).map(network), wantedOf(bans));
      assert.equal(Object.keys(leftIn(kernel, 'banned4')).length, size + 1);
      assert.equal(kernel.transactions.length, 2);
    });
  }

  it('a ban that is there already ends as it is wanted now', async () => {
    const { kernel, action } = await reconciled({ '192.0.2.1': day });
    await action.enforce([network('192.0.2.1')], wantedOf({ '192.0.2.1': kernel.nowUsec + 2 * day }));
    assert.deepEqual(leftIn(kernel, 'banned4'), { '192.0.2.1': 2 * day });
  });

  it('where the table was deleted, brings all that is wanted back', async () => {
    const { kernel, action } = await reconciled({ '192.0.2.1': day });
    kernel.run('delete table inet ringjail');
    await action.enforce([network('192.0.2.2')], wantedOf({ '192.0.2.1': kernel.nowUsec + day, '192.0.2.2': kernel.nowUsec + day }));
    assert.deepEqual(leftIn(kernel, 'banned4'), { '192.0.2.1': day, '192.0.2.2': day });
  });

  it('where an element ended between question and transaction, begins again from what is there', async () => {
    const { kernel, action } = await reconciled({ '192.0.2.1': day });
    kernel.failures.push('Error: Could not process rule: No such file or directory');
    await action.enforce([network('192.0.2.1')], wantedOf({}));
    assert.deepEqual(leftIn(kernel, 'banned4'), {});
  });
});

describe('NftablesAction, refused', () => {
  it('permission: names the capability and the line of the unit file, and is not tried twice', async () => {
    const { kernel, action } = await reconciled({});
    kernel.failures.push('Error: Could not process rule: Operation not permitted\nadd element ...');
    await assert.rejects(action.enforce([network('192.0.2.1')], wantedOf({ '192.0.2.1': kernel.nowUsec + day })), {
      code: 'permission',
      message: /CAP_NET_ADMIN.*AmbientCapabilities=CAP_SYSLOG CAP_NET_ADMIN/,
    });
    assert.deepEqual(leftIn(kernel, 'banned4'), {});
  });

  it('anything else, whatever is tried: says what nftables said, and not at any length', async () => {
    const { kernel, action } = await reconciled({});
    const said = `Error: something else ${'x'.repeat(10_000)}`;
    kernel.failures.push(said, said, said, said);
    await assert.rejects(action.enforce([network('192.0.2.1')], wantedOf({ '192.0.2.1': kernel.nowUsec + day })), (error: Error) => {
      assert.match(error.message, /^nftables refused a change: Error: something else x+$/);
      assert.ok(error.message.length < 600);
      return true;
    });
  });

  it('a kernel that takes a change and does nothing is found out', async () => {
    for (const [bans, text] of [
      [{}, '192.0.2.1'],
      [{}, '10.0.0.0/8'],
      [{ '192.0.2.1': day }, '192.0.2.1'],
      [{ '10.0.0.0/8': day }, '10.0.0.0/8'],
    ] as const) {
      const { kernel, action } = await reconciled(bans);
      kernel.isLying = true;
      const wanted = wantedOf(Object.keys(bans).length === 0 ? { [text]: kernel.nowUsec + day } : {});
      await assert.rejects(action.enforce([network(text)], wanted), {
        code: 'unavailable',
        message: new RegExp(`do not agree for ${text}: something else changes the table`),
      });
    }
  });

  it('around its end a ban may be there or not', async () => {
    const { kernel, action } = await reconciled({});
    kernel.isLying = true;
    await action.enforce([network('192.0.2.1')], wantedOf({ '192.0.2.1': kernel.nowUsec + 1_999_999 }));
    await assert.rejects(action.enforce([network('192.0.2.1')], wantedOf({ '192.0.2.1': kernel.nowUsec + 2_000_000 })));
  });

  it('is opened again after it could not be', async () => {
    const kernel = new FakeKernel();
    let isThere = false;
    const open = () => (isThere ? kernel : assert.fail(new Error('cannot open netlink socket')));
    const action = new NftablesAction({ open, openLookup: () => kernel, openReader: () => kernel, clock: kernel.clock });
    await assert.rejects(action.reconcile(wantedOf({})), { code: 'unavailable' });
    isThere = true;
    await action.reconcile(wantedOf({}));
    assert.ok(kernel.sets);
  });
});

describe('NftablesAction, found', () => {
  it('gives what stands in the sets, as networks with their end', async () => {
    const bans = { '192.0.2.1': day, '2001:db8::1': day, '2001:db8:1::/64': day, '10.0.0.0/8': forGood };
    const { kernel } = await reconciled(bans);
    const found = actionOn(kernel).found();
    assert.deepEqual(Object.fromEntries(found.map(({ network: { text }, untilUsec }) => [text, untilUsec - kernel.nowUsec])), bans);
  });

  it('gives none that is wanted anyway', async () => {
    const bans = {
      '192.0.2.1': day,
      '192.0.2.2': day,
      '2001:db8::1': day,
      '2001:db8:1::/64': day,
      '10.0.0.0/8': day,
      '172.16.0.0/12': day,
    };
    const { kernel } = await reconciled(bans);
    const except = wantedOf({ '192.0.2.2': 1, '2001:db8:1::/64': day, '172.16.0.0/12': day });
    assert.deepEqual(
      actionOn(kernel)
        .found(except)
        .map(({ network: { text } }) => text),
      ['192.0.2.1', '2001:db8::1', '10.0.0.0/8'],
    );
  });

  it('where the table is missing finds nothing, and leaves it so', () => {
    const kernel = new FakeKernel();
    assert.deepEqual(actionOn(kernel).found(), []);
    assert.equal(kernel.sets, undefined);
  });
});
