import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { HostNetworks, loadHostNetworks, parseIpv4Gateways, parseIpv6Gateways, parseResolvers } from '../../src/daemon/host-networks.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { network } from '../core/network.ts';

describe('parseIpv4Gateways', () => {
  const head =
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n';
  const route = (destination: string, gateway: string) =>
    `eth0\t${destination}\t${gateway}\t0003\t0\t0\t0\t00000000\t0\t0\t0                          \n`;

  it('reads the gateways, whatever they lead to', () => {
    const table = head + route('00000000', '0100A8C0') + route('0200C0C0', 'FE01A8C0') + route('0000A8C0', '00000000');
    assert.deepEqual(parseIpv4Gateways(table), ['192.168.0.1', '192.168.1.254']);
  });
  for (const [name, table] of [
    ['no table', ''],
    ['a table without routes', head],
    ['other text', 'eth0 00000000 0100A8C0 0003\n\teth0\n'],
  ]) {
    it(`${name} has none`, () => assert.deepEqual(parseIpv4Gateways(table ?? ''), []));
  }
});

describe('parseIpv6Gateways', () => {
  const zero = '0'.repeat(32);
  const route = (nextHop: string) => `${zero} 00 ${zero} 00 ${nextHop} 00000400 00000001 00000000 00000003     eth0\n`;

  it('reads the next hops', () => {
    const table = route('fe800000000000000000000000000001') + route(zero) + route('20010db8000000000000000000000001');
    assert.deepEqual(parseIpv6Gateways(table), ['fe80::1', '2001:db8::1']);
  });
  for (const table of ['', zero, 'fe80::1\n'])
    it(`${JSON.stringify(table)} has none`, () => assert.deepEqual(parseIpv6Gateways(table), []));
});

describe('parseResolvers', () => {
  const cases: [string, string[]][] = [
    ['', []],
    ['nameserver 192.0.2.53', ['192.0.2.53']],
    ['# by hand\nnameserver 192.0.2.53\nnameserver\t2001:db8::53\nsearch example.org\n', ['192.0.2.53', '2001:db8::53']],
    ['  nameserver 192.0.2.53 # mine\n', ['192.0.2.53']],
    ['nameserver fe80::1%eth0\n', ['fe80::1']],
    ['#nameserver 192.0.2.53\n;nameserver 192.0.2.54\n', []],
    ['nameserver\nnameservers 192.0.2.53\noptions nameserver 192.0.2.53\n', []],
  ];
  for (const [text, expected] of cases) it(JSON.stringify(text), () => assert.deepEqual(parseResolvers(text), expected));
});

describe("this host's networks", () => {
  const list = new NetworkList(loadHostNetworks());
  const spared: [string, string][] = [
    ['127.255.255.255', 'loopback'],
    ['::ffff:127.255.255.255', 'loopback'],
    ['0.0.0.0', 'no address of a host'],
    ['::', 'no address of a host'],
    ['224.0.0.251', 'multicast'],
    ['ff02::fb', 'multicast'],
    ['255.255.255.255', 'broadcast'],
  ];
  for (const [text, reason] of spared) it(`spare ${text}: ${reason}`, () => assert.equal(list.find(network(text))?.reason, reason));

  it('spare 127.0.0.1 and ::1, whether they are up or not', () => {
    for (const text of ['127.0.0.1', '::1']) assert.match(list.find(network(text))?.reason ?? '', /^(?:loopback|own address)$/);
  });

  it('spare its own addresses, those with a zone too', () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address } of own) assert.ok(list.find(network(address.replace(/%.*/, ''))), address);
  });

  it('do not spare everybody', () => assert.equal(list.find(network('203.0.113.77')), undefined));

  it('are read anew when they are a second old', (t) => {
    let nowMs = 5000;
    t.mock.method(performance, 'now', () => nowMs);
    const host = new HostNetworks();
    const first = host.current();
    nowMs += 1000;
    assert.equal(host.current(), first);
    nowMs += 1;
    assert.notEqual(host.current(), first);
  });
});
