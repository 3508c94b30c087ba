// The ban list and everybody who must agree with it: one enforcer an action, and the one timer there is, for the next ban that ends.
import type { Action, FoundBan } from '../action/action.ts';
import type { BanDecision } from '../ban/ban.ts';
import { BanList } from '../ban/ban-list.ts';
import { type BanTarget, isNetwork, shownTarget } from '../core/ban-target.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { containsNetwork, type IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { ActionHealth, Enforcement } from './enforcement.ts';
import { Enforcer } from './enforcer.ts';
import { TicketKeeper, type TicketKeeperOptions } from './ticket-keeper.ts';

// The longest that a timer of Node can wait is 24.8 days; waking once a day costs nothing.
const longestWaitMs = 24 * 60 * 60 * 1000;

// Packets that were on their way, or logged, before a ban took effect.
const inFlightUsec = 3_000_000;

export interface BanKeeperOptions {
  readonly createAction: (name: string) => Action;
  /** The actions that are told of each ban instead of being shown the list; none where this is missing. */
  readonly tickets?: Omit<TicketKeeperOptions, 'bans' | 'checkIntervalMs' | 'log'> & { readonly isTicketAction: (name: string) => boolean };
  readonly clock: Clock;
  /** How often an action is looked at whose outside tells nobody when it is changed; 0: never. */
  readonly checkIntervalMs?: number;
  readonly log: Log;
  /** Bans have ended by themselves. */
  readonly onEnded: (decisions: readonly BanDecision[]) => void;
  /** A new ban as it is to be kept and enforced: it may have to end sooner than it was decided. */
  readonly bounded?: (decision: BanDecision) => BanDecision;
  /** An action shuts these out, or all have been asked to: what is open of them can be cut, and stays so. */
  readonly onAsked?: (decisions: readonly BanDecision[]) => void;
}

/** Why a firewall does not enforce a ban. */
const noAddress = 'it is no address, and a firewall holds nothing else';

type Change = Pick<BanDecision, 'network' | 'jail' | 'actions'>;

/** An action as a jail names it. */
export interface ActionUse {
  readonly jail: string;
  readonly action: string;
}

export class BanKeeper {
  readonly bans = new BanList();
  readonly #options: BanKeeperOptions;
  readonly #enforcers = new Map<string, Enforcer>();
  /** Changed since the actions were last told, with the names of those that it concerns. */
  #changed: Change[] = [];
  /** What the actions of tickets are to be told in the next turn of the event loop. */
  #told: { readonly network: BanTarget; readonly jail: string; readonly action: string }[] = [];
  /** Of bans that may have ended since: an action that knows no end of its own has to be asked all the same. */
  readonly #restoredActions = new Set<string>();
  /** Settled when the actions have been asked for everything that `settle` took so far. */
  #asked: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  readonly #tickets: TicketKeeper | undefined;

  constructor(options: BanKeeperOptions) {
    this.#options = options;
    const { tickets, checkIntervalMs, log } = options;
    this.#tickets = tickets && new TicketKeeper({ ...tickets, bans: this.bans, checkIntervalMs, log });
  }

  /** Bans of an earlier run, as the store holds them; those that ended meanwhile are left out here and lifted by `start`. */
  restore(decisions: readonly BanDecision[]): void {
    this.bans.restore(decisions);
    this.#noteActions(decisions);
    this.bans.expire(this.#options.clock());
    this.#tickets?.restore(decisions, (name) => this.#isTicketAction(name));
  }

  /** Bans that are in force already, and new to the store. Before `start`. */
  adopt(decisions: readonly BanDecision[]): void {
    for (const decision of decisions) this.bans.add(decision);
    this.#noteActions(decisions);
  }

  #noteActions(decisions: readonly BanDecision[]): void {
    const names = new Set<string>();
    for (const { actions } of decisions) for (const action of actions) names.add(action);
    for (const name of names) if (!this.#isTicketAction(name)) this.#restoredActions.add(name);
  }

  /** Brings the named actions, and those that bans name, to agreement. Rejects where one is not permitted to work. */
  async start(uses: Iterable<ActionUse>): Promise<void> {
    const all = [...uses];
    const named = new Set([...all.map(({ action }) => action).filter((name) => !this.#isTicketAction(name)), ...this.#restoredActions]);
    for (const name of named) await this.#enforcer(name).start();
    this.#tickets?.start(all.filter(({ action }) => this.#isTicketAction(action)));
    this.#arm();
  }

  /** All records from before the start are read. */
  async forgetUnknown(): Promise<void> {
    await Promise.all(Array.from(this.#enforcers.values(), (enforcer) => enforcer.forgetUnknown()));
  }

  /** The jails name these actions from now on. What neither they nor bans name is kept up no more, so that it can be taken away. */
  async reload(uses: Iterable<ActionUse>): Promise<void> {
    const all = [...uses];
    this.#entrust(all);
    await this.settle();
    const named = new Set(all.map(({ action }) => action).filter((name) => !this.#isTicketAction(name)));
    const ofBans = new Set(Array.from(this.bans.decisions(), ({ actions }) => actions).flat());
    for (const [name, enforcer] of this.#enforcers) {
      // One that failed may still have something to lift.
      if (named.has(name) || ofBans.has(name) || enforcer.failure !== undefined) continue;
      this.#enforcers.delete(name);
      void enforcer.stop();
    }
    for (const name of named) if (!this.#enforcers.has(name)) void this.#enforcer(name).update([]);
    this.#tickets?.reload(all.filter(({ action }) => this.#isTicketAction(action)));
  }

  /**
   * Whose jail names other ports or commands by now is shut out by these. Mail stays as it was when the ban was made: nobody wants one for
   * each old ban. Bans of a jail that is gone stay where they are.
   */
  #entrust(uses: readonly ActionUse[]): void {
    const byJail = new Map<string, string[]>();
    for (const { jail, action } of uses) byJail.set(jail, [...(byJail.get(jail) ?? []), action]);
    const tellsOf = new Map(uses.map(({ jail, action }) => [`${jail}\n${action}`, this.#isToldOfRestored(jail, action)]));
    for (const decision of Array.from(this.bans.decisions())) {
      const { jail } = decision;
      const named = byJail.get(jail);
      const actions = named?.filter((name) => decision.actions.includes(name) || tellsOf.get(`${jail}\n${name}`) === true);
      if (actions === undefined || actions.toSorted().join('\n') === decision.actions.toSorted().join('\n')) continue;
      this.bans.entrust(decision, actions);
      // Those of tickets are told by their own reload.
      const concerned = [...decision.actions, ...actions].filter((name) => !this.#isTicketAction(name));
      this.#changed.push({ ...decision, actions: [...new Set(concerned)] });
    }
  }

  #isToldOfRestored(jail: string, action: string): boolean {
    return !this.#isTicketAction(action) || this.#tickets?.isToldOfRestored(jail, action) === true;
  }

  /** Bans that the named actions have in force although nothing is known of them: the store was lost, or set aside. */
  found(actions: Iterable<string>): readonly (FoundBan & { readonly action: string })[] {
    return Array.from(new Set(actions)).flatMap((name) => {
      if (this.#isTicketAction(name)) return [];
      try {
        return (this.#enforcer(name).action.found?.() ?? []).map((ban) => ({ ...ban, action: name }));
      } catch (error) {
        if (error instanceof RingjailError && error.code === 'permission') throw error;
        this.#options.log.error(`action ${name}: cannot be asked for bans in force: ${messageOf(error)}`);
        return [];
      }
    });
  }

  /** True where the list changed; `settle` makes the actions agree. */
  add(decision: BanDecision): boolean {
    const former = this.bans.get(decision.network)?.holders.get(decision.jail);
    const isNew = this.bans.add(this.#options.bounded?.(decision) ?? decision);
    if (!isNew) return false;
    // The jail may name other actions by now: those that it named before are to let go.
    const left = former?.actions.filter((action) => !decision.actions.includes(action)) ?? [];
    if (left.length > 0) this.#changed.push({ network: decision.network, jail: decision.jail, actions: left });
    this.#changed.push(decision);
    return true;
  }

  /** A ban that was bounded may last as long as it was decided; whoever enforces it by now goes on with it. */
  unbind(decision: BanDecision): void {
    const { actions } = this.bans.get(decision.network)?.holders.get(decision.jail) ?? decision;
    this.add({ ...decision, actions });
  }

  /** Lets go one network, whoever holds it, or one jail's hold; `settle` makes the actions agree. */
  remove(network: BanTarget, jail?: string): BanDecision[] {
    const removed = this.bans.remove(network, jail);
    this.#changed.push(...removed);
    return removed;
  }

  /** The bans that shut out all of the network: its own, and those of wider ones. */
  find(network: BanTarget): BanTarget[] {
    if (!isNetwork(network)) return this.bans.get(network) === undefined ? [] : [network];
    return Array.from(this.bans.bans(), (ban) => ban.network).filter((banned) => isNetwork(banned) && containsNetwork(banned, network));
  }

  /** Tells the actions what changed. Resolves when they have been asked for all that changed up to now; what failed is in `actions`. */
  async settle(): Promise<void> {
    const changed = this.#changed;
    this.#changed = [];
    if (changed.length > 0) this.#asked = Promise.all([this.#asked, this.#ask(changed)]);
    await this.#asked;
  }

  async #ask(changed: readonly Change[]): Promise<void> {
    this.#arm();
    const byAction = new Map<string, IpNetwork[]>();
    for (const { network, jail, actions } of changed) {
      for (const action of actions) {
        if (this.#isTicketAction(action)) {
          this.#told.push({ network, jail, action });
          continue;
        }
        if (!isNetwork(network)) {
          this.#tellUnheld(network, jail, action);
          continue;
        }
        const networks = byAction.get(action);
        if (networks === undefined) byAction.set(action, [network]);
        else networks.push(network);
      }
    }
    // Firewalls first; and by then the store has what tickets tell of.
    const cut = new Set<string>();
    const asked = (networks: readonly BanTarget[]) => {
      const fresh = networks.filter(({ text }) => !cut.has(text));
      for (const { text } of fresh) cut.add(text);
      const banned = fresh.flatMap((network) => [...(this.bans.get(network)?.holders.values() ?? [])]);
      if (banned.length > 0) this.#options.onAsked?.(banned);
    };
    const enforced = Promise.all(
      Array.from(byAction, async ([action, networks]) => {
        const enforcer = this.#enforcer(action);
        await enforcer.update(networks);
        // Who is shut out by one is cut off, however long the others take.
        if (enforcer.failure === undefined) asked(networks);
      }),
    );
    if (this.#told.length > 0) setImmediate(() => this.#tell());
    await enforced;
    asked(changed.map(({ network }) => network));
  }

  /** Tried again it would be no address either. */
  #tellUnheld(network: BanTarget, jail: string, action: string): void {
    if (this.bans.get(network)?.holders.get(jail)?.actions.includes(action) !== true) return;
    this.#options.log.error(`action ${action}: ${shownTarget(network.text)} of jail ${jail} is not enforced: ${noAddress}`);
  }

  #tell(): void {
    const told = this.#told;
    this.#told = [];
    for (const { network, jail, action } of told) this.#tickets?.tell({ network, jail }, action);
  }

  /** A jail decided to ban whom it holds already: where that was a while ago, the ban is not in force as it should be. */
  suspect(decision: BanDecision): void {
    const held = this.bans.get(decision.network)?.holders.get(decision.jail);
    // Where the clock was set back, the ban seems to lie in the future: then nothing is known of what is on its way.
    const sinceBanUsec = decision.sinceUsec - (held?.sinceUsec ?? decision.sinceUsec);
    if (sinceBanUsec >= 0 && sinceBanUsec < inFlightUsec) return;
    if (!isNetwork(decision.network)) return;
    for (const action of decision.actions) if (!this.#isTicketAction(action)) this.#enforcer(action).suspect();
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
    for (const { network, actions } of this.bans.textCount === 0 ? [] : this.bans.decisions()) {
      const unheld = isNetwork(network) ? [] : actions.filter((name) => !this.#isTicketAction(name));
      for (const name of unheld) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return Array.from(counts, ([name, count]) => `${count} bans are NOT ENFORCED by ${name}: they are of no address`);
  }

  actions(): readonly (ActionHealth & { readonly name: string })[] {
    const firewalls = Array.from(this.#enforcers, ([name, enforcer]) => ({ name, ...enforcer.health() }));
    return [...firewalls, ...(this.#tickets?.actions() ?? [])];
  }

  /** Whether the jail's action of that name has the network shut out right now. */
  async enforcement({ network, jail }: Pick<BanDecision, 'network' | 'jail'>, name: string): Promise<Enforcement> {
    const isOfTickets = this.#tickets !== undefined && this.#isTicketAction(name);
    if (isOfTickets) return this.#tickets.enforcement(network, jail, name);
    return isNetwork(network) ? this.#enforcer(name).enforcement(network) : { isEnforced: false, reason: noAddress };
  }

  /** Lifts nothing. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#tell();
    await Promise.all([...Array.from(this.#enforcers.values(), (enforcer) => enforcer.stop()), this.#tickets?.stop()]);
  }

  #isTicketAction(name: string): boolean {
    return this.#options.tickets?.isTicketAction(name) === true;
  }

  #enforcer(name: string): Enforcer {
    const known = this.#enforcers.get(name);
    if (known !== undefined) return known;
    const { createAction, log, checkIntervalMs } = this.#options;
    const enforcer = new Enforcer(createAction(name), this.bans, log, { checkIntervalMs });
    this.#enforcers.set(name, enforcer);
    return enforcer;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { nextEndUsec } = this.bans;
    if (!Number.isFinite(nextEndUsec) || this.#isStopped) return;
    const waitMs = Math.min(Math.max(0, Math.ceil((nextEndUsec - this.#options.clock()) / 1000)), longestWaitMs);
    this.#timer = setTimeout(() => void this.#expire(), waitMs);
  }

  async #expire(): Promise<void> {
    const ended = this.bans.expire(this.#options.clock());
    // No spread: an attacker may have so many bans end at once that the stack does not hold them.
    for (const decision of ended) this.#changed.push(decision);
    if (ended.length > 0) this.#options.onEnded(ended);
    await this.settle();
    this.#arm();
  }
}
