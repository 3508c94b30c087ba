// Between the interfaces and the sender's address of a netfilter record: the bridge's ports and the link's header (dump_mac_header of the
// kernel's net/netfilter/nf_log_syslog.c).
import { interfaces } from './netfilter-interface.ts';
import { depthOf, frameKey, headerKey, keyAt, noKey, stateAfterLetters } from './netfilter-key.ts';
import { endOfToken, equals, hexDigit, isDumpToken, isDumpValue, isMacText, readDecimal, space } from './netfilter-token.ts';

export interface NetfilterLink {
  physicalInInterface: string | undefined;
  physicalOutInterface: string | undefined;
  isGroupMac: boolean;
  vlanId: number | undefined;
  /** Where the value of SRC= begins. */
  end: number;
}

/** The tokens from `at` on up to SRC=; undefined where they do not lead there. */
export function readLink(bytes: Buffer, at: number, end: number): NetfilterLink | undefined {
  const link: NetfilterLink = {
    physicalInInterface: undefined,
    physicalOutInterface: undefined,
    isGroupMac: false,
    vlanId: undefined,
    end: 0,
  };
  let seen = 0;
  while (at < end) {
    if (bytes[at] === space) {
      at++;
      continue;
    }
    const state = stateAfterLetters(bytes, at, end);
    const afterLetters = at + (depthOf[state] ?? 0);
    const key = afterLetters < end && bytes[afterLetters] === equals ? (keyAt[state] ?? noKey) : noKey;
    if (key === frameKey.SRC) {
      link.end = afterLetters + 1;
      return link;
    }
    const tokenEnd = endOfToken(bytes, afterLetters, end);
    if (key === noKey ? !isDumpToken(bytes, at, tokenEnd) : !isHeaderKey(key) || (seen & (1 << key)) !== 0) return undefined;
    if (key !== noKey) {
      seen |= 1 << key;
      if (!readLinkValue(bytes, key, afterLetters + 1, tokenEnd, link)) return undefined;
    }
    at = tokenEnd;
  }
  return undefined;
}

const isHeaderKey = (key: number): boolean => key >= 32 && key < 64;

function readLinkValue(bytes: Buffer, key: number, start: number, end: number, link: NetfilterLink): boolean {
  switch (key) {
    case headerKey.PHYSIN:
      link.physicalInInterface = interfaces.of(bytes, start, end);
      return link.physicalInInterface !== undefined;
    case headerKey.PHYSOUT:
      link.physicalOutInterface = interfaces.of(bytes, start, end);
      return link.physicalOutInterface !== undefined;
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
      return isDumpValue(bytes, start, end);
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
