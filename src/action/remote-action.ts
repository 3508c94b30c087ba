// An action whose commands the privileged helper runs, for a daemon without root.
import type { BanTicket } from './ban-ticket.ts';
import type { HelperClient } from './helper-client.ts';
import type { ActionOutcome, TicketAction } from './ticket-action.ts';

export interface RemoteActionOptions {
  /** As `formatDefinition` writes what the jail says. */
  readonly name: string;
  readonly jail: string;
  /** As its definition says. */
  readonly norestored: boolean;
  /** As its definition says. */
  readonly canLook?: boolean;
  readonly client: HelperClient;
}

export class RemoteAction implements TicketAction {
  readonly name: string;
  readonly norestored: boolean;
  readonly look: (() => Promise<ActionOutcome>) | undefined;
  readonly #client: HelperClient;
  readonly #place: { readonly jail: string; readonly action: string };

  constructor({ name, jail, norestored, canLook = false, client }: RemoteActionOptions) {
    this.name = name;
    this.norestored = norestored;
    this.#client = client;
    this.#place = { jail, action: name };
    if (canLook) this.look = () => client.request({ op: 'look', ...this.#place });
  }

  start(): Promise<ActionOutcome> {
    return this.#client.request({ op: 'start', ...this.#place });
  }

  check(): Promise<ActionOutcome> {
    return this.#client.request({ op: 'check', ...this.#place });
  }

  ban(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#client.request({ op: 'ban', ...this.#place, ticket });
  }

  unban(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#client.request({ op: 'unban', ...this.#place, ticket });
  }

  prolong(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#client.request({ op: 'prolong', ...this.#place, ticket });
  }

  async flush(): Promise<boolean> {
    return (await this.#client.request({ op: 'flush', ...this.#place })).flushed;
  }

  async reload(): Promise<void> {
    await this.#client.request({ op: 'reload', ...this.#place });
  }

  async stop(): Promise<void> {
    await this.#client.request({ op: 'stop', ...this.#place });
  }
}
