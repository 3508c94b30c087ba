// What is banned now: the one truth that actions are made to agree with. A ban is held by jails; the network is free when none holds it.
import type { IpNetwork } from '../core/ip-network.ts';
import type { Ban, BanDecision } from './ban.ts';

export class BanList {
  readonly #bans = new Map<string, { network: IpNetwork; holders: Map<string, BanDecision> }>();
  /** Never later than the next end; earlier where a ban was lifted since. */
  #nextEndUsec = Number.POSITIVE_INFINITY;

  /** A jail's later decision replaces its former one only where it lasts longer. True where the list changed. */
  add(decision: BanDecision): boolean {
    const { text } = decision.network;
    const ban = this.#bans.get(text) ?? { network: decision.network, holders: new Map<string, BanDecision>() };
    const former = ban.holders.get(decision.jail);
    if (former !== undefined && former.untilUsec >= decision.untilUsec) return false;
    ban.holders.set(decision.jail, decision);
    this.#bans.set(text, ban);
    this.#nextEndUsec = Math.min(this.#nextEndUsec, decision.untilUsec);
    return true;
  }

  /** Takes one jail's hold away, or every jail's. The decisions that were taken away. */
  remove(network: IpNetwork, jail?: string): BanDecision[] {
    const ban = this.#bans.get(network.text);
    if (ban === undefined) return [];
    const removed = Array.from(ban.holders.values()).filter((holder) => jail === undefined || holder.jail === jail);
    for (const holder of removed) ban.holders.delete(holder.jail);
    if (ban.holders.size === 0) this.#bans.delete(network.text);
    return removed;
  }

  /** Lets go what has ended at `nowUsec` (a ban ends at its untilUsec). The decisions that ended. */
  expire(nowUsec: number): BanDecision[] {
    if (nowUsec < this.#nextEndUsec) return [];
    const ended = Array.from(this.decisions()).filter((decision) => decision.untilUsec <= nowUsec);
    for (const decision of ended) this.remove(decision.network, decision.jail);
    this.#nextEndUsec = Number.POSITIVE_INFINITY;
    for (const decision of this.decisions()) this.#nextEndUsec = Math.min(this.#nextEndUsec, decision.untilUsec);
    return ended;
  }

  /** When to call `expire` next; Infinity where nothing ends. */
  get nextEndUsec(): number {
    return this.#nextEndUsec;
  }

  get(network: IpNetwork): Ban | undefined {
    return this.#bans.get(network.text);
  }

  isHeldBy(network: IpNetwork, jail: string): boolean {
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
}
