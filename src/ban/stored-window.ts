// A failure window as the store has it: JSON, [[timeUsec], [timeUsec, distinct], ...].
import { parseJson } from './stored-decision.ts';

export interface StoredEntry {
  readonly timeUsec: number;
  readonly distinct: string | undefined;
}

/** A jail's windows, longest unseen first. */
export type StoredWindows = readonly (readonly [identity: string, entries: readonly StoredEntry[]])[];

export const formatEntries = (entries: readonly StoredEntry[]): string =>
  JSON.stringify(entries.map(({ timeUsec, distinct }) => (distinct === undefined ? [timeUsec] : [timeUsec, distinct])));

/** Undefined where it makes no sense. */
export function parseEntries(text: string): StoredEntry[] | undefined {
  const value = parseJson(text);
  if (!Array.isArray(value)) return undefined;
  const entries = value.map(parseEntry);
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

function parseEntry(value: unknown): StoredEntry | undefined {
  if (!Array.isArray(value)) return undefined;
  const [timeUsec, distinct] = value as unknown[];
  if (typeof timeUsec !== 'number' || (distinct !== undefined && typeof distinct !== 'string')) return undefined;
  return { timeUsec, distinct };
}
