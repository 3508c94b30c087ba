import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDaemonConfig } from '../../src/config/daemon-config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Flow } from '../../src/daemon/flow.ts';
import { jailContextOf } from '../../src/daemon/jail-context.ts';
import { JailSet } from '../../src/daemon/jail-set.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { changeFiles, configDirectory } from '../config/config-directory.ts';
import { network } from '../core/network.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { recordingLog } from './recording-log.ts';

const files = {
  'filter.d/try.conf': '[Definition]\nfailregex = bad login from <HOST>$\n',
  'jail.conf': '[try]\nenabled = yes\nfilter = try\nbackend = syslog\nignoreip = localhost\n',
};

describe('Flow', () => {
  it('tells who is spared by name before the first record is read: a ban of an earlier run may be of them', async () => {
    const directory = configDirectory(files);
    changeFiles(directory, { 'ringjail.conf': `[Definition]\nprotect_logins = 0\nsyslog_listen = unix://${directory}/log\n` });
    const jails = new JailSet(() => jailContextOf(directory, false));
    jails.load();
    assert.deepEqual(jails.errors, []);
    const log = recordingLog();
    const abort = new AbortController();
    const told: (string | undefined)[] = [];
    const ignored = jails.find('try')?.jail.options.ignoreip;
    const flow = new Flow({
      jails,
      settings: loadDaemonConfig(directory),
      log,
      keeper: new BanKeeper({ createAction: () => new FakeAction(), clock: systemClock, log, onEnded: () => undefined }),
      earlierBans: () => 0,
      events: {
        onBan: () => undefined,
        onRefused: () => undefined,
        onSeenWhileBanned: () => undefined,
        onLoss: () => undefined,
        onSpared: () => told.push(ignored?.find(network('127.0.0.1'))?.reason),
        onReady: () => {
          told.push('ready');
          abort.abort();
        },
      },
    });
    await flow.run(abort.signal);
    await flow.stop();
    flow.close();
    // The routes of this machine may change meanwhile.
    assert.deepEqual(
      [...new Set(told)].filter((text) => text !== undefined),
      ['ignoreip: localhost', 'ready'],
    );
  });
});
