import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hasUnit } from '../../src/daemon/service-units.ts';

describe('hasUnit', () => {
  // systemd brings it, and the tests need systemd.
  const there = ['systemd-journald.service', 'systemd-journald.socket', 'getty@.service'];
  for (const name of there)
    it(name, () => assert.equal(hasUnit(name), existsSync(`/usr/lib/systemd/system/${name}`) || existsSync(`/lib/systemd/system/${name}`)));

  it('at least one of them is there', () => assert.ok(there.some(hasUnit)));

  for (const name of [
    'no-such-thing.service',
    'systemd-journald',
    '',
    '.',
    '..',
    '.service',
    '../../../../etc/passwd',
    '/usr/lib/systemd/system/systemd-journald.service',
    'systemd-journald.service.d',
    'multi-user.target.wants',
    'a\0.service',
    'x'.repeat(5000),
  ]) {
    it(`${JSON.stringify(name.slice(0, 60))} is none`, () => assert.equal(hasUnit(name), false));
  }
});
