// What is known of one session (<F-MLFID>): a connection whose log lines tell only together who failed. Pure.
import type { SessionState } from '../core/session-state.ts';
import { type GroupValue, type LineGroups, textOf } from './line-groups.ts';
import { storedGroups, storedLines, storedUsers } from './session-text.ts';

/** What one line says about its session; fail2ban's <F-NOFAIL>, <F-MLFGAINED>, <F-MLFFORGET>, <F-MLFPENDING>, and ours. */
export interface SessionMarks {
  /** No failure in itself. */
  readonly isNofail: boolean;
  /** The login succeeded. */
  readonly isGained: boolean;
  /** The session is over. */
  readonly isForget: boolean;
  /** What was held counts now, or does so no more; undefined where the line does not say. */
  readonly isPending: boolean | undefined;
  /** <F-MLFONCE>, which fail2ban does not have: counts only where nothing of the session did so far, and nobody got in. */
  readonly isOnce: boolean;
}

/** A group that captured an empty text marks nothing. */
export function marksOf(groups: LineGroups): SessionMarks {
  const isSet = (name: string) => textOf(groups.get(name)) !== '';
  const isGained = isSet('mlfgained');
  return {
    isGained,
    isNofail: isGained || isSet('nofail'),
    isForget: isSet('mlfforget'),
    isPending: groups.get('mlfpending') === undefined ? undefined : isSet('mlfpending'),
    isOnce: isSet('mlfonce'),
  };
}

/** So many lines and names of a session are kept; sshd's longest have a dozen. */
const maxLines = 100;
const maxUsers = 100;

/** A line's own address stands alone: an earlier one of the other family, or a prefix length with it, may be another client's. */
const addressGroups = ['ip4', 'ip6', 'cidr'];

/** They hold for one line. */
const markGroups = new Set(['nofail', 'mlfgained', 'mlfforget', 'mlfpending']);

export class Session {
  readonly startSec: number;
  readonly groups = new Map<string, GroupValue>();
  readonly users = new Set<string>();
  lines: readonly string[] = [];
  attempts = 0;
  /** A failure was found, and it is not known whose. */
  isPending = false;
  /** Characters that are kept. */
  size = 0;
  /** Grows with each line that changes the session. */
  revision = 0;
  #wasHeld = false;
  /** A line was a failure, or told of a login. */
  #isDecided = false;

  constructor(startSec: number) {
    this.startSec = startSec;
  }

  /** Goes on as one that was saved. */
  static restore({ startSec, isPending, wasHeld, isDecided, attempts, groups, users, lines }: SessionState): Session {
    const session = new Session(startSec);
    for (const [name, text] of groups) session.groups.set(name, text);
    for (const user of users) session.users.add(user);
    for (const text of [...session.groups.values(), ...session.users]) session.size += text.length;
    session.#setLines(lines, attempts);
    session.isPending = isPending;
    session.#wasHeld = wasHeld;
    session.#isDecided = isDecided;
    session.revision = 1;
    return session;
  }

  /** As plain data that does not change any more. */
  save(): SessionState {
    const { startSec, isPending } = this;
    // Otherwise the next line begins anew.
    const isGathering = this.#wasHeld || isPending;
    return {
      startSec,
      isPending,
      wasHeld: this.#wasHeld,
      isDecided: this.#isDecided,
      attempts: isGathering ? this.attempts : 0,
      groups: Array.from(storedGroups(this.groups)),
      users: storedUsers(this.users),
      lines: isGathering ? storedLines(this.lines) : [],
    };
  }

  /**
   * Takes in a line, or several of a window. Its groups replace those of earlier lines; the lines gather until a failure was given out.
   * False where the line is no failure: it says so, no earlier failure waits for an address, and one user name at most was tried; or it
   * counts only once, and the session is decided: then nothing of it is kept.
   */
  add(groups: LineGroups, marks: SessionMarks, lines: readonly string[]): boolean {
    if (marks.isOnce && this.#isDecided && !this.isPending) return false;
    this.revision++;
    const user = textOf(groups.get('user'));
    if (user !== '' && this.users.size < maxUsers && !this.users.has(user)) {
      this.users.add(user);
      this.size += user.length;
    }
    // Who gets in is forgiven what was pending, but not several names.
    if (marks.isGained) this.isPending = false;
    if (!this.#wasHeld && !this.isPending) this.#setLines([], 0);
    if (addressGroups.some((name) => groups.get(name))) for (const name of addressGroups) this.groups.delete(name);
    for (const [name, value] of groups) {
      if (value === undefined || markGroups.has(name)) continue;
      this.size += textOf(value).length - textOf(this.groups.get(name)).length;
      this.groups.set(name, value);
    }
    if (marks.isPending !== undefined) this.isPending = marks.isPending;
    const all = this.lines.length === 0 ? lines : [...this.lines, ...lines];
    this.#setLines(all.length > maxLines ? all.slice(-maxLines) : all, this.attempts + lines.length);
    this.#wasHeld = marks.isNofail && !this.isPending && this.users.size <= 1;
    this.#isDecided ||= marks.isGained || !this.#wasHeld;
    return !this.#wasHeld;
  }

  /** A new list each time: the former one may have been given out with a failure. */
  #setLines(lines: readonly string[], attempts: number): void {
    if (lines.length === 0 && this.lines.length === 0) return;
    const lengthOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0);
    this.size += lengthOf(lines) - lengthOf(this.lines);
    this.lines = lines;
    this.attempts = attempts;
  }
}
