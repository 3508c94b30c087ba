// The sessions that are open, by their <F-MLFID>: bounded in number, age and size, whatever the log says. For the store they tell what
// changed, as a jail's windows do.
import { AgedMap } from '../core/aged-map.ts';
import type { SessionChange, SessionState } from '../core/session-state.ts';
import { Session } from './session.ts';
import { SessionChanges } from './session-changes.ts';

// fail2ban keeps 100, and a few hundred parallel connections push out the one that matters.
const maxSessions = 1000;

/** fail2ban's, from the session's first line. */
const maxAgeSec = 300;

/** What nobody asks for any more goes after a day, as a ban's records do: not sooner, since of two sources one may still read what waited. */
const forgottenAfterSec = 86_400;

/** Characters, of all sessions together. */
const maxSize = 8 * 1024 * 1024;

/** A session with a longer id does not outlive the daemon: sshd's have a host name and a number. */
const maxStoredId = 512;

interface Entry {
  readonly session: Session;
  size: number;
  /** Of the session, when it was kept last. */
  revision: number;
}

/** By id, the oldest first. */
export type SessionStates = readonly (readonly [id: string, state: SessionState])[];

export class SessionCache {
  /** The oldest first. */
  readonly #entries = new AgedMap<Entry>();
  readonly #changes = new SessionChanges(2 * maxSessions);
  #size = 0;

  /** `nowSec` is the line's own time. One from long before the session's first line is another session's: the clock was set back. */
  find(id: string, nowSec: number): Session | undefined {
    const session = this.#entries.get(id)?.session;
    if (session === undefined || Math.abs(nowSec - session.startSec) <= maxAgeSec) return session;
    this.delete(id);
    return undefined;
  }

  /** After `session` was offered a line. Others, the oldest first, make room for it. */
  keep(id: string, session: Session): void {
    const known = this.#entries.get(id);
    if (known?.revision === session.revision) return;
    const entry = known ?? { session, size: 0, revision: 0 };
    const size = session.size + id.length;
    this.#size += size - entry.size;
    entry.size = size;
    entry.revision = session.revision;
    this.#note(id);
    if (known === undefined) {
      this.#entries.set(id, entry);
      this.#forget(session.startSec);
    }
    while (this.#entries.size > maxSessions || this.#size > maxSize) this.delete(this.#entries.oldest?.key ?? '');
  }

  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#size -= entry.size;
    this.#note(id);
  }

  /** What changed since it was last taken; `isWhole`: the store is to be made to hold just these. `settleChanges` says whether it does. */
  takeChanges(): { readonly isWhole: boolean; readonly sessions: readonly SessionChange[] } {
    const { isWhole, ids } = this.#changes.take();
    if (isWhole) return { isWhole, sessions: this.save().map(([id, state]) => ({ id, state })) };
    return { isWhole, sessions: Array.from(ids, (id) => ({ id, state: this.#entries.get(id)?.session.save() })) };
  }

  settleChanges(isWritten: boolean): void {
    this.#changes.settle(isWritten);
  }

  /** Nothing of the sessions is known to the store. */
  touchAll(): void {
    this.#changes.addAll();
  }

  /** As the store has them. */
  save(): SessionStates {
    const stored = Array.from(this.#entries).filter(([id]) => isStored(id));
    return stored.map(([id, { session }]) => [id, session.save()]);
  }

  /** Takes over the sessions of an earlier run, as the store holds them, in any order. */
  restore(states: SessionStates): void {
    this.#changes.addAll();
    for (const [id, state] of states.toSorted(([, a], [, b]) => a.startSec - b.startSec)) this.keep(id, Session.restore(state));
    this.#changes.clear();
    for (const [id] of states) if (this.#entries.get(id) === undefined) this.#note(id);
  }

  /** At most two, so that no line pays for many. */
  #forget(nowSec: number): void {
    for (let count = 0; count < 2; count++) {
      const oldest = this.#entries.oldest;
      if (oldest === undefined || oldest.value.session.startSec >= nowSec - forgottenAfterSec) return;
      this.delete(oldest.key);
    }
  }

  #note(id: string): void {
    if (isStored(id)) this.#changes.add(id);
  }
}

const isStored = (id: string): boolean => id.length <= maxStoredId;
