// Scopes side by side in one table, with real packets: what is in scope is shut, what is not stays open, and the client sees how.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NftablesAction } from '../../src/action/nftables/nftables-action.ts';
import { releaseLeftoverScopes } from '../../src/action/nftables/nftables-leftover.ts';
import type { NftablesScope } from '../../src/action/nftables/nftables-scope.ts';
import { openNftables, openSetLookup, openTableReader } from '../../src/binding/addon.ts';
import { systemClock } from '../../src/core/clock.ts';
import { wantedOf } from '../action/wanted.ts';
import { run, until } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';
import { TwoHosts } from './two-hosts.ts';

const scopes: Readonly<Record<string, NftablesScope>> = {
  refused: { protocol: 'tcp', ports: [22], verdict: 'reject' },
  reset: { protocol: 'tcp', ports: [[20, 22]], verdict: { reject: 'tcp-reset' } },
  silent: { protocol: ['tcp', 'udp'], ports: [[80, 90], 443], verdict: 'drop' },
  everything: { protocol: 'all', ports: [], verdict: 'drop' },
};
const [order, scopeName = '', ...addresses] = process.argv.slice(2);

const createAction = (name: string) =>
  new NftablesAction({
    open: openNftables,
    openLookup: openSetLookup,
    openReader: openTableReader,
    clock: systemClock,
    name,
    scope: scopes[name] ?? assert.fail(name),
  });

if (order === 'ban') {
  const untilUsec = systemClock() + 3_600_000_000;
  await createAction(scopeName).reconcile(wantedOf(Object.fromEntries(addresses.map((address) => [address, untilUsec]))));
} else if (order === 'release') {
  const used = Object.entries(scopes).flatMap(([name, scope]) => (name === scopeName ? [] : [scope]));
  releaseLeftoverScopes({ open: openNftables, openLookup: openSetLookup, openReader: openTableReader }, used);
} else if (order === 'count') {
  console.log(JSON.stringify(createAction(scopeName).counters() ?? null));
} else {
  describe('scopes side by side', { skip: needsRoot }, () => {
    const hosts = new TwoHosts();
    /** A process in the server's network. */
    const onServer = async (...args: string[]) => {
      const self = fileURLToPath(import.meta.url);
      const { code, stdout } = await run(['nsenter', `--net=${hosts.serverNamespace}`, process.execPath, self, ...args]);
      assert.equal(code, 0, stdout);
      return stdout;
    };
    const packetsOf = async (scope: string) => (JSON.parse(await onServer('count', scope)) as { packets: number } | null)?.packets;

    before(async () => {
      hosts.up([10, 11, 12, 13]);
      for (const port of [22, 80]) await hosts.listen(port);
      // A fresh wire carries IPv6 half a second later than IPv4.
      await until('IPv6 works', async () => (await hosts.knock('fd78::13', [22]))[0] === 'connected');
      await onServer('ban', 'refused', '10.78.0.10');
      // A reset, as on a wire of no length ICMPv6's answer comes before the client listens for it, and again a second later only.
      await onServer('ban', 'reset', 'fd78::10');
      await onServer('ban', 'silent', '10.78.0.11', 'fd78::/64');
    });
    after(() => hosts.down());

    for (const [from, expected] of [
      ['10.78.0.10', ['refused', 'connected']],
      ['10.78.0.11', ['connected', 'silent']],
      ['10.78.0.12', ['connected', 'connected']],
      // In both: as an address in the one, in its network in the other.
      ['fd78::10', ['refused', 'silent']],
      ['fd78::12', ['connected', 'silent']],
    ] as const) {
      test(`${from}: port 22 ${expected[0]}, port 80 ${expected[1]}`, async () => {
        assert.deepEqual(await hosts.knock(from, [22, 80]), expected);
      });
    }

    test('a third scope, whose answer is a reset, and a fourth, which shuts everything, change nothing of the others', async () => {
      await onServer('ban', 'reset', '10.78.0.12');
      await onServer('ban', 'everything', '10.78.0.13');
      assert.deepEqual(await hosts.knock('10.78.0.12', [22, 80]), ['refused', 'connected']);
      assert.deepEqual(await hosts.knock('10.78.0.13', [22, 80]), ['silent', 'silent']);
      assert.deepEqual(await hosts.knock('10.78.0.10', [22, 80]), ['refused', 'connected']);
      assert.deepEqual(await hosts.knock('10.78.0.11', [22, 80]), ['connected', 'silent']);
    });

    test('each counts what it has turned away, and keeps counting when it is made anew', async () => {
      const before = (await packetsOf('refused')) ?? 0;
      assert.ok(before > 0);
      await onServer('ban', 'refused', '10.78.0.10');
      await hosts.knock('10.78.0.10', [22]);
      assert.equal(await packetsOf('refused'), before + 1);
    });

    test('one that is released has nothing left, and the others stay', async () => {
      await onServer('release', 'refused');
      await onServer('release', 'refused');
      assert.equal(await packetsOf('refused'), undefined);
      assert.deepEqual(await hosts.knock('10.78.0.10', [22, 80]), ['connected', 'connected']);
      assert.deepEqual(await hosts.knock('10.78.0.11', [22, 80]), ['connected', 'silent']);
      assert.deepEqual(await hosts.knock('10.78.0.12', [22, 80]), ['refused', 'connected']);
    });
  });
}
