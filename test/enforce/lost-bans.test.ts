import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LostBans } from '../../src/enforce/lost-bans.ts';

const isAmong = (networks: readonly string[]) => (network: string) => networks.includes(network);
const [first, second, third] = ['192.0.2.1', '192.0.2.2', '2001:db8::3'] as const;

/** `wanted` and `enforced`: of the moment at which all that was due has been tried. */
function repairOf(lost: LostBans, wanted: readonly string[], enforced: readonly string[]) {
  return lost.takeRepair(isAmong(wanted), isAmong(enforced));
}

describe('LostBans', () => {
  it('are told once, when the first of them is back', () => {
    const lost = new LostBans();
    lost.add(first);
    lost.add(second);
    assert.equal(repairOf(lost, [first, second], []), undefined);
    assert.deepEqual(repairOf(lost, [first, second], [first]), { found: 'bans were gone', bans: 1 });
    assert.equal(repairOf(lost, [first, second], [first, second]), undefined);
  });

  it('of which all is gone are told by their families, in order', () => {
    const lost = new LostBans();
    lost.add(third, 6);
    lost.add(first, 4);
    lost.add(second, 4);
    const all = [first, second, third];
    assert.deepEqual(repairOf(lost, all, all), { found: 'what the action had set up for IPv4 and IPv6 was gone', bans: 3 });
    lost.add(first);
    assert.deepEqual(repairOf(lost, all, all), { found: 'bans were gone', bans: 1 }, 'the families were told');
  });

  it('that are bans no more are not waited for, nor told when they are made again', () => {
    const lost = new LostBans();
    lost.add(first);
    assert.equal(repairOf(lost, [], []), undefined);
    assert.equal(repairOf(lost, [first], [first]), undefined);
  });
});
