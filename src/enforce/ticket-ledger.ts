// What one action of tickets (commands, mail, web hooks) is to ban, and what it was told to ban: where the two differ, the step that
// brings them together. Pure; the enforcer makes the calls.
import type { Repair } from '../action/action.ts';
import { type BanTicket, bareTicket, familyOf } from '../action/ban-ticket.ts';
import type { TicketAction } from '../action/ticket-action.ts';
import type { Family } from '../core/ip-network.ts';
import { LostBans } from './lost-bans.ts';
import { type Doubt, ToldBans } from './told-bans.ts';

const nearEndUsec = 5_000_000;

/**
 * What the action is to be told of one ban. `doubt`: it may be there already, and is lifted first, so that it is there once.
 * `undo`: not wanted any more, and nobody knows whether it is there.
 */
export interface TicketStep {
  readonly kind: 'ban' | 'prolong' | 'unban' | 'undo';
  readonly ticket: BanTicket;
  readonly doubt: Doubt | undefined;
}

export interface Leftover {
  readonly told: readonly BanTicket[];
  readonly untold: readonly BanTicket[];
}

export class TicketLedger {
  /** With `norestored`, what was told once counts as done for good: mail was sent, whatever became of what sends it. */
  readonly #action: Pick<TicketAction, 'norestored'>;
  readonly #jail: string;
  /** By network: what is to be banned. */
  readonly #wanted = new Map<string, BanTicket>();
  readonly #told = new ToldBans();
  /** Of the step that was taken last and has no answer yet. */
  #atWork: string | undefined;
  /** Networks in which what is wanted and what was told may differ, in order. */
  readonly #pending = new Set<string>();
  readonly #lost = new LostBans();

  constructor(action: Pick<TicketAction, 'norestored'>, jail: string) {
    this.#action = action;
    this.#jail = jail;
  }

  get wanted(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  get wantedCount(): number {
    return this.#wanted.size;
  }

  get enforced(): readonly string[] {
    return this.#told.enforced;
  }

  get enforcedCount(): number {
    return this.#told.enforcedCount;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  isWanted(network: string): boolean {
    return this.#wanted.has(network);
  }

  isEnforced(network: string): boolean {
    return this.#told.isEnforced(network);
  }

  /** Neither to be banned nor to be lifted. */
  isGone(network: string): boolean {
    return !this.isWanted(network) && !this.isEnforced(network) && this.#told.doubtOf(network) === undefined;
  }

  /** Bans of an earlier run: those that hold, and the networks of those that have ended since. All may have been told. */
  restore(held: Iterable<BanTicket>, ended: Iterable<string>): void {
    const added = this.take(held);
    if (this.#action.norestored) return;
    for (const network of added) this.#told.doubt(network, 'earlier');
    for (const network of ended) {
      this.#told.enforce(bareTicket(network, this.#jail));
      this.#pending.add(network);
    }
  }

  /** Bans that were made before, to be told as such; their networks. */
  take(held: Iterable<BanTicket>): readonly string[] {
    return Array.from(held, (ticket) => {
      const { network } = ticket;
      const restored = { ...ticket, restored: true };
      this.#wanted.set(network, restored);
      if (this.#action.norestored) this.#told.enforce(restored);
      else this.#pending.add(network);
      return network;
    });
  }

  /** What there is for whoever takes its place: what the action was told, and what it was still to be told. */
  get leftover(): Leftover {
    const untold = Array.from(this.#wanted.values()).filter(({ network }) => !this.#told.isEnforced(network));
    // Of a call that has no answer yet, most likely.
    const atWork = untold.filter(({ network }) => network === this.#atWork);
    return { told: [...this.#told.tickets(), ...atWork], untold: untold.filter(({ network }) => network !== this.#atWork) };
  }

  /** Goes on where another has ended, after `take`. */
  inherit({ told, untold }: Leftover): void {
    this.#told.enforceOnly(told);
    for (const { network, restored } of untold) {
      const wanted = this.#wanted.get(network);
      if (wanted !== undefined) this.#wanted.set(network, { ...wanted, restored });
    }
    for (const network of [...this.#told.enforced, ...this.#wanted.keys()]) this.#pending.add(network);
  }

  want(ticket: BanTicket): void {
    this.#wanted.set(ticket.network, ticket);
    this.#pending.add(ticket.network);
  }

  unwant(network: string): void {
    // What an earlier run made is most likely there: it is lifted as all others are, tried again where that fails.
    this.#told.believe(this.#ticketOf(network));
    this.#wanted.delete(network);
    this.#pending.add(network);
  }

  /** All that was told is to be lifted. */
  unwantAll(): void {
    for (const network of this.#told.doubtful) this.#told.believe(this.#ticketOf(network));
    for (const network of this.#told.enforced) this.#pending.add(network);
    // Of a call that has no answer yet.
    if (this.#atWork !== undefined) this.#pending.add(this.#atWork);
    this.#wanted.clear();
  }

  /** Somebody else may have lifted this ban. False where it is none, was told for good, or is to be made anyway. */
  doubt(network: string): boolean {
    if (this.#action.norestored || !this.#wanted.has(network)) return false;
    const isTold = this.#told.isEnforced(network) || this.#told.doubtOf(network) === 'earlier' || this.#atWork === network;
    if (!isTold) return false;
    this.#told.lift(network);
    this.#told.doubt(network, 'tried');
    this.#pending.add(network);
    return true;
  }

  /** Somebody else may have lifted all. `isSeen`: whether somebody can look which of them; they are held back by `holdBack`. */
  doubtAll({ isSeen }: { isSeen: boolean }): void {
    for (const network of Array.from(this.#wanted.keys())) {
      const isToldOnly = this.#told.isEnforced(network);
      if (this.doubt(network) && isToldOnly && isSeen) this.#told.doubt(network, 'earlier');
    }
  }

  /** Bans that an earlier run made, or that others may have lifted, are not lifted nor made until `prove` says what a look found. */
  holdBack(): readonly BanTicket[] {
    return this.#told.doubtful.flatMap((network) => {
      const wanted = this.#wanted.get(network);
      if (this.#told.doubtOf(network) !== 'earlier' || wanted === undefined || wanted.isRaw === true) return [];
      this.#pending.delete(network);
      return [wanted];
    });
  }

  /** `held`: by `holdBack`. `seen`: those of their networks that are there. */
  prove(held: readonly BanTicket[], seen: ReadonlySet<string>): void {
    for (const ticket of held) {
      const { network } = ticket;
      this.#pending.add(network);
      // Otherwise it was lifted since, or is in new doubt.
      if (seen.has(network) && this.#wanted.has(network)) this.#told.believe(ticket);
    }
  }

  /** To be looked at again. */
  tend(network: string): void {
    this.#pending.add(network);
  }

  /** The network to be looked at next; it is not pending any more. `liftsOnly`: of those that are not wanted. */
  takePending({ liftsOnly = false } = {}): string | undefined {
    for (const network of this.#pending) {
      if (liftsOnly && this.#wanted.has(network)) continue;
      this.#pending.delete(network);
      return network;
    }
    return undefined;
  }

  /** Undefined where the action was told what is wanted. Whoever takes the step says what became of it: `done` or `failed`. */
  takeStep(network: string): TicketStep | undefined {
    const step = this.#stepOf(network);
    this.#atWork = step && network;
    return step;
  }

  #stepOf(network: string): TicketStep | undefined {
    const wanted = this.#wanted.get(network);
    const enforced = this.#told.ticketOf(network);
    if (wanted !== undefined && enforced === undefined) {
      return { kind: 'ban', ticket: wanted, doubt: this.#told.takeDoubt(network) };
    }
    if (wanted !== undefined && enforced !== undefined && endOf(wanted) > endOf(enforced)) {
      return { kind: 'prolong', ticket: wanted, doubt: undefined };
    }
    if (wanted === undefined && enforced !== undefined) return { kind: 'unban', ticket: enforced, doubt: undefined };
    const doubt = wanted === undefined ? this.#told.takeDoubt(network) : undefined;
    return doubt && { kind: 'undo', ticket: { ...bareTicket(network, this.#jail), restored: false }, doubt };
  }

  /** The action agreed. */
  done({ kind, ticket }: TicketStep): void {
    const { network } = ticket;
    this.#atWork = undefined;
    if (kind === 'unban') this.#told.lift(network);
    // Otherwise somebody may have lifted it while it was made.
    else if (kind !== 'undo' && this.#told.doubtOf(network) === undefined) this.#told.enforce(ticket);
  }

  /** `isRun`: whether it may have done its work all the same. `isLifted`: whether what was in doubt is not there any more. */
  failed({ kind, ticket: { network }, doubt }: TicketStep, { isRun, isLifted }: { isRun: boolean; isLifted: boolean }): void {
    this.#atWork = undefined;
    if (this.#told.isEnforced(network) || this.#told.doubtOf(network) !== undefined) return;
    if (doubt !== undefined && !isLifted) this.#told.doubt(network, doubt);
    else if (isRun && kind !== 'undo') this.#told.doubt(network, 'tried');
  }

  /** What cannot be lifted counts as lifted. */
  giveUp(network: string): void {
    this.#told.forget(network);
  }

  /** `isLifted`: whether all that was told is gone now. */
  flushed(isLifted: boolean): void {
    if (isLifted) this.#told.liftAll();
    for (const network of this.#wanted.keys()) this.#pending.add(network);
  }

  /** What enforced the bans of these families is gone, and they with it. */
  lose(lost: readonly Family[], except?: string): void {
    if (lost.length === 0 || this.#action.norestored) return;
    for (const network of [...this.#told.enforced, ...this.#told.doubtful]) {
      const family = familyOf(network);
      if (network === except || !lost.includes(family)) continue;
      const wanted = this.#wanted.get(network);
      if (wanted !== undefined && this.#told.isEnforced(network)) {
        this.#lost.add(network, family);
        this.#wanted.set(network, { ...wanted, restored: true });
      }
      this.#told.forget(network);
      this.#pending.add(network);
    }
  }

  /** What may be there: told in this run, or by an earlier one. */
  get told(): readonly BanTicket[] {
    return [...this.#told.tickets(), ...this.#told.doubtful.map((network) => this.#ticketOf(network))];
  }

  /** Nothing of it is there any more; what is wanted is to be told again. */
  forget(): void {
    if (this.#action.norestored) return;
    for (const { network } of this.told) {
      const wanted = this.#wanted.get(network);
      if (wanted !== undefined) this.#wanted.set(network, { ...wanted, restored: true });
      this.#pending.add(network);
    }
    this.#told.forgetAll();
  }

  /**
   * A look did not find these bans. Lifted first, so that each is there once: since the look it may have come back. Those that are to be made
   * anew.
   */
  miss(networks: readonly string[], nowUsec: number): readonly string[] {
    if (this.#action.norestored) return [];
    return networks.filter((network) => {
      const wanted = this.#wanted.get(network);
      // Some firewalls know its end as well, and are a little before us.
      if (wanted === undefined || endOf(wanted) < nowUsec + nearEndUsec || !this.#told.isEnforced(network)) return false;
      this.#wanted.set(network, { ...wanted, restored: true });
      this.#lost.add(network);
      return this.doubt(network);
    });
  }

  /** Those of the families of which it was told any ban. */
  enforcedFamilies(families: readonly Family[]): readonly Family[] {
    return families.filter((family) => this.#told.enforced.some((network) => familyOf(network) === family));
  }

  /** What others took away and is back now, told once; undefined where there is nothing, or while some of it is pending. */
  takeRepair(): Repair | undefined {
    if (this.#pending.size > 0) return undefined;
    return this.#lost.takeRepair(
      (network) => this.isWanted(network),
      (network) => this.isEnforced(network),
    );
  }

  #ticketOf(network: string): BanTicket {
    return this.#wanted.get(network) ?? bareTicket(network, this.#jail);
  }
}

const endOf = (ticket: BanTicket): number => ticket.untilUsec ?? Number.POSITIVE_INFINITY;
