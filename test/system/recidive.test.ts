// Jails that count our own bans, as shipped and as fail2ban's package has them, on the records that our bans make.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type JailContext, loadJails } from '../../src/config/jail-config.ts';
import { Pipeline } from '../../src/daemon/pipeline.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { Jail } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { changeFiles, configDirectory } from '../config/config-directory.ts';
import { runningJail } from '../daemon/fake-jail.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { copyFail2banConfig, removeFail2banConfig, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';
import { batchOf } from '../record/batch-of.ts';

const shipped = join(import.meta.dirname, '../../../config');
const shippedFiles = () =>
  Object.fromEntries(
    ['jail.conf', 'filter.d/recidive.conf', 'filter.d/portscan.conf'].map((file) => [file, readFileSync(join(shipped, file), 'utf8')]),
  );
const contextOf = (directory: string): JailContext => ({
  directory,
  isRoot: true,
  hostName: 'host.example',
  hasUnit: () => false,
  clock: () => nowUsec,
  listensToSyslog: false,
});
const week = 7 * 86_400_000_000;
const nowUsec = 1_000_000;

/** The bans that come of `bans` bans of an address by a jail "sshd", each lifted before the next. */
function bansAfter(directory: string, bans: number, address: string): string[] {
  const { jails, errors } = loadJails(contextOf(directory));
  assert.deepEqual(errors, []);
  const [recidive, ...others] = jails.filter(({ options }) => options.name.startsWith('recidive'));
  assert.ok(recidive);
  assert.deepEqual(recidive.records.selectors, [{ source: 'bans' }]);
  assert.deepEqual([recidive.options.maxretry, recidive.options.bantimeUsec], [5, week]);
  const log = recordingLog();
  const keeper = new BanKeeper({ createAction: (name) => new FakeAction(name), clock: () => nowUsec, log, onEnded: () => undefined });
  const made: string[] = [];
  const pipeline = new Pipeline({
    keeper,
    protectedNetworks: () => new NetworkList([]),
    resolve: async (hostname) => {
      made.push(`asked who ${hostname} is`);
      return [];
    },
    earlierBans: () => 0,
    clock: () => nowUsec,
    events: {
      onBan: ({ network: banned, jail }) => void made.push(`${jail} ${banned.text}`),
      onRefused: () => undefined,
      onSeenWhileBanned: () => assert.fail('seen'),
    },
  });
  const sshd = runningJail({ selectors: [{ source: 'kernel' }], literal: 'Failed', address, options: { name: 'sshd' } });
  const counting = [recidive, ...others].map(({ options, policy, filter, records }) => ({
    selectors: records.selectors,
    policy,
    filter,
    jail: new Jail(options),
    resolvesNames: true,
  }));
  pipeline.jails = [sshd, ...counting];
  for (let ban = 0; ban < bans; ban++) {
    pipeline.process(batchOf(['Failed']));
    for (const { network: held } of Array.from(keeper.bans.decisions()).filter(({ jail }) => jail === 'sshd')) keeper.remove(held, 'sshd');
  }
  return made.filter((text) => !text.startsWith('sshd '));
}

const counts: [address: string, banned: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::/64'],
];

/** Whoever writes a log may have them banned, and would have others banned by it. */
const texts = ['bob', 'gateway.example', 'x] Ban 192.0.2.7', '" Ban 192.0.2.7', 'Ban 192.0.2.7 ', ' 192.0.2.7', '[sshd] Ban 2001:db8::7'];

describe('recidive as shipped', () => {
  const files = { 'jail.local': '[recidive]\nenabled = true\n' };
  const directory = configDirectory({});
  it('is off unless somebody wants it', () => {
    assert.ok(loadJails(contextOf(shipped)).disabled.includes('recidive'));
  });
  for (const [address, banned] of counts) {
    it(`bans ${banned} for a week with the fifth ban, and not with the fourth`, () => {
      changeFiles(directory, { ...shippedFiles(), ...files });
      assert.deepEqual(bansAfter(directory, 4, address), []);
      assert.deepEqual(bansAfter(directory, 5, address), [`recidive ${banned}`]);
    });
  }

  for (const text of texts) {
    it(`a ban of ${text} counts for nobody`, () => {
      changeFiles(directory, { ...shippedFiles(), ...files });
      assert.deepEqual(bansAfter(directory, 5, text), []);
    });
  }

  it('a jail under another name does not count its own bans', () => {
    const again = '[recidive-again]\nenabled = true\nbackend = ringjail\nfilter = recidive\nmaxretry = 1\n';
    changeFiles(directory, { ...shippedFiles(), 'jail.local': files['jail.local'] + again });
    assert.deepEqual(bansAfter(directory, 1, '192.0.2.1'), ['recidive-again 192.0.2.1']);
  });
});

describe("fail2ban's own recidive", { skip: skipWithoutFail2ban }, () => {
  const directory = copyFail2banConfig();
  after(() => removeFail2banConfig(directory));
  for (const text of texts) {
    it(`a ban of ${text} counts for nobody`, () => {
      changeFiles(directory, { 'jail.local': '[recidive]\nenabled = true\n' });
      assert.deepEqual(bansAfter(directory, 5, text), []);
    });
  }

  for (const backend of ['', 'backend = systemd\n', 'backend = ringjail\n']) {
    for (const [address, banned] of counts) {
      it(`${JSON.stringify(backend)}: bans ${banned} with the fifth ban, and not with the fourth`, () => {
        changeFiles(directory, { 'jail.local': `[recidive]\nenabled = true\n${backend}` });
        assert.deepEqual(bansAfter(directory, 4, address), []);
        assert.deepEqual(bansAfter(directory, 5, address), [`recidive ${banned}`]);
      });
    }
  }
});
