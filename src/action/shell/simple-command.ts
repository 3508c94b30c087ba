// The words of a simple command (POSIX.1-2024, Shell Command Language, 2.9.1), and the program that they come to. Pure.
import { takesData, wrapperOf } from './shell-programs.ts';

/** A word as the shell sees it, quotes taken away. `isLiteral`: nothing in it is put in when the command runs. */
export interface ShellWord {
  literal: string;
  isLiteral: boolean;
  /** Where something of the shell's is put in: a variable, the output of a command. */
  expands?: 'first' | 'later';
}

const reserved = ['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{'];
export const assignment = /^\w+=/;

export const nameOf = (word: ShellWord | undefined): string => word?.literal.replace(/^.*\//, '') ?? '';

/** One command, with the program that it comes to: `curl` in `sudo -u x curl`. */
export interface Program {
  /** From the first program on. */
  readonly words: readonly ShellWord[];
  /** Whether another program starts it. */
  readonly isWrapped: boolean;
  /** Undefined where none has been named so far. */
  readonly word: ShellWord | undefined;
  readonly name: string;
  readonly operands: readonly ShellWord[];
  /** Whether its options run nothing, and names of programs are words to it. */
  readonly isData: boolean;
}

export function programOf(all: readonly ShellWord[]): Program {
  const first = all.findIndex(({ literal }) => !reserved.includes(literal) && !assignment.test(literal));
  const words = first === -1 ? [] : all.slice(first);
  let at = 0;
  // Whether `--user` has a value is not known: what follows it may be the program, or the user `mail`.
  let isCertain = true;
  for (let wrapper = wrapperAt(words, at); wrapper !== undefined; wrapper = wrapperAt(words, at)) {
    at += wrapper.words;
    for (let operands = wrapper.operands; at < words.length; at++) {
      const { literal = '', isLiteral = true } = words[at] ?? {};
      if (literal.startsWith('-') && isLiteral) {
        isCertain &&= !/^--[^=]+$/.test(literal);
        at += /^-\w/.test(literal) && wrapper.options.split(' ').includes(`-${literal.at(-1)}`) ? 1 : 0;
      } else if (!assignment.test(literal) && operands-- === 0) break;
    }
  }
  const name = nameOf(words[at]);
  const isData = isCertain && words[at]?.isLiteral === true && (takesData(name) || isQuestion(words, at));
  return { words, isWrapped: at > 0, word: words[at], name, operands: words.slice(at + 1), isData };
}

function wrapperAt(words: readonly ShellWord[], at: number) {
  if (isQuestion(words, at)) return undefined;
  if (nameOf(words[at]) === 'ip' && /^(?:netns|vrf)$/.test(words[at + 1]?.literal ?? '')) return { operands: 1, options: '', words: 3 };
  const wrapper = words[at]?.isLiteral === true ? wrapperOf(nameOf(words[at])) : undefined;
  return wrapper && { ...wrapper, words: 1 };
}

/** `command -v` only says where a program is. */
const isQuestion = (words: readonly ShellWord[], at: number): boolean =>
  nameOf(words[at]) === 'command' && /^-[vV]$/.test(words[at + 1]?.literal ?? '');
