import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { usualPolicy } from '../../src/config/jail-policy.ts';
import { IgnoredNames } from '../../src/daemon/ignored-names.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { network } from '../core/network.ts';
import { runningJail } from './fake-jail.ts';
import { recordingLog } from './recording-log.ts';
import { settled } from './settled.ts';

class Trial {
  readonly log = recordingLog();
  answers: Record<string, readonly string[] | 'never'> = {};
  changes = 0;
  readonly names = new IgnoredNames({
    log: this.log,
    onChange: () => this.changes++,
    ask: (name) => {
      const answer = this.answers[name];
      if (answer === 'never') return new Promise(() => undefined);
      return answer === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(answer);
    },
  });

  constructor(t: TestContext) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
  }
}

function jailOf(...ignoredNames: string[]) {
  const ignoreip = new NetworkList([{ network: network('198.51.100.1'), reason: 'ignoreip' }]);
  const running = { ...runningJail({ selectors: [], literal: 'x', options: { ignoreip } }), policy: { ...usualPolicy, ignoredNames } };
  return { running, spares: (text: string) => ignoreip.find(network(text))?.reason };
}

describe('IgnoredNames', () => {
  it('every address of a name is spared, beside those that are written as such', async (t) => {
    const trial = new Trial(t);
    trial.answers = { 'home.example': ['192.0.2.1', '2001:db8::1', 'fe80::1%eth0'] };
    const { running, spares } = jailOf('home.example');
    await trial.names.update([running]);
    assert.deepEqual(['192.0.2.1', '2001:db8::1', 'fe80::1', '192.0.2.2', '198.51.100.1'].map(spares), [
      'ignoreip: home.example',
      'ignoreip: home.example',
      'ignoreip: home.example',
      undefined,
      'ignoreip',
    ]);
    assert.deepEqual([trial.changes, trial.names.warnings, trial.log.lines], [1, [], []]);
  });

  it("where it may be a user's name, nobody is told that it is no host's", async (t) => {
    const trial = new Trial(t);
    const { running } = jailOf('bob.smith');
    await trial.names.update([{ ...running, findsTexts: true }]);
    assert.deepEqual([trial.names.warnings, trial.log.lines], [[], []]);
  });

  it('a name that is not found is told of once, shown, and looked up again every ten minutes', async (t) => {
    const trial = new Trial(t);
    const { running, spares } = jailOf('home.example');
    await trial.names.update([running]);
    const warning = 'jail fake: ignoreip: home.example cannot be resolved, so it is NOT spared; tried again by itself';
    assert.deepEqual([trial.names.warnings, trial.log.lines], [[warning], [`warning: ${warning}`]]);
    t.mock.timers.tick(600_000);
    await settled();
    assert.equal(trial.log.lines.length, 1);
    trial.answers = { 'home.example': ['192.0.2.1'] };
    t.mock.timers.tick(599_999);
    await settled();
    assert.equal(spares('192.0.2.1'), undefined);
    t.mock.timers.tick(1);
    await settled();
    assert.deepEqual([spares('192.0.2.1'), trial.names.warnings, trial.changes], ['ignoreip: home.example', [], 1]);
  });

  it('an address that moves is followed; one that is not found any more stays', async (t) => {
    const trial = new Trial(t);
    const { running, spares } = jailOf('home.example');
    const pass = async () => {
      t.mock.timers.tick(600_000);
      await settled();
      return [spares('192.0.2.1'), spares('192.0.2.2')].map((reason) => reason !== undefined);
    };
    trial.answers = { 'home.example': ['192.0.2.1'] };
    await trial.names.update([running]);
    trial.answers = { 'home.example': ['192.0.2.2'] };
    assert.deepEqual(await pass(), [false, true]);
    trial.answers = {};
    assert.deepEqual(await pass(), [false, true]);
    assert.deepEqual([trial.changes, trial.names.warnings], [2, []]);
  });

  it('a name server that does not answer holds nobody up for longer than five seconds', async (t) => {
    const trial = new Trial(t);
    trial.answers = { 'slow.example': 'never', 'home.example': ['192.0.2.1'] };
    const { running, spares } = jailOf('slow.example', 'home.example');
    const updated = trial.names.update([running]);
    await settled();
    t.mock.timers.tick(5000);
    await updated;
    assert.equal(spares('192.0.2.1'), 'ignoreip: home.example');
    assert.equal(trial.names.warnings.length, 1);
  });

  it('after a reload, a name that is known is spared at once', async (t) => {
    const trial = new Trial(t);
    trial.answers = { 'home.example': ['192.0.2.1'] };
    await trial.names.update([jailOf('home.example').running]);
    trial.answers = { 'home.example': 'never' };
    const { running, spares } = jailOf('home.example');
    void trial.names.update([running]);
    assert.equal(spares('192.0.2.1'), 'ignoreip: home.example');
  });

  it('closed, and without names, it asks nothing', async (t) => {
    const trial = new Trial(t);
    const { running, spares } = jailOf('home.example');
    await trial.names.update([running]);
    trial.names.close();
    trial.answers = { 'home.example': ['192.0.2.1'] };
    t.mock.timers.tick(600_000);
    await settled();
    assert.equal(spares('192.0.2.1'), undefined);
  });

  it('by the real resolver: localhost', async () => {
    const log = recordingLog();
    const names = new IgnoredNames({ log, onChange: () => undefined });
    const { running, spares } = jailOf('localhost');
    await names.update([running]);
    names.close();
    assert.equal(spares('127.0.0.1'), 'ignoreip: localhost');
  });
});
