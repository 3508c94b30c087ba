// What is known of a session (<F-MLFID>) as the store has it: JSON, [startSec, marks, attempts, [[group, text], ...], [user, ...],
// [line, ...]].
import type { SessionState } from '../core/session-state.ts';
import { isStrings, parseJson } from './stored-decision.ts';

/** `filter`: the name of the expressions that told of the session, in the jail. */
export interface StoredSessionRow {
  readonly jail: string;
  readonly filter: string;
  readonly id: string;
  readonly state: SessionState;
}

const marks = ['isPending', 'wasHeld', 'isDecided'] as const;

export function formatSession(session: SessionState): string {
  const { startSec, attempts, groups, users, lines } = session;
  const bits = marks.reduce((sum, mark, bit) => sum + (session[mark] ? 2 ** bit : 0), 0);
  return JSON.stringify([startSec, bits, attempts, groups, users, lines]);
}

/** Undefined where it makes no sense. */
export function parseSession(text: string): SessionState | undefined {
  const value = parseJson(text);
  if (!Array.isArray(value)) return undefined;
  const [startSec, bits, attempts, groups, users, lines] = value as unknown[];
  if (typeof startSec !== 'number' || !Number.isFinite(startSec) || !isCount(bits) || bits >= 2 ** marks.length || !isCount(attempts))
    return undefined;
  if (!isGroups(groups) || !isStrings(users) || !isStrings(lines)) return undefined;
  const isMarked = (mark: (typeof marks)[number]) => (bits & (2 ** marks.indexOf(mark))) !== 0;
  return {
    startSec,
    isPending: isMarked('isPending'),
    wasHeld: isMarked('wasHeld'),
    isDecided: isMarked('isDecided'),
    attempts,
    groups,
    users,
    lines,
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isGroups = (value: unknown): value is [string, string][] =>
  Array.isArray(value) && value.every((group) => isStrings(group) && group.length === 2);
