import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathsOf } from '../../src/daemon/paths.ts';

describe('pathsOf', () => {
  it('the defaults', () => {
    assert.deepEqual(pathsOf({}, {}), {
      config: '/etc/ringjail',
      store: '/var/lib/ringjail/state.db',
      socket: '/run/ringjail/ringjail.sock',
      helper: '/run/ringjail-actions.sock',
    });
  });

  const environment = { CONFIGURATION_DIRECTORY: '/etc/rj', STATE_DIRECTORY: '/var/lib/rj', RUNTIME_DIRECTORY: '/run/rj' };

  it("systemd's environment before the defaults", () => {
    assert.deepEqual(pathsOf(environment, {}), {
      config: '/etc/rj',
      store: '/var/lib/rj/state.db',
      socket: '/run/rj/ringjail.sock',
      helper: '/run/ringjail-actions.sock',
    });
  });

  it('the command line before the environment', () => {
    const paths = pathsOf(environment, { config: 'etc', socket: '/tmp/s' });
    assert.deepEqual(paths, { config: 'etc', store: '/var/lib/rj/state.db', socket: '/tmp/s', helper: '/run/ringjail-actions.sock' });
  });

  it('of several directories the first (systemd.exec(5) separates them by a colon)', () => {
    assert.equal(pathsOf({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }, {}).store, '/var/lib/a/state.db');
  });
});
