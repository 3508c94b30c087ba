// ringjail-syslog.conf, the drop-in that opens the service to the network: what systemd-analyze thinks of the two together.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

describe('ringjail.service with ringjail-syslog.conf', () => {
  const project = fileURLToPath(new URL('../../..', import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-unit-'));
  after(() => rmSync(directory, { recursive: true }));

  /** --offline reads no drop-ins: what follows in the same section says the same. */
  const analyze = (...added: string[]) => {
    const path = join(directory, 'ringjail.service');
    const parts = ['ringjail.service', 'ringjail-syslog.conf'].map((name) => readFileSync(join(project, 'systemd', name), 'utf8'));
    writeFileSync(path, [...parts, ...added, ''].join('\n'));
    return execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', path], { encoding: 'utf8' });
  };

  for (const added of [[], ['IPAddressAllow=10.0.0.0/8 192.0.2.7']]) {
    it(`exposure 2.0 or lower${added.map((line) => `, with ${line}`)}`, (context) => {
      const said = analyze(...added);
      const exposure = Number(/exposure level for ringjail\.service: ([\d.]+)/.exec(said)?.[1]);
      context.diagnostic(`exposure ${exposure}`);
      assert.ok(exposure <= 2, said);
    });
  }

  it('lets it have internet sockets, and packet sockets still not', () => {
    const said = analyze();
    assert.match(said, /✗ RestrictAddressFamilies=~AF_\(INET\|INET6\)/);
    assert.match(said, /✓ RestrictAddressFamilies=~AF_PACKET/);
  });
});
