// An action made of commands, as its definition in action.d says; src/config/action-definition.ts reads it.
import type { Family } from '../core/ip-network.ts';
import type { ShellTemplate } from './shell/shell-template.ts';

/**
 * In jail.conf(5)'s words, without their "action" in front: the command that ...
 * `list` is ours: it writes the banned addresses of a family to its standard output, between whatever else.
 */
export const commandNames = ['start', 'stop', 'check', 'list', 'ban', 'unban', 'flush', 'repair', 'prolong', 'reload'] as const;

export type CommandName = (typeof commandNames)[number];

/** Without those that are empty. */
export type CommandSet = Partial<Readonly<Record<CommandName, ShellTemplate>>>;

/** Whether somebody can look at what it has set up: many definitions have no actioncheck, and nobody knows how to ask for their bans. */
export const canLook = ({ commands }: CommandDefinition): boolean =>
  [commands[4], commands[6]].some(({ check, list }) => check !== undefined || list !== undefined);

export interface CommandDefinition {
  /** The name of its file in action.d. */
  readonly name: string;
  /** The commands for addresses of each family; the same ones where nothing differs between them. */
  readonly commands: Readonly<Record<Family, CommandSet>>;
  /** Whether start, stop, check and flush have to be run for each family. */
  readonly isPerFamily: boolean;
  /** Whether it is started by the first ban (of a family) and not with the daemon. */
  readonly isStartedOnDemand: boolean;
  /** Whether bans of an earlier run are none of its business: mail. */
  readonly norestored: boolean;
  /** Whether a check that fails before an unban has it repaired. */
  readonly repairsOnUnban: boolean;
  readonly timeoutMs: number;
}
