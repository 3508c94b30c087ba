// Whether a command can be told of what is no address: of a user, a session, whatever text <F-ID> has found. It has it by <fid> only, as
// <ip> is an address to whoever wrote the command, and a text that a program reads as one ("0/0", a host's name) would shut out whom the
// protected set spares. Pure.
import type { CommandSet } from '../command-definition.ts';
import type { ShellTemplate } from './shell-template.ts';

/**
 * What may stand for <fid> where the command has it, each less than the one before: `text`, anything that is no option; `file`, the name of
 * a file in the folder at hand; `word`, nothing that could mean something in a program or a quoted text; `pattern`, nothing that means
 * more than itself in a regular expression; `address`, an address alone: a firewall has it, or it is part of a path or of a program.
 */
export type IdentityUse = (typeof uses)[number];

const uses = ['text', 'file', 'word', 'pattern', 'address'] as const;

export const stricter = (one: IdentityUse, other: IdentityUse): IdentityUse => (uses.indexOf(one) < uses.indexOf(other) ? other : one);

const addressTags = ['ip', 'ip-rev', 'ip-host'];

const fits: Readonly<Record<IdentityUse, RegExp>> = {
  text: /^(?!-)/,
  file: /^(?!-)(?!.*(?:\/|\.\.))/s,
  // As `isExact`, without the slash, which ends a pattern of sed, and without what a program may look for at the beginning.
  word: /^(?!.*\.\.)[\w.:=][\w.:@=+,-]*$/,
  pattern: /^[\w:=][\w:@=,-]*$/,
  address: /^(?!)/,
};

export const isFit = (text: string, use: IdentityUse): boolean => fits[use].test(text);

/** Why the commands of a ban can be told of addresses only; undefined where they can be told of more. */
export function refuseIdentities(commands: CommandSet): string | undefined {
  for (const [name, template] of templatesOf(commands)) {
    const tag = addressTags.find((one) => template.tags.has(one));
    if (tag !== undefined) return `action${name} uses <${tag}>, which is an address; where it takes any text, write <fid>`;
    if (template.identityUse === 'address')
      return `action${name} gives <fid> to a firewall, a path or a program that would run it, so that it has to be an address`;
  }
  return undefined;
}

/** Why they cannot be told of this text; undefined where they can. */
export function refuseIdentity(commands: CommandSet, text: string): string | undefined {
  for (const [name, { identityUse }] of templatesOf(commands)) {
    if (identityUse !== undefined && identityUse !== 'address' && !isFit(text, identityUse))
      return `a text with characters that action${name} cannot be given safely`;
  }
  return refuseIdentities(commands);
}

const templatesOf = ({ ban, unban, prolong }: CommandSet): (readonly [name: string, template: ShellTemplate])[] =>
  Object.entries({ ban, unban, prolong }).flatMap(([name, template]) => (template === undefined ? [] : [[name, template] as const]));
