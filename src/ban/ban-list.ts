// What is banned now: the one truth that actions are made to agree with. A ban is held by jails; the network is free when none holds it.
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { UnwrittenChanges } from '../core/unwritten-changes.ts';
import { type Ban, type BanChange, type BanDecision, holdKeyOf } from './ban.ts';
import { EndQueue } from './end-queue.ts';

// More changes than this are not remembered one by one: a store that cannot be written for long gets the whole list instead.
const maxChanges = 100_000;

// More ends than this of bans that are no more, beside as many as there are bans, are cleared away.
const maxStaleEnds = 1000;

interface Changed {
  readonly network: BanTarget;
  readonly jail: string;
  /** The ban that was made, where one was: it may have been lifted since. */
  readonly made: BanDecision | undefined;
}

export class BanList {
  readonly #bans = new Map<string, { network: BanTarget; holders: Map<string, BanDecision> }>();
  /** An entry for every end there is; what was lifted or made longer since has left entries that mean nothing. */
  #ends = new EndQueue<BanDecision>();
  #holders = 0;
  #textHolders = 0;
  /** By network and jail. */
  readonly #changes = new UnwrittenChanges<Changed>(false, (former, later) => ({ ...later, made: later.made ?? former.made }));

  /** A jail's later decision replaces its former one only where it lasts longer. True where the list changed. */
  add(decision: BanDecision): boolean {
    const isNew = this.#hold(decision);
    if (isNew) this.#remember(decision, decision);
    return isNew;
  }

  /** Bans that the store holds: no changes to it. */
  restore(decisions: Iterable<BanDecision>): void {
    for (const decision of decisions) this.#hold(decision);
  }

  /** The jail's ban stays as it is, and other actions enforce it from now on. */
  entrust(decision: BanDecision, actions: readonly string[]): void {
    const holders = this.#bans.get(decision.network.text)?.holders;
    if (holders?.get(decision.jail) !== decision) return;
    const entrusted = { ...decision, actions };
    holders.set(decision.jail, entrusted);
    this.#queue(entrusted);
    this.#remember(entrusted, undefined);
  }

  /** Takes one jail's hold away, or every jail's. The decisions that were taken away. */
  remove(network: BanTarget, jail?: string): BanDecision[] {
    const ban = this.#bans.get(network.text);
    if (ban === undefined) return [];
    const removed = Array.from(ban.holders.values()).filter((holder) => jail === undefined || holder.jail === jail);
    for (const holder of removed) {
      ban.holders.delete(holder.jail);
      this.#count(holder, -1);
      this.#remember(holder, undefined);
    }
    if (ban.holders.size === 0) this.#bans.delete(network.text);
    return removed;
  }

  /** Lets go what has ended at `nowUsec` (a ban ends at its untilUsec). The decisions that ended. */
  expire(nowUsec: number): BanDecision[] {
    const ended = this.#ends.take(nowUsec).filter((decision) => {
      return this.#bans.get(decision.network.text)?.holders.get(decision.jail) === decision;
    });
    for (const decision of ended) this.remove(decision.network, decision.jail);
    return ended;
  }

  /** When to call `expire` next; Infinity where nothing ends. Never later than the next end; earlier where a ban was lifted since. */
  get nextEndUsec(): number {
    return this.#ends.nextUsec;
  }

  get(network: BanTarget): Ban | undefined {
    return this.#bans.get(network.text);
  }

  isHeldBy(network: BanTarget, jail: string): boolean {
    return this.#bans.get(network.text)?.holders.has(jail) === true;
  }

  bans(): IterableIterator<Ban> {
    return this.#bans.values();
  }

  *decisions(): Generator<BanDecision> {
    for (const ban of this.#bans.values()) yield* ban.holders.values();
  }

  get size(): number {
    return this.#bans.size;
  }

  /** How often a jail holds what is no address. */
  get textCount(): number {
    return this.#textHolders;
  }

  /** What changed since `forgetChanges`, for the store; `isWhole`: the store is to be made to hold just these. */
  changes(): { readonly isWhole: boolean; readonly bans: readonly BanChange[] } {
    if (!this.#changes.isWhole) {
      const bans = Array.from(this.#changes.byKey.values(), ({ network, jail, made }) => {
        return { network, jail, made, held: this.#bans.get(network.text)?.holders.get(jail) };
      });
      return { isWhole: false, bans };
    }
    const bans = Array.from(this.decisions(), (held) => ({ network: held.network, jail: held.jail, held, made: held }));
    return { isWhole: true, bans };
  }

  /** The same, and they are no changes any more; `settleChanges` says whether they got into the store. */
  takeChanges(): ReturnType<BanList['changes']> {
    const changes = this.changes();
    this.#changes.take();
    return changes;
  }

  settleChanges(isWritten: boolean): void {
    const isBack = this.#changes.settle(isWritten);
    if (isBack && this.#changes.isWhole) this.touchAll();
  }

  /** Bans that the store may not know yet. */
  madeLately(network: BanTarget, jail: string): BanDecision[] {
    const key = holdKeyOf(network.text, jail);
    return [this.#changes.taken(key), this.#changes.byKey.get(key)].flatMap((change) => change?.made ?? []);
  }

  forgetChanges(): void {
    this.#changes.clear();
  }

  /** Nothing of the list is known to the store. */
  touchAll(): void {
    this.#changes.clear();
    this.#changes.setWhole();
  }

  #count({ network }: BanDecision, more: 1 | -1): void {
    this.#holders += more;
    if (!isNetwork(network)) this.#textHolders += more;
  }

  #hold(decision: BanDecision): boolean {
    const { text } = decision.network;
    const ban = this.#bans.get(text);
    const former = ban?.holders.get(decision.jail);
    if (former !== undefined && former.untilUsec >= decision.untilUsec) return false;
    if (ban === undefined) this.#bans.set(text, { network: decision.network, holders: new Map([[decision.jail, decision]]) });
    else ban.holders.set(decision.jail, decision);
    if (former === undefined) this.#count(decision, 1);
    this.#queue(decision);
    return true;
  }

  #queue(decision: BanDecision): void {
    this.#ends.add(decision);
    if (this.#ends.size <= maxStaleEnds + 2 * this.#holders) return;
    this.#ends = new EndQueue();
    for (const held of this.decisions()) this.#ends.add(held);
  }

  #remember({ network, jail }: BanDecision, made: BanDecision | undefined): void {
    if (this.#changes.isWhole) return;
    const key = holdKeyOf(network.text, jail);
    this.#changes.set(key, { network, jail, made: made ?? this.#changes.byKey.get(key)?.made });
    if (this.#changes.byKey.size > maxChanges + this.#bans.size) this.touchAll();
  }
}
