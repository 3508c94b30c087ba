// One filter at work on lines of text, one after the other: date, expressions, session, identity, in fail2ban's order.
import { type CompiledExpressions, knowsSessions } from './line-expressions.ts';
import type { LineFailure } from './line-failure.ts';
import { type GroupValue, type LineGroups, readGroups, textOf } from './line-groups.ts';
import { identityOfGroups, type LineIdentity } from './line-identity.ts';
import { type ExpressionCounts, type LimitReached, type LineMatch, LineSearch } from './line-search.ts';
import { type CutDate, cleanLine, type LineBytes, SubjectBuilder } from './line-subject.ts';
import { marksOf, Session, type SessionMarks } from './session.ts';
import { SessionCache } from './session-cache.ts';

/** What finds the dates: a DateDetector. */
export interface LineDates {
  /** In bytes[start, end), which are valid UTF-8. */
  detect(bytes: Buffer, start: number, end: number): (CutDate & { readonly timeSec: number | undefined }) | undefined;
}

export interface LineFilterOptions {
  readonly expressions: CompiledExpressions;
  /** Finds the dates in lines whose time is not given. */
  readonly dates: LineDates | undefined;
  /** Seconds since 1970; tells how old a session is, for lines whose time is not given. */
  readonly nowSec: () => number;
}

/**
 * What became of a line. `held`: a failregex was found, but by itself the line is no failure (<F-NOFAIL>). `pending`: it is a failure
 * whose identity is not known yet, and perhaps never will be.
 */
export type LineOutcome = 'missed' | 'ignored' | 'held' | 'pending' | 'failure';

/** Who failed, and in which lines: all that a jail counts by. */
export interface FoundFailure {
  readonly identity: LineIdentity;
  readonly lines: readonly string[];
  /** What the expressions captured, for the whole session where the line belongs to one. */
  readonly groups: LineGroups;
}

interface Completed extends FoundFailure {
  readonly match: LineMatch;
  readonly session: Session | undefined;
}

export class LineFilter {
  readonly #nowSec: () => number;
  readonly #dates: LineDates | undefined;
  readonly #subjects = new SubjectBuilder();
  readonly #search: LineSearch;
  readonly #knowsSessions: boolean;
  #sessions = new SessionCache();
  #outcome: LineOutcome = 'missed';
  #gained: LineIdentity | undefined;

  constructor({ expressions, dates, nowSec }: LineFilterOptions) {
    this.#nowSec = nowSec;
    this.#dates = dates;
    this.#search = new LineSearch(expressions, this.#subjects);
    this.#knowsSessions = knowsSessions(expressions);
  }

  /** Undefined where no expression has an <F-MLFID>. */
  get sessions(): SessionCache | undefined {
    return this.#knowsSessions ? this.#sessions : undefined;
  }

  /** With the sessions of another, which is not used any more. */
  goOnWith(sessions: SessionCache): void {
    this.#sessions = sessions;
  }

  /** What became of the last line. */
  get outcome(): LineOutcome {
    return this.#outcome;
  }

  /** Whose login the last line tells to have succeeded (<F-MLFGAINED>), by itself or by what its session told of them before. */
  get gained(): LineIdentity | undefined {
    return this.#gained;
  }

  get counts(): ExpressionCounts {
    return this.#search.counts;
  }

  limitsReached(): LimitReached[] {
    return this.#search.limitsReached();
  }

  /**
   * The failure that the line bytes[start, end) is or completes, if so. `timeSec`: the record's own time; no date is looked for, then.
   * The line needs no "\n"; one behind it saves a copy. Never throws, whatever the bytes are.
   */
  match(bytes: Buffer, start: number, end: number, timeSec?: number): LineFailure | undefined {
    const line = cleanLine(bytes, start, end);
    const date = timeSec === undefined ? this.#dates?.detect(line.bytes, line.start, line.end) : undefined;
    const found = this.#find(line, date, this.#nowSec());
    if (found === undefined) return undefined;
    const { identity, match, groups, session, lines } = found;
    return {
      identity,
      timeSec: timeSec ?? date?.timeSec,
      expression: match.failregex.hit.index,
      groups: withoutAbsent(groups),
      users: [...(session?.users ?? [])],
      lines,
      attempts: session?.attempts ?? lines.length,
    };
  }

  /** The same, without what only people ask for. `hasDate`: whether the line has one that is cut out; its time is `timeSec` all the same. */
  find(bytes: Buffer, start: number, end: number, hasDate: boolean, timeSec: number): FoundFailure | undefined {
    const line = cleanLine(bytes, start, end);
    return this.#find(line, hasDate ? this.#dates?.detect(line.bytes, line.start, line.end) : undefined, timeSec);
  }

  /** `sessionSec`: what a session's age is told by. */
  #find(line: LineBytes, date: CutDate | undefined, sessionSec: number): Completed | undefined {
    this.#gained = undefined;
    const match = this.#search.search(line, this.#subjects.ofLine(line, date));
    if (typeof match !== 'string') return this.#complete(match, sessionSec);
    this.#outcome = match;
    return undefined;
  }

  #complete(match: LineMatch, sessionSec: number): Completed | undefined {
    const { prefregex, failregex, lines } = match;
    const groups = readGroups(prefregex ?? failregex);
    if (prefregex !== undefined) for (const [name, value] of readGroups(failregex)) groups.set(name, value);
    const id = groups.get('mlfid');
    const marks = marksOf(groups);
    const { session, isFailure } = id === undefined ? without(marks) : this.#addToSession(textOf(id), sessionSec, groups, marks, lines);
    if (!isFailure) {
      if (marks.isGained) this.#gained = identityOfGroups(groups) ?? (session && identityOfGroups(session.groups));
      this.#outcome = 'held';
      return undefined;
    }
    const identity = identityOfGroups(session?.groups ?? groups);
    if (session !== undefined) session.isPending = identity === undefined;
    this.#outcome = identity === undefined ? 'pending' : 'failure';
    if (identity === undefined) return undefined;
    return { identity, lines: session?.lines ?? lines, match, groups: session?.groups ?? groups, session };
  }

  #addToSession(id: string, nowSec: number, groups: LineGroups, marks: SessionMarks, lines: readonly string[]): Added {
    const session = this.#sessions.find(id, nowSec) ?? new Session(nowSec);
    const isFailure = session.add(groups, marks, lines);
    if (marks.isForget) this.#sessions.delete(id);
    else this.#sessions.keep(id, session);
    return { session, isFailure };
  }
}

interface Added {
  readonly session: Session | undefined;
  readonly isFailure: boolean;
}

/** fail2ban counts what is marked as no failure where it belongs to no session; its own samples say that it is none. */
const without = ({ isNofail }: SessionMarks): Added => ({ session: undefined, isFailure: !isNofail });

/** Of a group that took no part there is nothing to tell. */
function withoutAbsent(groups: LineGroups): Map<string, GroupValue> {
  const present = new Map<string, GroupValue>();
  for (const [name, value] of groups) if (value !== undefined) present.set(name, value);
  return present;
}
