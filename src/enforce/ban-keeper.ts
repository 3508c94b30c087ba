// The ban list, the actions that must agree with it, and the one timer there is, for the next ban that ends.
import type { FoundBan } from '../action/action.ts';
import type { BanDecision } from '../ban/ban.ts';
import { BanList } from '../ban/ban-list.ts';
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import type { Clock } from '../core/clock.ts';
import { containsNetwork } from '../core/ip-network.ts';
import { ActionRoster, type ActionRosterOptions } from './action-roster.ts';
import type { ActionUse, Change } from './action-use.ts';
import { BanHandover } from './ban-handover.ts';
import type { ActionHealth, Enforcement } from './enforcement.ts';
import { PendingLifts } from './pending-lifts.ts';

// The longest that a timer of Node can wait is 24.8 days; waking once a day costs nothing.
const longestWaitMs = 24 * 60 * 60 * 1000;

// Packets that were on their way, or logged, before a ban took effect.
const inFlightUsec = 3_000_000;

// After looking through the bans that move, rest for so many times as long as it took; of what takes no time it needs none.
const handoverRest = 10;
const noTimeMs = 2;

export interface BanKeeperOptions extends ActionRosterOptions {
  readonly clock: Clock;
  /** Bans have ended by themselves. */
  readonly onEnded: (decisions: readonly BanDecision[]) => void;
  /** A new ban as it is to be kept and enforced: it may have to end sooner than it was decided. */
  readonly bounded?: (decision: BanDecision) => BanDecision;
  /** An action shuts these out, or all have been asked to: what is open of them can be cut, and stays so. */
  readonly onAsked?: (decisions: readonly BanDecision[]) => void;
  /** Commands have lifted what they were to lift: `lifts` has changed. */
  readonly onLifted?: () => void;
  /** The last bans left the actions that no jail names any more. */
  readonly onLeft?: () => void;
}

export class BanKeeper {
  readonly bans = new BanList();
  /** What commands have yet to lift; `restore` of an earlier run's comes before `start`. */
  readonly lifts = new PendingLifts();
  readonly #options: BanKeeperOptions;
  readonly #roster: ActionRoster;
  readonly #handover: BanHandover;
  /** Changed since the actions were last told, with the names of those that it concerns. */
  #changed: Change[] = [];
  /** Of bans that may have ended since: an action that knows no end of its own has to be asked all the same. */
  readonly #restoredActions = new Set<string>();
  /** Settled when the actions have been asked for everything that `settle` took so far. */
  #asked: Promise<unknown> = Promise.resolve();
  #endTimer: NodeJS.Timeout | undefined;
  #handoverTimer: NodeJS.Timeout | undefined;
  #restsUntilMs = 0;
  #isStopped = false;
  /** What the jails name. */
  #uses: readonly ActionUse[] = [];

  constructor(options: BanKeeperOptions) {
    this.#options = options;
    this.#roster = new ActionRoster(this.bans, options, {
      onSettled: () => this.#handOverSoon(),
      onGone: (lift) => {
        if (this.lifts.remove(lift)) options.onLifted?.();
      },
    });
    this.#handover = new BanHandover(this.bans, this.#roster);
  }

  /** Bans of an earlier run, as the store holds them; those that ended meanwhile are left out here and lifted by `start`. */
  restore(decisions: readonly BanDecision[]): void {
    this.bans.restore(decisions);
    this.#noteActions(decisions);
    for (const ended of this.bans.expire(this.#options.clock())) this.#rememberLifts(ended);
    this.#roster.restore(decisions);
  }

  /** The same, of bans that could be read only now, the actions being at work; `settle` makes these agree. */
  restoreLate(decisions: readonly BanDecision[]): void {
    this.bans.restore(decisions);
    this.#noteActions(decisions);
    this.#takeEnded();
    this.#roster.restore(decisions);
    const isShown = (name: string) => !this.#roster.isTicketAction(name);
    for (const { network, jail, actions } of decisions) this.#note({ network, jail, actions: actions.filter(isShown) });
    this.#roster.resume(this.#beginHandover());
  }

  /** Bans that are in force already, and new to the store. Before `start`. */
  adopt(decisions: readonly BanDecision[]): void {
    for (const decision of decisions) this.bans.add(decision);
    this.#noteActions(decisions);
  }

  #noteActions(decisions: readonly BanDecision[]): void {
    const names = new Set<string>();
    for (const { actions } of decisions) for (const action of actions) names.add(action);
    for (const name of names) if (!this.#roster.isTicketAction(name)) this.#restoredActions.add(name);
  }

  /**
   * Brings the named actions, and those that bans name, to agreement; bans whose jail names others by now move to these. Rejects where one is
   * not permitted to work.
   */
  async start(uses: Iterable<ActionUse>): Promise<void> {
    this.#uses = [...uses];
    this.#roster.restoreLifts(this.lifts.all());
    await this.#roster.start(this.#uses, this.#restoredActions, this.#beginHandover());
    this.#armEnd();
    void this.settle().then(() => this.#handOver());
  }

  /** All records from before the start are read. */
  async forgetUnknown(): Promise<void> {
    await this.#roster.forgetUnknown();
  }

  /**
   * The jails name these actions from now on, and their bans move to them. What neither they nor bans name is kept up no more, so that it can
   * be taken away. Resolves when the actions have been asked; commands may take longer to agree.
   */
  async reload(uses: Iterable<ActionUse>): Promise<void> {
    this.#uses = [...uses];
    this.#roster.reload(this.#uses, this.#beginHandover());
    await this.settle();
    await this.#handOver();
    this.#roster.stopUnusedFirewalls(this.#uses);
  }

  /** Gives the bans that actions are to hold from now on; `settle` tells firewalls of them. */
  #beginHandover(): readonly Change[] {
    const { moved, left } = this.#handover.begin(this.#uses);
    const isShown = (name: string) => !this.#roster.isTicketAction(name);
    for (const change of left) this.#note(change);
    for (const { actions, ...rest } of moved) this.#note({ ...rest, actions: actions.filter(isShown) });
    return moved;
  }

  /** At most a tenth of the time goes into it, however many bans wait. */
  #handOverSoon(): void {
    if (!this.#handover.isPending || this.#handoverTimer !== undefined || this.#isStopped) return;
    const waitMs = this.#restsUntilMs - performance.now();
    if (waitMs <= 0) return void this.#handOver();
    this.#handoverTimer = setTimeout(() => {
      this.#handoverTimer = undefined;
      void this.#handOver();
    }, waitMs);
  }

  /** Has actions let go of the bans that others enforce by now. */
  async #handOver(): Promise<void> {
    if (!this.#handover.isPending || this.#isStopped) return;
    const beganMs = performance.now();
    const left = this.#handover.advance();
    const tookMs = performance.now() - beganMs;
    this.#restsUntilMs = tookMs < noTimeMs ? 0 : beganMs + tookMs * (1 + handoverRest);
    if (left.length === 0) return;
    for (const change of left) this.#note(change);
    this.#roster.endUnusedTickets(this.#uses);
    await this.settle();
    if (this.#handover.isPending || this.#isStopped) return;
    this.#roster.stopUnusedFirewalls(this.#uses);
    this.#options.onLeft?.();
  }

  /** Bans that the named actions have in force although nothing is known of them: the store was lost, or set aside. */
  found(actions: Iterable<string>): readonly (FoundBan & { readonly action: string })[] {
    return this.#roster.found(actions);
  }

  /** True where the list changed; `settle` makes the actions agree. */
  add(decision: BanDecision): boolean {
    const former = this.bans.get(decision.network)?.holders.get(decision.jail);
    const kept = this.#handover.keep(this.#options.bounded?.(decision) ?? decision);
    if (!this.bans.add(kept)) return false;
    // The jail may name other actions by now: those that it named before are to let go.
    const left = former?.actions.filter((action) => !kept.actions.includes(action)) ?? [];
    if (left.length > 0) this.#note({ network: decision.network, jail: decision.jail, actions: left });
    this.#note(kept);
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
    for (const decision of removed) this.#note(decision);
    return removed;
  }

  /** The bans that shut out all of the network: its own, and those of wider ones. */
  find(network: BanTarget): BanTarget[] {
    if (!isNetwork(network)) return this.bans.get(network) === undefined ? [] : [network];
    return Array.from(this.bans.bans(), (ban) => ban.network).filter((banned) => isNetwork(banned) && containsNetwork(banned, network));
  }

  /** The actions are to be told of it by `settle`; what commands are to lift is remembered until they have. */
  #note(change: Change): void {
    this.#changed.push(change);
    this.#rememberLifts(change);
  }

  #rememberLifts({ network, jail, actions }: Change): void {
    const held = this.bans.get(network)?.holders.get(jail)?.actions ?? [];
    for (const action of actions.filter((name) => this.#roster.isTicketAction(name))) {
      const lift = { jail, action, network: network.text };
      if (held.includes(action)) this.lifts.remove(lift);
      else this.lifts.add(lift);
    }
  }

  /** Tells the actions what changed. Resolves when they have been asked for all that changed up to now; what failed is in `actions`. */
  async settle(): Promise<void> {
    const changed = this.#changed;
    this.#changed = [];
    if (changed.length > 0) this.#asked = Promise.all([this.#asked, this.#ask(changed)]);
    await this.#asked;
  }

  async #ask(changed: readonly Change[]): Promise<void> {
    this.#armEnd();
    const cut = new Set<string>();
    const cutOff = (networks: readonly BanTarget[]) => {
      const fresh = networks.filter(({ text }) => !cut.has(text));
      for (const { text } of fresh) cut.add(text);
      const banned = fresh.flatMap((network) => [...(this.bans.get(network)?.holders.values() ?? [])]);
      if (banned.length > 0) this.#options.onAsked?.(banned);
    };
    // Who is shut out by one is cut off, however long the others take.
    await this.#roster.ask(changed, cutOff);
    cutOff(changed.map(({ network }) => network));
  }

  /** A jail decided to ban whom it holds already: where that was a while ago, the ban is not in force as it should be. */
  suspect(decision: BanDecision): void {
    const held = this.bans.get(decision.network)?.holders.get(decision.jail);
    // Where the clock was set back, the ban seems to lie in the future: then nothing is known of what is on its way.
    const sinceBanUsec = decision.sinceUsec - (held?.sinceUsec ?? decision.sinceUsec);
    if (sinceBanUsec >= 0 && sinceBanUsec < inFlightUsec) return;
    if (isNetwork(decision.network)) this.#roster.suspect(decision.actions);
  }

  /** Has every action look whether its bans are still in force, and put them back where they are not. */
  async check(): Promise<void> {
    await this.#roster.check();
  }

  /** Others changed these parts of the firewall; undefined: nobody knows which. */
  noticeChange(parts: readonly string[] | undefined): void {
    this.#roster.noticeChange(parts);
  }

  /** What no firewall can hold, a line for each of them. */
  get warnings(): readonly string[] {
    return this.#roster.warnings;
  }

  actions(): readonly (ActionHealth & { readonly name: string })[] {
    return this.#roster.health();
  }

  /** Why a firewall could not be brought to what is wanted of the network; undefined where it agrees, and for actions of tickets. */
  failureOf(network: BanTarget, firewall: string): string | undefined {
    return this.#roster.failureOf(network, firewall);
  }

  /** Whether the jail's action of that name has the network shut out right now. */
  async enforcement(ban: Pick<BanDecision, 'network' | 'jail'>, name: string): Promise<Enforcement> {
    return this.#roster.enforcement(ban, name);
  }

  /** Lifts nothing. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#endTimer);
    clearTimeout(this.#handoverTimer);
    await this.#roster.stop();
  }

  #armEnd(): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = undefined;
    const { nextEndUsec } = this.bans;
    if (!Number.isFinite(nextEndUsec) || this.#isStopped) return;
    const waitMs = Math.min(Math.max(0, Math.ceil((nextEndUsec - this.#options.clock()) / 1000)), longestWaitMs);
    this.#endTimer = setTimeout(() => void this.#expire(), waitMs);
  }

  async #expire(): Promise<void> {
    this.#takeEnded();
    await this.settle();
    this.#armEnd();
  }

  #takeEnded(): void {
    const ended = this.bans.expire(this.#options.clock());
    // No spread: an attacker may have so many bans end at once that the stack does not hold them.
    for (const decision of ended) this.#note(decision);
    if (ended.length > 0) this.#options.onEnded(ended);
  }
}
