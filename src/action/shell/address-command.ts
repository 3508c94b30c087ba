// Commands that may take a word for an address. What <fid> is has to be one there. A text of the log (<F-RHOST>, <ip-host>) may be none
// there at all: nobody has compared it with the protected set, so that a forged record would shut out whom it names. Pure.
import { addressFile, shutsOutAddresses } from './firewall-programs.ts';
import { withoutVariant } from './program-name.ts';
import { asksForAddresses } from './shell-programs.ts';
import { assignment, nameOf, programOf, type ShellWord } from './simple-command.ts';

/** Whether the command may take a word for an address, or writes a file of addresses. `targets`: where its redirections lead. */
export function isOfAddresses(all: readonly ShellWord[], targets: readonly ShellWord[] = []): boolean {
  if ([...all, ...targets].some(({ literal }) => addressFile.test(literal))) return true;
  const { name, operands, isData } = programOf(all);
  const takes = (one: string, after: readonly ShellWord[]) => asksForAddresses(one) || shutsOutAddresses(one, after);
  return takes(name, operands) || (!isData && all.some((word, at) => takes(nameOf(word).replace(assignment, ''), all.slice(at + 1))));
}

/** Why text from a log cannot stand in `word`, which follows `before`, and would be an address; undefined where it would be none. */
export function refuseAsAddress(before: readonly ShellWord[], word: ShellWord): string | undefined {
  const firewall = firewallOf(before);
  return firewall === undefined || isRemark(before, word) ? undefined : reasonOf(firewall);
}

/** The same for a script that has this command, which may have the text from its input or from a file. */
export function refuseBesideAddress(all: readonly ShellWord[], targets: readonly ShellWord[]): string | undefined {
  const firewall = firewallOf(all);
  if (firewall !== undefined && readsAddresses(firewall, all)) return reasonOf(firewall);
  const file = writtenFile(all, targets);
  return file === undefined ? undefined : reasonOf(file);
}

/** The same where a variable may hold the text. */
export function refuseVariableAddress(all: readonly ShellWord[]): string | undefined {
  const firewall = firewallOf(all);
  const isGiven = all.some((word, at) => word.expands !== undefined && !isRemark(all.slice(0, at), word));
  return firewall !== undefined && isGiven ? reasonOf(firewall) : undefined;
}

/** Whether the text is in a variable where it stands in `word`, which follows `before`. */
export function isInVariable(before: readonly ShellWord[], word: ShellWord): boolean {
  const { name, operands } = programOf(before);
  const isSet = /^(?:for|set|export|local|readonly|declare|typeset)$/.test(name) || (name === 'printf' && operands[0]?.literal === '-v');
  return isSet || assignment.test(word.literal);
}

/** Whether the command puts what it reads into a variable. */
export const readsVariable = (all: readonly ShellWord[]): boolean => all.some((word) => /^(?:read|mapfile|readarray)$/.test(nameOf(word)));

const reasonOf = (firewall: string): string => `${firewall} may take it for an address, and shut out whom it names; write <ip> or <fid>`;

/** What iptables, ufw and ipset show to people alone. A set of ipset may have the name "comment", but stands earlier. */
function isRemark(before: readonly ShellWord[], { literal }: ShellWord): boolean {
  const option = /^--[\w-]+(?==)/.exec(literal)?.[0] ?? before.at(-1)?.literal ?? '';
  const operands = programOf(before).operands.filter((one) => !/^-\w/.test(one.literal));
  return /^--(?:comment|log-prefix|nflog-prefix)$/.test(option) || (option === 'comment' && operands.length > 3);
}

/** The program of the command that shuts addresses out, also behind one that nobody knows. */
function firewallOf(all: readonly ShellWord[]): string | undefined {
  const { name, words, operands, isData } = programOf(all);
  if (shutsOutAddresses(name, operands)) return name;
  if (isData) return undefined;
  // `ip netns exec NAME` only starts another.
  const isStarter = (at: number) => nameOf(words[at]) === 'ip' && words[at + 2]?.literal === 'exec';
  return words
    .map((word) => nameOf(word).replace(assignment, ''))
    .find((one, at) => !isStarter(at) && shutsOutAddresses(one, words.slice(at + 1)));
}

/** Whether addresses come to it from its input, or from a file. */
function readsAddresses(program: string, words: readonly ShellWord[]): boolean {
  const firewall = withoutVariant(program);
  if (/-(?:restore|apply)$|^(?:nsupdate|birdcl?|vtysh|varnishadm)$/.test(firewall) || words.some((word) => nameOf(word) === 'xargs'))
    return true;
  const literals = words.map(({ literal }) => literal);
  if (literals.some((literal) => /^(?:-|-?-?restore|\/(?:dev|proc)\/.*)$/.test(literal))) return true;
  const options = /^(?:ip|tc|ss)$/.test(firewall) ? /^-(?:b|batch)$/ : /^(?:ipset|conntrack)$/.test(firewall) ? /^-R$/ : undefined;
  return options !== undefined && literals.some((literal) => options.test(literal));
}

/** The file of addresses to which it may write what it has not in its own words. */
function writtenFile(all: readonly ShellWord[], targets: readonly ShellWord[]): string | undefined {
  const named = (words: readonly ShellWord[]) =>
    words.map(({ literal }) => addressFile.exec(literal)?.[0]).find((file) => file !== undefined);
  const target = named(targets);
  const { name } = programOf(all);
  const isOwn =
    all.every(({ isLiteral }) => isLiteral) &&
    (target === undefined ? /^(?:echo|printf|sed|e?grep|test|\[|touch)$/ : /^(?:echo|printf)$/).test(name);
  return isOwn ? undefined : (target ?? named(all));
}
