// The part of a netfilter record after its addresses: dump_ipv4_packet and dump_ipv6_packet of the kernel's net/netfilter/nf_log_syslog.c.
import { afterByteCount, afterQuote, isByteCount } from './netfilter-bracket.ts';
import {
  depthOf,
  dumpKey,
  flagAt,
  fragmentKey,
  keyAt,
  noKey,
  protocolAt,
  protocolNames,
  secondKey,
  stateAfterLetters,
} from './netfilter-key.ts';
import { colon, endOfToken, equals, isDumpToken, isDumpValue, openBracket, readDecimal, readHex, space } from './netfilter-token.ts';

/** What readPacketDump found; one object for all records, so that a record costs only what it returns. */
export class PacketDump {
  /** `1 << id` for each key (dumpKey, secondKey) that was read. */
  seen = 0;
  readonly values = new Uint32Array(32);
  protocol: string | undefined;
  /** A mask of tcpFlag. */
  flags = 0;
  /** The number after FRAG:, in the kernel's unit. */
  fragment = 0;
  hasQuote = false;

  reset(): void {
    this.seen = 0;
    this.protocol = undefined;
    this.flags = 0;
    this.fragment = 0;
    this.hasQuote = false;
  }

  /** Undefined where the key did not stand in the record. */
  value(key: number): number | undefined {
    return (this.seen & (1 << key)) === 0 ? undefined : this.values[key];
  }
}

const bits = (...keys: number[]): number => keys.reduce((mask, key) => mask | (1 << key), 0);

const textKeys = bits(dumpKey.TOS, dumpKey.PREC, dumpKey.PROTO, dumpKey.RES, dumpKey.POINTER, dumpKey.GATEWAY, dumpKey.MARK);
const maxOf = new Float64Array(32).fill(0xffffffff);
for (const key of [dumpKey.TTL, dumpKey.HOPLIMIT, dumpKey.TYPE, dumpKey.CODE]) maxOf[key] = 0xff;
for (const key of [dumpKey.SPT, dumpKey.DPT]) maxOf[key] = 0xffff;
// A daemon that trims the space at the end of a line leaves these whole; another number there may have lost digits, so it is not taken.
const lastKeys = bits(dumpKey.URGP, dumpKey.CODE, dumpKey.GID);
const typeAndCode = bits(dumpKey.TYPE, dumpKey.CODE);

/**
 * Reads the tokens of bytes[at, end) into `dump`; a cut line gives what stands before the cut. False where they are not all the kernel's:
 * a known key twice or one that belongs before the addresses, a malformed number, a bracket that is none of the kernel's, foreign text.
 */
export function readPacketDump(bytes: Buffer, at: number, end: number, dump: PacketDump): boolean {
  while (at < end && at !== -1) {
    const first = bytes[at] ?? 0;
    if (first === space) at++;
    else if (first === openBracket) at = afterBracket(bytes, at, end, dump);
    else {
      const state = stateAfterLetters(bytes, at, end);
      const key = keyAt[state] ?? noKey;
      const afterLetters = at + (depthOf[state] ?? 0);
      const delimiter = afterLetters < end ? bytes[afterLetters] : space;
      if (delimiter === equals && key < 32) at = afterValue(bytes, afterLetters + 1, end, key, dump);
      else if (delimiter === space && flagAt[state] !== 0) at = afterFlag(flagAt[state] ?? 0, afterLetters, dump);
      else if (delimiter === equals && key !== noKey) at = -1;
      else if (delimiter === colon && key === fragmentKey) at = afterFragment(bytes, at, end, afterLetters + 1, dump);
      else at = afterUnknown(bytes, at, end);
    }
  }
  return at !== -1;
}

// Each of the functions below returns where what it read ends, or -1 where the record is not to be trusted.

function afterValue(bytes: Buffer, at: number, end: number, key: number, dump: PacketDump): number {
  // UDP's own length and an echo's identifier have the names of fields of the IP header.
  if (key === dumpKey.LEN && (dump.protocol === 'UDP' || dump.protocol === 'UDPLITE')) key = secondKey.LEN;
  else if (key === dumpKey.ID && (dump.seen & typeAndCode) === typeAndCode) key = secondKey.ID;
  const bit = 1 << key;
  if ((dump.seen & bit) !== 0) return -1;
  if ((textKeys & bit) !== 0) return afterText(bytes, at, end, key, dump);
  const start = at;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (value > (maxOf[key] ?? 0)) return -1;
  if (at === end && (at === start || (lastKeys & bit) === 0)) return end;
  if (at === start || (at < end && bytes[at] !== space)) return -1;
  dump.seen |= bit;
  dump.values[key] = value;
  return at;
}

function afterText(bytes: Buffer, start: number, end: number, key: number, dump: PacketDump): number {
  const tokenEnd = endOfToken(bytes, start, end);
  if (!isDumpValue(bytes, start, tokenEnd)) return -1;
  dump.seen |= 1 << key;
  if (key === dumpKey.PROTO) dump.protocol = readProtocol(bytes, start, tokenEnd, tokenEnd === end);
  if (key === dumpKey.MARK) {
    const mark = readHex(bytes, start, tokenEnd);
    if (mark === -1) return -1;
    dump.values[key] = mark;
  }
  return tokenEnd;
}

/** A name that is cut at the end of the line gives undefined; a number there is taken, as PROTO=2 may be all that the kernel writes. */
function readProtocol(bytes: Buffer, start: number, end: number, isLast: boolean): string | undefined {
  const state = stateAfterLetters(bytes, start, end);
  const name = protocolNames[protocolAt[state] ?? 0];
  const afterName = start + (depthOf[state] ?? 0);
  if (name !== '' && afterName === end) return name;
  if (name === 'ICMP' && afterName + 2 === end && bytes[afterName] === 0x76 && bytes[afterName + 1] === 0x36) return 'ICMPv6';
  const number = readDecimal(bytes, start, end, 0xff);
  if (number !== -1) return String(number);
  return isLast || start === end ? undefined : bytes.toString('latin1', start, end);
}

function afterFlag(flag: number, end: number, dump: PacketDump): number {
  if ((dump.flags & flag) !== 0) return -1;
  dump.flags |= flag;
  return end;
}

/** FRAG: stands once for each of an IPv6 packet's fragment headers, so that a second one is not amiss. */
function afterFragment(bytes: Buffer, at: number, end: number, valueStart: number, dump: PacketDump): number {
  const tokenEnd = endOfToken(bytes, at, end);
  const value = readDecimal(bytes, valueStart, tokenEnd, 0xffff);
  if (value !== -1) dump.fragment = value;
  return isDumpToken(bytes, at, tokenEnd) ? tokenEnd : -1;
}

function afterUnknown(bytes: Buffer, at: number, end: number): number {
  const tokenEnd = endOfToken(bytes, at, end);
  return isDumpToken(bytes, at, tokenEnd) ? tokenEnd : -1;
}

function afterBracket(bytes: Buffer, at: number, end: number, dump: PacketDump): number {
  if (isByteCount(bytes, at, end)) return afterByteCount(bytes, at, end);
  const isIcmp = dump.protocol === 'ICMP' || dump.protocol === 'ICMPv6';
  if (dump.hasQuote || !isIcmp || (dump.seen & typeAndCode) !== typeAndCode) return -1;
  dump.hasQuote = true;
  return afterQuote(bytes, at, end);
}
