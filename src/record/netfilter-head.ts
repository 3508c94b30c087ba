// The part of a netfilter record before the sender's address (nf_log_dump_packet_common of the kernel's net/netfilter/nf_log_syslog.c):
// "[UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC="
import { interfaces, longestInterface } from './netfilter-interface.ts';
import { readLink } from './netfilter-link.ts';
import { longestPrefix, type NetfilterVerdict, readNetfilterPrefix } from './netfilter-prefix.ts';
import { afterLiteral, endOfToken, equals } from './netfilter-token.ts';
import { SliceCache } from './slice-cache.ts';

/** A property is undefined where the record does not hold it. */
export interface NetfilterHead {
  /** The rule's text before `IN=`, without printk's stamp, trimmed: "[UFW BLOCK]", "Shorewall:net2fw:DROP:". */
  readonly prefix: string;
  /** What the prefix says was done with the packet. */
  readonly verdict: NetfilterVerdict;
  /** '' where the packet has none: a packet to this machine has no outInterface, one from it no inInterface, a forwarded one has both. */
  readonly inInterface: string;
  readonly outInterface: string;
  /** The ports of a bridge, where the interface is one. */
  readonly physicalInInterface: string | undefined;
  readonly physicalOutInterface: string | undefined;
  /** Whether the Ethernet destination is a group (broadcast, multicast); false where the link is not Ethernet. */
  readonly isGroupMac: boolean;
  /** 0 to 4095. */
  readonly vlanId: number | undefined;
  /** Bytes of the head: after them begins the sender's address. */
  readonly length: number;
}

/**
 * The heads read last. A machine logs from few rules, and packets from afar all bear its gateway's MAC: most records begin as one before
 * them did, and comparing is several times as quick as reading.
 */
class HeadCache {
  readonly #heads: (NetfilterHead | undefined)[] = new Array(headCount).fill(undefined);
  readonly #bytes: Uint8Array[] = Array.from({ length: headCount }, () => new Uint8Array(longestHead));
  #last = 0;
  #oldest = 0;

  /** The head that bytes[start, end) begins with, if it is one of them. */
  find(bytes: Buffer, start: number, end: number): NetfilterHead | undefined {
    for (let tried = 0; tried < headCount; tried++) {
      const index = (this.#last + tried) % headCount;
      const head = this.#heads[index];
      if (head === undefined || start + head.length > end) continue;
      const known = this.#bytes[index] as Uint8Array;
      // From behind: the heads of one machine differ there, in the addresses and the type of the link.
      let at = head.length - 1;
      while (at >= 0 && bytes[start + at] === known[at]) at--;
      if (at >= 0) continue;
      this.#last = index;
      return head;
    }
    return undefined;
  }

  add(bytes: Buffer, start: number, head: NetfilterHead): void {
    if (head.length > longestHead) return;
    const known = this.#bytes[this.#oldest] as Uint8Array;
    for (let at = 0; at < head.length; at++) known[at] = bytes[start + at] ?? 0;
    this.#heads[this.#oldest] = head;
    this.#last = this.#oldest;
    this.#oldest = (this.#oldest + 1) % headCount;
  }
}

const headCount = 4;
// A prefix, four interfaces and an Ethernet header stay below it; a longer head is read each time.
const longestHead = 320;
const cache = new HeadCache();

/**
 * The head that bytes[start, end) begins with, after a printk stamp. Undefined where that is none: it must lead from the first `IN=` of the
 * record to SRC= through nothing but what the kernel writes there.
 */
export function readNetfilterHead(bytes: Buffer, start: number, end: number): NetfilterHead | undefined {
  const known = cache.find(bytes, start, end);
  if (known !== undefined) return known;
  const head = readUnknownHead(bytes, start, end);
  if (head !== undefined) cache.add(bytes, start, head);
  return head;
}

const letterI = 0x49;
const letterN = 0x4e;
const outKey = Buffer.from(' OUT=');

const prefixes = new SliceCache(readNetfilterPrefix);

function readUnknownHead(bytes: Buffer, start: number, end: number): NetfilterHead | undefined {
  const prefixEnd = indexOfIn(bytes, start, Math.min(end, start + longestPrefix + 3));
  if (prefixEnd === -1) return undefined;
  const inStart = prefixEnd + 3;
  const inEnd = endOfToken(bytes, inStart, Math.min(end, inStart + longestInterface + 1));
  const outStart = afterLiteral(bytes, inEnd, end, outKey);
  if (outStart === -1) return undefined;
  const outEnd = endOfToken(bytes, outStart, Math.min(end, outStart + longestInterface + 1));
  const inInterface = interfaces.of(bytes, inStart, inEnd);
  const outInterface = interfaces.of(bytes, outStart, outEnd);
  if (inInterface === undefined || outInterface === undefined) return undefined;
  const link = readLink(bytes, outEnd, end);
  if (link === undefined) return undefined;
  const { text: prefix, verdict } = prefixes.of(bytes, start, prefixEnd);
  const { physicalInInterface, physicalOutInterface, isGroupMac, vlanId, end: headEnd } = link;
  return {
    prefix,
    verdict,
    inInterface,
    outInterface,
    physicalInInterface,
    physicalOutInterface,
    isGroupMac,
    vlanId,
    length: headEnd - start,
  };
}

/** Where the first `IN=` of bytes[start, end) stands, or -1. It need not begin a token: Shorewall's prefix ends without a space. */
function indexOfIn(bytes: Buffer, start: number, end: number): number {
  // Horspool's search: three bytes on wherever the third is none of the three.
  for (let at = start + 2; at < end; ) {
    const byte = bytes[at];
    if (byte === equals) {
      if (bytes[at - 1] === letterN && bytes[at - 2] === letterI) return at - 2;
      at += 3;
    } else at += byte === letterN ? 1 : byte === letterI ? 2 : 3;
  }
  return -1;
}
