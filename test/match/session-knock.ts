// A line of a session, as a filter has it, for tests of what is kept of sessions.
import { marksOf, Session } from '../../src/match/session.ts';
import type { SessionCache } from '../../src/match/session-cache.ts';

/** `timeSec`: of the line. */
export function addLine(cache: SessionCache, id: string, user: string, timeSec: number): void {
  const session = cache.find(id, timeSec) ?? new Session(timeSec);
  const groups = new Map([
    ['mlfid', id],
    ['user', user],
    ['nofail', user === 'nobody' ? 'x' : ''],
  ]);
  session.add(groups, marksOf(groups), [`${id}: ${user}`]);
  cache.keep(id, session);
}
