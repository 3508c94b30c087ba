// A jail's `action`: which firewall or command enforces its bans, each by a name that tells all, for a ban outlives its configuration.
import { defaultScope, describeScope } from '../action/nftables-scope.ts';
import { type NamedDefinition, parseDefinitionList } from './action-list.ts';
import type { ConfigValue } from './interpolation.ts';
import { isNativeFirewall, mapNativeFirewall } from './native-firewall.ts';
import type { OptionReader } from './option-reader.ts';
import { loadServices } from './services.ts';

/** For those of action.d, and what this process may do. */
export interface OtherActions {
  /** The name under which the action is known; or why it cannot be used, the end of a sentence. */
  choose(named: NamedDefinition, jail: string): { readonly key: string } | { readonly refusal: string };
}

/** Unique; those in error are left out, and `reader` has the errors. */
export function readActions(reader: OptionReader, others: OtherActions): string[] {
  const value = reader.value('action');
  if (value === undefined || value.text.trim() === '') return ['nftables'];
  const list = parseDefinitionList(value.text);
  if (!list.ok) {
    reader.fail(value.originAt(list.error.offset), list.error.message);
    return [];
  }
  return [...new Set(list.value.flatMap((named) => chooseAction(reader, value, named, others) ?? []))];
}

function chooseAction(reader: OptionReader, value: ConfigValue, named: NamedDefinition, others: OtherActions): string | undefined {
  const { name, options, offset } = named;
  // Ours, from every port; fail2ban's of this name always has arguments, as its jail.conf gives it some.
  if (name === 'nftables' && options.size === 0) return 'nftables';
  const isOurs = isNativeFirewall(name) && reader.boolean('native_firewall', true);
  const native = isOurs ? mapNativeFirewall(name, options, loadServices()) : undefined;
  if (native !== undefined && 'scope' in native) return firewallKeyOf(describeScope(native.scope));
  if (native !== undefined && 'mistake' in native) {
    reader.fail(value.originAt(offset), `action ${name}: ${native.mistake}`);
    return undefined;
  }
  const other = others.choose(named, reader.section);
  if ('key' in other) return other.key;
  const why = native === undefined ? '' : `${native.refusal}; `;
  reader.fail(value.originAt(offset), `action ${name}: ${why}${other.refusal}`);
  return undefined;
}

const firewallKeyOf = (scope: string): string => (scope === describeScope(defaultScope) ? 'nftables' : `nftables: ${scope}`);
