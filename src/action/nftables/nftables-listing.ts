// What stands in a set now, from the kernel's own listing (bytes), and how elements are written in nft's language.
import type { SetElements } from '../../binding/addon.ts';
import { type IpNetwork, networkOfBytes, parseIpNetwork } from '../../core/ip-network.ts';
import type { BanSet } from './nftables-table.ts';

/** An element as a text that is cheap to make and to compare: of a hash set its bytes, of an interval set as nft writes it. */
export type ElementKey = string;

/** The microseconds that are left; Infinity for good, NaN where unknown. */
export type Elements = ReadonlyMap<ElementKey, number>;

export function keyOf(set: BanSet, network: IpNetwork): ElementKey {
  return set.prefix === undefined ? network.text : textOfBytes(network.bytes);
}

/** As nft writes it: an address, `address/prefix`, `first-last`. */
export function elementOfKey(set: BanSet, key: ElementKey): string {
  return set.prefix === undefined ? key : addressOf(set, Buffer.from(key, 'latin1')).text;
}

/** The network that the element is; undefined for a range that is none, which only others put in. */
export function networkOfKey(set: BanSet, key: ElementKey): IpNetwork | undefined {
  if (set.prefix === undefined) return parseIpNetwork(key);
  return networkOfBytes(set.family, Uint8Array.from(Buffer.from(key, 'latin1')), set.prefix);
}

export function parseElements(set: BanSet, listed: SetElements): Elements {
  const { keys, leftMs, isEnd } = listed;
  const size = set.family === 4 ? 4 : 16;
  if (set.prefix === undefined) return parseIntervals(set, listed, size);
  const elements = new Map<ElementKey, number>();
  for (let index = 0; index < leftMs.length; index++) {
    if (isEnd[index] === 0) elements.set(keys.toString('latin1', index * size, (index + 1) * size), (leftMs[index] ?? 0) * 1000);
  }
  return elements;
}

/** An interval is two elements: its first address, and the one after its last; the last of all has no end. */
function parseIntervals(set: BanSet, { keys, leftMs, isEnd }: SetElements, size: number): Elements {
  const bounds = Array.from(leftMs, (left, index) => ({
    bytes: keys.subarray(index * size, (index + 1) * size),
    leftUsec: left * 1000,
    isEnd: isEnd[index] === 1,
  })).sort((a, b) => a.bytes.compare(b.bytes) || Number(b.isEnd) - Number(a.isEnd));
  const elements = new Map<ElementKey, number>();
  bounds.forEach((bound, index) => {
    if (bound.isEnd) return;
    const next = bounds[index + 1];
    const last = next === undefined ? Buffer.alloc(size, 0xff) : before(next.bytes);
    elements.set(intervalText(set, bound.bytes, last), bound.leftUsec);
  });
  return elements;
}

function intervalText(set: BanSet, first: Buffer, last: Buffer): string {
  let prefix = 0;
  while (prefix < first.length * 8 && bitOf(first, prefix) === bitOf(last, prefix)) prefix++;
  const network = networkOfBytes(set.family, Uint8Array.from(first), prefix);
  const isNetwork = range(prefix, first.length * 8).every((bit) => bitOf(first, bit) === 0 && bitOf(last, bit) === 1);
  return isNetwork ? network.text : `${addressOf(set, first).text}-${addressOf(set, last).text}`;
}

const addressOf = (set: BanSet, bytes: Buffer): IpNetwork => networkOfBytes(set.family, Uint8Array.from(bytes), bytes.length * 8);

// Not by spreading, which goes through an iterator: this is done for every ban.
const textOfBytes = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, undefined, bytes);

const bitOf = (bytes: Uint8Array, index: number): number => ((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

function before(bytes: Buffer): Buffer {
  const result = Buffer.from(bytes);
  for (let index = result.length - 1; index >= 0; index--) {
    const byte = result[index] ?? 0;
    result[index] = byte === 0 ? 0xff : byte - 1;
    if (byte !== 0) break;
  }
  return result;
}
