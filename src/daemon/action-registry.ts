// The actions there are, and whether this process may use them.
import type { Action } from '../action/action.ts';
import { NftablesAction } from '../action/nftables-action.ts';
import { runCommand } from '../action/run-command.ts';
import { UfwAction } from '../action/ufw-action.ts';
import { openNftables, openSetLookup, openTableReader } from '../binding/addon.ts';
import { systemClock } from '../core/clock.ts';
import { RingjailError } from '../core/errors.ts';

const factories: Readonly<Record<string, () => Action>> = {
  nftables: () => new NftablesAction({ open: openNftables, openLookup: openSetLookup, openReader: openTableReader, clock: systemClock }),
  ufw: () => new UfwAction(runCommand),
};

/** By name, why it cannot be used here; undefined where it can. */
export function availableActions(isRoot: boolean): ReadonlyMap<string, string | undefined> {
  const cure = 'take action = nftables, which needs no root (ufw then shows no rule, but the ban holds), or run ringjail as root';
  return new Map([
    ['nftables', undefined],
    ['ufw', isRoot ? undefined : `ufw insists on root, and this daemon runs without it: ${cure}`],
  ]);
}

/** For a name that a ban of the state has and this version does not know, an action that always says so. */
export function createAction(name: string): Action {
  const factory = factories[name];
  if (factory !== undefined) return factory();
  const refuse = () =>
    Promise.reject(
      new RingjailError(
        'unavailable',
        `this version has no action ${name}; ringjail unban drops its bans, or install the version that has it`,
      ),
    );
  return { name, reconcile: refuse, enforce: refuse };
}
