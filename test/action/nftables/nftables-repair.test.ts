// What the action says that it found, and that it finds what is wrong, on a fake kernel; test/system has the real one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NftablesAction } from '../../../src/action/nftables/nftables-action.ts';
import { network } from '../../core/network.ts';
import { wantedOf } from '../wanted.ts';
import { FakeKernel } from './fake-kernel.ts';

const day = 86_400_000_000;

async function setUp() {
  const kernel = new FakeKernel();
  const open = () => kernel;
  const action = new NftablesAction({ open, openLookup: open, openReader: open, clock: kernel.clock });
  const wanted = wantedOf({ '192.0.2.1': kernel.nowUsec + day, '192.0.2.2': kernel.nowUsec + day, '10.0.0.0/8': kernel.nowUsec + day });
  await action.reconcile(wanted);
  return { kernel, action, wanted };
}

describe('NftablesAction, what somebody did', () => {
  const add = 'add element inet ringjail';
  const cases: [name: string, commands: string, expected: { found: string; bans: number } | undefined][] = [
    ['nothing', '', undefined],
    ['the table', 'delete table inet ringjail', { found: 'table gone', bans: 3 }],
    ['an element', 'delete element inet ringjail banned4 { 192.0.2.1 }', { found: '1 element missing', bans: 1 }],
    ['two', 'delete element inet ringjail banned4 { 192.0.2.1, 192.0.2.2 }', { found: '2 elements missing', bans: 2 }],
    ['one put in', `${add} banned4 { 203.0.113.9 }`, { found: '1 element that is not ours', bans: 0 }],
    ['a rule put in', 'add rule inet ringjail input accept', { found: 'a rule put into chain input', bans: 0 }],
    ['a chain', 'delete chain inet ringjail forward', { found: 'chain forward gone', bans: 0 }],
    ['the rules', 'flush chain inet ringjail input', { found: '5 of 5 rules missing in chain input', bans: 0 }],
  ];
  for (const [name, commands, expected] of cases) {
    it(`${name}: ${expected?.found ?? 'is not told'}, and is mended`, async () => {
      const { kernel, action, wanted } = await setUp();
      if (commands !== '') kernel.run(commands);
      const { length } = kernel.runs;
      assert.deepEqual(await action.reconcile(wanted), expected);
      assert.equal(kernel.runs.length - length, expected === undefined ? 0 : 1);
      assert.equal(await action.reconcile(wanted), undefined);
      assert.equal(action.isInForce(), true);
    });
  }

  it('a rule replaced by another: seen by its handle', async () => {
    const { kernel, action, wanted } = await setUp();
    kernel.others = kernel.others.map((object) => (object.kind === 'rule' ? { ...object, handle: object.handle + 100 } : object));
    assert.equal(action.isInForce(), false);
    assert.deepEqual(await action.reconcile(wanted), { found: 'a rule or set that somebody made anew', bans: 0 });
  });

  it('the rules are written anew where somebody changed them, even where nothing seems wrong', async () => {
    const { kernel, action, wanted } = await setUp();
    const { length } = kernel.runs;
    assert.equal(action.noticeChange(['banned4']), true);
    await action.reconcile(wanted);
    assert.equal(kernel.runs.length, length);
    assert.equal(action.noticeChange(['input', 'others']), true);
    await action.reconcile(wanted);
    assert.equal(kernel.runs.length, length + 1);
    assert.equal(action.noticeChange(['others']), false);
    assert.equal(action.noticeChange(undefined), true);
  });

  it('enforce tells of a table that was gone, but not of the elements that it was asked for', async () => {
    const { kernel, action } = await setUp();
    const wanted = wantedOf({ '192.0.2.7': kernel.nowUsec + day });
    kernel.failures.push('Error: Could not process rule: No such file or directory');
    assert.equal(await action.enforce([network('192.0.2.7')], wanted), undefined);
    kernel.run('delete table inet ringjail');
    assert.deepEqual(await action.enforce([network('192.0.2.7')], wanted), { found: 'table gone', bans: 1 });
  });
});
