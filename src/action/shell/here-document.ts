// Here-documents of a shell (POSIX.1-2024, Shell Command Language, 2.7.4). Pure.

export interface HereDocument {
  readonly end: string;
  /** Nothing in its text expands. */
  readonly isQuoted: boolean;
  /** `<<-`: tabs before its end are none of it. */
  readonly isIndented: boolean;
}

/** What the redirection at the beginning of `text` announces, and how long that is; undefined where it announces none. */
export function announcedDocument(text: string): { readonly document: HereDocument; readonly length: number } | undefined {
  const [operator, end = ''] = /^<<(?![<(])-?[ \t]*((?:[^\s;&|<>()]|\\.)+)/.exec(text) ?? [];
  if (operator === undefined) return undefined;
  const document = { end: end.replace(/["'\\]/g, ''), isQuoted: /["'\\]/.test(end), isIndented: operator.startsWith('<<-') };
  return { document, length: operator.length };
}

/**
 * How long the document that begins with `text` is, up to the line that ends it, and how long that line is: undefined where it has none and
 * the document is all there is.
 */
export function documentLength(text: string, { end, isIndented }: HereDocument): { readonly length: number; readonly endLength?: number } {
  const lines = text.split('\n');
  const last = lines.findIndex((line) => (isIndented ? line.replace(/^\t+/, '') : line) === end);
  const ending = lines[last];
  if (ending === undefined) return { length: text.length };
  return { length: lines.slice(0, last).reduce((sum, line) => sum + line.length + 1, 0), endLength: ending.length };
}
