// Where a value that begins with "-" would be an option to the program that gets it: whoever is named in a log must not choose one
// (`-f/etc/shadow` to grep). Pure.
import { printfReading } from './printf-reading.ts';
import { programOf, type ShellWord } from './simple-command.ts';

/** Whether an operand that follows `before`, and begins with a value, may be taken for an option. */
export function mayBecomeOption(before: readonly ShellWord[]): boolean {
  const { word, name, operands, isData } = programOf(before);
  if (word === undefined || /^(?:case|test|\[|true|:)$/.test(name)) return false;
  if (name === 'printf' && printfReading(before) !== 'format') return false;
  // What follows "--" is none; but to kill a number below zero is a group of processes.
  return !(isData && name !== 'kill' && operands.some(({ literal }) => literal === '--'));
}

/** Each line of it as what is no option to any program. */
export const withoutOption = (value: string): string => value.replace(/^-/gm, '_');
