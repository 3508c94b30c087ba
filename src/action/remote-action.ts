// An action whose commands the privileged helper runs, for a daemon without root.
import { RingjailError } from '../core/errors.ts';
import type { BanTicket } from './ban-ticket.ts';
import type { HelperClient } from './helper-client.ts';
import { mostLookedAt } from './helper-messages.ts';
import type { ActionOutcome, Sight, TicketAction } from './ticket-action.ts';

export interface RemoteActionOptions {
  /** As `formatDefinition` writes what the jail says. */
  readonly name: string;
  readonly jail: string;
  /** As its definition says. */
  readonly norestored: boolean;
  /** As its definition says. */
  readonly canLook?: boolean;
  readonly client: HelperClient;
  /** Why it cannot be told of a text that is no address; undefined where it can. Without it any can be told, and the helper refuses. */
  readonly refuse?: (text: string) => string | undefined;
}

export class RemoteAction implements TicketAction {
  readonly name: string;
  readonly norestored: boolean;
  readonly look: ((networks: readonly string[]) => Promise<Sight>) | undefined;
  readonly #client: HelperClient;
  readonly #refuse: RemoteActionOptions['refuse'];
  #lookedAt = 0;
  #isOutdated = false;
  readonly #place: { readonly jail: string; readonly action: string };

  constructor({ name, jail, norestored, canLook = false, client, refuse }: RemoteActionOptions) {
    this.name = name;
    this.norestored = norestored;
    this.#client = client;
    this.#refuse = refuse;
    this.#place = { jail, action: name };
    if (canLook) this.look = (networks) => this.#look(networks);
  }

  /** As many as a request may name; the next look goes on behind them. */
  #look(networks: readonly string[]): Promise<Sight> {
    if (this.#lookedAt >= networks.length) this.#lookedAt = 0;
    const chosen = networks.slice(this.#lookedAt, this.#lookedAt + mostLookedAt);
    this.#lookedAt += mostLookedAt;
    return this.#client.request({ op: 'look', ...this.#place, networks: chosen });
  }

  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  async start(): Promise<ActionOutcome> {
    const answer = await this.#client.request({ op: 'start', ...this.#place });
    this.#isOutdated = answer.outdated === true;
    return answer;
  }

  check(): Promise<ActionOutcome> {
    return this.#client.request({ op: 'check', ...this.#place });
  }

  ban(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#tell('ban', ticket);
  }

  unban(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#tell('unban', ticket);
  }

  prolong(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#tell('prolong', ticket);
  }

  async flush(): Promise<boolean> {
    return (await this.#client.request({ op: 'flush', ...this.#place })).flushed;
  }

  async reload(): Promise<void> {
    this.#isOutdated = (await this.#client.request({ op: 'reload', ...this.#place })).outdated === true;
  }

  async stop(): Promise<void> {
    await this.#client.request({ op: 'stop', ...this.#place });
  }

  async #tell(op: 'ban' | 'unban' | 'prolong', ticket: BanTicket): Promise<ActionOutcome> {
    // The helper would say the same, but an answer of it does not tell that another try is in vain.
    const refusal = ticket.isRaw === true ? this.#refuse?.(ticket.network) : undefined;
    if (refusal !== undefined) throw new RingjailError('usage', refusal);
    return this.#client.request({ op, ...this.#place, ticket });
  }
}
