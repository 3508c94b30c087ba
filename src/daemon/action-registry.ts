// The actions there are, and whether this process may use them.
import type { Action } from '../action/action.ts';
import { NftablesAction } from '../action/nftables-action.ts';
import { releaseLeftoverScopes } from '../action/nftables-leftover.ts';
import { defaultScope, type NftablesScope, parseScope } from '../action/nftables-scope.ts';
import { runCommand } from '../action/run-command.ts';
import { UfwAction } from '../action/ufw-action.ts';
import { openNftables, openSetLookup, openTableReader } from '../binding/addon.ts';
import type { OtherActions } from '../config/action-choice.ts';
import { suggestName } from '../config/nearest-name.ts';
import { systemClock } from '../core/clock.ts';
import { RingjailError } from '../core/errors.ts';

const createNftables = (name: string, scope: NftablesScope): Action =>
  new NftablesAction({ name, scope, open: openNftables, openLookup: openSetLookup, openReader: openTableReader, clock: systemClock });

const scopeOf = (name: string): NftablesScope | undefined => {
  if (name === 'nftables') return defaultScope;
  return name.startsWith('nftables: ') ? parseScope(name.slice('nftables: '.length)) : undefined;
};

/** Takes out of our table what none of these actions uses: left by an earlier configuration. */
export function releaseUnusedScopes(names: Iterable<string>): void {
  const scopes = Array.from(names).flatMap((name) => scopeOf(name) ?? []);
  releaseLeftoverScopes({ open: openNftables, openLookup: openSetLookup, openReader: openTableReader }, scopes);
}

/** What may be used beside nftables, which needs no root. */
export function otherActionsFor(isRoot: boolean): OtherActions {
  const cure = 'take action = nftables, which needs no root (ufw then shows no rule, but the ban holds), or run ringjail as root';
  const names = ['nftables', 'ufw'];
  return {
    choose: ({ name, options }) => {
      if (name !== 'ufw')
        return { refusal: `no such action in this version${suggestName(name, names) || `; there are ${names.join(' and ')}`}` };
      if (options.size > 0) return { refusal: 'it takes no arguments in this version, and bans from all ports; take them out' };
      return isRoot ? { key: name } : { refusal: `it insists on root, and this daemon runs without it: ${cure}` };
    },
  };
}

/** For a name that a ban of the state has and this version does not know, an action that always says so. */
export function createAction(name: string): Action {
  const scope = scopeOf(name);
  if (scope !== undefined) return createNftables(name, scope);
  if (name === 'ufw') return new UfwAction(runCommand);
  const refuse = () =>
    Promise.reject(
      new RingjailError(
        'unavailable',
        `this version has no action ${name}; ringjail unban drops its bans, or install the version that has it`,
      ),
    );
  return { name, reconcile: refuse, enforce: refuse };
}
