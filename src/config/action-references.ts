// The actions that the enabled jails name, for who may run nothing else. What else is wrong with a jail is not looked at here.
import { formatDefinition, type NamedDefinition, parseDefinitionList } from './action-list.ts';
import type { ConfigError, Origin } from './config-error.ts';
import { loadJailFiles } from './config-files.ts';
import { readEnabled } from './jail-enabled.ts';
import { OptionReader } from './option-reader.ts';

export interface ActionReference {
  readonly jail: string;
  /** As `formatDefinition` writes it. */
  readonly action: string;
  readonly named: NamedDefinition;
  readonly origin: Origin;
}

export interface ActionReferences {
  readonly references: readonly ActionReference[];
  /** Jails that may be enabled, and of which nobody can tell what they name. */
  readonly unclear: ReadonlySet<string>;
  readonly errors: readonly ConfigError[];
  /** All that was read. */
  readonly files: readonly string[];
}

export function loadActionReferences(directory: string, hasUnit: (name: string) => boolean): ActionReferences {
  const config = loadJailFiles(directory);
  const references: ActionReference[] = [];
  const errors = [...config.errors];
  const unclear = new Set<string>();
  for (const jail of config.sections) {
    const reader = new OptionReader(config, jail);
    const value = readEnabled(reader, hasUnit) ? reader.value('action') : undefined;
    errors.push(...reader.errors);
    const isSpoilt = config.errors.some(({ section }) => section === undefined || section === jail);
    if (isSpoilt || reader.errors.length > 0) unclear.add(jail);
    if (value === undefined) continue;
    const list = parseDefinitionList(value.text);
    if (!list.ok) {
      errors.push({ ...value.originAt(list.error.offset), section: jail, message: list.error.message });
      unclear.add(jail);
    } else
      for (const named of list.value)
        references.push({ jail, action: formatDefinition(named), named, origin: value.originAt(named.offset) });
  }
  return { references, unclear, errors, files: config.files };
}
