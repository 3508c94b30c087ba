// What a ban may never touch on this host, whatever a log says (packets can be forged): itself, its gateways and its resolvers.
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parseIpAddress, parseIpNetwork } from '../core/ip-network.ts';
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

// Asked with every batch that holds a ban; more than this old, it is read anew.
const freshMs = 1000;

export class HostNetworks {
  #list = new NetworkList([]);
  #readAtMs = Number.NEGATIVE_INFINITY;

  current(): NetworkList {
    const nowMs = performance.now();
    if (nowMs - this.#readAtMs > freshMs) {
      this.#list = new NetworkList(loadHostNetworks());
      this.#readAtMs = nowMs;
    }
    return this.#list;
  }
}

export function loadHostNetworks(): ListedNetwork[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const listed: readonly (readonly [string | undefined, string])[] = [
    ...always,
    ...own.map(({ address }) => [address.replace(/%.*$/, ''), 'own address'] as const),
    ...parseIpv4Gateways(readIfThere('/proc/net/route')).map((gateway) => [gateway, 'gateway'] as const),
    ...parseIpv6Gateways(readIfThere('/proc/net/ipv6_route')).map((gateway) => [gateway, 'gateway'] as const),
    ...resolverFiles.flatMap((file) => parseResolvers(readIfThere(file))).map((resolver) => [resolver, 'resolver'] as const),
  ];
  return listed.flatMap(([text = '', reason]) => {
    const network = parseIpNetwork(text);
    return network === undefined ? [] : [{ network, reason }];
  });
}

/** /proc/net/route (proc_net(5)): the third column is the gateway, in hexadecimal and in the host's byte order (little endian here). */
export function parseIpv4Gateways(table: string): string[] {
  return table.split('\n').flatMap((line) => {
    const gateway = /^\S+\t[0-9A-F]{8}\t([0-9A-F]{8})\t/.exec(line)?.[1];
    if (gateway === undefined || gateway === '00000000') return [];
    return [Array.from(Buffer.from(gateway, 'hex').reverse()).join('.')];
  });
}

/** /proc/net/ipv6_route: destination, its length, source, its length, next hop, ... */
export function parseIpv6Gateways(table: string): string[] {
  return table.split('\n').flatMap((line) => {
    const gateway = /^[0-9a-f]{32} [0-9a-f]{2} [0-9a-f]{32} [0-9a-f]{2} ([0-9a-f]{32}) /.exec(line)?.[1];
    if (gateway === undefined || /^0+$/.test(gateway)) return [];
    return [parseIpAddress((gateway.match(/.{4}/g) ?? []).join(':'))?.text ?? ''];
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
    // No IPv6, no resolver, no systemd-resolved: then there is nothing to protect.
    return '';
  }
}
