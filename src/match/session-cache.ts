// The sessions that are open, by their <F-MLFID>: bounded in number, age and size, whatever the log says.
import { AgedMap } from '../core/aged-map.ts';
import type { Session } from './session.ts';

// fail2ban keeps 100, and a few hundred parallel connections push out the one that matters.
const maxSessions = 1000;

/** fail2ban's, from the session's first line. */
const maxAgeSec = 300;

/** Characters, of all sessions together. */
const maxSize = 8 * 1024 * 1024;

interface Entry {
  readonly session: Session;
  size: number;
}

export class SessionCache {
  /** The oldest first. */
  readonly #entries = new AgedMap<Entry>();
  #size = 0;

  find(id: string, nowSec: number): Session | undefined {
    const session = this.#entries.get(id)?.session;
    if (session === undefined || nowSec - session.startSec <= maxAgeSec) return session;
    this.delete(id);
    return undefined;
  }

  /** After `session` took in a line. Others, the oldest first, make room for it. */
  keep(id: string, session: Session): void {
    const known = this.#entries.get(id);
    const entry = known ?? { session, size: 0 };
    const size = session.size + id.length;
    this.#size += size - entry.size;
    entry.size = size;
    if (known === undefined) this.#entries.set(id, entry);
    while (this.#entries.size > maxSessions || this.#size > maxSize) this.delete(this.#entries.oldest?.key ?? '');
  }

  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#size -= entry.size;
  }
}
