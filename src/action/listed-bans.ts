// What a firewall's listing says is shut out: addresses, networks and ranges, between whatever else the program writes. A list may be long,
// and who reads it has other things to do: it is read in slices.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RingjailError } from '../core/errors.ts';
import { type Family, type IpNetwork, isSingleAddress, parseIpAddress, parseIpNetwork } from '../core/ip-network.ts';

/** An IPv6 set of 65,536 addresses takes half of it. */
export const mostListBytes = 8 << 20;

/** What has to be compared one by one: where sets of 65,536 end by default, there is room for more than one. */
const mostCompared = 150_000;

const tokensInSlice = 2000;

interface Range {
  readonly first: bigint;
  last: bigint;
}

/**
 * Of the `networks`, those that the listing does not have: neither as they are, nor covered by what it has. Rejects where it has more than
 * anybody can compare.
 */
export async function missingFrom(output: string, networks: readonly string[]): Promise<string[]> {
  const listing = new Listing(networks);
  let count = 0;
  for (const line of linesOf(output)) {
    for (const found of addressesOf(barredPart(line))) {
      listing.add(found);
      if (++count % tokensInSlice === 0) await nextTurn();
    }
    if (++count % tokensInSlice === 0) await nextTurn();
  }
  const missing = listing.missing();
  return missing.length === 0 ? missing : listing.uncovered(missing);
}

/** Text of one address, or of the first and the last one of a range; with what stands behind a slash. */
interface Found {
  readonly text: string;
  readonly prefix: string | undefined;
  readonly to: string | undefined;
}

function* linesOf(output: string): Iterable<string> {
  for (let from = 0; from < output.length; ) {
    const end = output.indexOf('\n', from);
    yield output.slice(from, end === -1 ? undefined : end);
    from = end === -1 ? output.length : end + 1;
  }
}

/** Longer is no rule. */
const mostRuleLength = 1000;

/** Of a rule of iptables or nft, what it says of whom it shuts out; nothing of one that lets in. */
function barredPart(line: string): string {
  if (line.length > mostRuleLength) return line;
  if (/^\s*(?:ACCEPT|RETURN)\s|\sALLOW\s|\s(?:accept|return)\s*(?:$|#|comment ")/.test(line)) return '';
  if (!line.startsWith('-A ')) return line;
  if (/ -[jg] (?:ACCEPT|RETURN)(?: |$)/.test(line)) return '';
  const [, isOthers, from = ''] = /( !)? (?:-s|--src-range) (\S+)/.exec(line) ?? [];
  return isOthers === undefined ? from : '';
}

/** With its length bounded: nothing here takes longer than the line is long. */
function* addressesOf(line: string): Iterable<Found> {
  const tokens = /[0-9A-Fa-f:.]+/g;
  let former: { readonly found: Found; readonly end: number } | undefined;
  for (let token = tokens.exec(line); token !== null; token = tokens.exec(line)) {
    const end = token.index + token[0].length;
    const text = addressIn(token[0], /[A-Za-z_]/.test(line[token.index - 1] ?? ''));
    if (text === undefined) continue;
    // A netmask of all ones, as of hosts.allow, is an address of its own.
    const [, prefix] = line[end] === '/' ? (/^\/(\d{1,3})(?!\d|\.\d)/.exec(line.slice(end, end + 6)) ?? []) : [];
    if (former?.end === token.index - 1 && line[token.index - 1] === '-') yield { ...former.found, to: text };
    const found = { text, prefix, to: undefined };
    former = prefix === undefined ? { found, end } : undefined;
    yield found;
  }
}

const ipv4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)/;

/** In letters, digits, colons and dots, of which others may stand around it. `isInWord`: a letter stands before them. */
function addressIn(token: string, isInWord: boolean): string | undefined {
  if (token.length > 64) return undefined;
  const own = isInWord ? token.replace(/^[0-9A-Fa-f]*:(?!:)/, '') : token;
  // Two colons are no address and its port.
  const isIpv6 = own.includes('::') || own.split(':').length > 7;
  if (isIpv6) return own.replace(/^:(?!:)/, '').replace(/(?<!:):?\.*$/, '');
  return own.includes('.') ? ipv4.exec(own)?.[0] : undefined;
}

class Listing {
  readonly #wanted: ReadonlySet<string>;
  /** Of the wanted, those that it has as they are. */
  readonly #there = new Set<string>();
  /** Whether single addresses may make up a wanted network. */
  readonly #needsSingles: boolean;
  readonly #singles = new Map<string, IpNetwork>();
  readonly #networks = new Map<string, IpNetwork>();
  readonly #ranges = new Map<string, readonly [from: IpNetwork, to: IpNetwork]>();

  constructor(wanted: readonly string[]) {
    this.#wanted = new Set(wanted);
    this.#needsSingles = wanted.some((text) => text.includes('/'));
  }

  add({ text, prefix, to }: Found): void {
    if (to !== undefined) this.#addRange(text, to);
    else if (prefix !== undefined) this.#addNetwork(`${text}/${prefix}`);
    else this.#addSingle(text);
  }

  #addSingle(text: string): void {
    if (this.#wanted.has(text)) this.#there.add(text);
    // IPv4 has one form only.
    if (!this.#needsSingles && !text.includes(':')) return;
    if (!this.#needsSingles && this.#there.has(text)) return;
    const address = parseIpAddress(text);
    if (address === undefined) return;
    if (this.#wanted.has(address.text)) this.#there.add(address.text);
    if (!this.#needsSingles) return;
    this.#singles.set(address.text, address);
    this.#bound();
  }

  missing(): string[] {
    return Array.from(this.#wanted).filter((text) => !this.#there.has(text));
  }

  /** Which of the missing are not covered either. */
  uncovered(missing: readonly string[]): string[] {
    const ranges = { 4: [] as Range[], 6: [] as Range[] };
    for (const [from, to] of this.#ranges.values()) ranges[from.family].push({ first: firstOf(from), last: firstOf(to) });
    const singles = missing.some((text) => text.includes('/')) ? this.#singles.values() : [];
    for (const found of [this.#networks.values(), singles]) {
      for (const network of found) ranges[network.family].push({ first: firstOf(network), last: lastOf(network) });
    }
    const merged = { 4: merge(ranges[4]), 6: merge(ranges[6]) };
    return missing.filter((text) => !isCovered(parseIpNetwork(text), merged));
  }

  #addRange(first: string, last: string): void {
    const [from, to] = [parseIpAddress(first), parseIpAddress(last)];
    if (from === undefined || to === undefined || from.family !== to.family) return;
    this.#ranges.set(`${from.text}-${to.text}`, [from, to]);
    this.#bound();
  }

  #addNetwork(text: string): void {
    const network = parseIpNetwork(text);
    if (network === undefined) return;
    if (isSingleAddress(network)) {
      this.#addSingle(network.text);
      return;
    }
    if (this.#wanted.has(network.text)) this.#there.add(network.text);
    // Listings of rules write "from everywhere" beside what they shut out.
    if (network.prefix > 0) this.#networks.set(network.text, network);
    this.#bound();
  }

  #bound(): void {
    if (this.#networks.size + this.#ranges.size + this.#singles.size <= mostCompared) return;
    throw new RingjailError('unavailable', `actionlist names more than ${mostCompared} networks`);
  }
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
