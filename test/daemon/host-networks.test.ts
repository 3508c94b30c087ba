import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it, type TestContext } from 'node:test';
import { HostNetworks, loadHostNetworks, parseResolvers } from '../../src/daemon/host-networks.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { network } from '../core/network.ts';

describe('loadHostNetworks', () => {
  const files: Record<string, string> = {
    '/etc/resolv.conf': 'nameserver 127.0.0.53\nnameserver 192.0.2.53\n',
    '/run/systemd/resolve/resolv.conf': 'nameserver 2001:db8::53\n',
  };
  const listed = loadHostNetworks({
    ownAddresses: () => ['198.51.100.7', 'fe80::7%eth0'],
    gateways: () => ['198.51.100.1', 'fe80::1'],
    read: (path) => files[path] ?? '',
  });
  const cases: [string, string][] = [
    ['198.51.100.7', 'address of this machine'],
    ['fe80::7', 'address of this machine'],
    ['198.51.100.1', 'gateway'],
    ['fe80::1', 'gateway'],
    ['192.0.2.53', 'resolver'],
    ['2001:db8::53', 'resolver'],
  ];
  for (const [address, reason] of cases) {
    it(`${address} is the ${reason}`, () => assert.equal(new NetworkList(listed).find(network(address))?.reason, reason));
  }
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
    for (const text of ['127.0.0.1', '::1']) assert.match(list.find(network(text))?.reason ?? '', /^(?:loopback|address of this machine)$/);
  });

  it('spare its own addresses, those with a zone too', () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address } of own) assert.ok(list.find(network(address.replace(/%.*/, ''))), address);
  });

  it('do not spare everybody', () => assert.equal(list.find(network('203.0.113.77')), undefined));
});

/** Host networks with a clock, a kernel that tells of changes on demand, and the number of times that they were read. */
function setUp(t: TestContext, workMs = 0) {
  const trial = { nowMs: 5000, reads: 0, changes: 0, waits: false, tell: (): void => undefined };
  t.mock.method(performance, 'now', () => trial.nowMs);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const open = (onChange: () => void) => {
    trial.tell = onChange;
    const hasChanged = () => {
      const was = trial.waits;
      trial.waits = false;
      return was;
    };
    return { hasChanged, close: () => undefined };
  };
  const load = () => {
    trial.reads++;
    trial.nowMs += workMs;
    return [];
  };
  const host = new HostNetworks(() => void trial.changes++, open, load);
  return { trial, host, timers: t.mock.timers };
}

describe('HostNetworks', () => {
  it('reads once, however often it is asked and however old it is', (t) => {
    const { trial, host } = setUp(t);
    const first = host.current();
    trial.nowMs += 3_600_000;
    assert.equal(host.current(), first);
    assert.equal(trial.reads, 1);
  });

  it('reads anew after the kernel told of a change, and tells its owner', (t) => {
    const { trial, host, timers } = setUp(t);
    const first = host.current();
    trial.tell();
    assert.notEqual(host.current(), first);
    timers.tick(1);
    assert.deepEqual([trial.reads, trial.changes], [2, 1]);
  });

  it('reads anew where a change waits that the event loop has not told yet', (t) => {
    const { trial, host } = setUp(t);
    host.current();
    trial.waits = true;
    host.current();
    host.current();
    assert.equal(trial.reads, 2);
  });

  it('rests twenty times as long as a reading takes, and tells its owner when it is over', (t) => {
    const { trial, host, timers } = setUp(t, 100);
    host.current();
    trial.tell();
    trial.nowMs += 1999;
    host.current();
    timers.tick(1999);
    assert.deepEqual([trial.reads, trial.changes], [1, 0]);
    trial.nowMs += 1;
    host.current();
    timers.tick(2);
    assert.deepEqual([trial.reads, trial.changes], [2, 1]);
  });

  it('of many changes its owner is told once', (t) => {
    const { trial, host, timers } = setUp(t);
    host.current();
    for (let index = 0; index < 100; index++) trial.tell();
    timers.tick(1);
    assert.equal(trial.changes, 1);
    trial.tell();
    timers.tick(1);
    assert.equal(trial.changes, 2);
  });
});
