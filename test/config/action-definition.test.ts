// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the shell's
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ticketValues } from '../../src/action/ban-ticket.ts';
import type { CommandName } from '../../src/action/command-definition.ts';
import { renderShellTemplate } from '../../src/action/shell/shell-template.ts';
import { type LoadedAction, loadActionDefinition } from '../../src/config/action-definition.ts';
import { formatDefinition, parseDefinition } from '../../src/config/action-list.ts';
import { formatConfigError } from '../../src/config/config-error.ts';
import { ticketOf } from '../action/ban-ticket.ts';

const root = mkdtempSync(join(tmpdir(), 'ringjail-action-'));
after(() => rmSync(root, { recursive: true }));

let directories = 0;

function load(files: Readonly<Record<string, string>>, action = 'a'): LoadedAction {
  directories += 1;
  const directory = join(root, String(directories));
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, 'action.d', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const named = parseDefinition(action);
  assert.ok(named.ok);
  return loadActionDefinition(directory, named.value, { section: 'sshd', origin: { file: 'jail.conf', line: 9 } });
}

const shorten = (text: string): string => text.replaceAll(/\/\S*\/action\.d\//g, '');
const errorsOf = (text: string): string[] => load({ 'a.conf': text }).errors.map((error) => shorten(formatConfigError(error)));
const noticesOf = (text: string): string[] => load({ 'a.conf': text }).notices.map((notice) => shorten(formatConfigError(notice)));

/** What the shell gets for a ban of each family. */
function scripts(files: Readonly<Record<string, string>>, action = 'a', name: CommandName = 'ban'): string[] {
  const { definition, errors } = load(files, action);
  assert.ok(definition, errors.map(formatConfigError).join('\n'));
  return ([4, 6] as const).map((family) => {
    const template = definition.commands[family][name];
    const values = ticketValues(ticketOf(family === 4 ? '192.0.2.7' : '2001:db8::7'), { full: 'h', short: 'h' });
    return template === undefined ? '' : renderShellTemplate(template, values).script;
  });
}

describe('loadActionDefinition', () => {
  it('[Init] and arguments, inside out; the name is that of the jail', () => {
    const text =
      '[Definition]\nactionban = <cmd_<kind>> f2b-<name> %(more)s\nmore = <port><sp>x\ncmd_x = one\ncmd_y = two\n[Init]\nkind = x\nport = ssh\n';
    assert.equal(scripts({ 'a.conf': text })[0], 'one f2b-sshd ssh x');
    assert.equal(scripts({ 'a.conf': text }, 'a[kind=y, name=n, port="22,80"]')[0], 'two f2b-n 22,80 x');
  });

  it('[Init?family=inet6] holds for IPv6, unless the jail says otherwise', () => {
    const text =
      '[Definition]\nactionban = <cmd> <type> <family>\n[Init]\ncmd = v4 <lock>\ntype = a\nlock = -w\n[Init?family=inet6]\ncmd = v6 <lock>\ntype = b\n';
    assert.deepEqual(scripts({ 'a.conf': text }), ['v4 -w a "${RJ_FAMILY}"', 'v6 -w b "${RJ_FAMILY}"']);
    assert.deepEqual(scripts({ 'a.conf': text }, 'a[type=DROP]'), ['v4 -w DROP "${RJ_FAMILY}"', 'v6 -w DROP "${RJ_FAMILY}"']);
  });

  it('.local files, known/x, and sections of their own', () => {
    const files = {
      'a.conf': '[INCLUDES]\nbefore = common.conf\n[Definition]\nactionban = <part_<type>/do> <opt>\n[Init]\ntype = x\nopt = 1\n',
      'a.local': '[Init]\nopt = %(known/opt)s 2\n',
      'common.conf': '[part_x]\ndo = x <ip>\n[part_y]\ndo = y <ip>\n',
    };
    assert.equal(scripts(files)[0], 'x "${RJ_IP}" 1 2');
    assert.equal(scripts(files, 'a[type=y, opt="<known/opt> 3"]')[0], 'y "${RJ_IP}" 1 2 3');
  });

  it('settings', () => {
    const { definition } = load({
      'a.conf': '[Definition]\nnorestored = 1\ntimeout = 2m\nactionstart_on_demand = true\nactionstart = x <family>\n',
    });
    assert.ok(definition);
    const { norestored, timeoutMs, isStartedOnDemand, isPerFamily } = definition;
    assert.deepEqual(
      { norestored, timeoutMs, isStartedOnDemand, isPerFamily },
      { norestored: true, timeoutMs: 120_000, isStartedOnDemand: true, isPerFamily: true },
    );
    const plain = load({ 'a.conf': '[Definition]\nactionban = x <family>\nactioncheck =\n' }).definition;
    assert.deepEqual(
      [plain?.isPerFamily, plain?.isStartedOnDemand, plain?.timeoutMs, plain?.commands[4].check],
      [false, false, 60_000, undefined],
    );
  });

  it('an actionlist of its own, the known one, or none', () => {
    const listOf = (text: string, family: 4 | 6 = 4) =>
      load({
        'a.conf': `[Definition]\nactionban = ipset add bad<v> <ip>\n${text}[Init]\nv = 4\n[Init?family=inet6]\nv = 6\n`,
      }).definition?.commands[family].list?.pieces.join('');
    assert.deepEqual([listOf(''), listOf('', 6)], ['ipset save bad4', 'ipset save bad6']);
    assert.equal(listOf('actionlist = cat <v>\n', 6), 'cat 6');
    assert.equal(listOf('actionlist =\n'), undefined);
    assert.equal(load({ 'a.conf': '[Definition]\nactionban = ipset add bad <ip>\n' }).definition?.isPerFamily, false);
  });

  for (const [text, expected] of [
    ['[Definition]\nactionban = <a>\na = <b>\nb = <a>\n', 'leads back to itself'],
    [
      '[Definition]\nactionban = x\n  eval "<matches>"\n',
      'a.conf:3: actionban: <matches> holds text from a log, which must not stand here: eval',
    ],
    ['[Definition]\nactionban = %(nothing)s\n', 'is set nowhere'],
    ['[Definition]\ntimeout = 0\n', 'a.conf:2: timeout = "0": expected a time from 1s to 1h'],
    ['[Definition]\nnorestored = perhaps\n', 'expected yes or no'],
    ['[Init]\nx = 1\n', 'no section [Definition]'],
  ] as const) {
    it(`error: ${expected}`, () => {
      const errors = errorsOf(text);
      assert.equal(errors.length, 1, errors.join('\n'));
      assert.ok(errors[0]?.includes(expected), errors[0]);
    });
  }

  it('notices', () => {
    assert.match(noticesOf('[Definition]\nactionbann = x\n').join(), /^a\.conf:2: nothing reads "actionbann"; did you mean "actionban"\?$/);
    assert.match(noticesOf('[Definition]\nactionban = x <prot> "<prot>"\n').join(), /^a\.conf:2: actionban: nothing sets "<prot>"/);
  });

  it('a name that is none, and one that does not exist', () => {
    assert.match(load({ 'a.conf': '' }, '../a').errors.map(formatConfigError).join(), /is no name of an action/);
    assert.match(load({ 'iptables.conf': '' }, 'iptabels').errors.map(formatConfigError).join(), /no such file.*iptables/);
  });
});

it('formatDefinition is read as it was', () => {
  for (const text of ['a', 'a[x="1, 2",b=\'say "x"\']', 'a[z=1][y=2]']) {
    const first = parseDefinition(text);
    assert.ok(first.ok);
    const second = parseDefinition(formatDefinition(first.value));
    assert.ok(second.ok);
    assert.deepEqual(new Map([...second.value.options].toSorted()), new Map([...first.value.options].toSorted()));
    assert.equal(formatDefinition(second.value), formatDefinition(first.value));
  }
});
