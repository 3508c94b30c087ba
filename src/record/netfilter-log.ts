// Records of the firewall's log rules, as the kernel's nf_log_syslog writes them (net/netfilter/nf_log_syslog.c; iptables' LOG, nft's log):
// "<prefix>IN=eth0 OUT= MAC=... SRC=192.0.2.7 DST=198.51.100.1 LEN=60 ... PROTO=TCP SPT=40000 DPT=22 ... SYN URGP=0 ".
import type { Family } from '../core/ip-network.ts';
import { longestAddress, readNetfilterAddress } from './netfilter-address.ts';
import { PacketDump, readPacketDump } from './netfilter-dump.ts';
import { type NetfilterHead, readNetfilterHead } from './netfilter-head.ts';
import { dumpKey } from './netfilter-key.ts';
import { afterPrintkStamp } from './netfilter-prefix.ts';
import { afterLiteral, endOfToken, readDecimal } from './netfilter-token.ts';
import { SliceCache } from './slice-cache.ts';

/** One logged packet. A property is undefined where the record does not hold it, or where the line was cut before it was whole. */
export interface NetfilterLog extends Omit<NetfilterHead, 'length'> {
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
  /** Owner of the local socket, for packets from this machine. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The packet's firewall mark; the kernel writes none that is 0. */
  readonly mark: number | undefined;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const destinationKey = Buffer.from(' DST=');
const lengthKey = Buffer.from(' LEN=');

const sources = new SliceCache(readNetfilterAddress);
const destinations = new SliceCache(readNetfilterAddress);
// Filled anew by each call.
const dump = new PacketDump();

/**
 * The packet that bytes[start, end) tells of. Undefined for what is no netfilter record (an ARP packet's has no address, either), and for
 * one that cannot be trusted: cut before its addresses are whole, keys twice or out of place, text that the kernel does not write.
 * Never throws; linear in the length. What stands in the text by whoever's will, `source` is what the kernel wrote as the sender, or the
 * result is undefined; that the kernel wrote the record is for the caller to know (facility 0).
 */
export function parseNetfilterLog(bytes: Buffer, start: number, end: number): NetfilterLog | undefined {
  while (end > start && (bytes[end - 1] === lineFeed || bytes[end - 1] === carriageReturn)) end--;
  start = afterPrintkStamp(bytes, start, end);
  const head = readNetfilterHead(bytes, start, end);
  if (head === undefined) return undefined;
  const sourceStart = start + head.length;
  const sourceEnd = endOfToken(bytes, sourceStart, Math.min(end, sourceStart + longestAddress + 1));
  const destinationStart = afterLiteral(bytes, sourceEnd, end, destinationKey);
  if (destinationStart === -1) return undefined;
  const destinationEnd = endOfToken(bytes, destinationStart, Math.min(end, destinationStart + longestAddress + 1));
  const lengthStart = afterLiteral(bytes, destinationEnd, end, lengthKey);
  if (lengthStart === -1) return undefined;
  const lengthEnd = endOfToken(bytes, lengthStart, end);
  const lengthBytes = readDecimal(bytes, lengthStart, lengthEnd, 0xffffffff);
  if (lengthBytes === -1 || lengthEnd === end) return undefined;
  const source = sources.of(bytes, sourceStart, sourceEnd);
  const destination = destinations.of(bytes, destinationStart, destinationEnd);
  if (source === undefined || destination === undefined || source.family !== destination.family) return undefined;

  dump.reset();
  dump.seen = 1 << dumpKey.LEN;
  if (!readPacketDump(bytes, lengthEnd, end, dump)) return undefined;

  const isIpv4 = source.family === 4;
  return {
    prefix: head.prefix,
    verdict: head.verdict,
    inInterface: head.inInterface,
    outInterface: head.outInterface,
    physicalInInterface: head.physicalInInterface,
    physicalOutInterface: head.physicalOutInterface,
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
    isGroupMac: head.isGroupMac,
    vlanId: head.vlanId,
    uid: dump.value(dumpKey.UID),
    gid: dump.value(dumpKey.GID),
    mark: dump.value(dumpKey.MARK),
  };
}
