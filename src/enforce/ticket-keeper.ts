// Those actions that are told of each ban (commands, mail, web hooks): one enforcer for each use of one by a jail, told what changed.
import type { BanTicket } from '../action/ban-ticket.ts';
import type { TicketAction } from '../action/ticket-action.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { BanList } from '../ban/ban-list.ts';
import { type BanTarget, parseBanTarget, parseRawIdentity } from '../core/ban-target.ts';
import { inTime } from '../core/in-time.ts';
import type { Log } from '../core/log.ts';
import { type ActionUse, type Change, useKeyOf } from './action-use.ts';
import { type ActionHealth, type Enforcement, notToldYet } from './enforcement.ts';
import type { PendingLift } from './pending-lifts.ts';
import { TicketEnforcer } from './ticket-enforcer.ts';

/** How long the end of the daemon waits for what a reload has ended. */
const endLimitMs = 5000;

export interface TicketKeeperOptions {
  readonly bans: BanList;
  readonly create: (jail: string, action: string) => TicketAction;
  /** Equal while the definition would do the same; undefined where it cannot be read, or is in error. */
  readonly fingerprintOf?: (jail: string, action: string) => string | undefined;
  /**
   * What its definition empties beside single bans (`actionflush`, `actionstop`), in its own words: equal for uses that empty the same; ''
   * where it empties nothing, undefined where nobody knows.
   */
  readonly emptyingOf?: (jail: string, action: string) => string | undefined;
  readonly ticketOf: (decision: BanDecision) => BanTicket;
  /** How often an action is looked at that can be; 0: never. */
  readonly checkIntervalMs?: number | undefined;
  /** An action was asked for all that was due. */
  readonly onSettled?: () => void;
  /** An action has nothing to lift of this any more, as far as it knows. */
  readonly onGone?: (lift: PendingLift) => void;
  readonly log: Log;
}

interface Use {
  readonly jail: string;
  readonly action: string;
  readonly enforcer: TicketEnforcer;
  readonly fingerprint: string | undefined;
  readonly emptying: string | undefined;
  /** Its file says something else by now. */
  isEdited: boolean;
}

export class TicketKeeper {
  readonly #options: TicketKeeperOptions;
  readonly #uses = new Map<string, Use>();
  /** What a reload has ended, at its last work. */
  readonly #ending = new Map<Promise<void>, ActionUse & { readonly enforcer: TicketEnforcer }>();

  constructor(options: TicketKeeperOptions) {
    this.#options = options;
  }

  /** Bans of an earlier run, those among them that have ended since: they are lifted. `isOurs`: whether an action is told by tickets. */
  restore(decisions: readonly BanDecision[], isOurs: (action: string) => boolean): void {
    const byUse = new Map<string, { jail: string; action: string; held: BanDecision[]; ended: string[] }>();
    for (const decision of decisions) {
      for (const action of decision.actions) {
        if (!isOurs(action)) continue;
        const key = useKeyOf(decision.jail, action);
        const use = byUse.get(key) ?? { jail: decision.jail, action, held: [], ended: [] };
        byUse.set(key, use);
        const holder = this.#options.bans.get(decision.network)?.holders.get(decision.jail);
        if (holder?.actions.includes(action) === true) use.held.push(holder);
        else use.ended.push(decision.network.text);
      }
    }
    for (const { jail, action, held, ended } of byUse.values()) {
      this.#use(jail, action).enforcer.restore(held.map(this.#options.ticketOf), ended);
    }
  }

  /** What an earlier run had yet to lift; false where it is a ban again, or was told once and for all. */
  restoreLift({ jail, action, network }: PendingLift): boolean {
    const target = parseBanTarget(network) ?? parseRawIdentity(network);
    const isHeld = target !== undefined && this.#options.bans.get(target)?.holders.get(jail)?.actions.includes(action) === true;
    if (isHeld || !this.isToldOfRestored(jail, action)) return false;
    this.#use(jail, action).enforcer.restore([], [network]);
    return true;
  }

  /**
   * Begins with the jails' actions; nobody waits for them. What no jail names any more goes when its last ban has. `moved`: bans that actions
   * are to hold from now on.
   */
  start(uses: readonly ActionUse[], moved: readonly Change[] = []): void {
    this.#take(moved);
    for (const { jail, action } of uses) void this.#use(jail, action).enforcer.start();
    for (const { enforcer } of this.#uses.values()) void enforcer.resume();
  }

  #take(moved: readonly Change[]): void {
    const { bans, ticketOf } = this.#options;
    for (const { network, jail, actions } of moved) {
      const held = bans.get(network)?.holders.get(jail);
      for (const action of held === undefined ? [] : actions) this.#use(jail, action).enforcer.take(held ? [ticketOf(held)] : []);
    }
  }

  /** These bans were made, made longer, or lifted. */
  tell({ network, jail }: Pick<BanDecision, 'network' | 'jail'>, action: string): void {
    const { bans, ticketOf } = this.#options;
    const held = bans.get(network)?.holders.get(jail);
    const isHeld = held?.actions.includes(action) === true;
    // What a reload took away has lifted its bans by itself.
    if (!isHeld && !this.#uses.has(useKeyOf(jail, action))) {
      if (!this.#isEnding(jail, action)) this.#options.onGone?.({ jail, action, network: network.text });
      return;
    }
    const { enforcer } = this.#use(jail, action);
    if (isHeld) void enforcer.ban(ticketOf(held));
    else void enforcer.unban(network.text);
  }

  /** What one command lifted may be what another jail's ban by the same command rests on: a rule of ufw, a line in hosts.deny. */
  #othersOf({ jail, action }: ActionUse): readonly Use[] {
    return Array.from(this.#uses.values()).filter((use) => {
      const isOther = use.jail !== jail || use.action !== action;
      return isOther && definitionOf(use.action) === definitionOf(action);
    });
  }

  /** What one jail's use flushed or stopped may be where all jails put their bans: one file, one set. */
  #bringBackAll({ jail, action }: ActionUse, emptying: string | undefined): void {
    if (emptying === '') return;
    for (const use of this.#othersOf({ jail, action })) {
      const isOwn = emptying !== undefined && use.emptying !== undefined && use.emptying !== emptying;
      if (!isOwn) void use.enforcer.againAll();
    }
  }

  /** Has every action that can look whether its bans are still there. */
  check(): void {
    for (const { enforcer } of this.#uses.values()) void enforcer.check();
  }

  /** Whether the jail's action is told of bans that were made before: mail is not. */
  isToldOfRestored(jail: string, action: string): boolean {
    const known = this.#uses.get(useKeyOf(jail, action));
    return !(known?.enforcer.action ?? this.#options.create(jail, action)).norestored;
  }

  /**
   * The configuration was read again. `uses`: what the jails name now. What else is there ends, unless a ban rests on it. What has another
   * definition ends by the old and begins by the new. `moved`: bans that actions are to hold from now on.
   */
  reload(uses: readonly ActionUse[], moved: readonly Change[]): void {
    this.endUnused(uses);
    const named = new Set(uses.map(({ jail, action }) => useKeyOf(jail, action)));
    const held = this.#heldByUse();
    for (const [key, use] of Array.from(this.#uses)) if (named.has(key)) this.#reloadOne(key, use, held.get(key) ?? []);
    this.start(uses, moved);
  }

  /** What neither `uses` nor bans name ends, its last bans lifted. */
  endUnused(uses: readonly ActionUse[]): void {
    const named = new Set(uses.map(({ jail, action }) => useKeyOf(jail, action)));
    const held = this.#heldByUse();
    for (const [key, use] of Array.from(this.#uses)) {
      if (named.has(key) || held.has(key)) continue;
      this.#uses.delete(key);
      this.#end(use);
    }
  }

  #reloadOne(key: string, use: Use, held: readonly BanDecision[]): void {
    const { jail, action, enforcer, fingerprint } = use;
    const current = this.#options.fingerprintOf?.(jail, action);
    // One that is in error now goes on as it was.
    if (current === undefined || current === fingerprint) return void enforcer.reload();
    this.#options.log.notice(`action ${action} of ${jail}: its definition changed; ended by the old one, begun by the new one`);
    this.#uses.delete(key);
    use.isEdited = true;
    // Who is told of each ban once is not told that they end.
    if (enforcer.action.norestored && this.#options.create(jail, action).norestored) this.#replace(use);
    else this.#end(use);
    this.#use(jail, action).enforcer.take(held.map(this.#options.ticketOf));
  }

  /** Lifts all its bans. */
  #end({ jail, action, enforcer }: Use): void {
    this.#noteEnding(jail, action, enforcer, enforcer.stop({ isFinal: true }));
  }

  /** Whoever is there by then goes on with its bans. */
  #replace({ jail, action, enforcer }: Use): void {
    const left = enforcer.leave().then((leftover) => this.#uses.get(useKeyOf(jail, action))?.enforcer.inherit(leftover));
    this.#noteEnding(jail, action, enforcer, left);
  }

  #noteEnding(jail: string, action: string, enforcer: TicketEnforcer, ended: Promise<void>): void {
    this.#ending.set(ended, { jail, action, enforcer });
    void ended.finally(() => this.#ending.delete(ended));
  }

  #heldByUse(): Map<string, BanDecision[]> {
    const held = new Map<string, BanDecision[]>();
    for (const decision of this.#options.bans.decisions()) {
      for (const action of decision.actions) {
        const key = useKeyOf(decision.jail, action);
        const others = held.get(key);
        if (others === undefined) held.set(key, [decision]);
        else others.push(decision);
      }
    }
    return held;
  }

  /** Of those that end, what they could not lift. */
  health(): (ActionHealth & { readonly name: string })[] {
    const named = Array.from(this.#uses.values(), ({ jail, action, enforcer }) => ({ name: `${action} of ${jail}`, ...enforcer.health() }));
    const ending = Array.from(this.#ending.values(), ({ jail, action, enforcer }) => ({
      name: `${action} of ${jail}, which ends`,
      ...enforcer.health(),
    }));
    return [...named, ...ending.filter(({ unlifted }) => unlifted > 0)];
  }

  isEnforced({ text }: BanTarget, jail: string, action: string): boolean {
    return this.#uses.get(useKeyOf(jail, action))?.enforcer.isEnforced(text) === true;
  }

  /** Whether the jail's action was told of the ban, and why not. */
  async enforcement(network: BanTarget, jail: string, action: string): Promise<Enforcement> {
    const use = this.#uses.get(useKeyOf(jail, action));
    return use === undefined ? notToldYet : use.enforcer.enforcement(network);
  }

  #endingOf(jail: string, action: string): readonly Promise<void>[] {
    return Array.from(this.#ending).flatMap(([ended, ending]) => (ending.jail === jail && ending.action === action ? [ended] : []));
  }

  #isEnding(jail: string, action: string): boolean {
    return this.#endingOf(jail, action).length > 0;
  }

  /** Waits for what runs; lifts nothing. */
  async stop(): Promise<void> {
    const ended = inTime(Promise.all(this.#ending.keys()), endLimitMs);
    await Promise.all([ended, ...Array.from(this.#uses.values(), ({ enforcer }) => enforcer.stop())]);
    await Promise.all(Array.from(this.#ending.values(), ({ enforcer }) => enforcer.stop()));
  }

  #use(jail: string, action: string): Use {
    const key = useKeyOf(jail, action);
    const known = this.#uses.get(key);
    if (known !== undefined) return known;
    const { create, fingerprintOf, log, checkIntervalMs, onSettled } = this.#options;
    const emptying = this.#options.emptyingOf?.(jail, action);
    const enforcer = new TicketEnforcer(create(jail, action), jail, log, {
      checkIntervalMs,
      onSettled,
      onLifted: (network) => {
        for (const other of this.#othersOf(use)) void other.enforcer.again(network);
      },
      onGone: (network) => {
        // Another of the same name may be about to make it.
        const held = this.#uses.get(key)?.enforcer;
        if (held === undefined || held === enforcer || !held.networks.includes(network)) this.#options.onGone?.({ jail, action, network });
      },
      // Of two definitions the words do not tell whether they empty the same.
      onEmptied: ({ isFormer }) => this.#bringBackAll(use, isFormer || (use.isEdited && emptying !== '') ? undefined : emptying),
    });
    const former = this.#endingOf(jail, action);
    if (former.length > 0) enforcer.succeed(Promise.all(former));
    const use: Use = { jail, action, enforcer, fingerprint: fingerprintOf?.(jail, action), emptying, isEdited: false };
    this.#uses.set(key, use);
    return use;
  }
}

/** `ufw[name="sshd"]` and `ufw[name="web"]` are of one definition. */
const definitionOf = (action: string): string => action.replace(/\[.*/s, '');
