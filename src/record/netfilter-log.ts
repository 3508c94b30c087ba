// Records of the firewall's log rules, as the kernel's nf_log_syslog writes them (net/netfilter/nf_log_syslog.c; iptables' LOG, nft's log):
// "<prefix>IN=eth0 OUT= MAC=... SRC=192.0.2.7 DST=198.51.100.1 LEN=60 ... PROTO=TCP SPT=40000 DPT=22 ... SYN URGP=0 ".
import type { Family } from '../core/ip-network.ts';
import { LastSlice } from './last-slice.ts';
import { longestAddress, readNetfilterAddress } from './netfilter-address.ts';
import { PacketDump, readPacketDump } from './netfilter-dump.ts';
import { depthOf, dumpKey, frameKey, headerKey, keyAt, noKey, stateAfterLetters } from './netfilter-key.ts';
import { afterPrintkStamp, longestPrefix, type NetfilterVerdict, readNetfilterPrefix } from './netfilter-prefix.ts';
import { endOfToken, equals, hexDigit, isDumpToken, isMacText, readDecimal, space } from './netfilter-token.ts';

/** One logged packet. A property is undefined where the record does not hold it, or where the line was cut before it was whole. */
export interface NetfilterLog {
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
  readonly family: Family;
  /** Canonical, as IpNetwork.text: the sender, never an address of a packet that an ICMP error quotes. */
  readonly source: string;
  readonly destination: string;
  /** As the kernel writes it: TCP, UDP, UDPLITE, ICMP, ICMPv6, AH, ESP, or the number. A fragment or an encrypted packet may have none. */
  readonly protocol: string | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /** The bits of the TCP header: a mask of tcpFlag. */
  readonly tcpFlags: number | undefined;
  readonly icmpType: number | undefined;
  readonly icmpCode: number | undefined;
  /** Of the IP packet. */
  readonly lengthBytes: number;
  /** TTL, or HOPLIMIT. */
  readonly ttl: number | undefined;
  /** Above 0 the packet is a fragment that is not the first, and has no ports. */
  readonly fragmentOffsetBytes: number;
  /** Whether the Ethernet destination is a group (broadcast, multicast); false where the link is not Ethernet. */
  readonly isGroupMac: boolean;
  /** 0 to 4095. */
  readonly vlanId: number | undefined;
  /** Owner of the local socket, for packets from this machine. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The packet's firewall mark; the kernel writes none that is 0. */
  readonly mark: number | undefined;
}

const letterI = 0x49;
const letterN = 0x4e;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

// IFNAMSIZ less its final NUL.
const longestInterface = 15;

const lastPrefix = new LastSlice(readNetfilterPrefix);
const lastIn = new LastSlice(readInterface);
const lastOut = new LastSlice(readInterface);
const lastPhysicalIn = new LastSlice(readInterface);
const lastPhysicalOut = new LastSlice(readInterface);
const lastSource = new LastSlice(readNetfilterAddress);
const lastDestination = new LastSlice(readNetfilterAddress);

// Between OUT= and SRC=. Filled anew by each call, as `dump` is.
const link = {
  seen: 0,
  physicalIn: undefined as string | undefined,
  physicalOut: undefined as string | undefined,
  isGroupMac: false,
  vlanId: undefined as number | undefined,
};
const dump = new PacketDump();

/**
 * The packet that bytes[start, end) tells of. Undefined for what is no netfilter record (an ARP packet's has no address, either), and for
 * one that cannot be trusted: cut before its addresses are whole, keys twice or out of place, text that the kernel does not write.
 * Never throws; linear in the length. What stands in the text by whoever's will, `source` is what the kernel wrote as the sender, or the
 * result is undefined; that the kernel wrote the record is for the caller to know (facility 0).
 */
export function parseNetfilterLog(bytes: Buffer, start: number, end: number): NetfilterLog | undefined {
  while (end > start && (bytes[end - 1] === lineFeed || bytes[end - 1] === carriageReturn)) end--;
  const prefixStart = afterPrintkStamp(bytes, start, end);
  const prefixEnd = indexOfIn(bytes, prefixStart, Math.min(end, prefixStart + longestPrefix + 3));
  if (prefixEnd === -1) return undefined;

  const inStart = prefixEnd + 3;
  const inEnd = endOfToken(bytes, inStart, Math.min(end, inStart + longestInterface + 1));
  const outStart = valueAfter(bytes, inEnd, end, frameKey.OUT);
  if (outStart === -1) return undefined;
  const outEnd = endOfToken(bytes, outStart, Math.min(end, outStart + longestInterface + 1));
  const inInterface = lastIn.of(bytes, inStart, inEnd);
  const outInterface = lastOut.of(bytes, outStart, outEnd);
  if (inInterface === undefined || outInterface === undefined) return undefined;

  const sourceStart = readLink(bytes, outEnd, end);
  if (sourceStart === -1) return undefined;
  const sourceEnd = endOfToken(bytes, sourceStart, Math.min(end, sourceStart + longestAddress + 1));
  const destinationStart = valueAfter(bytes, sourceEnd, end, frameKey.DST);
  if (destinationStart === -1) return undefined;
  const destinationEnd = endOfToken(bytes, destinationStart, Math.min(end, destinationStart + longestAddress + 1));
  const lengthStart = valueAfter(bytes, destinationEnd, end, dumpKey.LEN);
  if (lengthStart === -1) return undefined;
  const lengthEnd = endOfToken(bytes, lengthStart, end);
  const lengthBytes = readDecimal(bytes, lengthStart, lengthEnd, 0xffffffff);
  if (lengthBytes === -1 || lengthEnd === end) return undefined;
  const source = lastSource.of(bytes, sourceStart, sourceEnd);
  const destination = lastDestination.of(bytes, destinationStart, destinationEnd);
  if (source === undefined || destination === undefined || source.family !== destination.family) return undefined;

  dump.reset();
  dump.seen = 1 << dumpKey.LEN;
  if (!readPacketDump(bytes, lengthEnd, end, dump)) return undefined;

  const prefix = lastPrefix.of(bytes, prefixStart, prefixEnd);
  const isIpv4 = source.family === 4;
  return {
    prefix: prefix.text,
    verdict: prefix.verdict,
    inInterface,
    outInterface,
    physicalInInterface: link.physicalIn,
    physicalOutInterface: link.physicalOut,
    family: source.family,
    source: source.text,
    destination: destination.text,
    protocol: dump.protocol,
    sourcePort: dump.value(dumpKey.SPT),
    destinationPort: dump.value(dumpKey.DPT),
    tcpFlags: dump.protocol === 'TCP' && dump.value(dumpKey.URGP) !== undefined ? dump.flags : undefined,
    icmpType: dump.value(dumpKey.TYPE),
    icmpCode: dump.value(dumpKey.CODE),
    lengthBytes,
    ttl: dump.value(isIpv4 ? dumpKey.TTL : dumpKey.HOPLIMIT),
    // IPv4's is in units of eight bytes, IPv6's the kernel writes in bytes.
    fragmentOffsetBytes: isIpv4 ? dump.fragment * 8 : dump.fragment,
    isGroupMac: link.isGroupMac,
    vlanId: link.vlanId,
    uid: dump.value(dumpKey.UID),
    gid: dump.value(dumpKey.GID),
    mark: dump.value(dumpKey.MARK),
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

/** Where the value of `key` begins if exactly a space and the key stand at `at`, else -1. */
function valueAfter(bytes: Buffer, at: number, end: number, key: number): number {
  if (at >= end || bytes[at] !== space) return -1;
  const state = stateAfterLetters(bytes, at + 1, end);
  const afterLetters = at + 1 + (depthOf[state] ?? 0);
  return keyAt[state] === key && afterLetters < end && bytes[afterLetters] === equals ? afterLetters + 1 : -1;
}

/** Reads the tokens from `at` on into `link`, and returns where the value of SRC= begins. -1 where they do not lead there. */
function readLink(bytes: Buffer, at: number, end: number): number {
  link.seen = 0;
  link.physicalIn = undefined;
  link.physicalOut = undefined;
  link.isGroupMac = false;
  link.vlanId = undefined;
  while (at < end) {
    if (bytes[at] === space) {
      at++;
      continue;
    }
    const state = stateAfterLetters(bytes, at, end);
    const afterLetters = at + (depthOf[state] ?? 0);
    const isKey = afterLetters < end && bytes[afterLetters] === equals;
    const key = isKey ? (keyAt[state] ?? noKey) : noKey;
    if (key === frameKey.SRC) return afterLetters + 1;
    const tokenEnd = endOfToken(bytes, afterLetters, end);
    if (tokenEnd === end) return -1;
    if (key === noKey) {
      if (!isDumpToken(bytes, at, tokenEnd)) return -1;
    } else {
      if (key < 32 || key > 63 || (link.seen & (1 << key)) !== 0) return -1;
      link.seen |= 1 << key;
      if (!readLinkValue(bytes, key, afterLetters + 1, tokenEnd)) return -1;
    }
    at = tokenEnd;
  }
  return -1;
}

function readLinkValue(bytes: Buffer, key: number, start: number, end: number): boolean {
  switch (key) {
    case headerKey.PHYSIN:
      link.physicalIn = lastPhysicalIn.of(bytes, start, end);
      return link.physicalIn !== undefined;
    case headerKey.PHYSOUT:
      link.physicalOut = lastPhysicalOut.of(bytes, start, end);
      return link.physicalOut !== undefined;
    case headerKey.MAC:
      link.isGroupMac = isEthernetHeader(bytes, start, end) && isGroupByte(bytes, start);
      return isMacText(bytes, start, end);
    case headerKey.MACDST:
      link.isGroupMac = start < end && isGroupByte(bytes, start);
      return isMacText(bytes, start, end);
    case headerKey.MACSRC:
      return isMacText(bytes, start, end);
    case headerKey.VID: {
      // The kernel writes the whole tag here; the priority above the twelve bits is the sender's choice.
      const tag = readDecimal(bytes, start, end, 0xffff);
      link.vlanId = tag & 0xfff;
      return tag !== -1;
    }
    default:
      return isDumpToken(bytes, start, end);
  }
}

/** I/G bit of the first byte on the wire (IEEE 802, 8.2): the lowest of the second digit. */
const isGroupByte = (bytes: Buffer, start: number): boolean => (hexDigit(bytes[start + 1] ?? 0) & 1) === 1;

/**
 * Whether MAC= holds an Ethernet header (destination, source, type) and not some other link's, or the IP header of a tunnel: by its type,
 * 08:00, 86:dd, 81:00 or 88:a8 after the twelve bytes of the addresses.
 */
function isEthernetHeader(bytes: Buffer, start: number, end: number): boolean {
  const type = start + 36;
  if (end < type + 5) return false;
  const high = (hexDigit(bytes[type] ?? 0) << 4) | hexDigit(bytes[type + 1] ?? 0);
  const low = (hexDigit(bytes[type + 3] ?? 0) << 4) | hexDigit(bytes[type + 4] ?? 0);
  const etherType = (high << 8) | low;
  return etherType === 0x0800 || etherType === 0x86dd || etherType === 0x8100 || etherType === 0x88a8;
}

/** A name that dev_valid_name of the kernel's net/core/dev.c passes, or none: no slash, no colon, no white space, no NUL. */
function readInterface(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start > longestInterface) return undefined;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    // 0xa0 is white space to the kernel's isspace, which reads Latin-1.
    if (byte === 0 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x2f || byte === 0x3a || byte === 0xa0) return undefined;
  }
  return bytes.toString('utf8', start, end);
}
