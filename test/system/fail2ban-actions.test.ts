// Every definition of Debian's fail2ban is read whole, and what comes out is a program to the shell, for both families.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ticketValues } from '../../src/action/ban-ticket.ts';
import { renderShellTemplate } from '../../src/action/shell/shell-template.ts';
import { loadActionDefinition } from '../../src/config/action-definition.ts';
import { formatConfigError } from '../../src/config/config-error.ts';
import { ticketOf } from '../action/ban-ticket.ts';
import { cacheDirectory } from '../lab/staged-program.ts';

const directory = process.env['RINGJAIL_FAIL2BAN_CONFIG'] ?? join(cacheDirectory, 'fail2ban/etc/fail2ban');
const isThere = existsSync(join(directory, 'action.d', 'iptables.conf'));
const skip =
  !isThere && "needs Debian's package fail2ban, extracted: sudo scripts/fetch-samples.sh (or RINGJAIL_FAIL2BAN_CONFIG=.../etc/fail2ban)";

/** They are included by others and define nothing. */
const parts = ['firewallcmd-common', 'helpers-common', 'mail-whois-common'];

/** Debian 12's fail2ban has 60, besides the parts. */
const leastDefinitions = 55;

const hostNames = { full: 'host.example.org', short: 'host' };

describe("fail2ban's actions", { skip }, () => {
  const names = isThere
    ? readdirSync(join(directory, 'action.d')).flatMap((file) => (file.endsWith('.conf') ? [file.slice(0, -'.conf'.length)] : []))
    : [];
  const definitions = names.filter((name) => !parts.includes(name));

  for (const name of definitions) {
    it(name, () => {
      const origin = { file: 'jail.conf', line: 1 };
      const named = { name, options: new Map([['port', 'ssh']]), offset: 0 };
      const { definition, errors, notices } = loadActionDefinition(directory, named, { section: 'sshd', origin });
      assert.deepEqual([...errors, ...notices].map(formatConfigError), []);
      assert.ok(definition);
      for (const [family, network] of [
        [4, '192.0.2.7'],
        [6, '2001:db8::7'],
      ] as const) {
        const values = ticketValues(ticketOf(network), hostNames);
        for (const template of Object.values(definition.commands[family])) {
          const { script } = renderShellTemplate(template, values);
          assert.ok(![...template.tags].some((tag) => script.includes(`<${tag}>`)), script);
          execFileSync('/bin/sh', ['-n', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
        }
      }
    });
  }

  it('all of them were asked', () => assert.ok(definitions.length >= leastDefinitions, String(definitions.length)));

  it('a Python action is refused, with the cure', () => {
    for (const name of ['smtp', 'smtp.py']) {
      const { errors } = loadActionDefinition(
        directory,
        { name, options: new Map(), offset: 0 },
        { section: 'sshd', origin: { file: 'j', line: 1 } },
      );
      assert.match(errors.map(formatConfigError).join(), /Python program.*action = mail/);
    }
  });
});
