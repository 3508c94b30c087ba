// Networks with a reason each, asked "does one of you touch this?": ignoreip, and the protected set.
import { type IpNetwork, isSingleAddress, overlapsNetwork } from '../core/ip-network.ts';

export interface ListedNetwork {
  readonly network: IpNetwork;
  /** Why it is listed, for people: "gateway", "ignoreip". */
  readonly reason: string;
}

export class NetworkList {
  readonly #addresses = new Map<string, ListedNetwork>();
  readonly #all: readonly ListedNetwork[];
  readonly #networks: readonly ListedNetwork[];

  constructor(entries: readonly ListedNetwork[]) {
    this.#all = entries;
    this.#networks = entries.filter((entry) => !isSingleAddress(entry.network));
    for (const entry of entries) if (isSingleAddress(entry.network)) this.#addresses.set(entry.network.text, entry);
  }

  /** An entry that has an address in common with `network`; for an address, the one that is listed as such before a network around it. */
  find(network: IpNetwork): ListedNetwork | undefined {
    if (isSingleAddress(network)) {
      return this.#addresses.get(network.text) ?? this.#networks.find((entry) => overlapsNetwork(entry.network, network));
    }
    return this.#all.find((entry) => overlapsNetwork(entry.network, network));
  }

  entries(): readonly ListedNetwork[] {
    return this.#all;
  }
}
