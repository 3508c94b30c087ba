// What a shell command would make of text from a log: some programs take their arguments or their input for a program, so that no
// quoting helps. A definition that feeds such text to one of them is refused. They are looked for among all words, as nobody
// knows every program that starts another. Pure.
import {
  argumentsAreCode,
  hasCommand,
  hasRunningOptions,
  inputIsCode,
  isInterpreter,
  isLanguage,
  isMailer,
  isRemoteShell,
  isShell,
  readsFile,
  runsArguments,
  runsTildeLines,
  startsShell,
  takesFiles,
  takesPatterns,
  takesQueries,
} from './shell-programs.ts';
import { assignment, nameOf, type Program, programOf, type ShellWord } from './simple-command.ts';
import { isWordInTransfer, readsRequests, refuseInTransfer } from './transfer-command.ts';

/** Places in `words` of programs that run what they are given; to what takes data, the name of one is a word. */
function runnersOf(program: Program, isRunner: (name: string) => boolean): number[] {
  const { words, isWrapped, word, isData } = program;
  if (isData) return [];
  const isOwn = isScript(program);
  return words.flatMap((one, index) => {
    const name = nameOf(one);
    const mayBeStarted = isWrapped || one === word || isInterpreter(name) || (!isOwn && runsArguments(name));
    return mayBeStarted && isRunner(name) ? [index] : [];
  });
}

/** Whether it is somebody's own program: to `notify.sh ssh` and `python3 notify.py ssh` the name of a jail is a word. */
function isScript({ word, name, operands }: Program): boolean {
  const file = readsFile(name) ? operands[0]?.literal : word?.literal;
  return /^[^-].*\.[a-z]\w*$/s.test(file ?? '');
}

/** The program of the command that takes its arguments for code; none where it was given a file of its own to run: `python3 report.py`. */
function argumentRunner(program: Program): string | undefined {
  const { words } = program;
  const runner = runnersOf(program, argumentsAreCode).find((index) => {
    const file = words[index + 1];
    return !(readsFile(nameOf(words[index])) && file?.isLiteral === true && file.literal !== '' && !file.literal.startsWith('-'));
  });
  return runner === undefined ? undefined : nameOf(words[runner]);
}

const codeOption =
  /^(?:-[a-zA-Z]{0,2}[ceErSx]|--?(?:[\w-]*-)?(?:[Ee]val|[Ee]xec|[Ee]xecute|[Cc]ommand|expression|program|rsh|sql)|eval|EVAL)=?$/;

/** The option that makes code of the word to most programs: `-c`, `--eval=`. */
function codeOptionOf({ isData, words }: Program, word: ShellWord): string | undefined {
  if (isData) return undefined;
  const last = words.at(-1)?.literal === '--' ? words.at(-2) : words.at(-1);
  const options = [last?.literal ?? '', word.literal, /^(?:-[ceErSx](?!\w*=)|--[\w-]+=)/.exec(word.literal)?.[0] ?? ''];
  return options.find((option) => codeOption.test(option));
}

/** The interpreter in a word that is a command line of its own: `env -S 'sh -c'`. */
const commandLineOf = (words: readonly ShellWord[]): string | undefined =>
  words.map(({ literal }) => /(?:^|[\s;&|('"/])([\w.]+)\s+-\w*[cer]\b/.exec(literal)?.[1] ?? '').find(isInterpreter);

/** Whether it is a pattern or a query that the text would be in: there a word of letters and digits means itself, and it runs nothing. */
export const isOfPatterns = (refusal: string): boolean => besideUse(refusal) !== 'address';

/** What a text has to be fit for, where `refusal` says why none from a log may stand in the script. */
export const besideUse = (refusal: string): 'pattern' | 'word' | 'address' =>
  (/ may run what is in its arguments$| runs what it reads$/.test(refusal) ? patternUse(refusal.replace(/ .*/, '')) : undefined) ??
  'address';

const patternUse = (name: string): 'pattern' | 'word' | undefined =>
  takesPatterns(name) ? 'pattern' : takesQueries(name) ? 'word' : undefined;

/** Why text from a log cannot stand in the word `word`, which follows `before` in one command; undefined where it can. */
export function refuseText(before: readonly ShellWord[], word: ShellWord): string | undefined {
  const program = programOf(before);
  const runner = argumentRunner(program);
  if (runner !== undefined) return `${runner} may run what is in its arguments`;
  if (program.word === undefined && !assignment.test(word.literal)) return 'it would name the program to run';
  if (namesVariable(program, word)) return 'it would name a variable';
  const variable = runVariable.exec(word.literal)?.[1];
  if (variable !== undefined) return `a shell or a program runs what is in ${variable}`;
  const option = codeOptionOf(program, word);
  if (option !== undefined)
    return `${program.name} may run what follows ${option}; NAME="<tag>" before the program gives it in the environment`;
  const line = program.isData ? undefined : commandLineOf([...program.words, word]);
  if (line !== undefined) return `${line} may run what is in its arguments`;
  if (mayBeOption(program, word)) return `${program.name} may take it for an option or an address`;
  return refuseInTransfer(program, word);
}

/** An option of these programs may name a program (exim -be, tar --to-command), and mailx runs what comes after "|" in an address. */
function mayBeOption({ name, operands }: Program, word: ShellWord): boolean {
  if (!hasRunningOptions(name) || word.literal !== '') return false;
  const last = operands.at(-1)?.literal ?? '';
  return !(isMailer(name) ? /^-[srfF]$/ : /^-./).test(last);
}

/** Expanded or run by a shell itself, or by all programs that it starts. */
const runVariable = /^(PS\d|PROMPT_COMMAND|ENV|BASH_ENV|PATH|IFS|SHELL|PAGER|EDITOR|VISUAL|LD_\w+)=/;

/** To bash the name of a variable may hold a command: `a[$(...)]`. */
function namesVariable({ name, operands }: Program, word: ShellWord): boolean {
  if (/^(?:read|unset|getopts)$/.test(name)) return true;
  if (/^(?:export|local|readonly|declare|typeset)$/.test(name)) return !word.literal.includes('=');
  return /^(?:test|\[|printf)$/.test(name) && /^-[vR]$/.test(operands.at(-1)?.literal ?? word.literal);
}

/** Why no text from a log may stand anywhere in a script that has this command; undefined where it may. */
export function refuseBeside(all: readonly ShellWord[]): string | undefined {
  const program = programOf(all);
  const { words, name, word } = program;
  if (name === 'eval' || name === '.' || name === 'source') return `${name} runs text`;
  if (word?.isLiteral === false) return 'the name of a program is put in only when it runs; write it out';
  const runner = argumentRunner(program);
  if (program.isWrapped && word === undefined && words.some((one) => startsShell(nameOf(one)))) return `${nameOf(words[0])} starts a shell`;
  const remote = runnersOf(program, isRemoteShell).find((index) =>
    hasNoCommand(words.slice(index + 1), program.isWrapped || words[index] === word),
  );
  if (remote !== undefined) return `${nameOf(words[remote])} runs what it reads`;
  if (runner !== undefined && words.slice(1).some(({ isLiteral }) => !isLiteral)) return `${runner} may run what is in its arguments`;
  const transfer = readsRequests(all);
  if (transfer !== undefined) return `${transfer} takes what it reads for options or pages`;
  const started = program.isWrapped && words.some((one) => nameOf(one) === 'xargs') && words.map(nameOf).find(hasRunningOptions);
  if (started) return `xargs gives ${started} what it reads, which may be an option`;
  const reader =
    runnersOf(program, inputIsCode).find((index) => !isGivenCommand(program, index)) ??
    runnersOf(program, takesPatterns).find((index) => readsFromInput(words, index));
  if (reader !== undefined) return `${nameOf(words[reader])} runs what it reads`;
  const interpreter = runnersOf(program, (one) => isShell(one) || isLanguage(one)).find((index) => readsProgram(words, index));
  if (interpreter !== undefined) return `${nameOf(words[interpreter])} runs text`;
  const option = words.flatMap((one, at) => (at === 0 || one.isLiteral ? [] : (codeOptionOf(programOf(words.slice(0, at)), one) ?? [])))[0];
  if (option !== undefined) return `${name} may run what follows ${option}`;
  if (runsTildeLines(name) && !all.some(({ literal }) => literal === 'set escape'))
    return `${name} runs lines that begin with "~!"; write ${name} -E 'set escape', or use sendmail`;
  return undefined;
}

/** Whether a remote shell is given nothing to run but what it reads. Where it is not certain that it is one, something has to follow. */
function hasNoCommand(operands: readonly ShellWord[], isCertain: boolean): boolean {
  const hasValue = /^-\w*[bcDeFIiJLlMmoOpQRSWw]$/;
  const words = operands.filter(({ literal }) => !literal.startsWith('-'));
  const names = operands.filter((word, at) => words.includes(word) && !hasValue.test(operands[at - 1]?.literal ?? ''));
  return names.length < 2 && (isCertain || words.length > 0);
}

/** Whether the program at `index` runs only what its operands say. An unknown one, or xargs, before it may add to them. */
function isGivenCommand({ words, word }: Program, index: number): boolean {
  const isOwn = words[index] === word && !words.some((one) => nameOf(one) === 'xargs');
  const operands = words.slice(index + 1).map(({ literal }) => literal);
  return isOwn && hasCommand(nameOf(word), operands);
}

/** Whether the awk or sed at `index` reads its program from its input: `sed -f -`. */
function readsFromInput(words: readonly ShellWord[], index: number): boolean {
  const operands = words.slice(index + 1).map(({ literal }) => literal);
  return operands.some((operand, at) => /^-\w*f$|^--file$/.test(operand) && /^(?:-$|\/(?:dev|proc)\/)/.test(operands[at + 1] ?? ''));
}

/** Whether the interpreter at `index` takes its program from its input or from a text. */
function readsProgram(words: readonly ShellWord[], index: number): boolean {
  const name = nameOf(words[index]);
  const operands = words.slice(index + 1);
  if (name === 'su' || name === 'runuser') return true;
  const takesText = isShell(name);
  const hasProgram = operands.some(({ literal }) => !literal.startsWith('-') || (!takesText && /^-\w*[ecr]$/.test(literal)));
  return !hasProgram || (takesText && operands.some(({ literal }) => /^-\w*[cs]/.test(literal)));
}

/** What a text is to the program where it stands in `word` after `before`, besides text; undefined where it is nothing else. */
export function operandUse(before: readonly ShellWord[], word: ShellWord): 'file' | 'pattern' | 'word' | undefined {
  const program = programOf(before);
  const { name, words, operands, isData } = program;
  if (isWordInTransfer(program, word)) return 'word';
  const runner = words.map(nameOf).find((one) => patternUse(one) !== undefined);
  const isFixed = /grep$/.test(name) && operands.some(({ literal }) => /^-\w*F|^--fixed-strings$/.test(literal));
  const isNamed = name === 'jq' && operands.at(-2)?.literal === '--arg';
  if (runner !== undefined && !isFixed && !isNamed && (!isData || runner === name)) return patternUse(runner);
  // A quote or a backslash would end the text of JSON.
  if (/^\s*[[{]|[[{]\s*["']/.test(word.literal)) return 'word';
  return takesFiles(name) ? 'file' : undefined;
}
