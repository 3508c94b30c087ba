// Backticks of a shell (POSIX.1-2024, Shell Command Language, 2.6.3). Pure.

/**
 * Whether the backticks whose inside begins at `start` hold a backslash that the shell takes away before it reads what is in them, so that
 * the quotes there are not what they seem. `isInQuotes`: they are in double quotes or a here-document, at whatever depth.
 */
export function isReadTwice(text: string, start: number, isInQuotes: boolean): boolean {
  const inside = /(?:[^`\\]|\\.)*/sy;
  inside.lastIndex = start;
  return (isInQuotes ? /\\[$`"\\]/ : /\\[$`\\]/).test(inside.exec(text)?.[0] ?? '');
}
