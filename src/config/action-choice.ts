// A jail's `action`: which firewall or command enforces its bans, each by a name that tells all, for a ban outlives its configuration.
import { actionNameOf, scopeOfAction } from '../action/nftables/nftables-scope.ts';
import { formatDefinition, type NamedDefinition, parseDefinitionList } from './action-list.ts';
import { quoteText } from './config-error.ts';
import type { ConfigValue } from './interpolation.ts';
import { isNativeFirewall, mapNativeFirewall } from './native-firewall.ts';
import type { OptionReader } from './option-reader.ts';
import { loadServices } from './services.ts';
import { loadTicketAction } from './ticket-action-config.ts';

export interface ActionContext {
  /** The configuration, with action.d in it. */
  readonly directory: string;
  /** Whether this process is root, which ufw insists on. */
  readonly isRoot: boolean;
  readonly hostName: string;
}

/** Unique; those in error are left out, and `reader` has the errors. */
export function readActions(reader: OptionReader, context: ActionContext): string[] {
  const value = reader.value('action');
  // Where nobody says anything, ours; who writes `action =` wants none.
  if (value === undefined) return ['nftables'];
  const list = parseDefinitionList(value.text);
  if (!list.ok) {
    reader.fail(value.originAt(list.error.offset), list.error.message);
    return [];
  }
  return [...new Set(list.value.flatMap((named) => chooseAction(reader, value, named, context) ?? []))];
}

/** Whether an action of that name, as `readActions` gives it, is told of each ban (action.d), and not shown the list. */
export const isTicketAction = (name: string, isRoot: boolean): boolean => scopeOfAction(name) === undefined && !(name === 'ufw' && isRoot);

function chooseAction(reader: OptionReader, value: ConfigValue, named: NamedDefinition, context: ActionContext): string | undefined {
  const { name, options, offset } = named;
  // Ours, from every port; fail2ban's of this name always has arguments, as its jail.conf gives it some.
  if (name === 'nftables' && options.size === 0) return 'nftables';
  const isOurs = isNativeFirewall(name) && reader.boolean('native_firewall', true);
  const native = isOurs ? mapNativeFirewall(name, options, loadServices()) : undefined;
  if (native !== undefined && 'scope' in native) return actionNameOf(native.scope);
  if (native !== undefined && 'mistake' in native) {
    reader.fail(value.originAt(offset), `action ${name}: ${native.mistake}`);
    return undefined;
  }
  // By ufw itself where that is possible; else, and with arguments, by the commands of action.d.
  if (name === 'ufw' && options.size === 0 && context.isRoot) return 'ufw';
  const loaded = loadTicketAction(context.directory, named, { section: reader.section, origin: value.originAt(offset) }, context.hostName);
  reader.errors.push(...loaded.errors.map((error) => ({ ...error, section: reader.section })));
  if (loaded.errors.length > 0) {
    const why = native === undefined ? '' : `: ${native.refusal}, so its own commands would have to do it`;
    reader.fail(value.originAt(offset), `action ${quoteText(name)} cannot be used${why}`);
  }
  return loaded.create && formatDefinition(named);
}
