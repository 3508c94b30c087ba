import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FirewallWatch } from '../../src/enforce/firewall-watch.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { settled } from '../daemon/settled.ts';

describe('FirewallWatch', () => {
  it('passes on what the monitor tells, and closes it', () => {
    const calls: string[] = [];
    const watch = new FirewallWatch({
      open: (onChange) => ({
        start: () => onChange(['banned4']),
        stop: () => undefined,
        close: () => calls.push('close'),
      }),
      onChange: (parts) => calls.push(`change ${parts}`),
      check: () => assert.fail(),
      checkIntervalMs: 10,
      log: recordingLog(),
    });
    watch.start();
    watch.stop();
    watch.stop();
    assert.deepEqual(calls, ['change banned4', 'close']);
  });

  it('where there is no monitor says so, and has everything looked at now and then, until it is stopped', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const log = recordingLog();
    let checks = 0;
    const watch = new FirewallWatch({
      open: () => assert.fail(new Error('bind: EPERM')),
      onChange: () => assert.fail(),
      check: async () => void checks++,
      checkIntervalMs: 10_000,
      log,
    });
    watch.start();
    for (const expected of [1, 2]) {
      t.mock.timers.tick(10_000);
      await settled();
      assert.equal(checks, expected);
    }
    watch.stop();
    t.mock.timers.tick(10_000);
    assert.equal(checks, 2);
    assert.deepEqual(log.lines, ['warning: cannot follow who changes nftables (bind: EPERM): the bans are looked at every 10 s instead']);
  });

  it('where there is no monitor and checkinterval is 0 says that nobody looks', (t) => {
    const timers = t.mock.method(globalThis, 'setTimeout');
    const log = recordingLog();
    const open = () => assert.fail(new Error('bind: EPERM'));
    new FirewallWatch({ open, onChange: () => undefined, check: async () => undefined, checkIntervalMs: 0, log }).start();
    assert.equal(timers.mock.callCount(), 0);
    assert.match(log.lines.join(), /nobody looks at the bans in between/);
  });
});
