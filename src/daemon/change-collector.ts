// What the store lacks of all that is in memory: the ban list's, the jails', their filters', the sources' and the logins' changes, of one
// moment.
import type { BanList } from '../ban/ban-list.ts';
import type { StoreChanges, StoredPosition } from '../ban/store-changes.ts';
import type { Jail } from '../jail/jail.ts';
import type { SessionCache } from '../match/session-cache.ts';

/** What the filter of a jail knows of sessions. */
export interface JailSessions {
  readonly jail: string;
  /** As Filter.sessions names it. */
  readonly filter: string;
  readonly cache: SessionCache;
}

export interface ChangeSources {
  readonly bans: BanList;
  readonly jails: () => Iterable<Jail>;
  readonly sessions?: () => readonly JailSessions[];
  readonly positions: () => Readonly<Record<string, StoredPosition>>;
  /** Who logged in lately. */
  readonly logins?: Remembered;
  /** Bans that commands have yet to lift. */
  readonly lifts?: Remembered;
}

/** Kept as a whole, whenever it has changed. */
interface Remembered {
  /** Another number when it has changed. */
  readonly revision: number;
  save(): unknown;
  restore(saved: unknown): void;
}

/** Of the store: positions by source, as JSON, and the revisions of what is kept as a whole. */
interface Written {
  readonly positions: ReadonlyMap<string, string>;
  readonly logins: number | undefined;
  readonly lifts: number | undefined;
}

export class ChangeCollector {
  readonly #sources: ChangeSources;
  #written: Written = { positions: new Map(), logins: undefined, lifts: undefined };
  #taken: { readonly jails: readonly Jail[]; readonly sessions: readonly JailSessions[]; readonly written: Written } | undefined;

  constructor(sources: ChangeSources) {
    this.#sources = sources;
  }

  /** These positions were read from the store, or are written with all. */
  noteRestored(positions: Readonly<Record<string, StoredPosition>>): void {
    this.#written = { ...this.#written, positions: formatPositions(positions) };
  }

  /** What is kept as a whole is as the store has it, or is written with all. */
  noteRemembered(): void {
    const { logins, lifts } = this.#sources;
    this.#written = { ...this.#written, logins: logins?.revision, lifts: lifts?.revision };
  }

  /** The store has nothing of all that is in memory. */
  touchAll(): void {
    this.#sources.bans.touchAll();
    for (const jail of this.#sources.jails()) jail.touchAll();
    for (const { cache } of this.#sessions()) cache.touchAll();
    this.#written = { positions: new Map(), logins: undefined, lifts: undefined };
  }

  /** What changed since it was last taken. It is followed by `settle`, before the next. */
  take(): StoreChanges {
    const { bans, logins, lifts } = this.#sources;
    const jails = Array.from(this.#sources.jails());
    const sessions = this.#sessions();
    const positions = this.#sources.positions();
    const written = { positions: formatPositions(positions), logins: logins?.revision, lifts: lifts?.revision };
    const changed = Object.entries(positions).filter(([source]) => written.positions.get(source) !== this.#written.positions.get(source));
    const changes = {
      bans: bans.takeChanges(),
      jails: jails.map((jail) => ({ name: jail.options.name, ...jail.takeChanges() })),
      sessions: sessions.map(({ jail, filter, cache }) => ({ jail, filter, ...cache.takeChanges() })),
      positions: Object.fromEntries(changed),
      ...(logins === undefined || written.logins === this.#written.logins ? {} : { logins: logins.save() }),
      ...(lifts === undefined || written.lifts === this.#written.lifts ? {} : { lifts: lifts.save() }),
    };
    this.#taken = { jails, sessions, written };
    return changes;
  }

  /** What was taken is in the store, or has not got there. */
  settle(isWritten: boolean): void {
    if (this.#taken === undefined) return;
    const { jails, sessions, written } = this.#taken;
    this.#taken = undefined;
    this.#sources.bans.settleChanges(isWritten);
    for (const jail of jails) jail.settleChanges(isWritten);
    for (const { cache } of sessions) cache.settleChanges(isWritten);
    if (isWritten) this.#written = written;
  }

  #sessions(): readonly JailSessions[] {
    return this.#sources.sessions?.() ?? [];
  }
}

const formatPositions = (positions: Readonly<Record<string, StoredPosition>>): Map<string, string> =>
  new Map(Object.entries(positions).map(([source, position]) => [source, JSON.stringify(position)]));
