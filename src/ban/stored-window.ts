// A failure window as the store has it: JSON, [[timeUsec], [timeUsec, distinct], ...].
import { parseJson } from './stored-decision.ts';

/** One failure in a window. */
export interface WindowEntry {
  readonly timeUsec: number;
  readonly distinct: string | undefined;
}

/** A jail's windows as plain data, longest unseen first; the entries of each oldest first. */
export type StoredWindows = readonly (readonly [identity: string, entries: readonly WindowEntry[]])[];

export const formatEntries = (entries: readonly WindowEntry[]): string =>
  JSON.stringify(entries.map(({ timeUsec, distinct }) => (distinct === undefined ? [timeUsec] : [timeUsec, distinct])));

/** Undefined where it makes no sense. */
export function parseEntries(text: string): WindowEntry[] | undefined {
  const value = parseJson(text);
  if (!Array.isArray(value)) return undefined;
  const entries = value.map(parseEntry);
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

function parseEntry(value: unknown): WindowEntry | undefined {
  if (!Array.isArray(value)) return undefined;
  const [timeUsec, distinct] = value as unknown[];
  if (typeof timeUsec !== 'number' || (distinct !== undefined && typeof distinct !== 'string')) return undefined;
  return { timeUsec, distinct };
}
