import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FlowLog, formatLoss } from '../../src/daemon/flow-log.ts';
import { decisionOf } from '../ban/decision.ts';
import { recordingLog } from './recording-log.ts';

const hourUsec = 3_600_000_000;

function setUp() {
  const log = recordingLog();
  const time = { nowMs: 0 };
  return { time, lines: log.lines, flow: new FlowLog({ log, nowMs: () => time.nowMs }) };
}

describe('FlowLog', () => {
  it('a ban: for how long and what for, and its end', () => {
    const { flow, lines } = setUp();
    const decision = { ...decisionOf('192.0.2.7', hourUsec), sinceUsec: 0, jail: 'sshd', failures: 5, distinct: [] };
    flow.banned(decision);
    flow.banned({ ...decision, failures: 2, distinct: ['22', '23'] });
    flow.spared(decision, 'gateway');
    flow.ended(decision);
    assert.deepEqual(lines, [
      'notice: ban 192.0.2.7 for 1h: jail sshd, 5 failures',
      'notice: ban 192.0.2.7 for 1h: jail sshd, 2 ports (22, 23)',
      'notice: unban 192.0.2.7: jail sshd spares it now (gateway)',
      'notice: unban 192.0.2.7: its time in jail sshd is over',
    ]);
  });

  it('a refused ban is told once a minute, whomever it is about', () => {
    const { time, lines, flow } = setUp();
    for (const [nowMs, address] of [
      [0, '192.0.2.1'],
      [59_999, '192.0.2.2'],
      [60_000, '192.0.2.3'],
    ] as const) {
      time.nowMs = nowMs;
      flow.refused({ ...decisionOf(address, hourUsec), jail: 'sshd' }, 'gateway');
    }
    assert.deepEqual(lines, [
      'warning: 192.0.2.1 is not banned by jail sshd, because it is protected (gateway): its packets may be forged',
      'warning: 192.0.2.3 is not banned by jail sshd, because it is protected (gateway): its packets may be forged',
    ]);
  });

  it('what is no address stands in quotes, and that there are too many of such is told once a minute', () => {
    const { time, lines, flow } = setUp();
    const decision = { ...decisionOf('a "b', hourUsec), sinceUsec: 0, jail: 'app', failures: 5, distinct: [] };
    flow.banned(decision);
    for (const nowMs of [0, 59_999, 60_000]) {
      time.nowMs = nowMs;
      flow.tooMany(decision, 7);
    }
    const full = 'error: "a \\"b" is not banned by jail app: 7 that are no addresses are banned already; ';
    assert.equal(lines.shift(), 'notice: ban "a \\"b" for 1h: jail app, 5 failures');
    assert.deepEqual(
      lines.map((line) => line.startsWith(full)),
      [true, true],
    );
  });

  it('a loss, of a number that is known or not', () => {
    assert.equal(formatLoss('kernel', { count: 3, reason: 'overwritten' }), 'source kernel: lost 3 records: overwritten');
    assert.equal(
      formatLoss('journal', { count: undefined, reason: 'rotated' }),
      'source journal: lost an unknown number of records: rotated',
    );
  });
});
