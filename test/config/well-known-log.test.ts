import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fileTagOf, wellKnownLogOf } from '../../src/config/well-known-log.ts';
import { fileTagPrefix } from '../../src/record/record-selector.ts';

/** With its colon a tag has at most 32 characters (RFC 3164, 4.1.3, counts it among them); letters and digits may come by any relay. */
const tag = /^file-[A-Za-z0-9-]{1,26}$/;

const tagOf = (path: string): string => fileTagOf(fileTagPrefix, path);

describe('wellKnownLogOf', () => {
  const known: [path: string, log: ReturnType<typeof wellKnownLogOf>][] = [
    ['/var/log/auth.log', { source: 'journal', facilities: [4, 10] }],
    ['/var/log/secure', { source: 'journal', facilities: [4, 10] }],
    ['/srv/jails/web/log/secure*', { source: 'journal', facilities: [4, 10] }],
    ['syslog', { source: 'journal', facilities: 'all' }],
    ['/var/log/messages', { source: 'journal', facilities: 'all' }],
    ['/var/log/mail.log', { source: 'journal', facilities: [2] }],
    ['/var/log/maillog', { source: 'journal', facilities: [2] }],
    ['/var/log/daemon.log', { source: 'journal', facilities: [3] }],
    ['/var/log/user.log', { source: 'journal', facilities: [1] }],
    ['/var/log/kern.log', { source: 'kernel' }],
    ['/var/log/ufw.log', { source: 'kernel' }],
    ['/var/log/fail2ban.log', { source: 'bans' }],
    ['/var/log/nginx/access.log', undefined],
    ['/var/log/auth.log/', undefined],
    ['/var/log/my-auth.log', undefined],
    ['/var/log/*.log', undefined],
    ['__proto__', undefined],
    ['', undefined],
  ];
  for (const [path, log] of known) it(path, () => assert.deepEqual(wellKnownLogOf(path), log));
});

describe('fileTagOf', () => {
  const tags: [path: string, tag: string][] = [
    ['/var/log/nginx/access.log', 'file-nginx-access-log'],
    ['/var/log/apache2/*error.log', 'file-apache2-error-log'],
    ['/srv/www/log/app.log', 'file-srv-www-log-app-log'],
    // One that just fits, and one that does not.
    [`/var/log/${'a'.repeat(22)}.log`, `file-${'a'.repeat(22)}-log`],
  ];
  for (const [path, expected] of tags) it(path, () => assert.equal(tagOf(path), expected));

  it('long paths that end alike have tags of their own', () => {
    const paths = ['one', 'two', 'three'].map((user) => `/home/${user}/public_html/application/logs/access.log`);
    assert.equal(new Set(paths.map(tagOf)).size, paths.length);
    for (const path of [...paths, `/var/log/${'a'.repeat(23)}.log`]) {
      assert.match(tagOf(path), tag);
      assert.match(tagOf(path), /-log$/);
    }
  });

  it('whatever the path, a tag is short and of letters, digits and "-"', () => {
    const name = fc.string({ unit: fc.constantFrom(...'ab./-_* é') });
    const path = fc.oneof(
      name,
      fc.string({ unit: 'binary' }),
      fc.array(name).map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(path, (text) => {
        const made = tagOf(`/var/log/x${text}`);
        assert.match(made, tag);
        assert.equal(made, tagOf(`/var/log/x${text}`));
      }),
    );
  });
});
