import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadMergedConfig } from '../../src/config/config-files.ts';
import { loadDaemonConfig } from '../../src/config/daemon-config.ts';
import { type JailConfigs, type JailContext, loadJails } from '../../src/config/jail-config.ts';
import { configDirectory, shownErrors } from './config-directory.ts';

const filter = { 'filter.d/portscan.conf': '[Definition]\nnetfilter = blocked\n' };

const contextOf = (directory: string): JailContext => ({
  directory,
  isRoot: false,
  hostName: 'host',
  hasUnit: (name) => name === 'here.service',
  clock: () => 0,
  listensToSyslog: false,
});

function load(jailConf: string, files: Readonly<Record<string, string>> = {}) {
  const directory = configDirectory({ ...filter, 'jail.conf': jailConf, ...files });
  const loaded = loadJails(contextOf(directory));
  return {
    ...loaded,
    names: loaded.jails.map(({ options }) => options.name),
    shown: shownErrors(directory, loaded.errors),
    noticed: shownErrors(directory, loaded.notices),
  };
}

/** An enabled jail that is well, with more options from line 4 on. */
const jail = (name: string, rest = '') => `[${name}]\nenabled = yes\nfilter = portscan\n${rest}\n`;

const optionsOf = ({ jails, errors }: Pick<JailConfigs, 'jails' | 'errors'>) => {
  assert.deepEqual(errors, []);
  const [first] = jails;
  assert.ok(first);
  return first.options;
};

describe('loadJails', () => {
  it("has fail2ban's defaults for what nobody sets", () => {
    const { ignoreip, ...options } = optionsOf(load(jail('scan')));
    assert.deepEqual(ignoreip.entries(), []);
    assert.deepEqual(options, {
      name: 'scan',
      actions: ['nftables'],
      maxretry: 5,
      findtimeUsec: 600_000_000,
      bantimeUsec: 600_000_000,
      increment: undefined,
      aggregate: [],
      isDistinct: false,
      ipv6prefix: 64,
      maxtracked: 65_536,
      maxmatches: 10,
    });
  });

  it('takes what is set, the jail before [DEFAULT]', () => {
    const text = `[DEFAULT]\nmaxretry = 7\nfindtime = 1h\nignoreip = 10.0.0.0/8\n${jail('scan', 'maxretry = 1\nbantime = 1w\ndistinct = port\nipv6prefix = 48\nmaxtracked = 9')}`;
    const { ignoreip, ...options } = optionsOf(load(text));
    assert.deepEqual(
      ignoreip.entries().map(({ network, reason }) => `${network.text} ${reason}`),
      ['10.0.0.0/8 ignoreip'],
    );
    assert.deepEqual(options, {
      name: 'scan',
      actions: ['nftables'],
      maxretry: 1,
      findtimeUsec: 3_600_000_000,
      bantimeUsec: 604_800_000_000,
      increment: undefined,
      aggregate: [],
      isDistinct: true,
      ipv6prefix: 48,
      maxtracked: 9,
      maxmatches: 10,
    });
  });

  const bantimes: [string, number][] = [
    ['-1', Number.POSITIVE_INFINITY],
    ['100y', 100 * 31_557_600_000_000],
    ['1000y', Number.POSITIVE_INFINITY],
    ['9007199254740', Number.POSITIVE_INFINITY],
  ];
  for (const [text, expected] of bantimes) {
    it(`bantime = ${text}`, () => assert.equal(optionsOf(load(jail('scan', `bantime = ${text}`))).bantimeUsec, expected));
  }

  const lists: [string, string[]][] = [
    ['', []],
    ['192.0.2.7', ['192.0.2.7']],
    ['127.0.0.1/8 ::1', ['127.0.0.0/8', '::1']],
    ['192.0.2.7,192.0.2.8, 192.0.2.9', ['192.0.2.7', '192.0.2.8', '192.0.2.9']],
    ['192.0.2.7\n  2001:db8::/32\n', ['192.0.2.7', '2001:db8::/32']],
    ['::ffff:192.0.2.7', ['192.0.2.7']],
  ];
  for (const [text, expected] of lists) {
    it(`ignoreip = ${JSON.stringify(text)}`, () => {
      assert.deepEqual(
        optionsOf(load(jail('scan', `ignoreip = ${text}`)))
          .ignoreip.entries()
          .map(({ network }) => network.text),
        expected,
      );
    });
  }

  it('knows which jails are not enabled, and does not look into them', () => {
    const { names, disabled, shown } = load(`[off]\nmaxretry = many\n[off2]\nenabled = no\nfilter = none\n${jail('on')}`);
    assert.deepEqual([names, disabled, shown], [['on'], ['off', 'off2'], []]);
  });

  it('one bad jail does not stop another', () => {
    const { names, shown } = load(`${jail('one')}${jail('two', 'maxretry = many')}${jail('three')}[four]\nenabled = perhaps\n`);
    assert.deepEqual(names, ['one', 'three']);
    assert.deepEqual(shown, [
      'jail.conf:8: maxretry = "many": expected a whole number from 1 to 10000',
      'jail.conf:14: enabled = "perhaps": expected yes or no',
    ]);
  });

  it('reports all errors of a jail at once, each at its file and line', () => {
    const files = { 'jail.local': '[scan]\nbantime = long\n', 'jail.d/mine.conf': '[scan]\nmaxretry = 0\n' };
    assert.deepEqual(load(jail('scan', 'findtime = -1'), files).shown.sort(), [
      'jail.conf:4: findtime = "-1": expected a time such as 600, 10m or 1d12h',
      'jail.d/mine.conf:2: maxretry = "0": expected a whole number from 1 to 10000',
      'jail.local:2: bantime = "long": expected a time such as 600, 10m or 1d12h, or -1 for good',
    ]);
  });

  const errors: [option: string, error: string][] = [
    ['whilelist = 192.0.2.7', 'unknown option "whilelist"; did you mean "ignoreip"?'],
    ['ignorip = 192.0.2.7', 'unknown option "ignorip"; did you mean "ignoreip"?'],
    ['colour = red', 'unknown option "colour"'],
    ['ipv6prefix = 0', 'ipv6prefix = "0": expected a whole number from 1 to 128'],
    ['ipv6prefix = 129', 'ipv6prefix = "129": expected a whole number from 1 to 128'],
    ['maxtracked = 0', 'maxtracked = "0": expected a whole number from 1 to 10000000'],
    ['bantime = 0', 'bantime = "0": expected a time such as 600, 10m or 1d12h, or -1 for good'],
    ['aggregate = /32:5', 'aggregate: "/32:5": expected /8:2 to /31:N for IPv4, /33:N to /127:N for IPv6, such as /24:5, /48:5'],
    ['distinct = host', 'distinct = "host": what can be counted is "port"'],
    ['backend = sistemd', 'backend = "sistemd": expected auto, systemd, kernel, syslog, ringjail; did you mean "systemd"?'],
    ['backend = syslog', 'backend = syslog needs a port to listen at: set syslog_listen = udp://127.0.0.1:5514 in ringjail.local'],
    [
      'action = iptables[port=shh]',
      'action iptables: port "shh" is neither a number up to 65535 nor in /etc/services; did you mean "ssh"?',
    ],
    ['action = nftables[', 'this "[" has no "]"; close it'],
    ['ignoreip = 192.0.2.0/33', 'ignoreip: "192.0.2.0/33" is no address, network or host name'],
    ['ignoreip = 192.0.2.256', 'ignoreip: "192.0.2.256" is no address, network or host name'],
    ['ignoreip = -v.example', 'ignoreip: "-v.example" is no address, network or host name'],
    ['ignoreip = \x1b[2J', 'ignoreip: "\\x1b[2J" is no address, network or host name'],
    ['cut = perhaps', 'cut = "perhaps": expected yes or no'],
    ['maxmatches = many', 'maxmatches = "many": expected a whole number from 0 to 1000000000'],
    ['ignorecommand = grep <ip> | wc', 'ignorecommand: "| wc" needs a shell, and none is used: put it into a script, and name that'],
    ['ignorecommand = check <host>', 'ignorecommand: unknown tag <host>; there are <ip> <ip-rev> <fid> <family> <failures> <time>'],
    ['ignorecommand = "check', 'ignorecommand: this " has no second one'],
    [
      'ignorecommand = check\nignorecache = max-count=5',
      'ignorecache = "max-count=5": a key of tags is needed; write key="<ip>", max-count=100, max-time=5m',
    ],
  ];
  for (const [option, error] of errors) {
    it(`${JSON.stringify(option)}: ${error}`, () => {
      const { names, shown } = load(jail('scan', option));
      assert.deepEqual(shown, [`jail.conf:${option.includes('\n') ? 5 : 4}: ${error}`]);
      assert.deepEqual(names, []);
    });
  }

  const incrementErrors: [option: string, error: RegExp][] = [
    ['bantime.formula = ban.__class__', /^jail\.conf:5: bantime\.formula: "ban\.__class__" is not understood/],
    ['bantime.formula = max(ban.Time, min())', /^jail\.conf:5: bantime\.formula: "min\(\)" is not understood/],
    [
      'bantime.formula = ban.Time / (ban.Count - 1)',
      /^jail\.conf:5: bantime\.formula = "ban\.Time \/ \(ban\.Count - 1\)" is no number where ban\.Count is 1$/,
    ],
    ['bantime.formula = math.exp(ban.Time * 2)', /bantime\.formula = "math\.exp\(ban\.Time \* 2\)" is infinite where ban\.Count is 1$/],
    ['bantime.multipliers = 1 2 x', /^jail\.conf:5: bantime\.multipliers: "x": expected whole numbers such as 1 2 4 8 16$/],
    ['bantime.factor = 0', /^jail\.conf:5: bantime\.factor = "0": expected a number above 0$/],
    ['bantime.factor = 1/0', /^jail\.conf:5: bantime\.factor = "1\/0": expected a number above 0$/],
    ['bantime.factor = ban.Count', /expected a number above 0; "ban\.Count" is not understood: numbers, arithmetic, comparisons/],
  ];
  for (const [option, error] of incrementErrors) {
    it(`${option} is an error where it has an effect`, () => {
      assert.match(load(jail('scan', `bantime.increment = yes\n${option}`)).shown.join('\n'), error);
      assert.deepEqual(load(jail('scan', option)).shown, []);
    });
  }

  const times: [options: string, earlierBans: number, seconds: number][] = [
    ['', 1, 1200],
    ['bantime.factor = 2', 3, 9600],
    ['bantime.factor = 5.', 1, 6000],
    ['bantime.multipliers = 1 2 4', 1, 1200],
    ['bantime.multipliers = 1 2 4', 7, 2400],
    ['bantime.multipliers = 1 2 4\nbantime.factor = 0.5', 2, 1200],
    ['bantime.factor = 2.0 / 2.885385', 1, 1200 * (2 / 2.885385)],
    ['bantime.formula = ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)', 1, (600 * Math.exp(2)) / Math.exp(1)],
    ['bantime.formula = ban.Time / 2', 1, 600],
  ];
  for (const [options, earlierBans, seconds] of times) {
    it(`bantime.increment${options === '' ? '' : ` with ${options}`}: ${Math.round(seconds)} s after ${earlierBans}`, () => {
      const { increment } = optionsOf(load(jail('scan', `bantime.increment = yes\n${options}`)));
      assert.equal(increment?.secondsOf(600, earlierBans), seconds);
    });
  }

  it('an action is the name of a file in action.d, where ringjail does not do it by itself', () => {
    const files = { 'action.d/block.conf': '[Definition]\nactionban = block <ip> <port>\nactionunban = unblock <ip>\n' };
    assert.deepEqual(optionsOf(load(jail('scan', 'action = block[port=ssh]'), files)).actions, ['block[port="ssh"]']);
    assert.deepEqual(load(jail('scan', 'action = blok'), files).shown, [
      'action.d/blok.conf: no such file, and no blok.local; did you mean "block"?',
      'jail.conf:4: action "blok" cannot be used',
    ]);
    assert.deepEqual(optionsOf(load(jail('scan', 'action = iptables[port="ssh,2222"]'))).actions, [
      'nftables: protocol tcp, ports 22,2222, reject port-unreachable',
    ]);
    assert.deepEqual(optionsOf(load(jail('scan', 'action = nftables[type=allports, protocol=all, blocktype=drop]'))).actions, ['nftables']);
  });

  it('an error in a list of several lines has its own line', () => {
    assert.match(
      load(jail('scan', 'ignoreip = 192.0.2.7\n  192.0.2.8\n  192.0.2.300')).shown[0] ?? '',
      /^jail\.conf:6: ignoreip: "192\.0\.2\.300"/,
    );
    assert.match(load(jail('scan', 'action = nftables\n  mail')).shown.at(-1) ?? '', /^jail\.conf:5: action "mail" cannot be used/);
  });

  it('a jail without a filter is an error', () => {
    assert.deepEqual(load('[scan]\nenabled = yes\n').shown, ['jail.conf:2: jail "scan" has no filter; write filter = portscan']);
  });

  it("a filter's errors are the jail's, and no other's", () => {
    const { names, shown } = load(`${jail('one')}[two]\nenabled = yes\nfilter = prtscan\n`);
    assert.deepEqual(names, ['one']);
    assert.equal(shown.at(-1), 'jail.conf:7: filter "prtscan" cannot be read');
  });

  it('two jails may share a filter', () => assert.deepEqual(load(jail('one') + jail('two')).names, ['one', 'two']));

  it('ignoreself = no is told to be without effect, and spoils nothing; yes is not', () => {
    const { names, noticed } = load(jail('scan', 'ignoreself = no'));
    assert.deepEqual(names, ['scan']);
    assert.deepEqual(noticed, ['jail.conf:4: ignoreself = no has no effect: the addresses of this machine are never banned']);
    assert.deepEqual(load(jail('scan', 'ignoreself = yes')).noticed, []);
  });

  const matchCounts: [string, number][] = [
    ['', 10],
    ['maxmatches = 1', 1],
    ['maxmatches = 0', 1],
    ['maxmatches = 100', 100],
    ['maxmatches = %(maxretry)s\nmaxretry = 500', 100],
  ];
  for (const [text, expected] of matchCounts) {
    it(`${text === '' ? 'without maxmatches' : JSON.stringify(text)}: ${expected} records`, () =>
      assert.equal(optionsOf(load(jail('scan', text))).maxmatches, expected));
  }

  const policyOf = (text: string) => {
    const { jails, shown } = load(jail('scan', text));
    assert.deepEqual(shown, []);
    return jails[0]?.policy;
  };

  it('cut is yes unless somebody says no', () => {
    assert.equal(policyOf('')?.cutsConnections, true);
    assert.equal(policyOf('cut = no')?.cutsConnections, false);
  });

  it('ignoreip of a jail that bans users has them as they stand, and host names where they have a dot', () => {
    const files = { 'filter.d/app.conf': '[Definition]\nfailregex = bad <F-ID>.+</F-ID> <ADDR>\njournalmatch = _COMM=app\n' };
    const of = (ignoreip: string) => load(`[app]\nenabled = yes\nfilter = app\naction =\nignoreip = ${ignoreip}\n`, files);
    const { jails, shown } = of('Bob bob@example.org home.example 192.0.2.1 /wp-login.php -rf $(x) 192.0.2.7:80');
    assert.deepEqual(shown, []);
    const [config] = jails;
    const texts = ['Bob', 'bob@example.org', 'home.example', '/wp-login.php', '-rf', '$(x)', '192.0.2.7:80'];
    assert.deepEqual(config?.options.ignoreip.texts(), texts);
    assert.deepEqual(config.policy.ignoredNames, ['home.example']);
    for (const word of ['192.0.2.300', '192.0.2.0/33', '2001:db8::/129', '2001:db8:::1', '\x1b[2J'])
      assert.match(of(`Bob ${word}`).shown[0] ?? '', /is no address, network or host name/, word);
    assert.deepEqual(optionsOf(load(jail('scan', 'ignoreip = home.example'))).ignoreip.texts(), []);
  });

  for (const [action, ...told] of [
    ['', []],
    ['nftables', 'nftables cannot hold it; name a command action'],
    ['nftables[type=multiport, port=ssh]\n iptables[port=80]', 'nftables cannot hold it; name a command action'],
    ['kick', []],
    ['mail[dest=root]', []],
    ['webhook[url="https://example.org/"]', []],
    ['block', 'action block cannot be told of it: actionban uses <ip>, which is an address; where it takes any text, write <fid>'],
    [
      'file',
      'action file cannot be told of it: actionunban gives <fid> to a firewall, a path or a program that would run it, so that it has to be an address',
    ],
    // By the helper, as the daemon is not root here.
    ['ufw', 'action ufw cannot be told of it: actionban uses <ip>, which is an address; where it takes any text, write <fid>'],
    [
      'nftables\n block',
      'nftables cannot hold it; name a command action',
      'action block cannot be told of it: actionban uses <ip>, which is an address; where it takes any text, write <fid>',
    ],
  ] as const) {
    it(`a jail that bans users, by ${JSON.stringify(action)}`, () => {
      const files = {
        'filter.d/app.conf': '[Definition]\nfailregex = bad <F-ID>.+</F-ID> <ADDR>\njournalmatch = _COMM=app\n',
        'action.d/kick.conf': '[Definition]\nactionban = kick <fid>\n',
        'action.d/block.conf': '[Definition]\nactionban = block <ip>\n',
        'action.d/ufw.conf': '[Definition]\nactionban = ufw deny from <ip>\n',
        'action.d/file.conf': '[Definition]\nactionban = kick <fid>\nactionunban = rm /run/<fid>\n',
        'action.d/mail.conf':
          '[Definition]\nnative = mail\n[Init]\ndest =\nsender =\nsendmail = /usr/sbin/sendmail\nserver =\ntls =\nuser =\npassword =\ntimeout = 10\n',
        'action.d/webhook.conf': '[Definition]\nnative = webhook\n[Init]\nurl =\nheaders =\ntimeout = 10\n',
      };
      const { jails, shown, noticed } = load(`[app]\nenabled = yes\nfilter = app\naction = ${action}\n`, files);
      assert.deepEqual(shown, []);
      const messages = told.flat().map((what) => `jail app bans what is no address: ${what}`);
      assert.deepEqual(jails[0]?.warnings, messages);
      assert.deepEqual(
        noticed,
        messages.map((message) => `jail.conf:4: ${message}`),
      );
    });
  }

  // As fail2ban's nginx-block-map.conf shows it.
  for (const filter of ['', 'filter =\n']) {
    it(`${JSON.stringify(filter)}: the jail's own failregex is enough`, () => {
      const failregex = 'failregex = ^ failure "<F-ID>[^"]+</F-ID>" - <ADDR>\nusedns = no\ndatepattern = ^Epoch\n';
      const { jails, shown } = load(`[sessions]\nenabled = yes\nbackend = kernel\naction =\n${filter}${failregex}`);
      assert.deepEqual(shown, []);
      const [config] = jails;
      assert.deepEqual([config?.filter.name, config?.expressions, config?.findsTexts], ['sessions', 1, true]);
    });
  }

  it("the errors of a jail's own failregex have their lines", () => {
    const { shown } = load('[sessions]\nenabled = yes\nbackend = kernel\nfilter =\nfailregex = bad <HOST>\n  worse (<HOST>\n');
    assert.match(shown[0] ?? '', /^jail\.conf:6: failregex /);
    assert.equal(shown.length, 1);
  });

  it('names in ignoreip are told apart, each once', () => {
    assert.deepEqual(policyOf('ignoreip = home.example 192.0.2.1 HOME.example. localhost')?.ignoredNames, ['home.example', 'localhost']);
    assert.deepEqual(optionsOf(load(jail('scan', 'ignoreip = home.example 192.0.2.1'))).ignoreip.entries().length, 1);
  });

  it('ignorecommand is words, with tags in them; ignorecache says how long its answers hold', () => {
    assert.deepEqual(policyOf('ignorecommand =')?.ignorecommand, undefined);
    assert.deepEqual(policyOf(`ignorecommand = /bin/check --ip=<ip> "a b" 'c "d"' e\\ f`)?.ignorecommand, {
      program: '/bin/check',
      args: ['--ip=<ip>', 'a b', 'c "d"', 'e f'],
      cache: undefined,
    });
    const cached = policyOf('ignorecommand = check <ip>\nignorecache = key="<ip>", max-count=100, max-time=2m');
    assert.deepEqual(cached?.ignorecommand?.cache, { key: '<ip>', maxCount: 100, maxTimeUsec: 120_000_000 });
    const usual = policyOf('ignorecommand = check <ip>\nignorecache = key=<family>');
    assert.deepEqual(usual?.ignorecommand?.cache, { key: '<family>', maxCount: 300, maxTimeUsec: 300_000_000 });
    assert.match(policyOf('ignorecommand = %(fail2ban_confpath)s/check <ip>')?.ignorecommand?.program ?? '', /^\/.+\/check$/);
  });

  it("what fail2ban's jail.conf sets for its values to refer to is no unknown option", () => {
    const text =
      'port = ssh\nprotocol = tcp\nchain = INPUT\nbanaction = x\nmode = normal\nlogencoding = utf-8\ndestemail = me@here.example';
    const { names, noticed, shown } = load(`[DEFAULT]\nmta = sendmail\nfail2ban_agent = x\n${jail('scan', text)}`);
    assert.deepEqual([names, noticed, shown], [['scan'], [], []]);
  });

  it('fail2ban_version and fail2ban_confpath are known to every value, as in fail2ban_agent of its jail.conf', () => {
    const { jails, shown } = load(
      `[DEFAULT]\nfail2ban_agent = Fail2Ban/%(fail2ban_version)s\n${jail('one', 'action = tell[agent="%(fail2ban_agent)s", at=%(fail2ban_confpath)s]')}`,
      { 'action.d/tell.conf': '[Definition]\nactionban = tell "<agent>" "<at>"\n' },
    );
    assert.deepEqual(shown, []);
    assert.match(jails[0]?.options.actions.join() ?? '', /^tell\[agent="Fail2Ban\/\d[\d.]+",at="\/.+"\]$/);
  });

  it('an option that only serves interpolation is no unknown one', () => {
    assert.equal(optionsOf(load(jail('scan', 'tries = 9\nmaxretry = %(tries)s'))).maxretry, 9);
    const replaced = load(jail('scan', 'tries = 9\nmaxretry = %(tries)s'), { 'jail.local': '[scan]\nmaxretry = 4\n' });
    assert.equal(optionsOf(replaced).maxretry, 4);
    const elsewhere = load(jail('scan', 'tries = 9') + jail('other', 'maxretry = %(scan/tries)s'));
    assert.deepEqual(elsewhere.shown, []);
    assert.equal(elsewhere.jails[1]?.options.maxretry, 9);
    assert.deepEqual(load(jail('scan', 'tries = 9') + jail('other', 'maxretry = %(third/tries)s')).names, []);
  });

  it('enabled = auto starts a jail where one of its services is installed', () => {
    const auto = (name: string, service: string) => `[${name}]\nenabled = auto\nfilter = portscan\nservice = ${service}\n`;
    const { names, disabled } = load(auto('one', 'gone.service here.service') + auto('two', 'gone.service') + auto('three', ''));
    assert.deepEqual([names, disabled], [['one'], ['two', 'three']]);
  });

  it('no jail.conf at all is an error, not an exception', () => {
    const directory = configDirectory({});
    assert.match(
      shownErrors(directory, loadJails(contextOf(directory)).errors).join('\n'),
      /^jail\.conf: no such file, and no jail\.local/,
    );
    assert.deepEqual(loadJails(contextOf(join(directory, 'none'))).jails, []);
    assert.equal(loadJails(contextOf(join(directory, 'none'))).errors.length, 1);
  });

  it('a line that is no option spoils its section only', () => {
    const { names, shown } = load(`${jail('one')}${jail('two', 'what is this')}`);
    assert.deepEqual(names, ['one']);
    assert.match(shown.join('\n'), /^jail\.conf:8: [^\n]+$/);
  });
});

describe('what concerns every jail', () => {
  it('whilelist in [DEFAULT] is an ignoreip that somebody relies on: no jail starts without it', () => {
    const { names, shown } = load(`[DEFAULT]\nwhilelist = 10.0.0.0/8\n${jail('one')}${jail('two')}`);
    assert.deepEqual(names, []);
    assert.deepEqual(shown, ['jail.conf:2: unknown option "whilelist"; did you mean "ignoreip"?']);
  });

  it('what is wrong in [DEFAULT] is told once, not by every jail', () => {
    const { names, shown } = load(`[DEFAULT]\nmaxretry = many\n${jail('one')}${jail('two')}`);
    assert.deepEqual(names, []);
    assert.deepEqual(shown, ['jail.conf:2: maxretry = "many": expected a whole number from 1 to 10000']);
  });

  it('another unknown option in [DEFAULT] is told of; fail2ban has some that nothing uses', () => {
    const { names, noticed } = load(`[DEFAULT]\nmtu = 1500\n${jail('one')}`);
    assert.deepEqual(names, ['one']);
    assert.deepEqual(noticed, ['jail.conf:2: unknown option "mtu"; did you mean "mta"?']);
  });

  it('an option in [DEFAULT] that jails refer to is none', () => {
    const { noticed } = load(`[DEFAULT]\ntimes = 7\n${jail('one', 'maxretry = %(times)s')}`);
    assert.deepEqual(noticed, []);
  });

  it('nor is one that a jail referred to before a later file replaced its value: sshd_log, where a logpath was written', () => {
    const { noticed } = load(`[DEFAULT]\ntimes = 7\n${jail('one', 'maxretry = %(times)s')}`, { 'jail.local': '[one]\nmaxretry = 3\n' });
    assert.deepEqual(noticed, []);
  });

  it('a jail.local that cannot be read stops every jail: it may hold the ignoreip', () => {
    const { names, shown } = load(jail('one'), { 'jail.local': 'ignoreip = 10.0.0.1\n' });
    assert.deepEqual(names, []);
    assert.match(shown.join('\n'), /^jail\.local:1: /);
  });
});

describe('the configuration as ringjail ships it', () => {
  // From dist/test/config as compiled.
  const directory = fileURLToPath(new URL('../../../config', import.meta.url));

  it('runs the portscan jail, without an error or a notice', () => {
    const { jails, errors, notices } = loadJails(contextOf(directory));
    assert.deepEqual([errors, notices], [[], []]);
    assert.deepEqual(
      jails.map(({ options }) => options.name),
      ['portscan'],
    );
    assert.equal(jails[0]?.options.isDistinct, true);
    assert.equal(jails[0].filter.name, 'portscan');
  });

  it('has a ringjail.conf without an error', () => assert.deepEqual(loadDaemonConfig(directory).errors, []));

  for (const name of readdirSync(join(directory, 'filter.d'))) {
    it(`has a filter.d/${name} without an error`, () => {
      const filterName = name.replace(/\.conf$/, '');
      assert.deepEqual(loadMergedConfig(directory, `filter.d/${filterName}`).errors, []);
      const tried = load(`[j]\nenabled = yes\nfilter = ${filterName}\n`, {
        [`filter.d/${name}`]: readFileSync(join(directory, 'filter.d', name), 'utf8'),
      });
      assert.deepEqual(tried.shown, []);
    });
  }
});
