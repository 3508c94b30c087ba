// The actions there are, and whether this process may use them.
import type { Action } from '../action/action.ts';
import type { HelperClient } from '../action/helper-client.ts';
import { NftablesAction } from '../action/nftables/nftables-action.ts';
import { releaseLeftoverScopes } from '../action/nftables/nftables-leftover.ts';
import { type NftablesScope, scopeOfAction } from '../action/nftables/nftables-scope.ts';
import { RemoteAction } from '../action/remote-action.ts';
import { runCommand } from '../action/run-command.ts';
import { type ActionOutcome, nothingLost, type TicketAction } from '../action/ticket-action.ts';
import { UfwAction } from '../action/ufw-action.ts';
import { openNftables, openSetLookup, openTableReader } from '../binding/addon.ts';
import { parseDefinition } from '../config/action-list.ts';
import { type ActionTools, type LoadedTicketAction, loadTicketAction } from '../config/ticket-action-config.ts';
import { systemClock } from '../core/clock.ts';
import { RingjailError } from '../core/errors.ts';

const createNftables = (name: string, scope: NftablesScope): Action =>
  new NftablesAction({ name, scope, open: openNftables, openLookup: openSetLookup, openReader: openTableReader, clock: systemClock });

/** Takes out of our table what none of these actions uses: left by an earlier configuration. */
export function releaseUnusedScopes(names: Iterable<string>): void {
  const scopes = Array.from(names).flatMap((name) => scopeOfAction(name) ?? []);
  releaseLeftoverScopes({ open: openNftables, openLookup: openSetLookup, openReader: openTableReader }, scopes);
}

/** For a name that a ban in the store has and this version does not know, an action that always says so. */
export function createAction(name: string): Action {
  const scope = scopeOfAction(name);
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

export interface TicketActionSettings {
  /** The configuration, with action.d in it. */
  readonly directory: string;
  readonly isRoot: boolean;
  readonly tools: ActionTools;
  /** The privileged helper, for a daemon without root. */
  readonly helper: HelperClient;
}

/** An action of action.d as `jail` names it; for one that is there no more, an action that says so. */
export function createTicketAction(jail: string, name: string, settings: TicketActionSettings): TicketAction {
  const { isRoot, tools, helper } = settings;
  const loaded = loadNamed(jail, name, settings);
  if (isRoot) return loaded?.create?.(tools) ?? new MissingAction(name);
  // The helper may have begun it before its file came into error, and then can end it.
  if (loaded?.create === undefined) return new RemoteAction({ name, jail, norestored: false, client: helper });
  const { norestored, canLook, refuse } = loaded;
  return new RemoteAction({ name, jail, norestored, canLook, refuse, client: helper });
}

/** Equal while the definition of that name does the same; undefined where there is none, or one in error. */
export const fingerprintOf = (jail: string, name: string, settings: TicketActionSettings): string | undefined =>
  loadNamed(jail, name, settings)?.fingerprint;

/** Equal for uses that empty the same beside single bans; '' where it empties nothing, undefined where nobody knows. */
export const emptyingOf = (jail: string, name: string, settings: TicketActionSettings): string | undefined =>
  loadNamed(jail, name, settings)?.emptying;

function loadNamed(jail: string, name: string, { directory, tools }: TicketActionSettings): LoadedTicketAction | undefined {
  const named = parseDefinition(name);
  const origin = { file: 'jail.conf', line: 1 };
  return named.ok ? loadTicketAction(directory, named.value, { section: jail, origin }, tools.hostNames.full) : undefined;
}

class MissingAction implements TicketAction {
  readonly name: string;
  readonly norestored = false;

  constructor(name: string) {
    this.name = name;
  }

  start = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  check = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  ban = (): Promise<ActionOutcome> => this.#refuse();
  unban = (): Promise<ActionOutcome> => this.#refuse();
  prolong = (): Promise<ActionOutcome> => this.#refuse();
  flush = (): Promise<boolean> => Promise.resolve(false);
  reload = (): Promise<void> => Promise.resolve();
  stop = (): Promise<void> => Promise.resolve();

  #refuse(): Promise<never> {
    return Promise.reject(new RingjailError('configuration', `action ${this.name} is no longer in the configuration, or in error there`));
  }
}
