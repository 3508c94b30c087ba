// Two configurations as people published them, laid over fail2ban's own jail.conf: what the web page ate is told with its place and the cure,
// and with it put back their jails find what they are for. One is Ubuntu's port scans by ufw's log, the other Gentoo's ssh, greylisting and
// named with shorewall and mail.

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { formatConfigError } from '../../src/config/config-error.ts';
import { loadJails } from '../../src/config/jail-config.ts';
import { usualPolicy } from '../../src/config/jail-policy.ts';
import { Routes } from '../../src/daemon/routes.ts';
import { Jail } from '../../src/jail/jail.ts';
import { KernelLine } from '../../src/record/kernel-line.ts';
import { selectorWords } from '../../src/record/record-batch.ts';
import { changeFiles } from '../config/config-directory.ts';
import { copyFail2banConfig, removeFail2banConfig, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';
import { batchOf } from '../record/batch-of.ts';

const ubuntu = {
  'jail.local': `[portscan]
enabled  = true
filter   = portscan
logpath  = /var/log/ufw.log
action   = iptables-allports[name=portscan]
maxretry = 5
bantime  = 86400
`,
  'filter.d/portscan.conf': `[Definition]
failregex = .*\\[UFW BLOCK\\] IN=.* SRC=<HOST>
ignoreregex =
`,
};

const actions = 'shorewall\n           mail-whois[name=NAME, dest=root@example.org]';
const gentoo = {
  'jail.local': `[DEFAULT]
ignoreip = 127.0.0.1
bantime  = 3600
maxretry = 3

[ssh]
enabled  = true
filter   = sshd
action   = ${actions.replace('NAME', 'SSH')}
logpath  = /var/log/messages

[greylist]
enabled  = true
filter   = postfix-greylist
action   = ${actions.replace('NAME', 'greylist')}
logpath  = /var/log/mail.log

[named]
enabled  = true
filter   = named
action   = ${actions.replace('NAME', 'named')}
logpath  = /var/log/messages
`,
  'filter.d/postfix-greylist.conf': `[Definition]

failregex = reject: DATA from (.*)\\[\\]: 450.*Greylisted
ignoreregex =
`,
  'filter.d/named.conf': `[Definition]

failregex = named\\[\\d*\\]: client .* denied
ignoreregex =
`,
};
const restored = {
  ...gentoo,
  'filter.d/postfix-greylist.conf': gentoo['filter.d/postfix-greylist.conf'].replace('\\[\\]', '\\[<HOST>\\]'),
  'filter.d/named.conf': gentoo['filter.d/named.conf'].replace('client .*', 'client <HOST>.*'),
};

describe('configurations as published', { skip: skipWithoutFail2ban }, () => {
  const made: string[] = [];
  after(() => made.forEach(removeFail2banConfig));

  function load(files: Readonly<Record<string, string>>) {
    const directory = copyFail2banConfig();
    made.push(directory);
    changeFiles(directory, files);
    const loaded = loadJails({ directory, isRoot: false, hostName: 'host', hasUnit: () => false, clock: () => 0, listensToSyslog: false });
    return { ...loaded, errors: loaded.errors.map((error) => formatConfigError(error).replace(`${directory}/`, '')) };
  }

  /** What each jail finds in records of a source: jail, address. */
  function found(files: Readonly<Record<string, string>>, source: string, lines: readonly string[], prefix = ''): string[] {
    const { jails, errors } = load(files);
    assert.deepEqual(errors, []);
    const running = jails.map(({ options, filter, records }) => ({
      selectors: records.selectors,
      literals: filter.literals,
      filter,
      jail: new Jail(options),
      policy: usualPolicy,
      resolvesNames: false,
    }));
    const routes = new Routes(running);
    const words = selectorWords(routes.selectorsOf(source));
    const batch = { ...batchOf(lines, { source, prefix }), selected: new Uint32Array(lines.length * words).fill(0xffffffff) };
    const failures: string[] = [];
    for (const [{ filter, jail }, records] of routes.offer(batch)) {
      filter.match(batch, records, {
        onFailure: ({ address }) => void failures.push(`${jail.options.name} ${address.text}`),
        onNamedFailure: ({ hostname }) => assert.fail(hostname),
      });
    }
    return failures;
  }

  it("Ubuntu's: its jail reads the kernel's log, and its options hold", () => {
    const { jails, errors } = load(ubuntu);
    assert.deepEqual(errors, []);
    const portscan = jails.find(({ options }) => options.name === 'portscan');
    assert.deepEqual(portscan?.records.selectors, [{ source: 'kernel' }]);
    assert.equal(portscan.options.maxretry, 5);
    assert.equal(portscan.options.bantimeUsec, 86_400_000_000);
    assert.equal(portscan.expressions, 1);
  });

  it("Ubuntu's: finds refused packets as the kernel tells of them", () => {
    const packet =
      'IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=203.0.113.5 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=4711 DPT=23 SYN ';
    const line = new KernelLine('host');
    const head = Buffer.alloc(line.longestPrefix);
    const prefix = head.toString('latin1', 0, line.writePrefix(head, 0, 123_456_000));
    assert.match(prefix, /^host kernel: \[ *123\.456000\] $/);
    const lines = [
      `[UFW BLOCK] ${packet}`,
      `[UFW ALLOW] ${packet}`,
      'usb 1-1: new device',
      `[UFW BLOCK] ${packet.replace('203.0.113.5', '2001:db8::5')}`,
    ];
    assert.deepEqual(found(ubuntu, 'kernel', lines, prefix), ['portscan 203.0.113.5', 'portscan 2001:db8::5']);
  });

  it("Gentoo's: what the web page ate is told, with its file, its line and where it belongs; the other jail runs", () => {
    const { jails, errors } = load(gentoo);
    assert.equal(errors.length, 2, errors.join('\n'));
    assert.match(
      errors[0] ?? '',
      /^filter\.d\/postfix-greylist\.conf:3: failregex "reject: DATA from .*" has no <HOST>.*inside "\\\[\\\]"/,
    );
    assert.match(errors[1] ?? '', /^filter\.d\/named\.conf:3: failregex "named.*" has no <HOST>.*after "client"/);
    assert.deepEqual(jails.map(({ options }) => options.name).sort(), ['ssh', 'sshd']);
  });

  for (const [place, text] of [
    ['of all jails', gentoo['jail.local'].replace('ignoreip = 127.0.0.1', 'whilelist = 10.0.0.0/8')],
    ['of one', gentoo['jail.local'].replace('filter   = sshd', 'filter   = sshd\nwhilelist = 10.0.0.0/8')],
  ] as const) {
    it(`Gentoo's: a mistyped ignoreip ${place} stops these, rather than that it bans whom it shall not`, () => {
      const { jails, errors } = load({ ...restored, 'jail.local': text });
      const line = text.split('\n').findIndex((one) => one.startsWith('whilelist')) + 1;
      assert.deepEqual(errors, [`jail.local:${line}: unknown option "whilelist"; did you mean "ignoreip"?`]);
      const names = jails.map(({ options }) => options.name).sort();
      assert.deepEqual(names, place === 'of one' ? ['greylist', 'named', 'sshd'] : []);
    });
  }

  it("Gentoo's, put right: each jail finds its own", () => {
    const lines = [
      'postfix/smtpd[4711]: NOQUEUE: reject: DATA from mail.example.org[203.0.113.9]: 450 4.7.1 <DATA>: Data command rejected: Greylisted for 300 seconds; from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<mail.example.org>',
      "named[815]: client 203.0.113.11#53913 (example.org): query (cache) 'example.org/ANY/IN' denied",
      'sshd[4242]: Failed password for invalid user admin from 203.0.113.7 port 4711 ssh2',
      'postfix/smtpd[4711]: connect from mail.example.org[203.0.113.9]',
      'named[815]: client 203.0.113.11#53913: query: example.org IN A',
      'sshd[900]: Accepted publickey for deploy from 192.0.2.80 port 50122 ssh2',
    ];
    assert.deepEqual(found(restored, 'journal', lines, 'host ').sort(), [
      'greylist 203.0.113.9',
      'named 203.0.113.11',
      'ssh 203.0.113.7',
      'sshd 203.0.113.7',
    ]);
  });

  it("Gentoo's: where each jail reads, and by what it acts", () => {
    const { jails } = load(restored);
    const shown = Object.fromEntries(
      jails.map(({ options, records }) => [options.name, [...records.descriptions, ...options.actions].join(', ')]),
    );
    assert.match(shown['ssh'] ?? '', /^the journal \(.*_COMM=sshd.*\), shorewall, mail-whois\[dest="root@example\.org",name="SSH"\]$/);
    assert.match(
      shown['greylist'] ?? '',
      /^the journal \(facility mail, for \/var\/log\/mail\.log\), shorewall, mail-whois\[dest="root@example\.org",name="greylist"\]$/,
    );
    assert.match(
      shown['named'] ?? '',
      /^the journal \(all that the system wrote, for \/var\/log\/messages\), shorewall, mail-whois\[dest="root@example\.org",name="named"\]$/,
    );
  });
});
