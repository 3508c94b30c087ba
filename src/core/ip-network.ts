// IP addresses and networks in one type: an address is a network that holds one address.
// Text forms: RFC 4632 (a.b.c.d/n) and RFC 5952 (canonical IPv6); parsing by ipaddr.js.
import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Family = 4 | 6;

export interface IpNetwork {
  readonly family: Family;
  /** Network byte order, 4 or 16 of them, the bits after the prefix are zero. */
  readonly bytes: Uint8Array;
  /** 0 to 32 or 128. */
  readonly prefix: number;
  /** Canonical: without `/n` for a single address. Equal networks have equal texts. */
  readonly text: string;
}

const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

export const isSingleAddress = (network: IpNetwork): boolean => network.prefix === bitsOf(network.family);

/** Of an IPv6 address: its last 32 bits as those of IPv4. ipaddr.js takes ::a.b.c.d for the IPv4 address, which it is not (RFC 4291, 2.5.5.1). */
const dottedTail = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/;
const groupsOf = (_: string, a: string, b: string, c: string, d: string): string =>
  [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':');

/**
 * The address `text` names; an IPv4-mapped IPv6 address (::ffff:a.b.c.d) is the IPv4 address. Only the usual forms: no octal or
 * shortened IPv4, no zone (`%eth0`). Undefined for everything else.
 */
export function parseIpAddress(text: string): IpNetwork | undefined {
  if (isIPv4(text)) {
    // A text of its own: a part of a log line would keep all of the line for as long as the address is remembered.
    const bytes = bytesOfIpv4(text);
    return { family: 4, bytes, prefix: 32, text: `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` };
  }
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const address = ipaddr.IPv6.parse(text.replace(dottedTail, groupsOf));
  if (address.isIPv4MappedAddress()) return parseIpAddress(address.toIPv4Address().toString());
  return { family: 6, bytes: Uint8Array.from(address.toByteArray()), prefix: 128, text: address.toRFC5952String() };
}

/** `text` is one. By hand, as each failure has one. */
function bytesOfIpv4(text: string): Uint8Array {
  const bytes = new Uint8Array(4);
  let index = 0;
  let byte = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      bytes[index++] = byte;
      byte = 0;
    } else byte = byte * 10 + code - 0x30;
  }
  bytes[index] = byte;
  return bytes;
}

/** Of 4 or 16 bytes in network byte order; an IPv4-mapped IPv6 address is the IPv4 address. */
export const addressOfBytes = (bytes: Uint8Array): IpNetwork | undefined =>
  parseIpAddress(ipaddr.fromByteArray(Array.from(bytes)).toString());

/** An address or `address/prefix`; bits after the prefix are cleared, as everybody who writes 10.77.0.2/24 means the network. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) return parseIpAddress(text);
  const address = parseIpAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(digits)) return undefined;
  // A mapped address counts its prefix in the IPv6 form: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const prefix = Number(digits) - (address.family === 4 && text.includes(':') ? 96 : 0);
  return prefix >= 0 && prefix <= bitsOf(address.family) ? networkOf(address, prefix) : undefined;
}

/** The network of `prefix` bits that holds `network`; `network` itself where it is as wide or wider. */
export function networkOf(network: IpNetwork, prefix: number): IpNetwork {
  if (prefix >= network.prefix) return network;
  return networkOfBytes(
    network.family,
    network.bytes.map((byte, index) => byte & maskOfByte(prefix, index)),
    prefix,
  );
}

/** `bytes`: 4 or 16 in network byte order, with zeros after the prefix; they are kept. */
export function networkOfBytes(family: Family, bytes: Uint8Array, prefix: number): IpNetwork {
  const address = family === 6 ? ipaddr.fromByteArray(Array.from(bytes)) : undefined;
  const base = address instanceof ipaddr.IPv6 ? address.toRFC5952String() : bytes.join('.');
  return { family, bytes, prefix, text: prefix === bitsOf(family) ? base : `${base}/${prefix}` };
}

/** Whether every address of `inner` is in `outer`. */
export function containsNetwork(outer: IpNetwork, inner: IpNetwork): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  return outer.bytes.every((byte, index) => byte === ((inner.bytes[index] ?? 0) & maskOfByte(outer.prefix, index)));
}

/** Whether the two have an address in common: networks either nest or are apart. */
export const overlapsNetwork = (a: IpNetwork, b: IpNetwork): boolean => containsNetwork(a, b) || containsNetwork(b, a);

/** Many networks, asked "which of you is wider than this one?" in as many steps as they have different prefixes. */
export class NetworkIndex {
  readonly #texts = new Set<string>();
  readonly #prefixes = { 4: new Set<number>(), 6: new Set<number>() };

  constructor(networks: Iterable<IpNetwork>) {
    for (const { text, family, prefix } of networks) {
      this.#texts.add(text);
      this.#prefixes[family].add(prefix);
    }
  }

  /** Whether one of them, other than `network` itself, holds all of it. */
  holdsWider(network: IpNetwork): boolean {
    for (const prefix of this.#prefixes[network.family]) {
      if (prefix < network.prefix && this.#texts.has(networkOf(network, prefix).text)) return true;
    }
    return false;
  }
}

function maskOfByte(prefix: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefix - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}
