// Networks with a reason each, asked "does one of you touch this?": ignoreip, and the protected set.
import { type IpNetwork, isSingleAddress, overlapsNetwork } from '../core/ip-network.ts';

export interface ListedNetwork {
  readonly network: IpNetwork;
  /** Why it is listed, for people: "gateway", "ignoreip". */
  readonly reason: string;
}

export class NetworkList {
  readonly #given: readonly ListedNetwork[];
  readonly #addresses = new Map<string, ListedNetwork>();
  #all: readonly ListedNetwork[] = [];
  #networks: readonly ListedNetwork[] = [];

  constructor(entries: readonly ListedNetwork[]) {
    this.#given = entries;
    this.#set(entries);
  }

  /** With what it was made of, these; in the place of those of an earlier call. */
  extend(entries: readonly ListedNetwork[]): void {
    this.#set([...entries, ...this.#given]);
  }

  /** An entry that has an address in common with `network`; for an address, the one that is listed as such before a network around it. */
  find(network: IpNetwork): ListedNetwork | undefined {
    if (isSingleAddress(network)) {
      return this.#addresses.get(network.text) ?? this.#networks.find((entry) => overlapsNetwork(entry.network, network));
    }
    return this.#all.find((entry) => overlapsNetwork(entry.network, network));
  }

  /** What it was made of. */
  entries(): readonly ListedNetwork[] {
    return this.#given;
  }

  #set(entries: readonly ListedNetwork[]): void {
    this.#all = entries;
    this.#networks = entries.filter((entry) => !isSingleAddress(entry.network));
    this.#addresses.clear();
    for (const entry of entries) if (isSingleAddress(entry.network)) this.#addresses.set(entry.network.text, entry);
  }
}
