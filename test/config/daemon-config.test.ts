import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDaemonConfig } from '../../src/config/daemon-config.ts';
import { copyFail2banConfig, removeFail2banConfig, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';
import { configDirectory, shownErrors } from './config-directory.ts';

function load(files: Readonly<Record<string, string>>): { loglevel: string; errors: string[] } {
  const directory = configDirectory(files);
  const { loglevel, errors } = loadDaemonConfig(directory);
  return { loglevel, errors: shownErrors(directory, errors) };
}

describe('loadDaemonConfig', () => {
  it('without a file: info', () => assert.deepEqual(load({}), { loglevel: 'info', errors: [] }));
  it('an empty file: info', () => assert.deepEqual(load({ 'ringjail.conf': '' }), { loglevel: 'info', errors: [] }));

  const levels = { CRITICAL: 'error', ERROR: 'error', WARNING: 'warning', NOTICE: 'notice', INFO: 'info', DEBUG: 'debug', debug: 'debug' };
  for (const [word, loglevel] of Object.entries(levels)) {
    it(`loglevel = ${word}`, () =>
      assert.deepEqual(load({ 'ringjail.conf': `[Definition]\nloglevel = ${word}\n` }), { loglevel, errors: [] }));
  }

  it('ringjail.local wins', () => {
    const files = { 'ringjail.conf': '[Definition]\nloglevel = INFO\n', 'ringjail.local': '[Definition]\nloglevel = DEBUG\n' };
    assert.equal(load(files).loglevel, 'debug');
  });

  it('another word is an error with its line, and info', () => {
    assert.deepEqual(load({ 'ringjail.local': '[Definition]\n# mine\nloglevel = LOUD\n' }), {
      loglevel: 'info',
      errors: ['ringjail.local:3: loglevel = "LOUD": expected one of CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG'],
    });
  });

  it('an unknown option is an error, with the one that is meant', () => {
    assert.deepEqual(load({ 'ringjail.conf': '[Definition]\nlog_level = DEBUG\n' }), {
      loglevel: 'info',
      errors: ['ringjail.conf:2: unknown option "log_level"; did you mean "loglevel"?'],
    });
  });

  const day = 86_400_000_000;
  const ages: [string, number, number][] = [
    ['', day, 0],
    ['dbpurgeage = 0', 0, 0],
    ['dbpurgeage = 7d', 7 * day, 0],
    ['dbpurgeage = -1', Number.POSITIVE_INFINITY, 0],
    ['dbpurgeage = long', day, 1],
  ];
  for (const [text, age, errors] of ages) {
    it(text === '' ? 'without dbpurgeage: a day' : text, () => {
      const config = loadDaemonConfig(configDirectory({ 'ringjail.conf': `[Definition]\n${text}\n` }));
      assert.deepEqual([config.dbpurgeageUsec, config.errors.length], [age, errors]);
    });
  }

  const intervals: [string, number, number][] = [
    ['', 10_000, 0],
    ['checkinterval = 0', 0, 0],
    ['checkinterval = 1', 1000, 0],
    ['checkinterval = 0.5s', 10_000, 1],
    ['checkinterval = 1d', 86_400_000, 0],
    ['checkinterval = 86401', 10_000, 1],
    ['checkinterval = -1', 10_000, 1],
    ['checkinterval = often', 10_000, 1],
  ];
  for (const [text, ms, errors] of intervals) {
    it(text === '' ? 'without checkinterval: ten seconds' : text, () => {
      const config = loadDaemonConfig(configDirectory({ 'ringjail.conf': `[Definition]\n${text}\n` }));
      assert.deepEqual([config.checkIntervalMs, config.errors.length], [ms, errors]);
    });
  }

  const protections: [string, number, number][] = [
    ['', day, 0],
    ['protect_logins = 0', 0, 0],
    ['protect_logins = 12h', day / 2, 0],
    ['protect_logins = -1', Number.POSITIVE_INFINITY, 0],
    ['protect_logins = no', day, 1],
  ];
  for (const [text, protectLoginsUsec, errors] of protections) {
    it(text === '' ? 'without protect_logins: a day' : text, () => {
      const config = loadDaemonConfig(configDirectory({ 'ringjail.conf': `[Definition]\n${text}\n` }));
      assert.deepEqual([config.protectLoginsUsec, config.errors.length], [protectLoginsUsec, errors]);
    });
  }

  const former = '[DEFAULT]\nloglevel = DEBUG\nlogtarget = /var/log/fail2ban.log\n[Definition]\ndbpurgeage = 7d\nsocket = %(none)s\n';
  const withFormer: [name: string, files: Readonly<Record<string, string>>, expected: unknown][] = [
    ['alone', {}, ['debug', 7 * day, day, 0]],
    ['with its own .local', { 'fail2ban.local': '[DEFAULT]\nloglevel = ERROR\n[Definition]\ndbpurgeage = 0\n' }, ['error', 0, day, 0]],
    ['not beside a ringjail.conf', { 'ringjail.conf': '[Definition]\n' }, ['info', day, day, 0]],
    [
      'under a ringjail.local alone, which wins',
      { 'ringjail.local': '[Definition]\nloglevel = NOTICE\nprotect_logins = 0\n' },
      ['notice', 7 * day, 0, 0],
    ],
    ['with a word of its own', { 'fail2ban.local': '[DEFAULT]\nloglevel = HEAVYDEBUG\n' }, ['debug', 7 * day, day, 0]],
    ['with a time that is none', { 'fail2ban.local': '[Definition]\ndbpurgeage = long\n' }, ['debug', day, day, 1]],
  ];
  for (const [name, files, expected] of withFormer) {
    it(`fail2ban.conf, ${name}: of its options the two that we have`, () => {
      const { loglevel, dbpurgeageUsec, protectLoginsUsec, errors } = loadDaemonConfig(
        configDirectory({ 'fail2ban.conf': former, ...files }),
      );
      assert.deepEqual([loglevel, dbpurgeageUsec, protectLoginsUsec, errors.length], expected);
    });
  }

  it("fail2ban's own, as its package has it", { skip: skipWithoutFail2ban }, () => {
    const directory = copyFail2banConfig();
    const { loglevel, dbpurgeageUsec, errors, notices } = loadDaemonConfig(directory);
    removeFail2banConfig(directory);
    assert.deepEqual([loglevel, dbpurgeageUsec, errors, notices], ['info', day, [], []]);
  });

  it('what cannot be interpolated is one error', () => {
    assert.equal(load({ 'ringjail.conf': '[Definition]\nloglevel = %(level)s\n' }).errors.length, 1);
  });
});
