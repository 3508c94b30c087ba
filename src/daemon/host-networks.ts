// What a ban may never touch on this host, whatever a log says (packets can be forged): itself, its gateways and its resolvers.
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { listGateways } from '../binding/addon.ts';
import { parseIpNetwork } from '../core/ip-network.ts';
import { type ListedNetwork, NetworkList } from '../jail/network-list.ts';

const always: readonly (readonly [string, string])[] = [
  ['127.0.0.0/8', 'loopback'],
  ['::1', 'loopback'],
  ['0.0.0.0/8', 'no address of a host'],
  ['::', 'no address of a host'],
  ['224.0.0.0/4', 'multicast'],
  ['ff00::/8', 'multicast'],
  ['255.255.255.255', 'broadcast'],
];

// systemd-resolved writes only itself into resolv.conf; those it asks stand in its own file.
const resolverFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

// Asked with every batch of records; more than this old, it is read anew. A large routing table takes long to read, and nothing else
// runs meanwhile: it may take a twentieth of the time.
const freshMs = 1000;
const restPerWork = 20;

export class HostNetworks {
  #list = new NetworkList([]);
  #readAtMs = Number.NEGATIVE_INFINITY;
  #workMs = 0;

  current(): NetworkList {
    const nowMs = performance.now();
    if (nowMs - this.#readAtMs > Math.max(freshMs, this.#workMs * restPerWork)) {
      this.#list = new NetworkList(loadHostNetworks());
      this.#readAtMs = performance.now();
      this.#workMs = this.#readAtMs - nowMs;
    }
    return this.#list;
  }
}

/** Where this host's addresses stand; a parameter for tests. */
export interface HostSources {
  readonly ownAddresses: () => readonly string[];
  readonly gateways: () => readonly string[];
  /** The text of a file, '' where there is none. */
  readonly read: (path: string) => string;
}

const thisHost: HostSources = {
  ownAddresses: () => Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)),
  gateways: listGateways,
  read: readIfThere,
};

export function loadHostNetworks({ ownAddresses, gateways, read }: HostSources = thisHost): ListedNetwork[] {
  const listed: readonly (readonly [string, string])[] = [
    ...always,
    ...ownAddresses().map((address) => [address, 'own address'] as const),
    ...gateways().map((gateway) => [gateway, 'gateway'] as const),
    ...resolverFiles.flatMap((file) => parseResolvers(read(file))).map((resolver) => [resolver, 'resolver'] as const),
  ];
  return listed.flatMap(([text, reason]) => {
    // A link-local address may come with its zone: fe80::1%eth0.
    const network = parseIpNetwork(text.replace(/%.*$/, ''));
    return network === undefined ? [] : [{ network, reason }];
  });
}

/** resolv.conf(5) */
export function parseResolvers(text: string): string[] {
  return Array.from(text.matchAll(/^[ \t]*nameserver[ \t]+([0-9A-Fa-f:.]+)/gm), ([, address = '']) => address);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No resolver, no systemd-resolved: then there is nothing to protect.
    return '';
  }
}
