// The decisions of the action, on fakes of libnftables and of the kernel's sets; test/system has it on the real ones.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WantedBans } from '../../src/action/action.ts';
import { NftablesAction } from '../../src/action/nftables-action.ts';
import type { Nftables, SetLookup } from '../../src/binding/addon.ts';
import { network } from '../core/network.ts';
import { wantedOf } from './wanted.ts';

const second = 1_000_000;
const day = 86_400 * second;
const forGood = Number.POSITIVE_INFINITY;

/** Understands the commands of the action, one transaction a call, as the kernel does. */
class FakeKernel implements Nftables, SetLookup {
  nowUsec = 1_700_000_000 * second;
  /** By set, element to its end; undefined where the table is not there. */
  sets: Map<string, Map<string, number>> | undefined;
  /** Transactions that changed elements, a line each. */
  readonly transactions: string[] = [];
  /** Each is thrown once, in order, by the next calls that change elements. */
  readonly failures: string[] = [];
  /** Says yes to everything, and does nothing. */
  isLying = false;

  get clock(): () => number {
    return () => this.nowUsec;
  }

  run(commands: string): string {
    const lines = commands.split('\n');
    const changes = lines.filter((line) => / element /.test(line));
    if (changes.length > 0) {
      const failure = this.failures.shift();
      if (failure !== undefined) throw new Error(failure);
    }
    if (this.isLying) return '';
    const copy = new Map(Array.from(this.sets ?? [], ([name, elements]) => [name, new Map(elements)]));
    let sets = this.sets === undefined ? undefined : copy;
    for (const line of lines) {
      if (line === 'add table inet ringjail') sets ??= new Map();
      else if (line === 'delete table inet ringjail') sets = undefined;
      else if (sets === undefined) throw new Error('Error: No such file or directory');
      else if (line.startsWith('add set ')) {
        const name = line.split(' ')[4] ?? '';
        if (!sets.has(name)) sets.set(name, new Map());
      } else if (/ element /.test(line)) this.#change(line, sets);
    }
    this.sets = sets;
    if (changes.length > 0) this.transactions.push(changes.join('\n'));
    return '';
  }

  runJson(command: string): string {
    const elements = this.#elements(command.split(' ')[4] ?? '');
    const elem = Array.from(elements, ([text, untilUsec]) => {
      const [addr, len] = text.split('/');
      const val = len === undefined ? addr : { prefix: { addr, len: Number(len) } };
      return untilUsec === forGood ? val : { elem: { val, timeout: 1, expires: Math.floor((untilUsec - this.nowUsec) / second) } };
    });
    return JSON.stringify({ nftables: [{ metainfo: {} }, { set: { name: command.split(' ')[4], elem } }] });
  }

  has(set: string, key: Buffer): boolean {
    return Array.from(this.sets?.get(set)?.keys() ?? []).some((text) => key.equals(network(text).bytes));
  }

  #change(line: string, sets: Map<string, Map<string, number>>): void {
    const [, verb, set = '', list = ''] = /^(add|delete) element inet ringjail (\w+) \{ (.+) \}$/.exec(line) ?? assert.fail(line);
    const elements = sets.get(set) ?? assert.fail(line);
    for (const item of list.split(', ')) {
      const [, text = '', , days, seconds, ms] = /^([^ ]+)( timeout (\d+)d(\d+)s(\d+)ms)?$/.exec(item) ?? assert.fail(item);
      // nft 1.0.6: "value too large".
      for (const number of item.match(/\d+(?=d|s|ms)/g) ?? []) assert.ok(number.length <= 8, item);
      if (verb === 'delete' && !elements.delete(text)) throw new Error('Error: Could not process rule: No such file or directory');
      if (verb === 'add' && elements.has(text)) throw new Error('Error: Could not process rule: File exists');
      const leftUsec = ((Number(days) * 86_400 + Number(seconds)) * 1000 + Number(ms)) * 1000;
      if (verb === 'add') elements.set(text, days === undefined ? forGood : this.nowUsec + leftUsec);
    }
  }

  #elements(set: string): Map<string, number> {
    return this.sets?.get(set) ?? assert.fail(new Error('Error: No such file or directory'));
  }
}

/** The set's elements with the time that is left. */
function leftIn(kernel: FakeKernel, set: string): Record<string, number> {
  return Object.fromEntries(Array.from(kernel.sets?.get(set) ?? [], ([text, untilUsec]) => [text, untilUsec - kernel.nowUsec]));
}

const actionOn = (kernel: FakeKernel) => new NftablesAction({ open: () => kernel, openLookup: () => kernel, clock: kernel.clock });

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

  for (const size of [64, 65]) {
    it(`${size} addresses are one transaction`, async () => {
      const { kernel, action } = await reconciled({ '192.0.2.1': day });
      const bans = Object.fromEntries(Array.from({ length: size }, (_, index) => [`10.0.0.${index}`, kernel.nowUsec + day]));
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
    kernel.sets = undefined;
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

  it('anything else, twice: says what nftables said, and not at any length', async () => {
    const { kernel, action } = await reconciled({});
    const said = `Error: something else ${'x'.repeat(10_000)}`;
    kernel.failures.push(said, said);
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
    const action = new NftablesAction({ open, openLookup: () => kernel, clock: kernel.clock });
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

  it('makes the table where it is missing, and finds nothing', () => {
    const kernel = new FakeKernel();
    assert.deepEqual(actionOn(kernel).found(), []);
    assert.ok(kernel.sets);
  });
});
