// All actions at work, each kept in agreement with the ban list by an enforcer of its own: those that are shown the whole list (firewalls),
// and those that are told of each ban (tickets).
import type { Action, FoundBan } from '../action/action.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { BanList } from '../ban/ban-list.ts';
import { type BanTarget, isNetwork, shownTarget } from '../core/ban-target.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { ActionUse, Change } from './action-use.ts';
import type { ActionHealth, Enforcement } from './enforcement.ts';
import { Enforcer } from './enforcer.ts';
import type { PendingLift } from './pending-lifts.ts';
import { TicketKeeper, type TicketKeeperOptions } from './ticket-keeper.ts';

export interface ActionRosterOptions {
  readonly createAction: (name: string) => Action;
  /** The actions that are told of each ban instead of being shown the list; none where this is missing. */
  readonly tickets?: Omit<TicketKeeperOptions, 'bans' | 'checkIntervalMs' | 'onSettled' | 'onGone' | 'log'> & {
    readonly isTicketAction: (name: string) => boolean;
  };
  /** How often an action is looked at whose outside tells nobody when it is changed; 0: never. */
  readonly checkIntervalMs?: number;
  readonly log: Log;
}

export interface RosterEvents {
  /** An action was asked for all that had changed. */
  readonly onSettled: () => void;
  /** A command has nothing to lift of this any more, as far as it knows. */
  readonly onGone: (lift: PendingLift) => void;
}

/** Why a firewall does not enforce a ban. */
const noAddress = 'it is no address, and a firewall holds nothing else';

export class ActionRoster {
  readonly #options: ActionRosterOptions;
  readonly #bans: BanList;
  readonly #enforcers = new Map<string, Enforcer>();
  readonly #tickets: TicketKeeper | undefined;
  readonly #events: RosterEvents;
  /** What the actions of tickets are to be told in the next turn of the event loop. */
  #told: { readonly network: BanTarget; readonly jail: string; readonly action: string }[] = [];

  constructor(bans: BanList, options: ActionRosterOptions, events: RosterEvents) {
    const { tickets, checkIntervalMs, log } = options;
    this.#bans = bans;
    this.#options = options;
    this.#events = events;
    this.#tickets = tickets && new TicketKeeper({ ...tickets, bans, checkIntervalMs, ...events, log });
  }

  isTicketAction(name: string): boolean {
    return this.#options.tickets?.isTicketAction(name) === true;
  }

  /** Bans of an earlier run, those among them that have ended since: they are lifted by `start`. */
  restore(decisions: readonly BanDecision[]): void {
    this.#tickets?.restore(decisions, (name) => this.isTicketAction(name));
  }

  /** What an earlier run had yet to lift; it is lifted by `start`. */
  restoreLifts(lifts: readonly PendingLift[]): void {
    for (const lift of lifts) {
      const isOpen = this.isTicketAction(lift.action) && this.#tickets?.restoreLift(lift) === true;
      if (!isOpen) this.#events.onGone(lift);
    }
  }

  /** What `restore` told of is done, where the actions are at work; `moved`: bans that actions are to hold from now on. */
  resume(moved: readonly Change[]): void {
    this.#tickets?.start([], this.#toldOf(moved));
  }

  /**
   * Begins with what `uses` and `others` name; `moved`: bans that actions are to hold from now on. Rejects where one is not permitted to work.
   */
  async start(uses: readonly ActionUse[], others: Iterable<string>, moved: readonly Change[]): Promise<void> {
    for (const name of new Set([...this.#firewallsOf(uses), ...others])) await this.#enforcer(name).start();
    this.#tickets?.start(this.#ticketsOf(uses), this.#toldOf(moved));
  }

  /** The jails name `uses` from now on, and `moved` are bans that their actions are to hold. */
  reload(uses: readonly ActionUse[], moved: readonly Change[]): void {
    this.#tickets?.reload(this.#ticketsOf(uses), this.#toldOf(moved));
    for (const name of this.#firewallsOf(uses)) if (!this.#enforcers.has(name)) void this.#enforcer(name).update([]);
  }

  /** What of tickets neither `uses` nor bans name ends, its last bans lifted. */
  endUnusedTickets(uses: readonly ActionUse[]): void {
    this.#tickets?.endUnused(this.#ticketsOf(uses));
  }

  /** Firewalls that neither `uses` nor bans name are kept up no more. */
  stopUnusedFirewalls(uses: readonly ActionUse[]): void {
    const named = this.#firewallsOf(uses);
    const ofBans = new Set(Array.from(this.#bans.decisions(), ({ actions }) => actions).flat());
    for (const [name, enforcer] of this.#enforcers) {
      // One that failed may still have something to lift.
      if (named.has(name) || ofBans.has(name) || enforcer.failure !== undefined) continue;
      this.#enforcers.delete(name);
      void enforcer.stop();
    }
  }

  /** All records from before the start are read. */
  async forgetUnknown(): Promise<void> {
    await Promise.all(Array.from(this.#enforcers.values(), (enforcer) => enforcer.forgetUnknown()));
  }

  /** Bans that the named actions have in force although nothing is known of them: the store was lost, or set aside. */
  found(actions: Iterable<string>): readonly (FoundBan & { readonly action: string })[] {
    return Array.from(new Set(actions)).flatMap((name) => {
      if (this.isTicketAction(name)) return [];
      try {
        return (this.#enforcer(name).action.found?.() ?? []).map((ban) => ({ ...ban, action: name }));
      } catch (error) {
        if (error instanceof RingjailError && error.code === 'permission') throw error;
        this.#options.log.error(`action ${name}: cannot be asked for bans in force: ${messageOf(error)}`);
        return [];
      }
    });
  }

  /**
   * Tells the actions of what changed, and resolves when the firewalls have been asked for it. Tickets are told in the next turn: firewalls
   * come first, and by then the store has what tickets tell of. `onShutOut`: one firewall shuts these out.
   */
  async ask(changed: readonly Change[], onShutOut: (networks: readonly IpNetwork[]) => void): Promise<void> {
    const byFirewall = new Map<string, IpNetwork[]>();
    for (const { network, jail, actions } of changed) {
      for (const action of actions) {
        if (this.isTicketAction(action)) this.#told.push({ network, jail, action });
        else if (!isNetwork(network)) this.#tellUnheld(network, jail, action);
        else {
          const networks = byFirewall.get(action);
          if (networks === undefined) byFirewall.set(action, [network]);
          else networks.push(network);
        }
      }
    }
    const asked = Promise.all(
      Array.from(byFirewall, async ([action, networks]) => {
        const enforcer = this.#enforcer(action);
        await enforcer.update(networks);
        if (enforcer.failure === undefined) onShutOut(networks);
      }),
    );
    if (this.#told.length > 0) setImmediate(() => this.#tell());
    await asked;
  }

  /** Tried again it would be no address either. */
  #tellUnheld(network: BanTarget, jail: string, action: string): void {
    if (this.#bans.get(network)?.holders.get(jail)?.actions.includes(action) !== true) return;
    this.#options.log.error(`action ${action}: ${shownTarget(network.text)} of jail ${jail} is not enforced: ${noAddress}`);
  }

  #tell(): void {
    const told = this.#told;
    this.#told = [];
    for (const { network, jail, action } of told) this.#tickets?.tell({ network, jail }, action);
  }

  /** Whether the jail's action can hold the ban, and is told of bans that were made before: mail is not. */
  canHold(network: BanTarget, { jail, action }: ActionUse): boolean {
    return this.isTicketAction(action) ? this.#tickets?.isToldOfRestored(jail, action) === true : isNetwork(network);
  }

  /** Whether the jail's action was brought to enforce the ban, as far as it was asked. */
  enforces(network: BanTarget, { jail, action }: ActionUse): boolean {
    if (this.isTicketAction(action)) return this.#tickets?.isEnforced(network, jail, action) === true;
    return isNetwork(network) && this.#enforcers.get(action)?.agreesOn(network) === true;
  }

  /** Why a firewall could not be brought to what is wanted of the network; undefined where it agrees, and for actions of tickets. */
  failureOf(network: BanTarget, firewall: string): string | undefined {
    return isNetwork(network) ? this.#enforcers.get(firewall)?.failureOf(network) : undefined;
  }

  /** Whether the jail's action of that name has the network shut out right now; firewalls are asked. */
  async enforcement({ network, jail }: Pick<BanDecision, 'network' | 'jail'>, name: string): Promise<Enforcement> {
    const isOfTickets = this.#tickets !== undefined && this.isTicketAction(name);
    if (isOfTickets) return this.#tickets.enforcement(network, jail, name);
    return isNetwork(network) ? this.#enforcer(name).enforcement(network) : { isEnforced: false, reason: noAddress };
  }

  /** The firewalls among them are to look whether their bans are in force as they should be. */
  suspect(actions: readonly string[]): void {
    for (const action of actions) if (!this.isTicketAction(action)) this.#enforcer(action).suspect();
  }

  /** Has every action look whether its bans are still in force, and put them back where they are not. */
  async check(): Promise<void> {
    this.#tickets?.check();
    await Promise.all(Array.from(this.#enforcers.values(), (enforcer) => enforcer.check()));
  }

  /** Others changed these parts of the firewall; undefined: nobody knows which. */
  noticeChange(parts: readonly string[] | undefined): void {
    for (const enforcer of this.#enforcers.values()) enforcer.noticeChange(parts);
  }

  /** What no firewall can hold, a line for each of them. */
  get warnings(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { network, actions } of this.#bans.textCount === 0 ? [] : this.#bans.decisions()) {
      const unheld = isNetwork(network) ? [] : actions.filter((name) => !this.isTicketAction(name));
      for (const name of unheld) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return Array.from(counts, ([name, count]) => `${count} bans are NOT ENFORCED by ${name}: they are of no address`);
  }

  health(): readonly (ActionHealth & { readonly name: string })[] {
    const firewalls = Array.from(this.#enforcers, ([name, enforcer]) => ({ name, ...enforcer.health() }));
    return [...firewalls, ...(this.#tickets?.health() ?? [])];
  }

  /** Lifts nothing. */
  async stop(): Promise<void> {
    this.#tell();
    await Promise.all([...Array.from(this.#enforcers.values(), (enforcer) => enforcer.stop()), this.#tickets?.stop()]);
  }

  #firewallsOf(uses: readonly ActionUse[]): ReadonlySet<string> {
    return new Set(uses.map(({ action }) => action).filter((name) => !this.isTicketAction(name)));
  }

  #ticketsOf(uses: readonly ActionUse[]): readonly ActionUse[] {
    return uses.filter(({ action }) => this.isTicketAction(action));
  }

  #toldOf(moved: readonly Change[]): readonly Change[] {
    return moved.map((change) => ({ ...change, actions: change.actions.filter((name) => this.isTicketAction(name)) }));
  }

  #enforcer(name: string): Enforcer {
    const known = this.#enforcers.get(name);
    if (known !== undefined) return known;
    const { createAction, log, checkIntervalMs } = this.#options;
    const enforcer = new Enforcer(createAction(name), this.#bans, log, { checkIntervalMs, onSettled: this.#events.onSettled });
    this.#enforcers.set(name, enforcer);
    return enforcer;
  }
}
