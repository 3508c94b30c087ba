// What a jail's actions cannot do with a ban of what is no address: told when the configuration is read, not first at a ban.
import { scopeOfAction } from '../action/nftables/nftables-scope.ts';
import { type ActionContext, isTicketAction } from './action-choice.ts';
import { parseDefinition } from './action-list.ts';
import type { ConfigError, Origin } from './config-error.ts';
import { loadTicketAction } from './ticket-action-config.ts';

interface JailOfTexts {
  readonly jail: string;
  /** As the jail's options have them. */
  readonly actions: readonly string[];
  /** Where the actions are named. */
  readonly origin: Origin;
}

/** A line for each firewall that is shown the list, whatever its ports, and one for each action that cannot be told. */
export function noticeIdentities({ jail, actions, origin }: JailOfTexts, context: ActionContext): ConfigError[] {
  const shown = actions.filter((name) => !isTicketAction(name, context.isRoot));
  const firewalls = new Set(shown.map((name) => (scopeOfAction(name) === undefined ? name : 'nftables')));
  const told = actions.filter((name) => isTicketAction(name, context.isRoot));
  const unheld = Array.from(firewalls, (name) => `${name} cannot hold it; name a command action`);
  const untold = told.flatMap((name) => {
    const named = parseDefinition(name);
    const refusal = named.ok
      ? loadTicketAction(context.directory, named.value, { section: jail, origin }, context.hostName).refuse()
      : undefined;
    return refusal === undefined ? [] : `action ${name} cannot be told of it: ${refusal}`;
  });
  return [...unheld, ...untold].map((what) => ({ ...origin, section: jail, message: `jail ${jail} bans what is no address: ${what}` }));
}
