// What one action of tickets (commands, mail, web hooks) is to ban, and what it was told to ban: where the two differ, the step that
// brings them together. Pure; the enforcer makes the calls.
import type { Repair } from '../action/action.ts';
import { type BanTicket, familyOf, markOf } from '../action/ban-ticket.ts';
import type { TicketAction } from '../action/ticket-action.ts';
import type { Family } from '../core/ip-network.ts';

const nearEndUsec = 5_000_000;

/** Why a ban may be there although nobody said so: an earlier run made it, or a try failed halfway. */
type Doubt = 'earlier' | 'tried';

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
  /** By network: what is to be banned, and what the action was told to ban. */
  readonly #wanted = new Map<string, BanTicket>();
  readonly #enforced = new Map<string, BanTicket>();
  /** Bans that may be there already. To be lifted first, or they would be there twice. */
  readonly #doubtful = new Map<string, Doubt>();
  /** Of the step that was taken last and has no answer yet. */
  #atWork: string | undefined;
  /** Networks in which these may differ, in order. */
  readonly #pending = new Set<string>();
  /** Bans that others took away, to be told when they are back, and the families of which all is gone. */
  readonly #lost = { families: new Set<Family>(), networks: new Set<string>() };

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
    return [...this.#enforced.keys()];
  }

  get enforcedCount(): number {
    return this.#enforced.size;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  isWanted(network: string): boolean {
    return this.#wanted.has(network);
  }

  isEnforced(network: string): boolean {
    return this.#enforced.has(network);
  }

  /** Bans of an earlier run: those that hold, and the networks of those that have ended since. All may have been told. */
  restore(held: Iterable<BanTicket>, ended: Iterable<string>): void {
    const added = this.take(held);
    if (this.#action.norestored) return;
    for (const network of added) this.#doubtful.set(network, 'earlier');
    for (const network of ended) {
      this.#enforced.set(network, ghostOf(network, this.#jail));
      this.#pending.add(network);
    }
  }

  /** Bans that were made before, to be told as such; their networks. */
  take(held: Iterable<BanTicket>): readonly string[] {
    return Array.from(held, (ticket) => {
      const { network } = ticket;
      const restored = { ...ticket, restored: true };
      this.#wanted.set(network, restored);
      if (this.#action.norestored) this.#enforced.set(network, restored);
      else this.#pending.add(network);
      return network;
    });
  }

  /** What there is for whoever takes its place: what the action was told, and what it was still to be told. */
  get leftover(): Leftover {
    const told = [...this.#enforced.values()];
    const untold = Array.from(this.#wanted.values()).filter(({ network }) => !this.#enforced.has(network));
    // Of a call that has no answer yet, most likely.
    const atWork = untold.filter(({ network }) => network === this.#atWork);
    return { told: [...told, ...atWork], untold: untold.filter(({ network }) => network !== this.#atWork) };
  }

  /** Goes on where another has ended, after `take`. */
  inherit({ told, untold }: Leftover): void {
    const known = new Set(told.map(({ network }) => network));
    for (const network of Array.from(this.#enforced.keys())) if (!known.has(network)) this.#enforced.delete(network);
    for (const ticket of told) this.#enforced.set(ticket.network, ticket);
    for (const { network, restored } of untold) {
      const wanted = this.#wanted.get(network);
      if (wanted !== undefined) this.#wanted.set(network, { ...wanted, restored });
    }
    for (const network of [...this.#enforced.keys(), ...this.#wanted.keys()]) this.#pending.add(network);
  }

  want(ticket: BanTicket): void {
    this.#wanted.set(ticket.network, ticket);
    this.#pending.add(ticket.network);
  }

  unwant(network: string): void {
    this.#believe(network);
    this.#wanted.delete(network);
    this.#pending.add(network);
  }

  /** All that was told is to be lifted. */
  unwantAll(): void {
    for (const network of [...this.#doubtful.keys()]) this.#believe(network);
    for (const network of this.#enforced.keys()) this.#pending.add(network);
    this.#wanted.clear();
  }

  /** What an earlier run made is most likely there: it is lifted as all others are, tried again where that fails. */
  #believe(network: string): void {
    if (this.#doubtful.get(network) !== 'earlier') return;
    this.#doubtful.delete(network);
    this.#enforced.set(network, this.#wanted.get(network) ?? ghostOf(network, this.#jail));
  }

  /** Somebody else may have lifted this ban. False where it is none, was told for good, or is to be made anyway. */
  doubt(network: string): boolean {
    if (this.#action.norestored || !this.#wanted.has(network)) return false;
    const isTold = this.#enforced.has(network) || this.#doubtful.get(network) === 'earlier' || this.#atWork === network;
    if (!isTold) return false;
    this.#enforced.delete(network);
    this.#doubtful.set(network, 'tried');
    this.#pending.add(network);
    return true;
  }

  /** Somebody else may have lifted all. `isSeen`: whether somebody can look which of them; they are held back by `holdBack`. */
  doubtAll({ isSeen }: { isSeen: boolean }): void {
    for (const network of Array.from(this.#wanted.keys())) {
      const isToldOnly = this.#enforced.has(network);
      if (this.doubt(network) && isToldOnly && isSeen) this.#doubtful.set(network, 'earlier');
    }
  }

  /** Bans that an earlier run made, or that others may have lifted, are not lifted nor made until `prove` says what a look found. */
  holdBack(): readonly BanTicket[] {
    return Array.from(this.#doubtful).flatMap(([network, doubt]) => {
      const wanted = this.#wanted.get(network);
      if (doubt !== 'earlier' || wanted === undefined || wanted.isRaw === true) return [];
      this.#pending.delete(network);
      return [wanted];
    });
  }

  /** `held`: by `holdBack`. `seen`: those of their networks that are there. */
  prove(held: readonly BanTicket[], seen: ReadonlySet<string>): void {
    for (const ticket of held) {
      const { network } = ticket;
      this.#pending.add(network);
      // Lifted since, or in new doubt.
      if (!seen.has(network) || !this.#wanted.has(network) || this.#doubtful.get(network) !== 'earlier') continue;
      this.#doubtful.delete(network);
      this.#enforced.set(network, ticket);
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
    const enforced = this.#enforced.get(network);
    if (wanted !== undefined && enforced === undefined) {
      return { kind: 'ban', ticket: wanted, doubt: this.#takeDoubt(network) };
    }
    if (wanted !== undefined && enforced !== undefined && endOf(wanted) > endOf(enforced)) {
      return { kind: 'prolong', ticket: wanted, doubt: undefined };
    }
    if (wanted === undefined && enforced !== undefined) return { kind: 'unban', ticket: enforced, doubt: undefined };
    const doubt = wanted === undefined ? this.#takeDoubt(network) : undefined;
    return doubt && { kind: 'undo', ticket: { ...ghostOf(network, this.#jail), restored: false }, doubt };
  }

  #takeDoubt(network: string): Doubt | undefined {
    const doubt = this.#doubtful.get(network);
    this.#doubtful.delete(network);
    return doubt;
  }

  /** The action agreed; `lost`: the families whose other bans are gone. */
  done({ kind, ticket }: TicketStep, lost: readonly Family[]): void {
    const { network } = ticket;
    this.#atWork = undefined;
    if (kind === 'unban') this.#enforced.delete(network);
    // Otherwise somebody may have lifted it while it was made.
    else if (kind !== 'undo' && !this.#doubtful.has(network)) this.#enforced.set(network, ticket);
    this.lose(lost, network);
  }

  /** `isRun`: whether it may have done its work all the same. `isLifted`: whether what was in doubt is not there any more. */
  failed({ kind, ticket: { network }, doubt }: TicketStep, { isRun, isLifted }: { isRun: boolean; isLifted: boolean }): void {
    this.#atWork = undefined;
    if (this.#enforced.has(network) || this.#doubtful.has(network)) return;
    if (doubt !== undefined && !isLifted) this.#doubtful.set(network, doubt);
    else if (isRun && kind !== 'undo') this.#doubtful.set(network, 'tried');
  }

  /** What cannot be lifted counts as lifted. */
  giveUp(network: string): void {
    this.#enforced.delete(network);
    this.#doubtful.delete(network);
  }

  /** `isLifted`: whether all that was told is gone now. */
  flushed(isLifted: boolean): void {
    if (isLifted) this.#enforced.clear();
    for (const network of this.#wanted.keys()) this.#pending.add(network);
  }

  /** What enforced the bans of these families is gone, and they with it. */
  lose(lost: readonly Family[], except?: string): void {
    if (lost.length === 0 || this.#action.norestored) return;
    for (const network of [...this.#enforced.keys(), ...this.#doubtful.keys()]) {
      const family = familyOf(network);
      if (network === except || !lost.includes(family)) continue;
      const wanted = this.#wanted.get(network);
      if (wanted !== undefined && this.#enforced.has(network)) {
        this.#lost.families.add(family);
        this.#lost.networks.add(network);
        this.#wanted.set(network, { ...wanted, restored: true });
      }
      this.#enforced.delete(network);
      this.#doubtful.delete(network);
      this.#pending.add(network);
    }
  }

  /** What may be there: told in this run, or by an earlier one. */
  get told(): readonly BanTicket[] {
    const doubtful = Array.from(this.#doubtful.keys(), (network) => this.#wanted.get(network) ?? ghostOf(network, this.#jail));
    return [...this.#enforced.values(), ...doubtful];
  }

  /** Nothing of it is there any more; what is wanted is to be told again. */
  forget(): void {
    if (this.#action.norestored) return;
    for (const { network } of this.told) {
      const wanted = this.#wanted.get(network);
      if (wanted !== undefined) this.#wanted.set(network, { ...wanted, restored: true });
      this.#pending.add(network);
    }
    this.#enforced.clear();
    this.#doubtful.clear();
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
      if (wanted === undefined || endOf(wanted) < nowUsec + nearEndUsec || !this.#enforced.has(network)) return false;
      this.#wanted.set(network, { ...wanted, restored: true });
      this.#lost.networks.add(network);
      return this.doubt(network);
    });
  }

  /** Those of the families of which it was told any ban. */
  enforcedFamilies(families: readonly Family[]): readonly Family[] {
    return families.filter((family) => Array.from(this.#enforced.keys()).some((network) => familyOf(network) === family));
  }

  /** What others took away and is back now, told once; undefined where there is nothing, or while some of it is pending. */
  takeRepair(): Repair | undefined {
    const { families, networks } = this.#lost;
    if (networks.size === 0 || this.#pending.size > 0) return undefined;
    for (const network of networks) if (!this.#wanted.has(network)) networks.delete(network);
    const bans = Array.from(networks).filter((network) => this.#enforced.has(network)).length;
    // Put back it is when the first of them is; what only failed is told as that.
    if (bans === 0) return undefined;
    const which = [...families].toSorted().map((family) => `IPv${family}`);
    networks.clear();
    families.clear();
    return { found: which.length > 0 ? `what the action had set up for ${which.join(' and ')} was gone` : 'bans were gone', bans };
  }
}

const endOf = (ticket: BanTicket): number => ticket.untilUsec ?? Number.POSITIVE_INFINITY;

/** Of a ban of which only the network is known any more. */
const ghostOf = (network: string, jail: string): BanTicket => ({
  network,
  ...markOf(network),
  jail,
  failures: 0,
  matches: [],
  sinceUsec: 0,
  untilUsec: undefined,
  bancount: 0,
  restored: true,
  fields: {},
});
