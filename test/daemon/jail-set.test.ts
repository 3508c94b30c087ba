import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BanList } from '../../src/ban/ban-list.ts';
import { jailContextOf } from '../../src/daemon/jail-context.ts';
import { JailSet } from '../../src/daemon/jail-set.ts';
import { StoreKeeper } from '../../src/daemon/store-keeper.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { storePath } from '../ban/store-fixture.ts';
import { changeFiles, configDirectory } from '../config/config-directory.ts';
import { failureOf } from '../jail/failure.ts';
import { recordingLog } from './recording-log.ts';

const filter = { 'filter.d/scan.conf': '[Definition]\nnetfilter = blocked\n' };
const jail = (name: string, rest = '') => `[${name}]\nenabled = yes\nfilter = scan\nmaxretry = 3\n${rest}\n`;

function loaded(jailConf: string, { isRoot = false, files = {} } = {}) {
  const directory = configDirectory({ ...filter, ...files, 'jail.conf': jailConf });
  const jails = new JailSet(() => jailContextOf(directory, isRoot));
  jails.load();
  return { directory, jails };
}

const namesOf = (jails: JailSet) => jails.running.map((running) => running.jail.options.name);

/** One failure; whether it banned. */
const knock = (jails: JailSet, name: string, timeUsec: number) =>
  jails.find(name)?.jail.observe(failureOf('192.0.2.7', timeUsec), new NetworkList([])) !== undefined;

describe('JailSet', () => {
  it('runs what is well, and says what is not, a line each', () => {
    const { directory, jails } = loaded(`${jail('one')}${jail('two', 'findtime = x')}`);
    assert.deepEqual(namesOf(jails), ['one']);
    assert.deepEqual(jails.errors, [`${directory}/jail.conf:10: findtime = "x": expected a time such as 600, 10m or 1d12h`]);
    assert.deepEqual(jails.find('one')?.selectors, [{ source: 'kernel' }]);
    assert.equal(jails.find('one')?.filter.name, 'scan');
    assert.equal(jails.find('two'), undefined);
  });

  it('as root ufw is asked itself; without root, and with arguments, by the commands of action.d', () => {
    const commands = { 'action.d/ufw.conf': '[Definition]\nactionban = ufw deny from <ip>\n' };
    const actionsOf = (action: string, isRoot: boolean) => loaded(jail('one', `action = ${action}`), { isRoot, files: commands }).jails;
    assert.deepEqual(actionsOf('ufw', true).running[0]?.jail.options.actions, ['ufw']);
    assert.deepEqual(actionsOf('ufw', false).running[0]?.jail.options.actions, ['ufw']);
    assert.deepEqual(actionsOf('ufw[port=ssh]', true).running[0]?.jail.options.actions, ['ufw[port="ssh"]']);
    assert.match(loaded(jail('one', 'action = ufw')).jails.errors.join(), /action "ufw" cannot be used/);
  });
});

describe('JailSet, loaded again', () => {
  it('takes changed options and keeps what a jail remembers', () => {
    const { directory, jails } = loaded(jail('one'));
    knock(jails, 'one', 1);
    knock(jails, 'one', 2);
    changeFiles(directory, { 'jail.local': '[one]\nmaxretry = 4\n' });
    jails.load();
    assert.equal(jails.find('one')?.jail.options.maxretry, 4);
    assert.equal(jails.find('one')?.jail.counts.failures, 2);
    assert.deepEqual([knock(jails, 'one', 3), knock(jails, 'one', 4)], [false, true]);
  });

  it('a jail in error runs on as it was, with its memory, and others change', () => {
    const { directory, jails } = loaded(jail('one') + jail('two'));
    const former = jails.find('one');
    changeFiles(directory, { 'jail.local': '[one]\nmaxretry = x\n[two]\nmaxretry = 9\n' });
    jails.load();
    assert.equal(jails.find('one'), former);
    assert.equal(jails.find('two')?.jail.options.maxretry, 9);
    assert.equal(jails.errors.length, 1);
    changeFiles(directory, { 'jail.local': '' });
    jails.load();
    assert.deepEqual(jails.errors, []);
    assert.deepEqual(namesOf(jails), ['one', 'two']);
  });

  it('a jail whose filter is in error runs on as it was', () => {
    const { directory, jails } = loaded(jail('one'));
    changeFiles(directory, { 'filter.d/scan.conf': '[Definition]\nnetfilter = everything\n' });
    jails.load();
    assert.deepEqual(namesOf(jails), ['one']);
    assert.equal(jails.errors.length, 1);
  });

  it('a jail that is gone or disabled stops', () => {
    const { directory, jails } = loaded(jail('one') + jail('two') + jail('three'));
    changeFiles(directory, { 'jail.conf': `${jail('one')}${jail('two', '')}`, 'jail.local': '[two]\nenabled = no\n' });
    jails.load();
    assert.deepEqual(namesOf(jails), ['one']);
    assert.deepEqual(jails.errors, []);
  });

  it('with a file that cannot be read, all run on as they were', () => {
    const { directory, jails } = loaded(jail('one'));
    rmSync(join(directory, 'jail.conf'));
    symlinkSync('jail.conf', join(directory, 'jail.conf'));
    jails.load();
    assert.deepEqual(namesOf(jails), ['one']);
    assert.equal(jails.errors.length, 1);
  });
});

describe('JailSet, saved and restored', () => {
  it('each jail has its own memory back', () => {
    const former = loaded(jail('one') + jail('two')).jails;
    knock(former, 'one', 1);
    knock(former, 'one', 2);
    knock(former, 'two', 1);
    const { jails } = loaded(jail('one') + jail('two') + jail('three'));
    jails.restore(new Map(former.running.map(({ jail }) => [jail.options.name, jail.save()])));
    assert.deepEqual([knock(jails, 'one', 3), knock(jails, 'two', 3), knock(jails, 'three', 3)], [true, false, false]);
  });

  it('a jail that was in error at the start has back what the store has of it, and it stays there', () => {
    const path = storePath();
    const run = (jails: JailSet) => {
      const keeper = new StoreKeeper({
        path,
        log: recordingLog(),
        clock: () => 0,
        bans: new BanList(),
        jails: () => jails.running.map(({ jail }) => jail),
        positions: () => ({}),
      });
      const { windows } = keeper.open();
      jails.restore(windows);
      keeper.begin();
      return keeper;
    };
    const before = loaded(jail('one') + jail('two')).jails;
    const first = run(before);
    for (const name of ['one', 'two', 'two']) knock(before, name, 1);
    first.flush();
    first.stop();
    const { directory, jails } = loaded(jail('one') + jail('two', 'findtime = x'));
    assert.deepEqual(jails.begun, ['one']);
    const second = run(jails);
    second.flush();
    knock(jails, 'one', 2);
    changeFiles(directory, { 'jail.local': '[two]\nfindtime = 1h\n' });
    jails.load();
    assert.deepEqual(jails.begun, ['two']);
    jails.restore(second.facts.recall(jails.begun).windows, [], jails.begun);
    second.flush();
    assert.deepEqual([second.store?.windows('one')[0]?.[1].length, second.store?.windows('two')[0]?.[1].length], [2, 2]);
    assert.equal(second.facts.evidence('192.0.2.7', 'two').length, 2);
    assert.deepEqual([knock(jails, 'one', 3), knock(jails, 'two', 3)], [true, true]);
    jails.load();
    assert.deepEqual(jails.begun, []);
    second.stop();
  });

  it('the memory of a jail that is gone keeps nothing from starting', () => {
    const { jails } = loaded(jail('one'));
    jails.restore(new Map([['gone', [['192.0.2.7', []] as const]]]));
    assert.equal(jails.find('one')?.jail.trackedCount, 0);
  });

  it('the hash of a configuration changes with it, and only with it', () => {
    const { directory, jails } = loaded(jail('one') + jail('two', 'bantime = -1'));
    const hashes = () => ['one', 'two'].map((name) => jails.configurationOf(name));
    const before = hashes();
    assert.match(before.join(), /^[0-9a-f]{16},[0-9a-f]{16}$/);
    jails.load();
    assert.deepEqual(hashes(), before);
    changeFiles(directory, { 'jail.local': '[one]\nignoreip = 192.0.2.1\n[two]\nbantime = 99y\n' });
    jails.load();
    assert.equal(new Set([...before, ...hashes()]).size, 4);
    assert.equal(jails.configurationOf('gone'), undefined);
  });
});
