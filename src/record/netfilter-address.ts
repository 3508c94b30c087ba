// The addresses of a netfilter record: %pI4 and %pI6 of the kernel (Documentation/core-api/printk-formats.rst) to their canonical text.
import { type Family, parseIpAddress } from '../core/ip-network.ts';
import { colon, hexDigit } from './netfilter-token.ts';

export interface NetfilterAddress {
  readonly family: Family;
  /** As IpNetwork.text. */
  readonly text: string;
}

// 255.255.255.255 is 15, and eight groups of four digits are 39.
export const longestAddress = 39;

/**
 * The address that bytes[start, end) is. Undefined where it is none, and for an IPv4-mapped IPv6 address: in a packet's header it is
 * forged, and banning the IPv4 host that it names would be the forger's wish.
 */
export function readNetfilterAddress(bytes: Buffer, start: number, end: number): NetfilterAddress | undefined {
  if (isIpv4Text(bytes, start, end)) return { family: 4, text: bytes.toString('latin1', start, end) };
  const text = end - start === longestAddress ? fullIpv6Text(bytes, start) : undefined;
  if (text !== undefined) return { family: 6, text };
  // ulogd's LOGEMU writes the record as the kernel does, but with shortened IPv6 addresses: only in their canonical form, as a full one
  // that has lost a digit is an address, too.
  const written = end - start <= longestAddress ? bytes.toString('latin1', start, end) : '';
  return parseIpAddress(written)?.text === written ? { family: 6, text: written } : undefined;
}

/** Four numbers to 255 without leading zeros. */
function isIpv4Text(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  for (let octet = 0; octet < 4; octet++) {
    const first = at;
    let value = 0;
    while (at < end && at - first < 3) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    if (at === first || value > 255 || (at - first > 1 && bytes[first] === 0x30)) return false;
    if (octet < 3 && (at >= end || bytes[at++] !== 0x2e)) return false;
  }
  return at === end;
}

const groups = new Uint16Array(8);
const shortened = Buffer.alloc(longestAddress);

/** RFC 5952's text of the 39 bytes at `start`, if they are eight groups of four lower-case digits and no mapped address. */
function fullIpv6Text(bytes: Buffer, start: number): string | undefined {
  for (let group = 0; group < 8; group++) {
    const at = start + group * 5;
    if (group > 0 && bytes[at - 1] !== colon) return undefined;
    let value = 0;
    for (let index = 0; index < 4; index++) {
      const byte = bytes[at + index] ?? 0;
      const digit = byte > 0x5a || byte < 0x41 ? hexDigit(byte) : -1;
      if (digit === -1) return undefined;
      value = (value << 4) | digit;
    }
    groups[group] = value;
  }
  // The first of the longest runs of two or more zero groups becomes `::` (RFC 5952, 4.2).
  let runStart = -1;
  let runLength = 1;
  let zeros = 0;
  for (let group = 0; group < 8; group++) {
    zeros = groups[group] === 0 ? zeros + 1 : 0;
    if (zeros > runLength) {
      runStart = group - zeros + 1;
      runLength = zeros;
    }
  }
  if (runStart === 0 && runLength === 5 && groups[5] === 0xffff) return undefined;
  let length = 0;
  for (let group = 0; group < 8; group++) {
    if (group === runStart) {
      shortened[length++] = colon;
      if (group === 0) shortened[length++] = colon;
      group += runLength - 1;
      continue;
    }
    const value = groups[group] ?? 0;
    const digits = value > 0xfff ? 4 : value > 0xff ? 3 : value > 0xf ? 2 : 1;
    for (let index = 4 - digits; index < 4; index++) shortened[length++] = bytes[start + group * 5 + index] ?? 0;
    if (group < 7) shortened[length++] = colon;
  }
  return shortened.toString('latin1', 0, length);
}
