import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NameLog } from '../../src/daemon/name-log.ts';
import { network } from '../core/network.ts';
import { recordingLog } from './recording-log.ts';

class Trial {
  nowMs = 0;
  readonly log = recordingLog();
  readonly names = new NameLog({ log: this.log, nowMs: () => this.nowMs });

  tell(...hostnames: string[]): number {
    for (const hostname of hostnames) this.names.tell(hostname, [network('192.0.2.1'), network('2001:db8::1')], 'sshd');
    return this.log.lines.length;
  }
}

describe('NameLog', () => {
  it('tells of each name once a minute', () => {
    const trial = new Trial();
    assert.equal(trial.tell('a.example', 'a.example'), 1);
    assert.deepEqual(trial.log.lines, [
      'warning: jail sshd: host name a.example in a record counts as 192.0.2.1, 2001:db8::1; usedns = no passes such records over',
    ]);
    trial.nowMs = 59_999;
    assert.equal(trial.tell('a.example', 'b.example'), 2);
    trial.nowMs = 60_000;
    assert.equal(trial.tell('a.example'), 3);
  });

  it('of 30 names a minute, and then once that there are more', () => {
    const trial = new Trial();
    const names = Array.from({ length: 40 }, (_, index) => `host${index}.example`);
    assert.equal(trial.tell(...names), 31);
    assert.match(trial.log.lines.at(-1) ?? '', /more host names/);
    trial.nowMs = 60_000;
    assert.equal(trial.tell(...names), 62);
  });
});
