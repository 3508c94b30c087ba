import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SessionPeers } from '../../src/daemon/session-peers.ts';
import { utmpLayoutOf } from '../../src/record/utmp.ts';
import { utmpRecord } from '../record/utmp-record.ts';

function setUp() {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-sessions-'));
  const files = { utmp: join(directory, 'utmp'), logind: join(directory, 'sessions') };
  return {
    files,
    peers: new SessionPeers(files),
    utmp: (...sessions: { pid: number; address: number[] }[]) =>
      writeFileSync(files.utmp, Buffer.concat(sessions.map((session) => utmpRecord(session, utmpLayoutOf(process.arch))))),
    logind: (name: string, host: string) => {
      mkdirSync(files.logind, { recursive: true });
      writeFileSync(join(files.logind, name), `STATE=active\nREMOTE=1\nREMOTE_HOST=${host}\n`);
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

const textsOf = (peers: SessionPeers) =>
  peers
    .current()
    .map(({ text }) => text)
    .sort();

describe('SessionPeers', () => {
  it('are none where there is neither utmp nor logind', () => {
    using trial = setUp();
    assert.deepEqual(textsOf(trial.peers), []);
  });

  it('are those of utmp and of logind, each once', () => {
    using trial = setUp();
    trial.utmp({ pid: process.pid, address: [192, 0, 2, 7] }, { pid: 1, address: [192, 0, 2, 8] });
    trial.logind('12', '192.0.2.8');
    trial.logind('c3', '192.0.2.9');
    trial.logind('12.ref', '192.0.2.10');
    assert.deepEqual(textsOf(trial.peers), ['192.0.2.7', '192.0.2.8', '192.0.2.9']);
  });

  it('follow the files at the next use, and are the same array where nothing changed', () => {
    using trial = setUp();
    const { peers } = trial;
    trial.logind('1', '192.0.2.7');
    const first = peers.current();
    assert.equal(peers.current(), first);
    trial.logind('2', '192.0.2.8');
    assert.deepEqual(textsOf(peers), ['192.0.2.7', '192.0.2.8']);
    unlinkSync(join(trial.files.logind, '1'));
    assert.deepEqual(textsOf(peers), ['192.0.2.8']);
    trial.utmp({ pid: process.pid, address: [192, 0, 2, 9] });
    assert.deepEqual(textsOf(peers), ['192.0.2.8', '192.0.2.9']);
  });

  it('leave out whose process is gone, from a minute later on', async (t) => {
    using trial = setUp();
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const { pid = 0 } = child;
    trial.utmp({ pid, address: [192, 0, 2, 7] }, { pid: 0, address: [192, 0, 2, 8] }, { pid: -1, address: [192, 0, 2, 9] });
    assert.deepEqual(textsOf(trial.peers), ['192.0.2.7']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const later = performance.now() + 60_000;
    t.mock.method(performance, 'now', () => later);
    assert.deepEqual(textsOf(trial.peers), []);
  });
});
