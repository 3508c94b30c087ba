// Asks a jail's ignorecommand whether somebody is passed over. It is asked when a ban is decided, not at each failure as in fail2ban: who
// floods a log must not have a program started for every line.

import { type BanTicket, ticketValues } from '../action/ban-ticket.ts';
import type { RunCommand } from '../action/run-command.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { IgnoreCommand } from '../config/ignore-config.ts';
import type { BanTarget } from '../core/ban-target.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { ticketOf } from '../enforce/ban-tickets.ts';

// So many attackers may come at once.
const mostAtOnce = 8;
const complaintIntervalUsec = 60_000_000;

export interface IgnoreCheckOptions {
  /** With its time limit. */
  readonly runCommand: RunCommand;
  readonly clock: Clock;
  readonly log: Log;
}

interface CachedAnswer {
  readonly isIgnored: boolean;
  readonly sinceUsec: number;
}

export class IgnoreCheck {
  readonly #options: IgnoreCheckOptions;
  /** A reload begins with new ones. The oldest answer first. */
  readonly #caches = new WeakMap<IgnoreCommand, Map<string, CachedAnswer>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #complainedAtUsec = Number.NEGATIVE_INFINITY;

  constructor(options: IgnoreCheckOptions) {
    this.#options = options;
  }

  /** Never rejects: whom the command cannot be asked about is not passed over. */
  async isIgnored(command: IgnoreCommand, ticket: BanTicket): Promise<boolean> {
    const values = ticketValues(ticket, { full: '', short: '' });
    // Whoever is asked shuts out nobody: what is no address stands for <ip>, too, as in fail2ban.
    if (ticket.isRaw === true) for (const tag of ['ip', 'ip-rev']) values.set(tag, ticket.network);
    const fill = (text: string) => text.replace(/<([^<>\s]+)>/g, (tag, name: string) => values.get(name) ?? tag);
    const key = command.cache === undefined ? undefined : fill(command.cache.key);
    const known = key === undefined ? undefined : this.#recall(command, key);
    if (known !== undefined) return known;
    const args = command.args.map(fill);
    // A user may be called -x.
    if (args.some((arg, index) => arg.startsWith('-') && command.args[index]?.startsWith('-') !== true)) return false;
    const isIgnored = await this.#ask(command.program, args, ticket.jail);
    if (isIgnored !== undefined && key !== undefined) this.#remember(command, key, isIgnored);
    return isIgnored === true;
  }

  /** Undefined where it gave no answer. */
  async #ask(program: string, args: readonly string[], jail: string): Promise<boolean | undefined> {
    if (this.#running >= mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      await this.#options.runCommand(program, args);
      return true;
    } catch (error) {
      if (isExitCode(error)) return false;
      this.#complain(`jail ${jail}: ignorecommand gives no answer, so nobody is passed over: ${messageOf(error)}`);
      return undefined;
    } finally {
      // Whoever waits takes the place over.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #recall(command: IgnoreCommand, key: string): boolean | undefined {
    const answer = this.#caches.get(command)?.get(key);
    const ageUsec = this.#options.clock() - (answer?.sinceUsec ?? 0);
    return answer !== undefined && ageUsec >= 0 && ageUsec < (command.cache?.maxTimeUsec ?? 0) ? answer.isIgnored : undefined;
  }

  #remember(command: IgnoreCommand, key: string, isIgnored: boolean): void {
    const cache = this.#caches.get(command) ?? new Map<string, CachedAnswer>();
    this.#caches.set(command, cache);
    cache.delete(key);
    cache.set(key, { isIgnored, sinceUsec: this.#options.clock() });
    const [oldest] = cache.keys();
    if (cache.size > (command.cache?.maxCount ?? 0) && oldest !== undefined) cache.delete(oldest);
  }

  /** Once a minute: it may come with every ban. */
  #complain(message: string): void {
    const nowUsec = this.#options.clock();
    if (Math.abs(nowUsec - this.#complainedAtUsec) < complaintIntervalUsec) return;
    this.#complainedAtUsec = nowUsec;
    this.#options.log.warning(message);
  }
}

/** `address`: the one whose failure completed the ban, of which the decision may have a network. */
export const questionOf = (decision: BanDecision, address: BanTarget): BanTicket =>
  ticketOf({ ...decision, network: address }, { evidence: () => [], earlierBans: () => 1 });

/** Whether the program ran to its end, and said no; a shell and its like end with 126 and 127 where they could not start what they should. */
function isExitCode(error: unknown): boolean {
  const { code, killed } = (error instanceof Error ? (error.cause ?? {}) : {}) as { code?: unknown; killed?: unknown };
  return typeof code === 'number' && code !== 126 && code !== 127 && killed !== true;
}
