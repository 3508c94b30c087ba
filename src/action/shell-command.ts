// What a shell command would make of text from a log: some programs take their arguments or their input for a program, so that no
// quoting helps. Known by name; a definition that feeds such text to one of them is refused. Pure.

/** A word as the shell sees it, quotes taken away. `isLiteral`: nothing in it is put in when the command runs. */
export interface ShellWord {
  literal: string;
  isLiteral: boolean;
}

/** Programs that are given another program to run. */
const wrappers = ['env', 'sudo', 'doas', 'timeout', 'nice', 'ionice', 'nohup', 'exec', 'command', 'builtin', 'chroot', 'setpriv', 'xargs'];

const shells = ['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh', 'busybox', 'su', 'runuser'];
const languages = ['perl', 'python', 'python2', 'python3', 'ruby', 'php', 'node', 'lua', 'tclsh', 'expect'];

/** Whose first operand is the file of a program, and the rest its arguments. */
const readsFile = ['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh', 'perl', 'python', 'python2', 'python3', 'ruby', 'php', 'node', 'lua'];

/** Whose arguments are a program, or hold one. */
const argumentsAreCode = [
  ...shells,
  ...languages,
  ...['eval', '.', 'source', 'trap', 'alias', 'let', 'ssh', 'find', 'parallel', 'watch', 'script', 'gdb'],
  ...['awk', 'gawk', 'mawk', 'nawk', 'sed', 'ed', 'ex', 'vi', 'm4', 'make', 'nft', 'sqlite3', 'mysql', 'mariadb', 'psql', 'crontab', '[['],
];

/** Whose input is a program, whatever the arguments. */
const inputIsCode = ['at', 'batch', 'sqlite3', 'mysql', 'mariadb', 'psql', 'ed', 'ex', 'm4', 'gdb', 'crontab', 'nft'];

/** To which a number, a word or the name of a host may be an address. */
const takesAddresses = [
  ...['iptables', 'ip6tables', 'iptables-legacy', 'ip6tables-legacy', 'iptables-nft', 'ip6tables-nft', 'iptables-restore'],
  ...['ip6tables-restore', 'ipset', 'nft', 'ufw', 'firewall-cmd', 'shorewall', 'shorewall6', 'shorewall-lite', 'ip', 'route'],
  ...['pfctl', 'ipfw', 'ipf', 'npfctl', 'csf', 'apf', 'whois', 'nsupdate'],
];

const reserved = ['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', 'time'];
const assignment = /^\w+=/;

/** The words from the name of the program on. */
function programWords(words: readonly ShellWord[]): readonly ShellWord[] {
  const first = words.findIndex(({ literal }) => !reserved.includes(literal) && !assignment.test(literal));
  return first === -1 ? [] : words.slice(first);
}

const nameOf = (word: ShellWord | undefined): string => word?.literal.replace(/^.*\//, '') ?? '';

/** The program, and those that it is to run. */
function programsOf(words: readonly ShellWord[]): string[] {
  const [first, ...others] = programWords(words).map(nameOf);
  if (first === undefined) return [];
  return wrappers.includes(first) ? [first, ...others] : [first];
}

/** The program of the command that takes its arguments for code; none where it was given a file of its own to run: `python3 report.py`. */
function argumentRunner(words: readonly ShellWord[]): string | undefined {
  const command = programWords(words);
  const runner = programsOf(words).find((name) => argumentsAreCode.includes(name));
  if (runner === undefined || !readsFile.includes(runner)) return runner;
  const file = command[command.findIndex((word) => nameOf(word) === runner) + 1];
  return file?.isLiteral === true && !file.literal.startsWith('-') ? undefined : runner;
}

/** Whether it is a pattern or a query that the text would be in: there a word of letters and digits means itself, and it runs nothing. */
export const isOfPatterns = (refusal: string): boolean => /^(?:sed|[gmn]?awk|sqlite3|mysql|mariadb|psql) /.test(refusal);

/** Why text from a log cannot stand in the word `word`, which follows `before` in one command; undefined where it can. */
export function refuseText(before: readonly ShellWord[], word: ShellWord): string | undefined {
  const program = argumentRunner(before);
  if (program !== undefined) return `${program} may run what is in its arguments`;
  const words = programWords(before);
  if (words.length === 0 && !assignment.test(word.literal)) return 'it would name the program to run';
  if (nameOf(words[0]) !== 'curl') return undefined;
  const option = /^-/.test(word.literal) ? word.literal : (words.at(-1)?.literal ?? '');
  const mayNameFile = /^(?:-d|--data|--data-\w+|--json|-K|--config|-T|--upload-file)$/.test(option) && word.literal === '';
  const mayNamePart = /^(?:-F|--form)/.test(option) && /(?:^|=)$/.test(word.literal);
  return mayNameFile || mayNamePart
    ? 'curl would send the file that a text beginning with "@" names; write name=<tag> with --data-urlencode'
    : undefined;
}

/** Why no text from a log may stand anywhere in a script that has this command; undefined where it may. */
export function refuseBeside(words: readonly ShellWord[]): string | undefined {
  const command = programWords(words);
  const programs = programsOf(words);
  const name = nameOf(command[0]);
  if (name === 'eval' || name === '.' || name === 'source') return `${name} runs text`;
  const runner = argumentRunner(words);
  if (runner !== undefined && command.slice(1).some(({ isLiteral }) => !isLiteral)) return `${runner} may run what is in its arguments`;
  const reader = programs.find((program) => inputIsCode.includes(program));
  if (reader !== undefined) return `${reader} runs what it reads`;
  const interpreter = programs.findIndex((program) => shells.includes(program) || languages.includes(program));
  if (interpreter !== -1) {
    const operands = command.slice(interpreter + 1);
    const isShell = shells.includes(programs[interpreter] ?? '');
    const hasProgram = operands.some(({ literal }) => !literal.startsWith('-') || (!isShell && /^-\w*[ecr]$/.test(literal)));
    if (!hasProgram || (isShell && operands.some(({ literal }) => /^-\w*[cs]/.test(literal)))) return `${programs[interpreter]} runs text`;
  }
  const mailer = programs.find((program) => program === 'mail' || program === 'mailx');
  // CVE-2021-32749: a line that begins with "~!" is a command to GNU mailutils.
  if (mailer !== undefined && !words.some(({ literal }) => literal === 'set escape'))
    return `${mailer} runs lines that begin with "~!"; write ${mailer} -E 'set escape', or use sendmail`;
  return undefined;
}

/** Whether the command may take a word for an address. */
export const isOfAddresses = (words: readonly ShellWord[]): boolean =>
  programsOf(words).some((program) => takesAddresses.includes(program));

/** How printf reads the word that follows `before`: as its format, as text with backslashes (%b), or as it is. */
export function printfReading(before: readonly ShellWord[]): 'format' | 'escapes' | 'plain' {
  const words = programWords(before);
  if (nameOf(words[0]) !== 'printf') return 'plain';
  const operands = words.slice(words[1]?.literal === '--' ? 2 : 1);
  const format = operands[0];
  if (format === undefined) return 'format';
  const conversions = Array.from(format.literal.matchAll(/%(?:%|[-+ #0-9.*]*([a-zA-Z]))/g), ([, letter]) => letter).filter(
    (letter) => letter !== undefined,
  );
  return conversions[(operands.length - 1) % Math.max(1, conversions.length)] === 'b' ? 'escapes' : 'plain';
}
