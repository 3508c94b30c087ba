import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { parseShellTemplate } from '../../src/action/shell/shell-template-parser.ts';
import { knownList } from '../../src/config/known-list.ts';

const outer = '198.51.100.0/24';

/** What the list of the command comes to where its program answers so; what it asks is put in front. */
function listed(actionban: string, family: 4 | 6, ...answer: string[]) {
  const list = knownList(actionban, family) ?? '';
  assert.ok(parseShellTemplate(list).ok, list);
  const fake = (name: string) => `${name}() { echo "${name} $*" >&2; case "$*" in *-S*) printf '%s\\n' "$ANSWER"; return $EXIT; esac; }\n`;
  const script = ['iptables', 'ip6tables'].map(fake).join('') + list.replace(/iptables-legacy/, 'iptables');
  const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', script], {
    env: { ...process.env, ANSWER: answer.join('\n'), EXIT: process.env['EXIT'] ?? '0' },
    encoding: 'utf8',
  });
  return { asked: stderr.trim().split('\n'), said: stdout.split('\n').filter((line) => line !== ''), status };
}

describe('knownList of rules: those that shut out as the ban does, and no others', () => {
  const cases: [actionban: string, family: 4 | 6, asked: string[], bans: string[], others: string[]][] = [
    [
      'iptables -w -I f2b-sshd 1 -s <ip> -j REJECT --reject-with icmp-port-unreachable',
      4,
      ['iptables -w -S f2b-sshd'],
      ['-A f2b-sshd -s 192.0.2.7/32 -j REJECT --reject-with icmp-port-unreachable', `-A f2b-sshd -s ${outer} -j REJECT`],
      ['-N f2b-sshd', '-A f2b-sshd -j RETURN', `-A f2b-sshd -s ${outer} -j DROP`, `-A f2b-sshd ! -s ${outer} -j REJECT`],
    ],
    [
      'ip6tables -w 5 -I INPUT 1 -s <ip> -j DROP',
      6,
      ['ip6tables -w 5 -S INPUT'],
      ['-A INPUT -s 2001:db8::7/128 -j DROP'],
      ['-P INPUT DROP', '-A INPUT -s 2001:db8::/32 -p tcp -m tcp --dport 22 -j DROP', '-A INPUT -d 2001:db8::7/128 -j DROP'],
    ],
    [
      'iptables-legacy -A bad -s <ip> -p tcp --dport 22 -j DROP',
      4,
      ['iptables -S bad'],
      ['-A bad -s 192.0.2.7/32 -p tcp -m tcp --dport 22 -j DROP'],
      [
        `-A bad -s ${outer} -j ACCEPT`,
        `-A bad -s ${outer} -p tcp -m tcp --dport 222 -j DROP`,
        `-A bad -s ${outer} -p udp --dport 22 -j DROP`,
      ],
    ],
    [
      'iptables -I bad -s <ip> -p tcp -m multiport --dports 80,443 -j DROP',
      4,
      ['iptables -S bad'],
      ['-A bad -s 192.0.2.7/32 -p tcp -m multiport --dports 80,443 -j DROP'],
      [`-A bad -s ${outer} -p tcp -m multiport --dports 80 -j DROP`],
    ],
    [
      'iptables -I bad -s <ip> -i eth0 -m comment --comment x -j DROPPED && echo',
      4,
      ['iptables -S bad'],
      ['-A bad -s 192.0.2.7/32 -i eth0 -m comment --comment x -j DROPPED', '-A bad -s 192.0.2.7/32 -j DROPPED'],
      [`-A bad -s ${outer} -j DROP`, `-A worse -s ${outer} -j DROPPED`],
    ],
    ['iptables -I bad -s <ip> -g drops', 4, ['iptables -S bad'], ['-A bad -s 192.0.2.7/32 -j x'], ['-A bad -d 192.0.2.7/32 -j x']],
    [
      'ufw prepend deny from <ip> to any comment "ringjail sshd"',
      4,
      ['iptables -w 5 -C INPUT -j ufw-before-input', 'iptables -w 5 -S ufw-user-input'],
      ['-A ufw-user-input -s 192.0.2.7/32 -j DROP'],
      [
        `-A ufw-user-input -s ${outer} -p tcp -m tcp --dport 22 -j ACCEPT`,
        `-A ufw-user-input -s ${outer} -j REJECT --reject-with icmp-port-unreachable`,
        `-A ufw-user-input -s ${outer} -d 192.0.2.80/32 -j DROP`,
        '-A ufw-user-input -d 192.0.2.7/32 -p tcp -m tcp --dport 80 -j ACCEPT',
      ],
    ],
    [
      'if true\nthen\n ufw insert 1 reject from <ip> to 2001:DB8::80\nfi',
      6,
      ['ip6tables -w 5 -C INPUT -j ufw6-before-input', 'ip6tables -w 5 -S ufw6-user-input'],
      ['-A ufw6-user-input -s 2001:db8::7/128 -d 2001:db8::80/128 -j REJECT --reject-with icmp6-port-unreachable'],
      ['-A ufw6-user-input -s 2001:db8::/32 -j REJECT', '-A ufw6-user-input -s 2001:db8::/32 -d 2001:db8::81/128 -j REJECT'],
    ],
    [
      'ufw prepend deny from <ip> to any port 22',
      4,
      ['iptables -w 5 -C INPUT -j ufw-before-input', 'iptables -w 5 -S ufw-user-input'],
      ['-A ufw-user-input -s 192.0.2.7/32 -p tcp -m tcp --dport 22 -j DROP'],
      [`-A ufw-user-input -s ${outer} -j ACCEPT`],
    ],
  ];
  for (const [actionban, family, asked, bans, others] of cases) {
    it(actionban, () => assert.deepEqual(listed(actionban, family, ...others, ...bans), { asked, said: bans, status: 0 }));
  }

  it('a list that fails is told as that', () => {
    for (const actionban of ['iptables -I bad 1 -s <ip> -j DROP', 'ufw prepend deny from <ip> to any']) {
      process.env['EXIT'] = '4';
      const { said, status } = listed(actionban, 4);
      delete process.env['EXIT'];
      assert.deepEqual([said, status], [[], 4]);
    }
  });
});

describe('knownList', () => {
  const known: [actionban: string, list4: string, list6?: string][] = [
    ['ipset -exist add f2b-sshd6 <ip> timeout 0', 'ipset save f2b-sshd6'],
    ['ipset add bad <ip>', 'ipset save bad'],
    ['nft add element inet f2b-table addr-set-sshd \\{ <ip> \\}', 'nft list set inet f2b-table addr-set-sshd'],
    ['ip route add unreachable <ip>', 'ip -4 route show type unreachable', 'ip -6 route show type unreachable'],
    ['shorewall drop <ip>', 'iptables -w 5 -S dynamic', 'ip6tables -w 5 -S dynamic'],
    ['printf %b "ALL: <ip>\\n" >> /etc/hosts.deny', "test ! -e /etc/hosts.deny || grep '^ALL: ' /etc/hosts.deny"],
    ['printf %b "sshd: [<ip>]\\n" >> /etc/hosts.deny', "test ! -e /etc/hosts.deny || grep '^sshd: ' /etc/hosts.deny"],
  ];
  for (const [actionban, list4, list6 = list4] of known) {
    it(actionban, () => assert.deepEqual([knownList(actionban, 4), knownList(actionban, 6)], [list4, list6]));
  }

  for (const actionban of [
    '',
    'echo <ip>',
    'iptables -I $(id) 1 -s <ip> -j DROP',
    'iptables -I INPUT 1 -p tcp -s <ip> -j DROP',
    'iptables -I INPUT 1 -s <ip>/24 -j DROP',
    'ipset add "a b" <ip>',
    'ipset add bad <ip-rev>',
    'echo; ipset add bad <ip>',
    'ufw route deny from <ip> to any',
    'shorewall logdrop <ip>',
    'printf %b "ALL: <ip>\\n" >> "$HOME/hosts.deny"',
    'printf %b "ALL: <ip>\\n" >> hosts.deny',
  ]) {
    it(`${actionban || 'nothing'}: not known`, () => assert.equal(knownList(actionban, 4), undefined));
  }
});
