// Writes what changed into the store's tables, row by row.
import type { Clock } from '../core/clock.ts';
import type { Evidence } from '../core/evidence.ts';
import { type BanChange, type BanDecision, holdKeyOf } from './ban.ts';
import type { JailNumbers } from './jail-numbers.ts';
import type { StoreChanges, StoredSessionChanges, WindowChange } from './store-changes.ts';
import type { StoreStatements } from './store-statements.ts';
import { formatDecision, storedUntil } from './stored-decision.ts';
import { formatSession } from './stored-session.ts';
import { formatEntries } from './stored-window.ts';

/** As BanStoreOptions has them. */
export interface StoreWriterOptions {
  readonly clock: Clock;
  readonly purgeAgeUsec: number;
  readonly maxHistory: number;
  readonly maxEvidence: number;
  readonly maxEvidenceOf: (jail: string) => number | undefined;
  readonly configurationOf: (jail: string) => string | undefined;
}

// Between two pauses; a fraction of a millisecond.
const rowsPerStep = 20;

// Of what is due for removal, so much a transaction, beside as much as it adds: no commit pays for many, and no flood makes more of it.
const purgedAtOnce = 200;

export class StoreWriter {
  readonly #statements: StoreStatements;
  readonly #jails: JailNumbers;
  readonly #options: StoreWriterOptions;
  #touched: number;
  /** To the history, by the transaction. */
  #added = 0;

  constructor(statements: StoreStatements, jails: JailNumbers, options: StoreWriterOptions) {
    this.#statements = statements;
    this.#jails = jails;
    this.#options = options;
    this.#touched = statements.latestTouch.get()?.touched ?? 0;
  }

  /** Within a transaction of the caller's. Pauses every few rows, so that others can have their turn. */
  *write({ bans, jails, sessions = [], positions, logins, lifts }: StoreChanges): Generator<void, void, void> {
    const { setPosition, setMemory } = this.#statements;
    const nowUsec = this.#options.clock();
    this.#added = 0;
    const made = new Map<string, BanDecision>();
    yield* this.#writeBans(bans.isWhole, bans.bans, made, nowUsec);
    for (const { name, isWhole, windows } of jails) yield* this.#writeWindows(name, isWhole, windows, made);
    for (const [index, { network, jail, evidence }] of Array.from(made.values()).entries()) {
      this.#proveBan(network.text, this.#jails.of(jail), evidence);
      if (index % rowsPerStep === 0) yield;
    }
    for (const ofFilter of sessions) yield* this.#writeSessions(ofFilter);
    for (const [source, position] of Object.entries(positions)) setPosition.run(source, JSON.stringify(position));
    if (logins !== undefined) setMemory.run('logins', JSON.stringify(logins));
    if (lifts !== undefined) setMemory.run('lifts', JSON.stringify(lifts));
    yield* this.#purge(nowUsec);
  }

  /** Fills `made`, the bans made, by network and jail. */
  *#writeBans(
    isWhole: boolean,
    changes: readonly BanChange[],
    made: Map<string, BanDecision>,
    nowUsec: number,
  ): Generator<void, void, void> {
    const statements = this.#statements;
    if (isWhole) statements.removeBans.run();
    for (const [index, change] of changes.entries()) {
      if (index % rowsPerStep === 0) yield;
      const { text } = change.network;
      const jail = this.#jails.of(change.jail);
      if (change.held === undefined) {
        if (!isWhole) statements.removeBan.run(text, jail);
      } else {
        const { sinceUsec, untilUsec, decision } = formatDecision(change.held);
        statements.setBan.run(text, jail, sinceUsec, untilUsec, decision);
      }
      if (change.made !== undefined) {
        made.set(holdKeyOf(text, change.jail), change.made);
        this.#addHistory(change.made, jail, nowUsec);
      }
      if (change.held === undefined) this.#end(text, jail, nowUsec);
    }
    if (isWhole) statements.endHistoryOfLifted.run(nowUsec);
  }

  #addHistory({ network, jail, origin, sinceUsec, untilUsec, bancount }: BanDecision, jailId: number, nowUsec: number): void {
    const { prolongHistory, endHistory, addHistory } = this.#statements;
    // What was found in force is an old ban of which nothing is known; what is written as a whole, or was made longer, may be there already.
    if (this.#options.purgeAgeUsec === 0 || origin === 'found') return;
    if (prolongHistory.run(storedUntil(untilUsec), network.text, jailId, sinceUsec).changes > 0) return;
    endHistory.run(nowUsec, network.text, jailId);
    const configuration = this.#options.configurationOf(jail) ?? '';
    addHistory.run(network.text, jailId, sinceUsec, storedUntil(untilUsec), bancount ?? 1, configuration);
    this.#added++;
  }

  #end(network: string, jail: number, nowUsec: number): void {
    if (this.#options.purgeAgeUsec === 0) this.#statements.removeEvidence.run(jail, network);
    else this.#statements.endHistory.run(nowUsec, network, jail);
  }

  *#writeWindows(
    name: string,
    isWhole: boolean,
    changes: Iterable<WindowChange>,
    made: ReadonlyMap<string, BanDecision>,
  ): Generator<void, void, void> {
    const statements = this.#statements;
    const jail = this.#jails.of(name);
    if (isWhole) statements.removeWindowsOf.run(jail);
    let row = 0;
    for (const { identity, entries, evidence } of changes) {
      if (row++ % rowsPerStep === 0) yield;
      if (entries !== undefined) statements.setWindow.run(jail, identity, ++this.#touched, formatEntries(entries));
      else if (!isWhole) statements.removeWindow.run(jail, identity);
      this.#writeEvidence(name, identity, evidence, made.get(holdKeyOf(identity, name)));
      const isGone = entries === undefined && statements.isKnown.get({ identity, jail }) === undefined;
      if (isGone) statements.removeEvidence.run(jail, identity);
    }
    if (isWhole) yield* this.#removeStrayEvidence(jail);
  }

  /** Of whom there is no window, ban or history any more. In pages: one statement for all would take as long as it likes. */
  *#removeStrayEvidence(jail: number): Generator<void, void, void> {
    const { evidenceAfter, isKnown, removeEvidence } = this.#statements;
    let last = '';
    for (let page = evidenceAfter.all(jail, last, rowsPerStep); page.length > 0; page = evidenceAfter.all(jail, last, rowsPerStep)) {
      for (const { identity } of page) {
        if (isKnown.get({ identity, jail }) === undefined) removeEvidence.run(jail, identity);
        last = identity;
      }
      yield;
    }
  }

  *#writeSessions({ jail: name, filter, isWhole, sessions }: StoredSessionChanges): Generator<void, void, void> {
    const { setSession, removeSession, removeSessionsOf } = this.#statements;
    const jail = this.#jails.of(name);
    if (isWhole) removeSessionsOf.run(jail, filter);
    let row = 0;
    for (const { id, state } of sessions) {
      if (row++ % rowsPerStep === 0) yield;
      if (state !== undefined) setSession.run(jail, filter, id, formatSession(state));
      else if (!isWhole) removeSession.run(jail, filter, id);
    }
  }

  /** What comes from somebody who is banned already did not lead to the ban, and must not push out what did. */
  #writeEvidence(name: string, identity: string, evidence: readonly Evidence[], made: BanDecision | undefined): void {
    const jail = this.#jails.of(name);
    const { isHeld, addEvidence, trimEvidence } = this.#statements;
    if (evidence.length === 0 || (made === undefined && isHeld.get(identity, jail) !== undefined)) return;
    for (const record of made?.evidence === undefined ? evidence : until(made.evidence, evidence)) {
      addEvidence.run({ jail, identity, record: JSON.stringify(record) });
    }
    trimEvidence.run({ jail, identity, kept: this.#options.maxEvidenceOf(name) ?? this.#options.maxEvidence });
  }

  /** The record that completed a ban is there, also where the windows' changes were too many to have it among them. */
  #proveBan(network: string, jail: number, evidence: Evidence | undefined): void {
    if (evidence === undefined) return;
    const { latestEvidence, addEvidence } = this.#statements;
    const record = JSON.stringify(evidence);
    if (latestEvidence.get(jail, network)?.record !== record) addEvidence.run({ jail, identity: network, record });
  }

  *#purge(nowUsec: number): Generator<void, void, void> {
    const { dueHistory, removeHistory, isKnown, removeEvidence } = this.#statements;
    const { purgeAgeUsec, maxHistory } = this.#options;
    for (let left = purgedAtOnce + this.#added; left > 0; left -= rowsPerStep) {
      const due = dueHistory.all(nowUsec - purgeAgeUsec, maxHistory, Math.min(left, rowsPerStep));
      for (const { id, network, jail } of due) {
        removeHistory.run(id);
        if (isKnown.get({ identity: network, jail }) === undefined) removeEvidence.run(jail, network);
      }
      if (due.length < rowsPerStep) return;
      yield;
    }
  }
}

/** The records up to `last`, which is the last in any case. */
function until(last: Evidence, evidence: readonly Evidence[]): readonly Evidence[] {
  const index = evidence.findLastIndex(({ source, sequence }) => source === last.source && sequence === last.sequence);
  return [...evidence.slice(0, Math.max(0, index)), last];
}
