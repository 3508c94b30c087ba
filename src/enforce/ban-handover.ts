// Bans that move to other actions, as their jails name others by now: an action that a ban leaves lets go of it when those that it moves to
// enforce it. So it is in force all the while, however long they take.
import { type BanDecision, holdKeyOf } from '../ban/ban.ts';
import type { BanList } from '../ban/ban-list.ts';
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { type ActionUse, type Change, useKeyOf } from './action-use.ts';

export interface Holders {
  /** Whether the jail's action can hold the ban, and is told of bans that were made before: mail is not. */
  readonly canHold: (network: BanTarget, use: ActionUse) => boolean;
  /** Whether the jail's action was brought to enforce the ban. */
  readonly enforces: (network: BanTarget, use: ActionUse) => boolean;
}

interface Move {
  readonly network: BanTarget;
  readonly jail: string;
  readonly to: readonly string[];
  readonly from: readonly string[];
}

export class BanHandover {
  readonly #bans: BanList;
  readonly #holders: Holders;
  /** Bans that are held by the actions that they leave and by those that they move to. */
  #moves = new Map<string, Move>();

  constructor(bans: BanList, holders: Holders) {
    this.#bans = bans;
    this.#holders = holders;
  }

  /** Whether any ban is held by an action that it leaves. */
  get isPending(): boolean {
    return this.#moves.size > 0;
  }

  /**
   * The jails name these actions from now on. Bans of a jail that names none stay where they are. `moved`: which actions are to enforce a ban
   * that they did not; `left`: which are to let go at once, as nothing follows them.
   */
  begin(uses: readonly ActionUse[]): { readonly moved: readonly Change[]; readonly left: readonly Change[] } {
    const byJail = new Map<string, string[]>();
    for (const { jail, action } of uses) byJail.set(jail, [...(byJail.get(jail) ?? []), action]);
    const canHold = this.#rememberedCanHold();
    const moved: Change[] = [];
    const left: Change[] = [];
    this.#moves = new Map();
    for (const decision of Array.from(this.#bans.decisions())) {
      const named = byJail.get(decision.jail);
      if (named === undefined || isSame(named, decision.actions)) continue;
      const { network, jail } = decision;
      const fresh = named.filter((action) => !decision.actions.includes(action) && canHold(decision, action));
      const former = decision.actions.filter((action) => !named.includes(action));
      const kept = decision.actions.filter((action) => named.includes(action));
      const to = [...kept.filter((action) => canHold(decision, action)), ...fresh];
      const from = to.length === 0 ? [] : former.filter((action) => canHold(decision, action));
      if (fresh.length > 0) moved.push({ network, jail, actions: fresh });
      if (former.length > from.length) left.push({ network, jail, actions: former.filter((action) => !from.includes(action)) });
      if (from.length > 0) this.#moves.set(holdKeyOf(network.text, jail), { network, jail, to, from });
      const actions = [...kept, ...fresh, ...from];
      if (!isSame(actions, decision.actions)) this.#bans.entrust(decision, actions);
    }
    return { moved, left };
  }

  /** A ban as its jail makes it anew: what it leaves holds it still. */
  keep(decision: BanDecision): BanDecision {
    const from = this.#moves.get(holdKeyOf(decision.network.text, decision.jail))?.from ?? [];
    const missing = from.filter((action) => !decision.actions.includes(action));
    return missing.length === 0 ? decision : { ...decision, actions: [...decision.actions, ...missing] };
  }

  /** Which actions are to let go of a ban, as those that it moves to enforce it by now. */
  advance(): readonly Change[] {
    const left: Change[] = [];
    for (const [key, { network, jail, to, from }] of this.#moves) {
      const held = this.#bans.get(network)?.holders.get(jail);
      if (held !== undefined && !to.every((action) => this.#holders.enforces(network, { jail, action }))) continue;
      this.#moves.delete(key);
      if (held === undefined) continue;
      this.#bans.entrust(
        held,
        held.actions.filter((action) => !from.includes(action)),
      );
      left.push({ network, jail, actions: from });
    }
    return left;
  }

  /** Asked once for each use: to know it, a definition may have to be read. */
  #rememberedCanHold(): (decision: BanDecision, action: string) => boolean {
    const known = new Map<string, boolean>();
    return ({ network, jail }, action) => {
      const key = `${isNetwork(network)}\n${useKeyOf(jail, action)}`;
      const can = known.get(key) ?? this.#holders.canHold(network, { jail, action });
      known.set(key, can);
      return can;
    };
  }
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((name) => others.includes(name));
