// What one action of tickets has of bans, as far as anybody knows: those that it enforces, as it said, and those that may be there although
// nobody said so. Pure.
import type { BanTicket } from '../action/ban-ticket.ts';

/**
 * Why a ban may be there. `earlier`: an earlier run made it, or a look is to tell whether others have lifted it. `tried`: a try failed
 * halfway, or others may have lifted it and nobody is to look.
 */
export type Doubt = 'earlier' | 'tried';

export class ToldBans {
  /** By network: the ticket that the action agreed to. */
  readonly #enforced = new Map<string, BanTicket>();
  /** To be lifted first, or they would be there twice. */
  readonly #doubtful = new Map<string, Doubt>();

  get enforced(): readonly string[] {
    return [...this.#enforced.keys()];
  }

  get enforcedCount(): number {
    return this.#enforced.size;
  }

  get doubtful(): readonly string[] {
    return [...this.#doubtful.keys()];
  }

  isEnforced(network: string): boolean {
    return this.#enforced.has(network);
  }

  /** What the action agreed to; undefined where it does not enforce the ban. */
  ticketOf(network: string): BanTicket | undefined {
    return this.#enforced.get(network);
  }

  tickets(): readonly BanTicket[] {
    return [...this.#enforced.values()];
  }

  doubtOf(network: string): Doubt | undefined {
    return this.#doubtful.get(network);
  }

  /** The action enforces it; a doubt stays. */
  enforce(ticket: BanTicket): void {
    this.#enforced.set(ticket.network, ticket);
  }

  /** The action enforces these, and no others. */
  enforceOnly(tickets: readonly BanTicket[]): void {
    const networks = new Set(tickets.map(({ network }) => network));
    for (const network of this.enforced) if (!networks.has(network)) this.#enforced.delete(network);
    for (const ticket of tickets) this.enforce(ticket);
  }

  /** The action does not enforce it; a doubt stays. */
  lift(network: string): void {
    this.#enforced.delete(network);
  }

  liftAll(): void {
    this.#enforced.clear();
  }

  doubt(network: string, doubt: Doubt): void {
    this.#doubtful.set(network, doubt);
  }

  /** Whoever takes it does what is to be done for it. */
  takeDoubt(network: string): Doubt | undefined {
    const doubt = this.#doubtful.get(network);
    this.#doubtful.delete(network);
    return doubt;
  }

  /** What was in doubt, as an earlier run made it, is there. */
  believe(ticket: BanTicket): void {
    if (this.#doubtful.get(ticket.network) !== 'earlier') return;
    this.#doubtful.delete(ticket.network);
    this.enforce(ticket);
  }

  /** Neither enforced nor in doubt. */
  forget(network: string): void {
    this.#enforced.delete(network);
    this.#doubtful.delete(network);
  }

  forgetAll(): void {
    this.#enforced.clear();
    this.#doubtful.clear();
  }
}
