// What was begun by an earlier ringjail, judged by the guard of this one: what that let through may be refused today.
import type { CommandDefinition, CommandName, CommandSet } from '../action/command-definition.ts';
import type { ShellTemplate } from '../action/shell/shell-template.ts';
import { parseShellTemplate } from '../action/shell/shell-template-parser.ts';

export interface JudgedDefinition {
  /** Read anew from its sources, without what is refused. */
  readonly definition: CommandDefinition;
  /** Why, by command; empty where nothing is. */
  readonly refused: ReadonlyMap<CommandName, string>;
}

export function judgeDefinition(definition: CommandDefinition): JudgedDefinition {
  const refused = new Map<CommandName, string>();
  const judge = (commands: CommandSet): CommandSet => {
    const judged: Partial<Record<CommandName, ShellTemplate>> = {};
    for (const name of Object.keys(commands) as CommandName[]) {
      const source = commands[name]?.source;
      if (source === undefined) continue;
      const parsed = parseShellTemplate(source);
      if (parsed.ok) judged[name] = parsed.value.template;
      else refused.set(name, parsed.error.map(({ message }) => message).join('; '));
    }
    return judged;
  };
  const { 4: first, 6: second } = definition.commands;
  return { definition: { ...definition, commands: { 4: judge(first), 6: judge(second) } }, refused };
}
