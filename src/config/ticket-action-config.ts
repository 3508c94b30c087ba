// An action of action.d, whatever it is made of, to the action at work.
import { createHash } from 'node:crypto';
import type { HostNames } from '../action/ban-ticket.ts';
import { CommandAction, type StartedFamilies } from '../action/command-action.ts';
import { type CommandDefinition, canLook } from '../action/command-definition.ts';
import { MailAction } from '../action/mail-action.ts';
import type { RunCommand, RunShell } from '../action/run-command.ts';
import { refuseIdentities, refuseIdentity } from '../action/shell/identity-use.ts';
import type { TicketAction } from '../action/ticket-action.ts';
import { WebhookAction } from '../action/webhook-action.ts';
import { type ActionRequest, loadActionDefinition } from './action-definition.ts';
import { formatDefinition, type NamedDefinition } from './action-list.ts';
import type { ConfigError } from './config-error.ts';
import { loadNotice, type Notice } from './notice-config.ts';

/** What actions need of the system. */
export interface ActionTools {
  readonly runShell: RunShell;
  readonly runCommand: RunCommand;
  readonly started: (jail: string, action: string) => StartedFamilies;
  readonly hostNames: HostNames;
  readonly lookUpName: (address: string) => Promise<string>;
}

export interface LoadedTicketAction {
  /** Undefined where there are errors. */
  readonly create: ((tools: ActionTools) => TicketAction) | undefined;
  /** Undefined where there are errors, and for what is no command. */
  readonly definition: CommandDefinition | undefined;
  /** Whether bans of an earlier run are not told again. */
  readonly norestored: boolean;
  /** Why it cannot be told of a text that is no address, or of any such text; undefined where it can. */
  readonly refuse: (text?: string) => string | undefined;
  /** Whether somebody can look at what it has set up. */
  readonly canLook: boolean;
  /** Equal where two definitions do the same; undefined where there are errors. */
  readonly fingerprint: string | undefined;
  /** Equal where two empty the same beside single bans (flush, stop); '' where it empties nothing, undefined where there are errors. */
  readonly emptying: string | undefined;
  readonly errors: readonly ConfigError[];
  readonly notices: readonly ConfigError[];
  /** All that was read of it. */
  readonly files: readonly string[];
}

/** `hostName`: for the sender of mail. Never throws for what is in the files. */
export function loadTicketAction(directory: string, named: NamedDefinition, request: ActionRequest, hostName: string): LoadedTicketAction {
  const name = formatDefinition(named);
  const notice = loadNotice(directory, named, request, hostName);
  if (notice !== undefined) {
    const { notice: found, errors, files } = notice;
    return {
      create: found && ((tools) => createNotice(name, found, tools)),
      definition: undefined,
      norestored: true,
      refuse: () => undefined,
      canLook: false,
      fingerprint: found && fingerprintOf(found),
      emptying: '',
      errors,
      notices: [],
      files,
    };
  }
  const { definition, errors, notices, files } = loadActionDefinition(directory, named, request);
  return {
    create: definition && ((tools) => createCommands(request.section, name, definition, tools)),
    definition,
    norestored: definition?.norestored ?? false,
    // What is no address is told as IPv4 is.
    refuse: (text) =>
      definition && (text === undefined ? refuseIdentities(definition.commands[4]) : refuseIdentity(definition.commands[4], text)),
    canLook: definition !== undefined && canLook(definition),
    fingerprint: definition && fingerprintOf(definition),
    emptying: definition && emptyingOf(definition),
    errors,
    notices,
    files,
  };
}

/** `name`: as the jail names it. */
export const createCommands = (jail: string, name: string, definition: CommandDefinition, tools: ActionTools): TicketAction =>
  new CommandAction({ ...tools, name, definition, started: tools.started(jail, name) });

/** Equal where two definitions are. */
export function fingerprintOf(definition: unknown): string {
  const text = JSON.stringify(definition, (_, value: unknown) => (value instanceof Map || value instanceof Set ? [...value] : value));
  return createHash('sha256').update(text).digest('hex');
}

function emptyingOf({ commands }: CommandDefinition): string {
  const emptying = ([4, 6] as const).flatMap((family) => [commands[family].flush, commands[family].stop]);
  return emptying.every((command) => command === undefined) ? '' : fingerprintOf(emptying);
}

function createNotice(name: string, notice: Notice, { runCommand, hostNames }: ActionTools): TicketAction {
  const hostName = hostNames.full;
  if (notice.kind === 'mail') return new MailAction({ name, hostName, runCommand, ...notice.options });
  const { url, headers, timeoutMs } = notice;
  return new WebhookAction({ name, hostName, url, headers, timeoutMs });
}
