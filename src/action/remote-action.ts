// An action whose commands the privileged helper runs, for a daemon without root.
import { setTimeout as sleep } from 'node:timers/promises';
import { RingjailError } from '../core/errors.ts';
import type { BanTicket } from './ban-ticket.ts';
import type { HelperClient } from './helper-client.ts';
import { mostLookedAt } from './helper-messages.ts';
import type { ActionOutcome, Sight, TicketAction } from './ticket-action.ts';

/** For so many times as long as a portion of a look took. */
const portionRest = 4;

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

  /** In portions, as a request may name so many only; between them the helper rests, for each has it list all. */
  async #look(networks: readonly string[]): Promise<Sight> {
    const missing: string[] = [];
    const unasked: string[] = [];
    for (let from = 0; from === 0 || from < networks.length; from += mostLookedAt) {
      const beganMs = performance.now();
      const sight = await this.#lookAt(networks.slice(from, from + mostLookedAt)).catch((error: unknown) => {
        if (missing.length === 0) throw error;
        return undefined;
      });
      // What was found is repaired first; the next look tells the rest.
      if (sight === undefined || sight.lost.length > 0 || sight.broken !== undefined) {
        unasked.push(...networks.slice(from + (sight === undefined ? 0 : mostLookedAt)));
        return { lost: [], ...sight, missing: [...missing, ...(sight?.missing ?? [])], unasked: [...unasked, ...(sight?.unasked ?? [])] };
      }
      missing.push(...sight.missing);
      unasked.push(...(sight.unasked ?? []));
      if (from + mostLookedAt < networks.length) await sleep(portionRest * (performance.now() - beganMs), undefined, { ref: false });
    }
    return { lost: [], missing, ...(unasked.length > 0 && { unasked }) };
  }

  async #lookAt(networks: readonly string[]): Promise<Sight> {
    const { lost, missing, unasked, broken } = await this.#client.request({ op: 'look', ...this.#place, networks });
    return { lost, missing, ...(unasked && { unasked }), ...(broken === undefined ? {} : { broken }) };
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
