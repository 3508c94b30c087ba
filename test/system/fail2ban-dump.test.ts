// fail2ban's own reading of its stock configuration with every jail enabled, `fail2ban-client -d`, beside ours: the same filters and
// expressions after interpolation, thresholds, and actions with their arguments. What differs is listed here, with the reason.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { parseDefinition, parseDefinitionList } from '../../src/config/action-list.ts';
import { formatConfigError } from '../../src/config/config-error.ts';
import { loadMergedConfig } from '../../src/config/config-files.ts';
import { loadFilterDefinition } from '../../src/config/filter-definition.ts';
import { type JailConfig, loadJails } from '../../src/config/jail-config.ts';
import { parseJournalmatch } from '../../src/config/journalmatch.ts';
import { OptionReader } from '../../src/config/option-reader.ts';
import { parseDuration } from '../../src/core/duration.ts';
import { parseIpNetwork } from '../../src/core/ip-network.ts';
import { changeFiles } from '../config/config-directory.ts';
import { type DumpedAction, type DumpedJail, dumpFail2ban } from '../lab/fail2ban-dump.ts';
import { copyFail2banConfig, removeFail2banConfig, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';

/** Of fail2ban 1.0.2; other versions have more. */
const leastJails = 91;

/** Where our reading differs from fail2ban's: `jail option`, and why it is right to. */
const differences: Readonly<Record<string, string>> = {};

/** Expressions are compared before they are translated: what PCRE2 needs otherwise (`{,n}`, `(?iu)`) is no difference of reading. */
const trials: [name: string, jailLocal: string, logtype: string][] = [
  ['as installed', '[DEFAULT]\nenabled = true\n', 'file'],
  [
    'from the journal, with mail, and other thresholds',
    `[DEFAULT]
enabled = true
backend = systemd
action = %(action_mwl)s
maxretry = 7
findtime = 1d12h
bantime = 1w
ignoreip = 127.0.0.1/8 ::1, 192.0.2.0/24
usedns = no
`,
    'journal',
  ],
];

describe('fail2ban-client -d', { skip: skipWithoutFail2ban }, () => {
  const made: string[] = [];
  after(() => made.forEach(removeFail2banConfig));

  for (const [name, jailLocal, logtype] of trials) {
    it(name, (context) => {
      const directory = copyFail2banConfig();
      made.push(directory);
      changeFiles(directory, { 'jail.local': jailLocal });
      const theirs = dumpFail2ban(directory);
      const ours = loadOurs(directory);
      assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
      assert.ok(theirs.size >= leastJails);
      let compared = 0;
      for (const [jail, dumped] of theirs) {
        const config = ours.get(jail);
        assert.ok(config);
        const wanted = wantedOf(dumped);
        const read = {
          ...readDefinition(directory, jail, logtype),
          ...thresholdsOf(config),
          actions: readActions(directory, jail, dumped),
        };
        for (const [option, value] of Object.entries(wanted)) {
          if (differences[`${jail} ${option}`] !== undefined) continue;
          assert.deepEqual(read[option as keyof typeof read], value, `${jail} ${option}`);
          compared++;
        }
        // As many as the daemon runs with.
        assert.equal(config.expressions, dumped.failregex.length, jail);
      }
      context.diagnostic(`${theirs.size} jails, ${compared} options compared, ${Object.keys(differences).length} differences listed`);
    });
  }
});

/** As the daemon has them, where syslog brings what no journal has. */
function loadOurs(directory: string): Map<string, JailConfig> {
  const { jails, errors } = loadJails({
    directory,
    isRoot: false,
    hostName: 'host',
    hasUnit: () => false,
    clock: () => 0,
    listensToSyslog: true,
  });
  assert.deepEqual(errors.map(formatConfigError), []);
  return new Map(jails.map((jail) => [jail.options.name, jail]));
}

/** fail2ban's, in the form that ours are brought into. */
function wantedOf({ failregex, ignoreregex, journalmatch, ignoreip, actions, single }: DumpedJail) {
  const ms = (option: string) => parseDuration(single.get(option) ?? '');
  return {
    prefregex: single.get('prefregex'),
    failregex,
    ignoreregex,
    maxlines: Number(single.get('maxlines') ?? 1),
    datepattern: single.get('datepattern'),
    journalmatch,
    usedns: single.get('usedns'),
    maxretry: Number(single.get('maxretry')),
    findtimeMs: ms('findtime'),
    bantimeMs: ms('bantime'),
    ignoreip: ignoreip.map((text) => parseIpNetwork(text)?.text),
    actions: actions.map(({ name }) => name),
  };
}

function thresholdsOf({ options, usedns }: JailConfig) {
  const { maxretry, findtimeUsec, bantimeUsec, ignoreip } = options;
  return {
    maxretry,
    findtimeMs: findtimeUsec / 1000,
    bantimeMs: bantimeUsec / 1000,
    ignoreip: ignoreip.entries().map(({ network }) => network.text),
    usedns,
  };
}

function readDefinition(directory: string, jail: string, logtype: string) {
  const reader = new OptionReader(loadMergedConfig(directory, 'jail'), jail);
  const value = reader.value('filter');
  assert.ok(value);
  const named = parseDefinition(value.text);
  assert.ok(named.ok);
  const request = { section: jail, origin: value.origin, logtype };
  const jailOption = reader.valueWith.bind(reader);
  const { definition, errors } = loadFilterDefinition(directory, named.value, { ...request, jailOption });
  assert.ok(definition, errors.map(formatConfigError).join('\n'));
  return {
    prefregex: definition.prefregex?.text,
    failregex: definition.failregex.map(({ text }) => text),
    ignoreregex: definition.ignoreregex.map(({ text }) => text),
    maxlines: definition.maxlines,
    datepattern: definition.datepattern?.text,
    journalmatch: definition.journalmatch.map((line) => {
      const parsed = parseJournalmatch(line);
      assert.ok(parsed.ok);
      return parsed.value.flatMap((fields, index) => (index > 0 ? ['+', ...fields] : fields));
    }),
  };
}

/** Their names; that their arguments are those of the dump is asserted. */
function readActions(directory: string, jail: string, dumped: DumpedJail): string[] {
  const reader = new OptionReader(loadMergedConfig(directory, 'jail'), jail);
  const list = parseDefinitionList(reader.text('action', ''));
  assert.ok(list.ok);
  assert.deepEqual(reader.errors, []);
  for (const [index, { name, options }] of list.value.entries()) {
    const action = dumped.actions[index];
    assert.ok(action, `${jail} ${name}`);
    compareArguments(directory, `${jail} ${name}`, name, options, action);
  }
  return list.value.map(({ name, options }) => options.get('actname') ?? name + suffixOf(jail, options.get('name') ?? ''));
}

/** fail2ban tells two actions of one file apart by what their `name` has behind the jail's: nsd-tcp and nsd-udp. */
const suffixOf = (jail: string, name: string): string => (name.startsWith(jail) ? name.slice(jail.length) : '');

/** fail2ban names each action and gives it its jail's name. */
const given = ['actname', 'name'];

function compareArguments(
  directory: string,
  what: string,
  name: string,
  options: ReadonlyMap<string, string>,
  { values }: DumpedAction,
): void {
  for (const [key, text] of options) assert.equal(values.get(key), text, `${what} ${key}`);
  // And nothing that is neither an argument of ours nor in its file.
  const file = loadMergedConfig(directory, `action.d/${name}`);
  const own = file.sections.flatMap((section) => file.options(section).map((option) => option.name));
  const known = new Set([...own, ...options.keys(), ...given]);
  const others = [...values.keys()].map((key) => key.replace(/\?.*$/, '')).filter((key) => !known.has(key));
  assert.deepEqual(others, [], what);
}
