// The host's networks followed live, with the real kernel in a network namespace of its own: this file runs itself there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openRouteMonitor } from '../../src/binding/addon.ts';
import { HostNetworks } from '../../src/daemon/host-networks.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { network } from '../core/network.ts';
import { run, until } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

const inNamespace = process.env['RINGJAIL_TEST_NAMESPACE'] === 'yes';
const linkOf = (fd: string): string | undefined => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // The descriptor of the directory itself.
    return undefined;
  }
};
const ip = (...args: string[]) => void execFileSync('ip', args);

if (!inNamespace) {
  test('the route monitor, in a network namespace', { skip: needsRoot }, async () => {
    const environment: NodeJS.ProcessEnv = { ...process.env, RINGJAIL_TEST_NAMESPACE: 'yes' };
    // Set by the runner for its own children, whose output it reads in a form of its own.
    delete environment['NODE_TEST_CONTEXT'];
    const command = ['unshare', '--net', process.execPath, '--expose-gc', fileURLToPath(import.meta.url)];
    const { code, stdout } = await run(command, environment);
    assert.equal(code, 0, stdout);
  });
} else {
  describe('the route monitor', () => {
    const reasonOf = (host: HostNetworks, text: string) => new NetworkList(host.current()).find(network(text))?.reason;

    const changes: [string, string[]][] = [
      ['a link that goes up', ['link', 'set', 'lo', 'up']],
      ['an IPv4 address', ['addr', 'add', '10.9.9.9/32', 'dev', 'lo']],
      ['an IPv6 address', ['addr', 'add', 'fd79::9/128', 'dev', 'lo', 'nodad']],
      ['an IPv4 route', ['route', 'add', '192.0.2.0/24', 'dev', 'lo']],
      ['an IPv6 route', ['-6', 'route', 'add', 'fd80::/64', 'dev', 'lo']],
      ['a route of another table', ['route', 'add', '198.51.100.0/24', 'dev', 'lo', 'table', '100']],
      ['an address that goes', ['addr', 'del', '10.9.9.9/32', 'dev', 'lo']],
    ];
    for (const [name, change] of changes) {
      test(`tells of ${name}: to who asks, once`, () => {
        const monitor = openRouteMonitor(() => undefined);
        assert.equal(monitor.hasChanged(), false);
        ip(...change);
        assert.equal(monitor.hasChanged(), true);
        assert.equal(monitor.hasChanged(), false);
        monitor.close();
      });
    }

    test('tells of what nobody asked for by the event loop, once for many', async () => {
      let told = 0;
      const monitor = openRouteMonitor(() => void told++);
      execFileSync('ip', ['-batch', '-'], {
        input: Array.from({ length: 100 }, (_, index) => `addr add 10.1.0.${index}/32 dev lo\n`).join(''),
      });
      await until('it is told', () => told > 0);
      assert.equal(told, 1);
      monitor.close();
    });

    test('messages that were lost are a change as well, and it goes on', async () => {
      let told = 0;
      const monitor = openRouteMonitor(() => void told++);
      const lines = (verb: string) =>
        Array.from({ length: 3000 }, (_, index) => `addr ${verb} 10.2.${index >> 8}.${index & 255}/32 dev lo\n`).join('');
      execFileSync('ip', ['-batch', '-'], { input: lines('add') });
      await until('it is told', () => told > 0);
      const before = told;
      ip('addr', 'add', '10.3.0.1/32', 'dev', 'lo');
      await until('it is told again', () => told > before);
      monitor.close();
      execFileSync('ip', ['-batch', '-'], { input: lines('del') });
    });

    test('closed it tells nothing', () => {
      const monitor = openRouteMonitor(() => assert.fail('closed'));
      monitor.close();
      monitor.close();
      ip('addr', 'add', '10.4.0.1/32', 'dev', 'lo');
      assert.equal(monitor.hasChanged(), false);
    });

    test('an error of the callback is not swallowed, and nothing keeps the process alive', async () => {
      const addon = new URL('../../src/binding/addon.js', import.meta.url).href;
      const program = (source: string) =>
        run([process.execPath, '--input-type=module', '-e', `import { openRouteMonitor } from '${addon}'; ${source}`]);
      const thrown = await program(`const monitor = openRouteMonitor(() => { throw new Error('from the callback'); });
        setInterval(() => monitor.hasChanged, 1000);
        (await import('node:child_process')).execFileSync('ip', ['addr', 'add', '10.5.0.1/32', 'dev', 'lo']);`);
      assert.equal(thrown.code, 1);
      assert.match(thrown.stderr, /from the callback/);
      const idle = await program(`globalThis.monitor = openRouteMonitor(() => undefined); console.log('ends');`);
      assert.deepEqual([idle.code, idle.stdout], [0, 'ends\n']);
    });

    test('collected while open: its descriptor is closed', async () => {
      // Netlink sockets alone: other parts of Node open and close descriptors of theirs meanwhile.
      const own = () => new Set(readdirSync('/proc/self/fd').flatMap((fd) => linkOf(fd)?.match(/^socket:\[(\d+)\]$/)?.[1] ?? []));
      const count = () => {
        const inodes = own();
        return readFileSync('/proc/self/net/netlink', 'utf8')
          .split('\n')
          .filter((line) => inodes.has(line.trim().split(/\s+/).at(-1) ?? '')).length;
      };
      const before = count();
      (() => {
        for (let index = 0; index < 50; index++) openRouteMonitor(() => undefined);
      })();
      assert.equal(count(), before + 50);
      await until('they are closed', () => {
        globalThis.gc?.();
        return count() === before;
      });
    });

    test('host networks: a new address is protected at the next use, and its owner is told; one that went is not', async () => {
      let told = 0;
      const host = new HostNetworks(() => void told++);
      assert.equal(reasonOf(host, '10.7.7.7'), undefined);
      ip('addr', 'add', '10.7.7.7/32', 'dev', 'lo');
      // A reading that took long may have to rest first; the call back comes after the rest.
      await until('its owner is told', () => told > 0);
      assert.equal(reasonOf(host, '10.7.7.7'), 'address of this machine');
      ip('route', 'add', 'default', 'via', '10.7.7.8', 'dev', 'lo', 'onlink');
      await until('its owner is told again', () => told > 1);
      assert.equal(reasonOf(host, '10.7.7.8'), 'gateway');
      ip('addr', 'del', '10.7.7.7/32', 'dev', 'lo');
      await until('it is gone', () => reasonOf(host, '10.7.7.7') === undefined);
      host.close();
    });
  });
}
