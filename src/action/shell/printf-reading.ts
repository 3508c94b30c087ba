// What printf and echo make of the word that they are given. Pure.
import { programOf, type ShellWord } from './simple-command.ts';

/** How printf or echo reads the word that follows `before`: as a format, as text with backslashes (%b), or as it is. */
export function printfReading(before: readonly ShellWord[]): 'format' | 'escapes' | 'echo' | 'plain' {
  const { name, operands: all } = programOf(before);
  if (name === 'echo') return 'echo';
  if (name !== 'printf') return 'plain';
  const operands = all.slice(all[0]?.literal === '--' ? 1 : 0);
  const format = operands[0];
  if (format === undefined) return 'format';
  const conversions = Array.from(format.literal.matchAll(/%(?:%|[-+ #0-9.*]*([a-zA-Z]))/g), ([, letter]) => letter).filter(
    (letter) => letter !== undefined,
  );
  return conversions[(operands.length - 1) % Math.max(1, conversions.length)] === 'b' ? 'escapes' : 'plain';
}
