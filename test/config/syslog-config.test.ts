import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDaemonConfig } from '../../src/config/daemon-config.ts';
import { configDirectory, shownErrors } from './config-directory.ts';

function load(definition: string) {
  const directory = configDirectory({ 'ringjail.local': `[Definition]\n${definition}\n` });
  const { syslog, notices, errors } = loadDaemonConfig(directory);
  return {
    listen: syslog.listen.map(({ text }) => text),
    allow: syslog.allow.map(({ text }) => text),
    notices: shownErrors(directory, notices),
    errors: shownErrors(directory, errors),
  };
}

const unset = { listen: [], allow: ['127.0.0.0/8', '::1'], notices: [], errors: [] };

describe('syslog_listen and syslog_allow', () => {
  it('unset: nothing is received', () => assert.deepEqual(load(''), unset));
  it('empty: nothing is received', () => assert.deepEqual(load('syslog_listen ='), unset));

  it('one', () => assert.deepEqual(load('syslog_listen = udp://127.0.0.1:5514'), { ...unset, listen: ['udp://127.0.0.1:5514'] }));

  it('several, on one line or more', () => {
    const { listen, errors } = load('syslog_listen = udp://127.0.0.1:5514, tcp://[::1]:5514\n    unix:///run/ringjail/syslog.sock');
    assert.deepEqual(listen, ['udp://127.0.0.1:5514', 'tcp://[::1]:5514', 'unix:///run/ringjail/syslog.sock']);
    assert.deepEqual(errors, []);
  });

  it('an error names its own line, and the rest holds', () => {
    assert.deepEqual(load('syslog_listen = udp://127.0.0.1:5514\n    udp://localhost:5514'), {
      ...unset,
      listen: ['udp://127.0.0.1:5514'],
      errors: [
        'ringjail.local:3: syslog_listen = "udp://localhost:5514": expected an address of this machine before the port, such as 127.0.0.1 or [::1]; all of them are 0.0.0.0 and [::]; names and zones are not taken',
      ],
    });
  });

  it('the same twice is an error', () => {
    const { listen, errors } = load('syslog_listen = udp://[::1]:5514 udp://[0:0:0:0:0:0:0:1]:5514');
    assert.deepEqual(listen, ['udp://[::1]:5514']);
    assert.deepEqual(errors, ['ringjail.local:2: syslog_listen = "udp://[0:0:0:0:0:0:0:1]:5514": it is named twice; once is enough']);
  });

  it('senders', () => {
    const { allow, notices } = load('syslog_listen = udp://0.0.0.0:5514\nsyslog_allow = 10.0.0.0/8, 2001:db8::/32 192.0.2.7');
    assert.deepEqual(allow, ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
    assert.deepEqual(notices, []);
  });

  it('a sender that is none', () => {
    assert.deepEqual(load('syslog_listen = udp://127.0.0.1:5514\nsyslog_allow = 10.0.0.0/8\n  10.0.0/8').errors, [
      'ringjail.local:4: syslog_allow = "10.0.0/8": expected addresses or networks, such as 10.0.0.0/8 2001:db8::/32',
    ]);
  });

  for (const address of ['udp://0.0.0.0:5514', 'tcp://[::]:5514', 'udp://192.0.2.1:5514']) {
    it(`${address} without syslog_allow is worth a notice`, () => {
      const { allow, notices } = load(`syslog_listen = udp://127.0.0.1:5514\n  ${address}`);
      assert.deepEqual(allow, unset.allow);
      assert.deepEqual(notices, [
        `ringjail.local:3: ${address} hears this machine only, as syslog_allow is not set; name the senders, such as syslog_allow = 127.0.0.0/8 10.0.0.0/8`,
      ]);
    });
  }

  for (const address of ['udp://127.8.8.8:5514', 'udp://[::1]:5514', 'unix:///run/x']) {
    it(`${address} without syslog_allow is in order`, () => assert.deepEqual(load(`syslog_listen = ${address}`).notices, []));
  }

  it('everybody is worth a notice', () => {
    assert.deepEqual(load('syslog_listen = udp://0.0.0.0:5514\nsyslog_allow = 0.0.0.0/0').notices, [
      'ringjail.local:3: syslog_allow = 0.0.0.0/0 hears everybody: whoever reaches the port can have any address banned',
    ]);
  });

  it('syslog_allow alone is worth a notice', () => {
    assert.deepEqual(load('syslog_allow = 10.0.0.0/8').notices, ['ringjail.local:2: syslog_allow does nothing without syslog_listen']);
  });
});
