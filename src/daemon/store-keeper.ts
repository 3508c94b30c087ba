// Keeps the store up with the ban list, the jails and the sources' positions: a moment's changes in one transaction, soon after the first
// of them, or at once. Where the disk refuses, all goes on in memory, visibly, and is written when the disk takes it again.
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BanList } from '../ban/ban-list.ts';
import type { BanStore, BanStoreOptions, StoreChanges, StoredPosition } from '../ban/ban-store.ts';
import { readFormerState, retireFormerState } from '../ban/former-state.ts';
import {
  isUnusable,
  noContents,
  openBanStore,
  readStoreCopy,
  type SetAside,
  type StoreContents,
  setStoreAside,
} from '../ban/store-file.ts';
import type { BanTarget } from '../core/ban-target.ts';
import { messageOf } from '../core/errors.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Log } from '../core/log.ts';
import type { Jail } from '../jail/jail.ts';

// What a kill can make us read again. It is read into the windows of the same moment, so that nothing is counted twice.
const delayMs = 150;

// Much that changed takes long to write, and nothing else runs meanwhile: it may take a twentieth of the time.
const restPerWork = 20;

// Less than this is no burden, however often. A checkpoint of the log takes more.
const lightWorkMs = 5;

// What a jail counted that does not run any more: it may be in error only, and come back.
const forgottenAfterUsec = 86_400_000_000;

const firstRetryMs = 1000;
const lastRetryMs = 60_000;

export interface StoreKeeperOptions extends BanStoreOptions {
  readonly path: string;
  readonly log: Log;
  readonly bans: BanList;
  readonly jails: () => Iterable<Jail>;
  readonly positions: () => Readonly<Record<string, StoredPosition>>;
  /** Who logged in lately. */
  readonly logins?: { readonly revision: number; save(): unknown };
}

export interface Restored extends StoreContents {
  /** Nothing is known of an earlier run. */
  readonly isEmpty: boolean;
  /** For people: what could not be read. */
  readonly warnings: readonly string[];
}

export class StoreKeeper {
  readonly #options: StoreKeeperOptions;
  readonly #formerPath: string;
  #store: BanStore | undefined;
  #inode = 0;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #workMs = 0;
  #endedMs = Number.NEGATIVE_INFINITY;
  #failure: string | undefined;
  #isStopped = false;
  /** The store lacks what it should hold of all that is in memory. */
  #lacksAll = false;
  /** By source, as JSON, as the store has them. */
  #written = new Map<string, string>();
  /** Of the logins that the store has. */
  #writtenLogins: number | undefined;

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
    this.#formerPath = join(dirname(options.path), 'state.json');
  }

  /** Why the store could not be written; undefined where it could. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Undefined while the store cannot be opened. */
  get store(): BanStore | undefined {
    return this.#store;
  }

  /** Once, at the start. The caller gives the windows and bans to jails and list, and then calls `begin`. */
  open(): Restored {
    const { path, log } = this.#options;
    let contents: StoreContents = noContents;
    const warnings: string[] = [];
    try {
      const opened = openBanStore(path, this.#options);
      this.#use(opened.store);
      contents = opened.contents;
      if (opened.setAside !== undefined) warnings.push(asideWarning(opened.setAside));
      if (opened.store.unreadCount > 0) log.warning(`store ${path}: ${opened.store.unreadCount} rows made no sense and are left out`);
    } catch (error) {
      contents = readStoreCopy(path, this.#options) ?? noContents;
      this.#lacksAll = true;
      this.#fail(error);
    }
    if (!isEmpty(contents)) this.#written = formatPositions(contents.positions);
    const former = isEmpty(contents) ? readFormerState(this.#formerPath) : undefined;
    if (former?.setAside !== undefined) warnings.push(asideWarning(former.setAside));
    if (former !== undefined && former.setAside === undefined) {
      contents = former.contents;
      this.#lacksAll = true;
    }
    return { ...contents, isEmpty: isEmpty(contents), warnings };
  }

  /** Everything restored is in memory: writes what a former version, or another disk, has left for this store. */
  begin(): void {
    const { jails, clock } = this.#options;
    if (this.#store === undefined) return;
    // What was restored is in the store, or is written with all.
    this.#writtenLogins = this.#options.logins?.revision;
    if (this.#lacksAll) this.flush();
    if (this.#lacksAll) return;
    const names = Array.from(jails(), ({ options }) => options.name);
    try {
      this.#store.forgetOthers(names, clock() - forgottenAfterUsec);
    } catch (error) {
      this.#fail(error);
    }
    try {
      retireFormerState(this.#formerPath);
    } catch (error) {
      this.#options.log.warning(`${this.#formerPath} cannot be renamed, and is not needed any more: ${messageOf(error)}`);
    }
  }

  /** Something changed: it is written soon. */
  touch(): void {
    if (this.#isStopped || this.#failure !== undefined) return;
    this.#timer ??= setTimeout(() => this.#write(false), Math.max(delayMs, this.#workMs * restPerWork));
  }

  /**
   * Writes what changed up to now, so that it outlives the end of the process; soon, where writes are heavy and the last one was just now.
   * While the disk refuses, the next try keeps its own time. True where all is written.
   */
  commit(): boolean {
    if (this.#failure !== undefined) return false;
    if (this.#workMs > lightWorkMs && performance.now() - this.#endedMs < this.#workMs * restPerWork) {
      this.touch();
      return false;
    }
    this.#write(false);
    return this.#failure === undefined;
  }

  /** The same, and it outlives a power cut; tries where the disk refused before. */
  flush(): void {
    this.#write(true);
  }

  /** How often the jail, or any jail, has banned the network before, as far as it is remembered; for bantime.increment. */
  earlierBans(network: BanTarget, jail?: string): number {
    const { bans, jails } = this.#options;
    const counts = new Map<string, { rows: number; bancount: number }>();
    const count = (name: string, bancount: number) => {
      const former = counts.get(name) ?? { rows: 0, bancount: 0 };
      counts.set(name, { rows: former.rows + 1, bancount: Math.max(former.bancount, bancount) });
    };
    for (const row of this.#historyOf(network)) count(row.jail, row.bancount);
    for (const { options } of jails()) {
      const made = bans.madeLately(network, options.name);
      if (made !== undefined) count(options.name, made.bancount ?? 1);
    }
    const asked = jail === undefined ? Array.from(counts.values()) : [counts.get(jail) ?? { rows: 0, bancount: 0 }];
    return asked.reduce((sum, { rows, bancount }) => sum + Math.max(rows, bancount), 0);
  }

  /** The records that led to a ban, the oldest first; none where the store cannot tell. */
  evidence(identity: string, jail: string): readonly Evidence[] {
    try {
      return this.#store?.evidence(identity, jail) ?? [];
    } catch {
      return [];
    }
  }

  #historyOf(network: BanTarget): readonly { readonly jail: string; readonly bancount: number }[] {
    try {
      return this.#store?.history(network.text) ?? [];
    } catch {
      // What is wrong with the file shows at the next commit; a ban is not to wait for it.
      return [];
    }
  }

  /** Nothing is written any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#isStopped = true;
    this.#store?.close();
    this.#store = undefined;
  }

  #write(isDurable: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isStopped) return;
    try {
      this.#commitTo(this.#reach(), isDurable);
    } catch (error) {
      this.#fail(error);
    }
  }

  #commitTo(store: BanStore, isDurable: boolean): void {
    const { bans, jails, path, log } = this.#options;
    if (this.#lacksAll) {
      bans.touchAll();
      for (const jail of jails()) jail.touchAll();
      this.#written.clear();
      this.#writtenLogins = undefined;
    }
    const running = Array.from(jails());
    const positions = formatPositions(this.#options.positions());
    const changes = this.#collect(running, positions);
    const loginsRevision = this.#options.logins?.revision;
    const begin = performance.now();
    store.commit(changes, { isDurable });
    this.#endedMs = performance.now();
    this.#workMs = this.#endedMs - begin;
    bans.forgetChanges();
    for (const jail of running) jail.forgetChanges();
    this.#written = positions;
    this.#writtenLogins = loginsRevision;
    this.#lacksAll = false;
    this.#retryMs = firstRetryMs;
    if (this.#failure !== undefined) log.notice(`store ${path}: written again`);
    this.#failure = undefined;
  }

  #collect(running: readonly Jail[], positions: ReadonlyMap<string, string>): StoreChanges {
    const { logins } = this.#options;
    const current = this.#options.positions();
    const changed = Object.entries(current).filter(([source]) => positions.get(source) !== this.#written.get(source));
    return {
      bans: this.#options.bans.changes(),
      jails: running.map((jail) => ({ name: jail.options.name, ...jail.changes() })),
      positions: Object.fromEntries(changed),
      ...(logins === undefined || logins.revision === this.#writtenLogins ? {} : { logins: logins.save() }),
    };
  }

  /** The store, opened again where it could not be, or where its file is gone from its place. */
  #reach(): BanStore {
    const { path } = this.#options;
    if (this.#store !== undefined && inodeOf(path) === this.#inode) return this.#store;
    this.#store?.close();
    this.#store = undefined;
    const { store, setAside } = openBanStore(path, this.#options);
    this.#lacksAll = true;
    if (setAside !== undefined) this.#options.log.error(asideWarning(setAside));
    return this.#use(store);
  }

  #use(store: BanStore): BanStore {
    this.#store = store;
    this.#inode = inodeOf(this.#options.path);
    return store;
  }

  #fail(error: unknown): void {
    const { path, log } = this.#options;
    let message = messageOf(error);
    if (this.#store !== undefined && isUnusable(error)) {
      this.#store.close();
      this.#store = undefined;
      try {
        message = asideWarning(setStoreAside(path, message));
      } catch (failure) {
        message = `${message}; and it cannot be set aside: ${messageOf(failure)}`;
      }
    }
    if (message !== this.#failure) log.error(`store ${path}: cannot be written, bans are kept in memory only: ${message}`);
    this.#failure = message;
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#write(false), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }
}

const asideWarning = ({ path, reason }: SetAside): string =>
  `what was kept of bans and counts could not be read (${reason}); it stays as ${path}, and counting begins anew`;

const isEmpty = ({ bans, positions, windows }: StoreContents): boolean =>
  bans.length === 0 && Object.keys(positions).length === 0 && Array.from(windows.values()).every(({ length }) => length === 0);

const formatPositions = (positions: Readonly<Record<string, StoredPosition>>): Map<string, string> =>
  new Map(Object.entries(positions).map(([source, position]) => [source, JSON.stringify(position)]));

/** 0 where there is no such file. */
const inodeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
