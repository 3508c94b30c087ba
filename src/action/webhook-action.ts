// Tells a web service of each ban: a JSON object by POST.
import { messageOf, RingjailError } from '../core/errors.ts';
import { isoTime } from '../core/iso-time.ts';
import type { BanTicket } from './ban-ticket.ts';
import { type ActionOutcome, nothingLost, type TicketAction } from './ticket-action.ts';

export interface WebhookOptions {
  /** As the jail names it. */
  readonly name: string;
  /** http or https. */
  readonly url: string;
  /** Sent along: Authorization and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly hostName: string;
}

/** Unbans are told as well; bans of an earlier run are not told again. */
export class WebhookAction implements TicketAction {
  readonly norestored = true;
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  ban(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#post('ban', ticket);
  }

  prolong(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#post('prolong', ticket);
  }

  unban(ticket: BanTicket): Promise<ActionOutcome> {
    return this.#post('unban', ticket);
  }

  start = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  check = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  flush = (): Promise<boolean> => Promise.resolve(false);
  reload = (): Promise<void> => Promise.resolve();
  stop = (): Promise<void> => Promise.resolve();

  async #post(event: 'ban' | 'prolong' | 'unban', ticket: BanTicket): Promise<ActionOutcome> {
    const { url, headers, timeoutMs, hostName } = this.#options;
    const { sinceUsec, untilUsec, ...facts } = ticket;
    const times = { since: isoTime(sinceUsec), until: untilUsec === undefined ? null : isoTime(untilUsec) };
    const body = JSON.stringify({ event, host: hostName, ...facts, ...times });
    try {
      const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
      // Where it is sent on to is the service's choice, not the owner's: what it is told, and by which key, stays with the one named.
      const response = await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      await response.body?.cancel();
      if (!response.ok) throw new RingjailError('unavailable', `it answers ${response.status} ${response.statusText}`);
      return nothingLost;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
      // Without what may be a key in it.
      throw new RingjailError('unavailable', `cannot post to ${new URL(url).origin}: ${messageOf(error)}${cause}`, error);
    }
  }
}
