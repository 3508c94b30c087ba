// Looks by the helper: bans of an earlier run are looked for in portions, and beside that the timer looks, too.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HelperClient } from '../../src/action/helper-client.ts';
import { RemoteAction } from '../../src/action/remote-action.ts';
import { RingjailError } from '../../src/core/errors.ts';
import { TicketEnforcer } from '../../src/enforce/ticket-enforcer.ts';
import { ticketOf } from '../action/ban-ticket.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { sleep } from './command-world.ts';

/** As src/helper/action-runner.ts: one look at a time. */
function helper(listMs: number) {
  const there = new Set<string>();
  const calls: string[] = [];
  let isLooking = false;
  const request = async (asked: { op: string; networks?: readonly string[]; ticket?: { network: string } }) => {
    const answer = { id: 1, ok: true, flushed: false, lost: [], missing: [] as string[] } as const;
    if (asked.op === 'look') {
      calls.push('look');
      if (isLooking) throw new RingjailError('unavailable', 'an earlier look has not ended');
      isLooking = true;
      await sleep(listMs);
      isLooking = false;
      return { ...answer, missing: (asked.networks ?? []).filter((one) => !there.has(one)) };
    }
    const network = asked.ticket?.network ?? '';
    if (network !== '') calls.push(`${asked.op} ${network}`);
    if (asked.op === 'ban') there.add(network);
    if (asked.op === 'unban') there.delete(network);
    return answer;
  };
  return { there, calls, client: { request } as unknown as HelperClient };
}

it('2500 bans of an earlier run that are all there are left as they are, while new bans come', async () => {
  const { there, calls, client } = helper(100);
  const log = recordingLog();
  const action = new RemoteAction({ name: 'deny', jail: 'one', norestored: false, canLook: true, client });
  const enforcer = new TicketEnforcer(action, 'one', log, { checkIntervalMs: 150 });
  const held = Array.from({ length: 2500 }, (_, i) => ticketOf(`10.0.${i >> 8}.${i & 255}`, { untilUsec: 4e15 }));
  for (const { network } of held) there.add(network);
  enforcer.restore(held, []);
  void enforcer.start();
  await sleep(20);
  void enforcer.ban(ticketOf('192.0.2.1', { untilUsec: 4e15 }));
  await sleep(3000);
  const health = enforcer.health();
  await enforcer.stop();
  const touched = calls.filter((call) => call !== 'look' && !call.includes('192.0.2.1'));
  assert.equal(touched.length, 0, `${touched.length} commands for bans that were there; ${log.lines.join('\n')}`);
  assert.deepEqual(log.lines, []);
  assert.equal(health.isUnknown, false);
});
