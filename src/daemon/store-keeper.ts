// Keeps the store up with the ban list, the jails, their filters' sessions and the sources' positions: a moment's changes in one
// transaction, soon after the first of them, or at once. Where they are many, they are written in slices, between which everything else
// goes on. Where the disk refuses, all goes on in memory, visibly, and is written when the disk takes it again.
import { statSync } from 'node:fs';
import type { BanDecision } from '../ban/ban.ts';
import type { BanStore, BanStoreOptions, StoreTransaction } from '../ban/ban-store.ts';
import type { StoreChanges } from '../ban/store-changes.ts';
import { isEmptyContents, noContents, type OpenedStore, readStoreCopy, type StoreContents } from '../ban/store-file.ts';
import { BackOff } from '../core/back-off.ts';
import type { BanTarget } from '../core/ban-target.ts';
import { systemCodeOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { ChangeCollector, type ChangeSources } from './change-collector.ts';
import { ForgottenCounts } from './forgotten-counts.ts';
import { LateStore } from './late-store.ts';
import { StoreFacts } from './store-facts.ts';
import { asideWarning, StorePlace } from './store-place.ts';
import { WritePace } from './write-pace.ts';

// What a kill can make us read again. It is read into the windows of the same moment, so that nothing is counted twice.
const delayMs = 150;

// Nothing else runs meanwhile, and somebody may wait for an answer.
const usualSliceMs = 10;

// What a jail counted that does not run any more: it may be in error only, and come back.
const forgottenAfterUsec = 86_400_000_000;

const retryLimits = { firstMs: 1000, lastMs: 60_000 };

export interface StoreKeeperOptions extends BanStoreOptions, ChangeSources {
  readonly path: string;
  readonly log: Log;
  /** Bans of an earlier run that could be read only now; those among them that have ended are for the caller to leave out. */
  readonly onLateBans?: (bans: readonly BanDecision[]) => void;
  /** For tests, which would have to write much. */
  readonly sliceMs?: number;
}

export interface Restored extends StoreContents {
  /** Nothing is known of an earlier run. */
  readonly isEmpty: boolean;
  /** For people: what could not be read. */
  readonly warnings: readonly string[];
}

export class StoreKeeper {
  readonly facts: StoreFacts;
  readonly #options: StoreKeeperOptions;
  readonly #place: StorePlace;
  readonly #changes: ChangeCollector;
  readonly #pace = new WritePace();
  /** What is being written, in slices. */
  #transaction: StoreTransaction | undefined;
  #nextSlice: NodeJS.Immediate | undefined;
  /** Who waits for the end of the transaction. */
  readonly #awaiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #backOff = new BackOff(retryLimits);
  #failure: string | undefined;
  #isStopped = false;
  readonly #late = new LateStore();
  /** There is a store of an earlier run, and nobody has read it. */
  #isUnread = false;
  /** The store lacks what it should hold of all that is in memory. */
  #lacksAll = false;
  /** What the store may still have of jails that do not run: these have no changes of their own. */
  #forgotten = new ForgottenCounts();
  #taken: ForgottenCounts | undefined;

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
    this.#place = new StorePlace(options, (opened) => this.#takeLate(opened));
    this.#changes = new ChangeCollector(options);
    const { bans, jails } = options;
    this.facts = new StoreFacts({ store: () => this.store, bans, jails });
  }

  /** Why the store could not be written; undefined where it could. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** For people, a line each. */
  get warnings(): readonly string[] {
    return [
      ...(this.#failure === undefined ? [] : [`the store cannot be written, bans and counts are kept in memory only: ${this.#failure}`]),
      ...(this.#isUnread ? ['the bans and counts of an earlier run could not be read, and count for nothing until they can be'] : []),
    ];
  }

  /** A person lifted the bans of the network, or of all; a store that is read later does not bring them back. */
  noteUnbanned(network: BanTarget | undefined, jail: string | undefined): void {
    this.#late.noteUnbanned(network, jail);
  }

  /** Nor do the counts that led to it, of a jail that does not run now: it may be in error only. `jail`: undefined for all. */
  noteForgotten(network: BanTarget, jail: string | undefined): void {
    this.#forgotten.add(network, jail);
  }

  /** Undefined while the store cannot be opened. */
  get store(): BanStore | undefined {
    return this.#place.store;
  }

  /** Once, at the start. The caller gives windows, sessions and bans to jails, filters and list, and then calls `begin`. */
  open(): Restored {
    const { path, log } = this.#options;
    let contents: StoreContents = noContents;
    const warnings: string[] = [];
    try {
      const opened = this.#place.open();
      contents = opened.contents;
      if (opened.setAside !== undefined) warnings.push(asideWarning(opened.setAside));
      if (opened.store.unreadCount > 0) log.warning(`store ${path}: ${opened.store.unreadCount} rows made no sense and are left out`);
    } catch (error) {
      const copy = readStoreCopy(path, this.#options);
      if (copy !== undefined) this.#late.noteRead(copy);
      this.#isUnread = copy === undefined && mayExist(path, error);
      contents = copy ?? noContents;
      this.#lacksAll = true;
      this.#fail(error);
    }
    const isEmpty = isEmptyContents(contents);
    if (!isEmpty) this.#changes.noteRestored(contents.positions);
    return { ...contents, isEmpty, warnings };
  }

  /** Everything restored is in memory: writes what was read from a copy, as the store could not be written. */
  begin(): void {
    const { jails, sessions = () => [], clock } = this.#options;
    if (this.store === undefined) return;
    this.#changes.noteRemembered();
    if (this.#lacksAll) this.flush();
    if (this.#lacksAll) return;
    const names = Array.from(jails(), ({ options }) => options.name);
    try {
      const filters = sessions().map(({ jail, filter }) => [jail, filter] as const);
      this.store.forgetOthers(names, filters, clock() - forgottenAfterUsec);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Something changed: it is written soon. */
  touch(): void {
    if (this.#isStopped || this.#failure !== undefined) return;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#mustWait) this.touch();
        else this.#write();
      },
      Math.max(delayMs, this.#pace.restMs),
    );
  }

  /**
   * Writes what changed up to now, so that it outlives the end of the process; soon, where that is much, or the last was and just now.
   * While the disk refuses, the next try keeps its own time. True where all is written.
   */
  commit(): boolean {
    if (this.#failure !== undefined) return false;
    if (this.#mustWait) {
      this.touch();
      return false;
    }
    this.#write();
    return this.#failure === undefined && this.#transaction === undefined;
  }

  /** Resolves when what changed up to now is written, or cannot be. Nothing else waits for it, and it does not rest before. */
  async settle(): Promise<void> {
    await this.#transactionEnd();
    if (this.#failure !== undefined) return;
    // Somebody else who waited may have begun it: it has all up to now.
    if (this.#transaction === undefined) this.#write();
    await this.#transactionEnd();
  }

  /** Writes all of it before anything else happens, and it outlives a power cut; tries where the disk refused before. */
  flush(): void {
    clearImmediate(this.#nextSlice);
    this.#attempt(() => {
      this.#advance(Number.POSITIVE_INFINITY);
      this.#begin(true);
      this.#advance(Number.POSITIVE_INFINITY);
    });
  }

  /** Nothing is written any more. */
  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#nextSlice);
    this.#isStopped = true;
    this.#endTransaction(false);
    this.#place.close();
  }

  get #mustWait(): boolean {
    return this.#transaction !== undefined || this.#pace.restMs > 0;
  }

  #transactionEnd(): Promise<void> {
    if (this.#transaction === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#awaiting.push(resolve));
  }

  #endTransaction(isWritten: boolean): void {
    this.#transaction = undefined;
    this.#changes.settle(isWritten);
    if (!isWritten && this.#taken !== undefined) this.#forgotten.join(this.#taken);
    this.#taken = undefined;
    for (const resolve of this.#awaiting.splice(0)) resolve();
  }

  /** What changed up to now. */
  #write(): void {
    this.#attempt(() => this.#begin(false));
    this.#goOn();
  }

  /** With what is being written; what is not done in a slice goes on in a later turn of the event loop. */
  #goOn(): void {
    this.#attempt(() => {
      if (!this.#advance(this.#options.sliceMs ?? usualSliceMs)) this.#nextSlice = setImmediate(() => this.#goOn());
    });
  }

  #attempt(write: () => void): void {
    if (this.#isStopped) return;
    try {
      write();
    } catch (error) {
      this.#endTransaction(false);
      this.#fail(error);
    }
  }

  #begin(isDurable: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const store = this.#place.reach();
    if (this.#lacksAll) this.#changes.touchAll();
    this.#pace.begin();
    this.#pace.timed(() => {
      const others = this.#forgottenIn(store);
      const changes = this.#changes.take();
      this.#taken = this.#forgotten;
      this.#forgotten = new ForgottenCounts();
      this.#transaction = store.begin({ ...changes, jails: [...changes.jails, ...others] }, { isDurable });
    });
  }

  /** What it loses of jails that do not run. */
  #forgottenIn(store: BanStore): StoreChanges['jails'] {
    if (this.#forgotten.isEmpty) return [];
    const running = new Set(Array.from(this.#options.jails(), ({ options }) => options.name));
    return store
      .jailNames()
      .filter((name) => !running.has(name))
      .map((name) => ({ name, isWhole: false, windows: this.#forgotten.changesOf(store.windows(name), name) }));
  }

  /** The store was opened after the start: what it has goes into memory, so that what is written has it, too. */
  #takeLate({ contents, setAside }: OpenedStore): void {
    const { path, log, jails, sessions = () => [], logins, onLateBans } = this.#options;
    this.#lacksAll = true;
    this.#isUnread = false;
    if (setAside !== undefined) log.error(asideWarning(setAside));
    if (!this.#late.isNews(contents)) return;
    this.#forgotten.join(this.#late.forgottenWith(contents.bans));
    const bans = this.#late.join(contents, { jails: jails(), sessions: sessions() });
    logins?.restore(contents.logins);
    const missed = 'records from between its last writing and the start of this run were not read';
    log.warning(`store ${path}: ${bans.length} bans, and counts, of an earlier run could be read only now and hold again; ${missed}`);
    onLateBans?.(bans);
  }

  /** Goes on with what is being written, for so long. True where nothing is left of it. */
  #advance(budgetMs: number): boolean {
    const transaction = this.#transaction;
    if (transaction === undefined) return true;
    if (!this.#pace.timed(() => transaction.advance(budgetMs))) return false;
    this.#endTransaction(true);
    this.#lacksAll = false;
    this.#backOff.succeeded();
    const { path, log } = this.#options;
    if (this.#failure !== undefined) {
      log.notice(`store ${path}: written again`);
      this.#failure = undefined;
      // What changed while this was written had nobody to note it.
      this.touch();
    }
    return true;
  }

  #fail(error: unknown): void {
    const { path, log } = this.#options;
    const message = this.#place.failed(error);
    if (message !== this.#failure) log.error(`store ${path}: cannot be written, bans are kept in memory only: ${message}`);
    this.#failure = message;
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), this.#backOff.failed());
  }
}

/** Where the directory may not be searched, nobody can tell. */
const mayExist = (path: string, error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes(systemCodeOf(error) ?? '') || (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
