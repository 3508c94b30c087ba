// The nftables action with the real kernel, in a network namespace of its own: this file runs itself there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WantedBans } from '../../src/action/action.ts';
import { NftablesAction } from '../../src/action/nftables/nftables-action.ts';
import { openNftables, openSetLookup, openTableReader } from '../../src/binding/addon.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type IpNetwork, parseIpNetwork } from '../../src/core/ip-network.ts';
import { run } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

const inNamespace = process.env['RINGJAIL_TEST_NAMESPACE'] === 'yes';
const hour = 3_600_000_000;

const network = (text: string): IpNetwork => {
  const parsed = parseIpNetwork(text);
  assert.ok(parsed);
  return parsed;
};

/** The wanted bans as a table: network to microseconds from now. */
function wantedOf(bans: Readonly<Record<string, number>>): WantedBans {
  const now = systemClock();
  const all = Object.entries(bans).map(([text, leftUsec]) => ({ network: network(text), untilUsec: now + leftUsec }));
  return {
    untilUsec: ({ text }) => all.find((ban) => ban.network.text === text)?.untilUsec,
    all: () => all,
  };
}

const createAction = () =>
  new NftablesAction({ open: openNftables, openLookup: openSetLookup, openReader: openTableReader, clock: systemClock });
/** Network to the seconds that are left, to the nearest ten: the kernel counts down, and rounds. */
const foundBy = (action: NftablesAction) =>
  Object.fromEntries(
    action.found().map(({ network: { text }, untilUsec }) => [text, Math.round((untilUsec - systemClock()) / 10_000_000) * 10]),
  );

if (!inNamespace) {
  test('the nftables action, in a network namespace', { skip: needsRoot }, async () => {
    const environment: NodeJS.ProcessEnv = { ...process.env, RINGJAIL_TEST_NAMESPACE: 'yes' };
    // Set by the runner for its own children, whose output it reads in a form of its own.
    delete environment['NODE_TEST_CONTEXT'];
    const { code, stdout } = await run(['unshare', '--net', process.execPath, fileURLToPath(import.meta.url)], environment);
    assert.equal(code, 0, stdout);
  });
} else {
  describe('the nftables action', () => {
    const all = { '192.0.2.1': hour, '2001:db8::1': hour, '2001:db8:1::/64': hour, '198.51.100.0/24': hour, '2001:db8:2::/48': hour };

    test('puts every kind of network into the kernel, with the time that is left', async () => {
      const action = createAction();
      await action.reconcile(wantedOf(all));
      assert.deepEqual(foundBy(action), Object.fromEntries(Object.keys(all).map((text) => [text, 3600])));
    });

    test('a difference is applied: what is not wanted goes, what is missing comes, a changed end is changed', async () => {
      const action = createAction();
      await action.reconcile(wantedOf({ '192.0.2.1': hour, '192.0.2.2': hour }));
      await action.reconcile(wantedOf({ '192.0.2.2': 2 * hour, '192.0.2.3': hour }));
      assert.deepEqual(foundBy(action), { '192.0.2.2': 7200, '192.0.2.3': 3600 });
    });

    test('a ban for good has no end in the kernel', async () => {
      const action = createAction();
      await action.reconcile(wantedOf({ '192.0.2.4': Number.POSITIVE_INFINITY }));
      assert.deepEqual(foundBy(action), { '192.0.2.4': Number.POSITIVE_INFINITY });
      await action.enforce([network('192.0.2.4')], wantedOf({ '192.0.2.4': hour }));
      assert.deepEqual(foundBy(action), { '192.0.2.4': 3600 });
      await action.reconcile(wantedOf({}));
    });

    test('a network inside a banned one is kept back, and comes when the outer one goes', async () => {
      const action = createAction();
      const inner = { '10.1.0.0/16': 2 * hour };
      await action.reconcile(wantedOf({ '10.0.0.0/8': hour, ...inner }));
      assert.deepEqual(foundBy(action), { '10.0.0.0/8': 3600 });
      await action.enforce([network('10.0.0.0/8')], wantedOf(inner));
      assert.deepEqual(foundBy(action), { '10.1.0.0/16': 7200 });
      await action.reconcile(wantedOf({}));
    });

    test('an address may be banned beside its network: they are in different sets', async () => {
      const action = createAction();
      await action.enforce([network('2001:db8::7'), network('2001:db8::/64')], wantedOf({ '2001:db8::7': hour, '2001:db8::/64': hour }));
      assert.deepEqual(Object.keys(foundBy(action)).sort(), ['2001:db8::/64', '2001:db8::7']);
      await action.reconcile(wantedOf({}));
    });

    test('unban of what is not there any more is no failure', async () => {
      const action = createAction();
      await action.enforce([network('192.0.2.9')], wantedOf({}));
      assert.deepEqual(foundBy(action), {});
    });

    test('a table that somebody deleted is made again, with all that is wanted', async () => {
      const action = createAction();
      await action.reconcile(wantedOf({ '192.0.2.1': hour }));
      openNftables().run('delete table inet ringjail');
      await action.enforce([network('192.0.2.2')], wantedOf({ '192.0.2.1': hour, '192.0.2.2': hour }));
      assert.deepEqual(Object.keys(foundBy(action)).sort(), ['192.0.2.1', '192.0.2.2']);
    });

    test('a table that another version made otherwise is made anew, with all that is wanted', async () => {
      const nftables = openNftables();
      nftables.run('delete table inet ringjail');
      nftables.run('add table inet ringjail; add set inet ringjail banned4 { type ipv6_addr; }');
      const action = createAction();
      await action.reconcile(wantedOf({ '192.0.2.1': hour, '2001:db8::/64': hour }));
      assert.deepEqual(Object.keys(foundBy(action)).sort(), ['192.0.2.1', '2001:db8::/64']);
    });

    test('10,000 addresses are one transaction', async () => {
      const action = createAction();
      const texts = Array.from({ length: 10_000 }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
      const wanted = wantedOf(Object.fromEntries(texts.map((text) => [text, hour])));
      await action.reconcile(wanted);
      assert.equal(action.found().length, 10_000);
    });

    test('stands before the other tables, on input and forward', () => {
      const listing = openNftables().run('list table inet ringjail');
      for (const hook of ['input', 'forward'])
        assert.match(listing, new RegExp(`type filter hook ${hook} priority (mangle - 10|-160); policy accept`));
    });
  });
}
