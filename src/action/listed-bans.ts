// What a firewall's listing says is shut out: addresses, networks and ranges, between whatever else the program writes.
import { type Family, type IpNetwork, isSingleAddress, parseIpNetwork } from '../core/ip-network.ts';

interface Range {
  readonly first: bigint;
  last: bigint;
}

/** Of the `networks`, those that the listing does not have: neither as they are, nor covered by what it has. */
export function missingFrom(output: string, networks: readonly string[]): string[] {
  const listed: IpNetwork[] = [];
  const ranges = { 4: [] as Range[], 6: [] as Range[] };
  for (const word of output.split(/[^0-9A-Fa-f.:/-]+/)) {
    const parts = word.split('-');
    const found = parts.flatMap((part) => parseIpNetwork(part) ?? []);
    const [from, to] = found;
    const isRange = parts.length === 2 && from !== undefined && to !== undefined && found.every(isSingleAddress);
    if (isRange && from.family === to.family) ranges[from.family].push({ first: firstOf(from), last: firstOf(to) });
    listed.push(...found);
  }
  const texts = new Set(listed.map(({ text }) => text));
  const missing = networks.filter((network) => !texts.has(network));
  if (missing.length === 0) return missing;
  // Listings of rules write "from everywhere" beside what they shut out.
  for (const network of listed) {
    if (network.prefix > 0) ranges[network.family].push({ first: firstOf(network), last: lastOf(network) });
  }
  const merged = { 4: merge(ranges[4]), 6: merge(ranges[6]) };
  return missing.filter((text) => !isCovered(parseIpNetwork(text), merged));
}

const firstOf = ({ bytes }: IpNetwork): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

const lastOf = (network: IpNetwork): bigint => firstOf(network) | ((1n << BigInt(network.bytes.length * 8 - network.prefix)) - 1n);

/** In order, and none touches the next. */
function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const former = merged.at(-1);
    if (former === undefined || first > former.last + 1n) merged.push({ first, last });
    else if (last > former.last) former.last = last;
  }
  return merged;
}

function isCovered(network: IpNetwork | undefined, merged: Readonly<Record<Family, readonly Range[]>>): boolean {
  if (network === undefined) return false;
  const ranges = merged[network.family];
  const first = firstOf(network);
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.first ?? 0n) <= first) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && lastOf(network) <= range.last;
}
