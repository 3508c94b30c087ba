import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeScope } from '../../src/action/nftables/nftables-scope.ts';
import { mapNativeFirewall } from '../../src/config/native-firewall.ts';
import { loadServices, parseServices } from '../../src/config/services.ts';

const services = parseServices(`
# Network services
ssh\t\t22/tcp\t\t\t\t# SSH Remote Login Protocol
ftp-data\t20/tcp
http\t\t80/tcp\t\twww\t\t# WorldWideWeb HTTP
https\t\t443/tcp
https\t\t443/udp
rtmp\t\t1/ddp
nonsense
toolarge\t70000/tcp
`);

/** The canonical text of the scope, or what is said instead. */
function map(name: string, args: Readonly<Record<string, string>>): string {
  const mapped = mapNativeFirewall(name, new Map(Object.entries(args)), services);
  if ('scope' in mapped) return describeScope(mapped.scope);
  return 'refusal' in mapped ? `refusal: ${mapped.refusal}` : `mistake: ${mapped.mistake}`;
}

describe('an action of fail2ban as a scope', () => {
  const cases: [name: string, args: Record<string, string>, expected: string][] = [
    // As jail.conf's action_ gives them.
    ['iptables-multiport', { port: 'ssh', protocol: 'tcp', chain: 'INPUT' }, 'protocol tcp, ports 22, reject port-unreachable'],
    ['iptables-multiport', { port: '0:65535', protocol: 'tcp', chain: 'DOCKER-USER' }, 'protocol tcp, ports all, reject port-unreachable'],
    ['iptables-multiport', { port: 'http,https' }, 'protocol tcp, ports 80,443, reject port-unreachable'],
    ['iptables-multiport', { port: '22, 2222:2230' }, 'protocol tcp, ports 22,2222-2230, reject port-unreachable'],
    ['iptables-multiport', { port: 'www,80,79,20-78,ftp-data' }, 'protocol tcp, ports 20-80, reject port-unreachable'],
    ['iptables-multiport', { port: ':1023' }, 'protocol tcp, ports 0-1023, reject port-unreachable'],
    ['iptables-multiport', { port: '60000:' }, 'protocol tcp, ports 60000-65535, reject port-unreachable'],
    ['iptables-multiport', { port: 'ssh:https' }, 'protocol tcp, ports 22-443, reject port-unreachable'],
    ['iptables', {}, 'protocol tcp, ports 22, reject port-unreachable'],
    ['iptables', { port: 'ssh', protocol: 'tcp,udp' }, 'protocol tcp+udp, ports 22, reject port-unreachable'],
    ['iptables[type]', {}, 'refusal: the action "iptables[type]" is none that ringjail does by itself'],
    ['iptables', { type: 'allports', protocol: 'all' }, 'protocol all, ports all, reject port-unreachable'],
    ['iptables-new', { port: '22' }, 'protocol tcp, ports 22, reject port-unreachable'],
    ['iptables-multiport-log', { port: '22' }, 'protocol tcp, ports 22, reject port-unreachable'],
    ['iptables-ipset', { port: '22' }, 'protocol tcp, ports 22, reject port-unreachable'],
    ['iptables-ipset-proto4', { port: '22' }, 'protocol tcp, ports 22, reject port-unreachable'],
    ['iptables-ipset-proto6', { port: '22', ipsettime: '600' }, 'protocol tcp, ports 22, reject port-unreachable'],
    ['iptables-ipset-proto6-allports', { port: 'nonsense' }, 'protocol tcp, ports all, reject port-unreachable'],
    ['iptables-allports', { port: 'anyport', name: 'recidive' }, 'protocol tcp, ports all, reject port-unreachable'],
    ['iptables-allports', { protocol: 'icmp' }, 'protocol icmp, ports all, reject port-unreachable'],
    ['iptables-allports', { blocktype: 'DROP', protocol: 'all' }, 'protocol all, ports all, drop'],
    ['iptables-allports', { blocktype: 'REJECT' }, 'protocol tcp, ports all, reject port-unreachable'],
    ['iptables-allports', { blocktype: 'REJECT --reject-with tcp-reset' }, 'protocol tcp, ports all, reject tcp-reset'],
    ['iptables-allports', { blocktype: 'REJECT --reject-with icmp6-adm-prohibited' }, 'protocol tcp, ports all, reject admin-prohibited'],
    ['nftables', { port: '22', protocol: 'tcp' }, 'protocol tcp, ports 22, reject port-unreachable'],
    ['nftables', { type: 'allports', protocol: 'tcp,udp' }, 'protocol tcp+udp, ports all, reject port-unreachable'],
    ['nftables-multiport', { port: '80,443', blocktype: 'drop' }, 'protocol tcp, ports 80,443, drop'],
    ['nftables-allports', { protocol: 'all', blocktype: 'counter drop', table: 'x' }, 'protocol all, ports all, drop'],
    ['nftables-allports', { blocktype: 'reject with icmpx type host-unreachable' }, 'protocol tcp, ports all, reject host-unreachable'],
    ['nftables-allports', { blocktype: 'reject with icmpv6 no-route' }, 'protocol tcp, ports all, reject net-unreachable'],
    ['nftables-allports', { blocktype: 'reject with tcp reset' }, 'protocol tcp, ports all, reject tcp-reset'],
    // What only their own commands can do.
    ['ufw', {}, 'refusal: the action "ufw" is none that ringjail does by itself'],
    ['iptables-xt_recent-echo', {}, 'refusal: the action "iptables-xt_recent-echo" is none that ringjail does by itself'],
    ['iptables', { blocktype: 'TARPIT' }, 'refusal: its blocktype "TARPIT" is not understood'],
    ['iptables', { blocktype: 'drop' }, 'refusal: its blocktype "drop" is not understood'],
    ['nftables', { blocktype: 'redirect to 2222' }, 'refusal: its blocktype "redirect to 2222" is not understood'],
    ['nftables', { type: 'custom' }, 'refusal: its type "custom" is not understood'],
    ['nftables', { chain_hook: 'output' }, 'refusal: its argument chain_hook = "output" makes it something else than the stock action'],
    ['iptables', { returntype: 'ACCEPT' }, 'refusal: its argument returntype = "ACCEPT" makes it something else than the stock action'],
    ['iptables', { actionban: 'true' }, 'refusal: its argument actionban = "true" makes it something else than the stock action'],
    // What nothing could do.
    ['iptables', { port: 'shh' }, 'mistake: port "shh" is neither a number up to 65535 nor in /etc/services; did you mean "ssh"?'],
    ['iptables', { port: '65536' }, 'mistake: port "65536" is neither a number up to 65535 nor in /etc/services'],
    ['iptables', { port: '22:htttp' }, 'mistake: port "htttp" is neither a number up to 65535 nor in /etc/services; did you mean "http"?'],
    ['iptables', { port: 'toolarge' }, 'mistake: port "toolarge" is neither a number up to 65535 nor in /etc/services'],
    ['iptables', { port: ':' }, 'mistake: port ":" is neither a number up to 65535 nor in /etc/services'],
    ['iptables', { port: '30:20' }, 'mistake: the range of ports "30:20" ends before it begins'],
    ['iptables', { port: ' , ' }, 'mistake: no port is named; write a list such as ssh or 22,2222, or take an allports action'],
    ['iptables', { protocol: 'tpc' }, 'mistake: protocol "tpc" is not known; did you mean "tcp"?'],
    ['iptables', { protocol: 'all' }, 'mistake: protocol all has no ports; name tcp or udp, or take an allports action'],
    ['iptables', { protocol: 'icmp' }, 'mistake: protocol icmp has no ports; name tcp or udp, or take an allports action'],
    [
      'iptables',
      { protocol: 'udp', blocktype: 'REJECT --reject-with tcp-reset' },
      'mistake: only tcp can be reset; take another blocktype, or protocol = tcp',
    ],
  ];
  for (const [name, args, expected] of cases) {
    it(`${name}[${Object.entries(args).map(([key, value]) => `${key}="${value}"`)}]`, () => assert.equal(map(name, args), expected));
  }
});

it("this machine's /etc/services knows ssh", () => assert.equal(loadServices().get('ssh'), 22));
