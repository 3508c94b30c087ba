// What a ban may never touch on this host, whatever a log says (packets can be forged): itself, its gateways and its resolvers.
import { networkInterfaces } from 'node:os';
import { listGateways, openRouteMonitor, type RouteMonitor } from '../binding/addon.ts';
import { parseIpNetwork } from '../core/ip-network.ts';
import type { ListedNetwork } from '../jail/network-list.ts';
import { fileStamp } from './file-stamp.ts';
import { readIfThere } from './read-if-there.ts';

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

// Between two looks at the resolvers' files; they change with the network, which is told at once.
const resolverLookMs = 1000;
// A large routing table takes long to read, and may change all the time; nothing else runs meanwhile: it may take a twentieth of the time.
const restPerWork = 20;

/** Told when addresses or routes change. */
export type OpenMonitor = (onChange: () => void) => RouteMonitor;

/** Follows them live: what the kernel tells makes the list stale, and it is read anew when it is asked for next. */
export class HostNetworks {
  readonly #monitor: RouteMonitor;
  readonly #load: () => readonly ListedNetwork[];
  readonly #onChange: () => void;
  #list: readonly ListedNetwork[] = [];
  #isStale = true;
  #resolverStamp = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #workMs = 0;
  #restTimer: NodeJS.Timeout | undefined;

  /** `onChange` is called after the kernel told of a change, when `current` gives what is there then. */
  constructor(
    onChange: () => void = () => undefined,
    open: OpenMonitor = openRouteMonitor,
    load: () => readonly ListedNetwork[] = loadHostNetworks,
  ) {
    this.#onChange = onChange;
    this.#load = load;
    this.#monitor = open(() => this.#changed());
  }

  /** The same array as before where nothing changed. */
  current(): readonly ListedNetwork[] {
    const nowMs = performance.now();
    if (this.#monitor.hasChanged()) this.#changed();
    if (nowMs - this.#lookedAtMs >= resolverLookMs) {
      this.#lookedAtMs = nowMs;
      const stamp = resolverFiles.map(fileStamp).join();
      if (stamp !== this.#resolverStamp) this.#isStale = true;
      this.#resolverStamp = stamp;
    }
    if (this.#isStale && this.#restMs(nowMs) <= 0) {
      this.#isStale = false;
      this.#list = this.#load();
      this.#readAtMs = performance.now();
      this.#workMs = this.#readAtMs - nowMs;
    }
    return this.#list;
  }

  close(): void {
    clearTimeout(this.#restTimer);
    this.#monitor.close();
  }

  #restMs(nowMs: number): number {
    return this.#readAtMs + this.#workMs * restPerWork - nowMs;
  }

  #changed(): void {
    this.#isStale = true;
    // At the end of the rest; the timer keeps no process alive. Also where there is none: the owner shall not be called back out of its own call.
    this.#restTimer ??= setTimeout(
      () => {
        this.#restTimer = undefined;
        this.#onChange();
      },
      // One more, as a timer may fire a little early.
      Math.max(0, Math.ceil(this.#restMs(performance.now())) + 1),
    ).unref();
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
    ...ownAddresses().map((address) => [address, 'address of this machine'] as const),
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
