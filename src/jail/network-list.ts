// Networks with a reason each, asked "does one of you touch this?": ignoreip, and the protected set.
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { type IpNetwork, isSingleAddress, overlapsNetwork } from '../core/ip-network.ts';

export interface ListedNetwork {
  readonly network: IpNetwork;
  /** Why it is listed, for people: "gateway", "ignoreip". */
  readonly reason: string;
}

/** What an entry of a list spares. */
export interface ListedTarget {
  readonly network: BanTarget;
  readonly reason: string;
}

export class NetworkList {
  readonly #given: readonly ListedNetwork[];
  readonly #addresses = new Map<string, ListedNetwork>();
  readonly #texts: ReadonlySet<string>;
  #all: readonly ListedNetwork[] = [];
  #networks: readonly ListedNetwork[] = [];

  /** `texts`: what else is ignored, where it is no address: compared as it stands. */
  constructor(entries: readonly ListedNetwork[], texts: Iterable<string> = []) {
    this.#given = entries;
    this.#texts = new Set(texts);
    this.#set(entries);
  }

  /** With what it was made of, these; in the place of those of an earlier call. */
  extend(entries: readonly ListedNetwork[]): void {
    this.#set([...entries, ...this.#given]);
  }

  /** An entry that has an address in common with `network`; for an address, the one that is listed as such before a network around it. */
  find(network: BanTarget): ListedTarget | undefined {
    if (!isNetwork(network)) return this.#texts.has(network.text) ? { network, reason: 'ignoreip' } : undefined;
    if (isSingleAddress(network)) {
      return this.#addresses.get(network.text) ?? this.#networks.find((entry) => overlapsNetwork(entry.network, network));
    }
    return this.#all.find((entry) => overlapsNetwork(entry.network, network));
  }

  /** What it was made of. */
  entries(): readonly ListedNetwork[] {
    return this.#given;
  }

  texts(): readonly string[] {
    return [...this.#texts];
  }

  #set(entries: readonly ListedNetwork[]): void {
    this.#all = entries;
    this.#networks = entries.filter((entry) => !isSingleAddress(entry.network));
    this.#addresses.clear();
    for (const entry of entries) if (isSingleAddress(entry.network)) this.#addresses.set(entry.network.text, entry);
  }
}
