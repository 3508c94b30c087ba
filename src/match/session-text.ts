// How much of a session's text is stored: what later lines are judged by, and as much as is told of a failure. Pure.
import { maxEvidenceCharacters, maxFieldCharacters } from '../core/evidence.ts';
import { identityGroups } from './failregex-group.ts';
import { type GroupValue, textOf } from './line-groups.ts';

/** What is longer is left out, as a part of it would be somebody else. */
const maxNameCharacters = 1024;

/** One name or several: that is all that is asked of them. */
const maxStoredUsers = 2;

const whole = new Set<string>([...identityGroups, 'cidr']);

/** Each line of a session tells these anew, or they held for one line. */
const passing = new Set(['mlfid', 'mlfonce']);

export function* storedGroups(groups: Iterable<readonly [string, GroupValue]>): Generator<readonly [string, string]> {
  for (const [name, value] of groups) {
    if (passing.has(name)) continue;
    const text = textOf(value);
    if (!whole.has(name)) yield [name, text.slice(0, maxFieldCharacters)];
    else if (text.length <= maxNameCharacters) yield [name, text];
  }
}

export const storedUsers = (users: ReadonlySet<string>): string[] =>
  Array.from(users)
    .filter(({ length }) => length <= maxNameCharacters)
    .slice(0, maxStoredUsers);

/** The lines that stand in a failure's evidence, joined by "\n"; the last may be cut. */
export function storedLines(lines: readonly string[]): string[] {
  const stored: string[] = [];
  let room = maxEvidenceCharacters;
  for (const line of lines) {
    if (room < 0) break;
    stored.push(line.slice(0, room));
    room -= line.length + 1;
  }
  return stored;
}
