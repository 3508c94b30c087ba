// Jails whose commands write into the same outside, as a file of hosts that are denied: each address is in it once.
import type { BanTicket } from '../../src/action/ban-ticket.ts';
import { nothingLost, type TicketAction } from '../../src/action/ticket-action.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { ticketOf } from '../../src/enforce/ban-tickets.ts';
import { decisionOf } from '../ban/decision.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { FakeAction } from './fake-action.ts';

export interface SharedOptions {
  /** Whether an action's stop and flush empty all of it. */
  readonly isEmptied?: boolean;
  readonly emptyingOf?: (jail: string, action: string) => string | undefined;
  /** Called in the middle of a call, before it does its work. */
  readonly before?: (call: string) => Promise<void>;
  /** The same, after it. */
  readonly afterwards?: (call: string) => Promise<void>;
  /** Once for each, they fail. */
  readonly failing?: readonly string[];
}

export class SharedOutside {
  readonly addresses = new Set<string>();
  readonly calls: string[] = [];
  readonly keeper: BanKeeper;
  readonly definitions = new Map<string, string>();
  readonly #options: SharedOptions;
  readonly #failing: Set<string>;

  constructor(options: SharedOptions = {}) {
    this.#options = options;
    this.#failing = new Set(options.failing);
    const { emptyingOf, isEmptied = false } = options;
    const create = (jail: string, name: string): TicketAction => ({
      name,
      norestored: false,
      start: async () => nothingLost,
      check: async () => nothingLost,
      prolong: async () => nothingLost,
      reload: async () => undefined,
      ban: ({ network }: BanTicket) => this.#do(`${jail} ban ${network}`, () => this.addresses.add(network)),
      unban: ({ network }: BanTicket) => this.#do(`${jail} unban ${network}`, () => this.addresses.delete(network)),
      flush: async () => {
        await this.#do(`${jail} flush`, () => isEmptied && this.addresses.clear());
        return isEmptied;
      },
      stop: async () => void (await this.#do(`${jail} stop`, () => isEmptied && this.addresses.clear())),
    });
    this.keeper = new BanKeeper({
      createAction: (name) => new FakeAction(name),
      tickets: {
        create,
        fingerprintOf: (jail) => this.definitions.get(jail) ?? 'first',
        ...(emptyingOf === undefined ? {} : { emptyingOf }),
        isTicketAction: (name) => name !== 'nftables',
        ticketOf: (decision) => ticketOf(decision, { evidence: () => [], earlierBans: () => 1 }),
      },
      clock: () => 10,
      log: recordingLog(),
      onEnded: () => undefined,
    });
  }

  ban(jail: string, action: string, ...networks: string[]): void {
    for (const network of networks) this.keeper.add(decisionOf(network, 1e15, { jail, actions: [action] }));
  }

  /** Resolves when no call was made for a while. */
  async quiet(forMs = 100): Promise<void> {
    await this.keeper.settle();
    for (let count = -1; count !== this.calls.length; ) {
      count = this.calls.length;
      await new Promise((resolve) => setTimeout(resolve, forMs));
    }
  }

  async #do(call: string, act: () => unknown) {
    this.calls.push(call);
    await this.#options.before?.(call);
    if (this.#failing.delete(call)) throw new Error(`no ${call}`);
    act();
    await this.#options.afterwards?.(call);
    return nothingLost;
  }
}
