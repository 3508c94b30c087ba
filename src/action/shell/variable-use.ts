// What a shell does with variables besides putting them in. Where /bin/sh is bash, the name of a variable in arithmetic is read as an
// expression in its turn, and `a[$(...)]` in one runs a command (Bash Reference Manual, "Shell Arithmetic"). Pure.
import { nameOf, programOf, type ShellWord } from './simple-command.ts';

export const asExpression = 'where the shell is bash, it runs what a variable holds that is counted with, or names another variable';

/** Whether the arithmetic in `text` names a variable; of a tag only what is exact can stand there. */
export const namesVariables = (text: string): boolean => /[A-Za-z_$`]/.test(text.replace(/<[\w./-]+>/g, ''));

/** Whether `text`, from `${` to `}`, makes an expression or a name of what a variable holds: `${x:n}`, `${a[n]}`, `${!x}`, `${x@P}`. */
export function readsVariableTwice(text: string): boolean {
  if (/^\$\{!\w|^\$\{\w+@/.test(text)) return true;
  const expression = /^\$\{#?\w+(?:\[([^\]]*)|:(?![-=?+])(.*)\})/s.exec(text);
  return expression !== null && namesVariables(expression[1] ?? expression[2] ?? '');
}

/** Whether the command does, by builtins of the shell. */
export function makesExpressions(all: readonly ShellWord[]): boolean {
  const { name, word, operands } = programOf(all);
  const literals = operands.map(({ literal }) => literal);
  if (name === 'let' || all.some(({ literal, expands }) => /^\w+\[/.test(literal) && (expands || namesVariables(indexOf(literal)))))
    return true;
  if (name === '[[' && literals.some((one) => /^-(?:eq|ne|[lg][te]|v|R)$/.test(one))) return true;
  if (/^(?:declare|typeset|local|readonly|export)$/.test(name))
    return literals.some((one) => /^[-+]\w*[in]/.test(one)) || isNamed(operands);
  if (/^(?:unset|read|mapfile|readarray|getopts)$/.test(name)) return isNamed(operands);
  const isOfNames = /^(?:test|\[|printf)$/.test(nameOf(word)) && literals.some((one) => /^-[vR]$/.test(one));
  return isOfNames && isNamed(operands);
}

const indexOf = (literal: string): string => /\[([^\]]*)/.exec(literal)?.[1] ?? '';

/** Whether a name comes from a variable. */
const isNamed = (operands: readonly ShellWord[]): boolean => operands.some(({ expands }) => expands === 'first');

/** Whether what the command writes is its own, whatever it reads. */
export function writesOwn(all: readonly ShellWord[]): boolean {
  const { name, isWrapped } = programOf(all);
  return !isWrapped && all.every(({ isLiteral }) => isLiteral) && /^(?:id|hostname|whoami|logname|uname|nproc|date|wc|mktemp)$/.test(name);
}
