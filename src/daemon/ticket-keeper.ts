// Those actions that are told of each ban (commands, mail, web hooks): one enforcer for each use of one by a jail, told what changed.
import type { BanTicket } from '../action/ban-ticket.ts';
import type { TicketAction } from '../action/ticket-action.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { BanList } from '../ban/ban-list.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { ActionHealth, Enforcement } from './enforcement.ts';
import { TicketEnforcer } from './ticket-enforcer.ts';

export interface TicketKeeperOptions {
  readonly bans: BanList;
  readonly create: (jail: string, action: string) => TicketAction;
  readonly ticketOf: (decision: BanDecision) => BanTicket;
  /** How often an action is looked at that can be; 0: never. */
  readonly checkIntervalMs?: number | undefined;
  readonly log: Log;
}

interface Use {
  readonly jail: string;
  readonly action: string;
  readonly enforcer: TicketEnforcer;
}

export class TicketKeeper {
  readonly #options: TicketKeeperOptions;
  readonly #uses = new Map<string, Use>();

  constructor(options: TicketKeeperOptions) {
    this.#options = options;
  }

  /** Bans of an earlier run, those among them that have ended since: they are lifted. `isOurs`: whether an action is told by tickets. */
  restore(decisions: readonly BanDecision[], isOurs: (action: string) => boolean): void {
    const byUse = new Map<string, { jail: string; action: string; held: BanDecision[]; ended: string[] }>();
    for (const decision of decisions) {
      for (const action of decision.actions.filter(isOurs)) {
        const key = keyOf(decision.jail, action);
        const use = byUse.get(key) ?? { jail: decision.jail, action, held: [], ended: [] };
        byUse.set(key, use);
        if (this.#options.bans.isHeldBy(decision.network, decision.jail)) use.held.push(decision);
        else use.ended.push(decision.network.text);
      }
    }
    for (const { jail, action, held, ended } of byUse.values()) {
      this.#use(jail, action).enforcer.restore(held.map(this.#options.ticketOf), ended);
    }
  }

  /** Begins with the jails' actions; nobody waits for them. What no jail names any more goes when its last ban has. */
  start(uses: readonly { readonly jail: string; readonly action: string }[]): void {
    for (const { jail, action } of uses) void this.#use(jail, action).enforcer.start();
    for (const { enforcer } of this.#uses.values()) void enforcer.start();
  }

  /** These bans were made, made longer, or lifted. */
  tell({ network, jail }: Pick<BanDecision, 'network' | 'jail'>, action: string): void {
    const { bans, ticketOf } = this.#options;
    const held = bans.get(network)?.holders.get(jail);
    const { enforcer } = this.#use(jail, action);
    if (held?.actions.includes(action) === true) void enforcer.ban(ticketOf(held));
    else void enforcer.unban(network.text).then(() => this.#bringBack(network.text, action, enforcer));
  }

  /** What one command lifted may be what another jail's ban by the same command rests on: a rule of ufw, a line in hosts.deny. */
  #bringBack(network: string, action: string, lifted: TicketEnforcer): void {
    for (const use of this.#uses.values()) {
      if (use.enforcer !== lifted && definitionOf(use.action) === definitionOf(action)) void use.enforcer.again(network);
    }
  }

  /** Has every action that can look whether its bans are still there. */
  check(): void {
    for (const { enforcer } of this.#uses.values()) void enforcer.check();
  }

  /** The configuration was read again. `uses`: what the jails name now; what else is there stays while it holds bans. */
  reload(uses: readonly { readonly jail: string; readonly action: string }[]): void {
    const named = new Set(uses.map(({ jail, action }) => keyOf(jail, action)));
    for (const [key, { enforcer }] of this.#uses) {
      if (named.has(key)) void enforcer.reload();
      else if (enforcer.bannedCount === 0) {
        this.#uses.delete(key);
        void enforcer.stop({ isFinal: true });
      }
    }
    this.start(uses.filter(({ jail, action }) => !this.#uses.has(keyOf(jail, action))));
  }

  actions(): (ActionHealth & { readonly name: string })[] {
    return Array.from(this.#uses.values(), ({ jail, action, enforcer }) => ({ name: `${action} of ${jail}`, ...enforcer.health() }));
  }

  /** Whether the jail's action was told of the ban, and why not. */
  async enforcement(network: IpNetwork, jail: string, action: string): Promise<Enforcement> {
    const use = this.#uses.get(keyOf(jail, action));
    return use === undefined ? { isEnforced: false, reason: 'the action was not told yet' } : use.enforcer.enforcement(network);
  }

  /** Waits for what runs; lifts nothing. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#uses.values(), ({ enforcer }) => enforcer.stop()));
  }

  #use(jail: string, action: string): Use {
    const key = keyOf(jail, action);
    const known = this.#uses.get(key);
    if (known !== undefined) return known;
    const { create, log, checkIntervalMs } = this.#options;
    const use = { jail, action, enforcer: new TicketEnforcer(create(jail, action), jail, log, checkIntervalMs) };
    this.#uses.set(key, use);
    return use;
  }
}

/** `ufw[name="sshd"]` and `ufw[name="web"]` are of one definition. */
const definitionOf = (action: string): string => action.replace(/\[.*/s, '');

const keyOf = (jail: string, action: string): string => `${jail}\n${action}`;
