import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NftablesAction } from '../../../src/action/nftables/nftables-action.ts';
import { releaseLeftoverScopes } from '../../../src/action/nftables/nftables-leftover.ts';
import { defaultScope, type NftablesScope, scopeKey } from '../../../src/action/nftables/nftables-scope.ts';
import { wantedOf } from '../wanted.ts';
import { FakeKernel } from './fake-kernel.ts';

it('scopes that nobody uses any more go, and no other', async () => {
  const kernel = new FakeKernel();
  const open = () => kernel;
  const binding = { open, openLookup: open, openReader: open };
  const ssh: NftablesScope = { protocol: 'tcp', ports: [22], verdict: 'reject' };
  const web: NftablesScope = { protocol: 'tcp', ports: [80], verdict: 'reject' };
  const actions = [defaultScope, ssh, web].map((scope) => new NftablesAction({ ...binding, clock: kernel.clock, scope }));
  for (const action of actions) await action.reconcile(wantedOf({}));
  assert.deepEqual(releaseLeftoverScopes(binding, [web]), [scopeKey(ssh)]);
  assert.deepEqual(
    actions.map((action) => action.isInForce()),
    [true, false, true],
  );
  assert.ok(!JSON.stringify(kernel.objects()).includes(scopeKey(ssh) ?? ''));
  assert.deepEqual(releaseLeftoverScopes(binding, [web]), []);
});
