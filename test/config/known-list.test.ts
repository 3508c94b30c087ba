import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knownList } from '../../src/config/known-list.ts';

const ufw4 = 'iptables -w 5 -C INPUT -j ufw-before-input && iptables -w 5 -S ufw-user-input';
const ufw6 = 'ip6tables -w 5 -C INPUT -j ufw6-before-input && ip6tables -w 5 -S ufw6-user-input';

describe('knownList', () => {
  const known: [actionban: string, list4: string, list6?: string][] = [
    ['iptables -w -I f2b-sshd 1 -s <ip> -j REJECT --reject-with icmp-port-unreachable', 'iptables -w -S f2b-sshd'],
    ['ip6tables -w 5 -I f2b-sshd 1 -s <ip> -j DROP', 'ip6tables -w 5 -S f2b-sshd'],
    ['iptables-legacy -A bad -s <ip> -j DROP', 'iptables-legacy -S bad'],
    ['ipset -exist add f2b-sshd6 <ip> timeout 0', 'ipset save f2b-sshd6'],
    ['ipset add bad <ip>', 'ipset save bad'],
    ['nft add element inet f2b-table addr-set-sshd \\{ <ip> \\}', 'nft list set inet f2b-table addr-set-sshd'],
    ['ip route add unreachable <ip>', 'ip -4 route show type unreachable', 'ip -6 route show type unreachable'],
    ['shorewall drop <ip>', 'iptables -w 5 -S dynamic', 'ip6tables -w 5 -S dynamic'],
    ['ufw prepend deny from <ip> to any comment "ringjail sshd"', ufw4, ufw6],
    ['if true\nthen\n ufw insert 1 reject from <ip> to any\nfi', ufw4, ufw6],
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
