// Packets made up at random, as the kernel's nf_log_syslog would write them (net/netfilter/nf_log_syslog.c), and what is true of them.
import assert from 'node:assert/strict';
import { parseIpAddress } from '../../src/core/ip-network.ts';
import { tcpFlag } from '../../src/record/netfilter-key.ts';
import type { NetfilterLog } from '../../src/record/netfilter-log.ts';
import type { NetfilterVerdict } from '../../src/record/netfilter-prefix.ts';
import type { Random } from './random.ts';

export interface LoggedPacket {
  /** Latin-1: one character a byte. */
  readonly line: string;
  readonly log: NetfilterLog;
  /** Where the source's address stands in `line`. */
  readonly sourceStart: number;
  readonly sourceEnd: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const prefixes: readonly [text: string, verdict: NetfilterVerdict][] = [
  ['[UFW BLOCK] ', 'blocked'],
  ['[UFW BLOCK] ', 'blocked'],
  ['[UFW LIMIT BLOCK] ', 'blocked'],
  ['[UFW AUDIT] ', 'audited'],
  ['[UFW AUDIT INVALID] ', 'audited'],
  ['[UFW ALLOW] ', 'accepted'],
  ['Shorewall:net2fw:DROP:', 'blocked'],
  ['net-fw DROP ', 'blocked'],
  ['FINAL_REJECT: ', 'blocked'],
  ['filter_IN_public_DROP: ', 'blocked'],
  ['STATE_INVALID_DROP: ', 'blocked'],
  ['iptables denied: ', 'blocked'],
  ['TRACE: filter:ufw-logging-deny:rule:1 ', 'audited'],
  ['new connection ', 'unknown'],
  ['', 'unknown'],
];
const interfaces = ['eth0', 'enp0s31f6', 'wg0', 'br-5f2d1c', 'ppp0', 'veth1a2b3c4', 'eth0.100'];
// Whoever may name interfaces (root in a container) may be an attacker.
const hostileInterfaces = ['SRC=6.6.6.6', 'OUT=', 'IN=eth6', '[SRC=6.6.6.6', ']', '[1', 'DST=6.6.6.6', 'LEN=40', 'TTL', '=', 'PROTO=TCP'];

/** A packet to, from or through this machine. */
export function randomPacket(random: Random): LoggedPacket {
  const [prefix, verdict] = random.pick(prefixes);
  const stamp = random.once(8) ? `[${String(random.below(4e6)).padStart(5)}.${String(random.below(1e6)).padStart(6, '0')}] ` : '';
  const direction = random.pick(['in', 'in', 'in', 'in', 'forward', 'out']);
  const inInterface = direction === 'out' ? '' : randomInterface(random);
  const outInterface = direction === 'in' ? '' : randomInterface(random);
  const family = random.pick([4, 4, 6] as const);
  const written = randomAddress(random, family);
  const destination = randomAddress(random, family);
  const log: Mutable<NetfilterLog> = {
    prefix: prefix.trim(),
    verdict,
    inInterface,
    outInterface,
    physicalInInterface: undefined,
    physicalOutInterface: undefined,
    family,
    source: canonical(written),
    destination: canonical(destination),
    protocol: undefined,
    sourcePort: undefined,
    destinationPort: undefined,
    tcpFlags: undefined,
    icmpType: undefined,
    icmpCode: undefined,
    lengthBytes: 20 + random.below(1480),
    ttl: random.below(256),
    fragmentOffsetBytes: 0,
    isGroupMac: false,
    vlanId: undefined,
    uid: undefined,
    gid: undefined,
    mark: undefined,
  };
  const head = `${stamp}${prefix}IN=${inInterface} OUT=${outInterface} ${randomLink(random, log, direction !== 'out')}SRC=`;
  const tail = ` DST=${destination} LEN=${log.lengthBytes} ${family === 4 ? ipv4Dump(random, log) : ipv6Dump(random, log)}`;
  const line = `${head}${written}${tail}`;
  return {
    line: random.once(2) ? line.trimEnd() : line,
    log,
    sourceStart: head.length,
    sourceEnd: head.length + written.length,
  };
}

function canonical(written: string): string {
  const address = parseIpAddress(written);
  assert.ok(address, `the model wrote what is no address: ${written}`);
  return address.text;
}

const randomInterface = (random: Random): string => random.pick(random.once(8) ? hostileInterfaces : interfaces);

function randomAddress(random: Random, family: 4 | 6): string {
  if (family === 4) return Array.from({ length: 4 }, () => random.below(256)).join('.');
  const groups = Array.from({ length: 8 }, () => (random.once(2) ? 0 : random.below(random.pick([16, 256, 4096, 65536]))));
  // No mapped address: the parser refuses those on purpose.
  if (groups[5] === 0xffff) groups[5] = 0xfffe;
  return groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
}

function randomMac(random: Random, bytes: number): string {
  return Array.from({ length: bytes }, () => random.below(256).toString(16).padStart(2, '0')).join(':');
}

const isGroup = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

function randomLink(random: Random, log: Mutable<NetfilterLog>, isReceived: boolean): string {
  let link = '';
  if (isReceived && random.once(12)) {
    log.physicalInInterface = randomInterface(random);
    link += `PHYSIN=${log.physicalInInterface} `;
  }
  if (log.outInterface !== '' && random.once(12)) {
    log.physicalOutInterface = randomInterface(random);
    link += `PHYSOUT=${log.physicalOutInterface} `;
  }
  if (!isReceived) return link;
  const etherType = log.family === 4 ? '08:00' : '86:dd';
  const destination = randomMac(random, 6);
  switch (random.below(8)) {
    case 0:
      return `${link}MAC= `;
    case 1: {
      log.isGroupMac = isGroup(destination);
      const tag = random.below(65536);
      const vlan = random.once(2) ? `VPROTO=8100 VID=${tag} ` : '';
      if (vlan !== '') log.vlanId = tag % 4096;
      return `${link}MACSRC=${randomMac(random, 6)} MACDST=${destination} ${vlan}MACPROTO=${etherType.replace(':', '')} `;
    }
    case 2:
      // A tunnel's MAC= is an outer IP header of 20 bytes; the bytes where Ethernet has its type are an address.
      return `${link}MAC=45:${randomMac(random, 11)}:0a:00:${randomMac(random, 6)} `;
    case 3:
      log.isGroupMac = isGroup(destination);
      return `${link}MAC=${destination}:${randomMac(random, 6)}:${etherType} TUNNEL=${randomAddress(random, 4)}->${randomAddress(random, 4)} `;
    default:
      log.isGroupMac = isGroup(destination);
      return `${link}MAC=${destination}:${randomMac(random, 6)}:${etherType} `;
  }
}

const hex = (number: number, digits = 1): string => number.toString(16).padStart(digits, '0');

function ipv4Dump(random: Random, log: Mutable<NetfilterLog>): string {
  const offset = random.once(16) ? 1 + random.below(8191) : 0;
  log.fragmentOffsetBytes = offset * 8;
  let dump = ipv4Header(random, log.ttl ?? 0, offset);
  if (random.once(40)) return `${dump}TRUNCATED`;
  const protocol = random.pick(['TCP', 'TCP', 'TCP', 'UDP', 'UDPLITE', 'ICMP', 'AH', 'ESP', 'number']);
  switch (protocol) {
    case 'TCP':
      dump += tcpDump(random, log, offset > 0);
      break;
    case 'UDP':
    case 'UDPLITE':
      dump += udpDump(random, log, protocol, offset > 0);
      break;
    case 'ICMP':
      dump += icmpDump(random, log, offset > 0);
      break;
    case 'number':
      log.protocol = String(random.pick([2, 41, 47, 89, 132, 255]));
      dump += `PROTO=${log.protocol} `;
      break;
    default:
      // The kernel names no protocol for a fragment of these.
      if (offset > 0) break;
      log.protocol = protocol;
      dump += `PROTO=${protocol} ${random.once(4) ? incomplete(random) : `SPI=0x${hex(random.bits())} `}`;
  }
  return dump + ownerAndMark(random, log);
}

function ipv4Header(random: Random, ttl: number, offset: number): string {
  const type = `TOS=0x${hex(random.below(32), 2).toUpperCase()} PREC=0x${hex(random.below(8) * 32, 2).toUpperCase()}`;
  const flags = `${random.once(20) ? 'CE ' : ''}${random.once(2) ? 'DF ' : ''}${offset > 0 || random.once(20) ? 'MF ' : ''}`;
  const fragment = offset > 0 ? `FRAG:${offset} ` : '';
  const options = random.once(20) ? `OPT (${hex(random.bits(), 8).toUpperCase()}) ` : '';
  return `${type} TTL=${ttl} ID=${random.below(65536)} ${flags}${fragment}${options}`;
}

const incomplete = (random: Random): string => `INCOMPLETE [${random.below(20)} bytes] `;

function ownerAndMark(random: Random, log: Mutable<NetfilterLog>): string {
  let text = '';
  if (random.once(10)) {
    log.uid = random.below(70000);
    log.gid = random.bits();
    text += `UID=${log.uid} GID=${log.gid} `;
  }
  if (random.once(10)) {
    log.mark = random.bits() | 1;
    log.mark >>>= 0;
    text += `MARK=0x${hex(log.mark)} `;
  }
  return text;
}

const flagOrder = ['AE', 'CWR', 'ECE', 'URG', 'ACK', 'PSH', 'RST', 'SYN', 'FIN'] as const;

function tcpDump(random: Random, log: Mutable<NetfilterLog>, isFragment: boolean): string {
  log.protocol = 'TCP';
  if (isFragment) return 'PROTO=TCP ';
  if (random.once(20)) return `PROTO=TCP ${incomplete(random)}`;
  log.sourcePort = random.below(65536);
  log.destinationPort = random.below(65536);
  const flags = flagOrder.filter((flag) => random.once(flag === 'SYN' ? 2 : 5));
  log.tcpFlags = flags.reduce((mask, flag) => mask | tcpFlag[flag], 0);
  const sequence = random.once(8) ? `SEQ=${random.bits()} ACK=${random.bits()} ` : '';
  const words = flags.map((flag) => `${flag} `).join('');
  const options = random.once(8) ? `OPT (${hex(random.bits(), 8).toUpperCase()}) ` : '';
  const ports = `SPT=${log.sourcePort} DPT=${log.destinationPort}`;
  return `PROTO=TCP ${ports} ${sequence}WINDOW=${random.below(65536)} RES=0x00 ${words}URGP=${random.below(65536)} ${options}`;
}

function udpDump(random: Random, log: Mutable<NetfilterLog>, protocol: string, isFragment: boolean): string {
  log.protocol = protocol;
  if (isFragment) return `PROTO=${protocol} `;
  if (random.once(20)) return `PROTO=${protocol} ${incomplete(random)}`;
  log.sourcePort = random.below(65536);
  log.destinationPort = random.below(65536);
  return `PROTO=${protocol} SPT=${log.sourcePort} DPT=${log.destinationPort} LEN=${random.below(65536)} `;
}

function icmpDump(random: Random, log: Mutable<NetfilterLog>, isFragment: boolean): string {
  log.protocol = 'ICMP';
  if (isFragment) return 'PROTO=ICMP ';
  if (random.once(20)) return `PROTO=ICMP ${incomplete(random)}`;
  log.icmpType = random.pick([0, 3, 3, 3, 4, 5, 8, 8, 11, 12, 13, 250]);
  log.icmpCode = random.below(16);
  const dump = `PROTO=ICMP TYPE=${log.icmpType} CODE=${log.icmpCode} `;
  if (random.once(20)) return `${dump}${incomplete(random)}`;
  if (log.icmpType === 0 || log.icmpType === 8) return `${dump}ID=${random.below(65536)} SEQ=${random.below(65536)} `;
  if (log.icmpType === 12) return `${dump}PARAMETER=${random.below(256)} `;
  if (![3, 4, 5, 11].includes(log.icmpType)) return dump;
  const gateway = log.icmpType === 5 ? `GATEWAY=${randomAddress(random, 4)} ` : '';
  return `${dump}${gateway}[${quote(random, 4)}] ${log.icmpType === 3 && log.icmpCode === 4 ? `MTU=${random.below(65536)} ` : ''}`;
}

/** The packet that an ICMP error speaks of: nothing in it is true of the packet that was logged. */
function quote(random: Random, family: 4 | 6): string {
  if (random.once(20)) return 'TRUNCATED';
  const log: Mutable<NetfilterLog> = { ...nothing };
  const addresses = `SRC=${randomAddress(random, family)} DST=${randomAddress(random, family)} LEN=${random.below(65536)}`;
  if (family === 6 && random.once(4)) {
    return `${addresses} TC=0 HOPLIMIT=${random.below(256)} FLOWLBL=0 ${random.pick(['OPT ( ESP SPI=0x1 )', 'OPT ( AH INCOMPLETE [4 bytes] )', 'TRUNCATED', 'FRAG:TRUNCATED '])}`;
  }
  const header = family === 4 ? ipv4Header(random, random.below(256), 0) : `TC=0 HOPLIMIT=${random.below(256)} FLOWLBL=0 `;
  const payload = random.pick([
    () => tcpDump(random, log, false),
    () => udpDump(random, log, 'UDP', false),
    () => `PROTO=ICMP${family === 4 ? '' : 'v6'} TYPE=3 CODE=1 `,
    () => 'PROTO=TCP INCOMPLETE [8 bytes] ',
    () => 'PROTO=TCP SPT=1 DPT=2 WINDOW=1 RES=0x00 ACK URGP=0 OPT (TRUNCATED)',
    () => 'PROTO=47 ',
  ])();
  return `${addresses} ${header}${payload}`;
}

const nothing = {} as NetfilterLog;

function ipv6Dump(random: Random, log: Mutable<NetfilterLog>): string {
  let dump = `TC=${random.below(256)} HOPLIMIT=${log.ttl} FLOWLBL=${random.below(0x100000)} `;
  let isFragment = false;
  const hasOptions = random.once(2);
  const [open, close] = hasOptions ? ['OPT ( ', ') '] : ['', ''];
  while (random.once(8)) {
    // Whoever sends the packet may repeat its extension headers.
    switch (random.below(4)) {
      case 0:
        log.fragmentOffsetBytes = random.once(2) ? 0 : random.below(8192) * 8;
        isFragment ||= log.fragmentOffsetBytes > 0;
        dump += `${open}FRAG:${log.fragmentOffsetBytes} ${random.once(2) ? 'INCOMPLETE ' : ''}ID:${hex(random.bits(), 8)} ${close}`;
        break;
      case 1:
        dump += `${open}${close}`;
        break;
      case 2:
        dump += `${open}${hasOptions ? `AH SPI=0x${hex(random.bits())} ` : ''}${close}`;
        break;
      default:
        return hasOptions ? `${dump}OPT ( ESP ${isFragment ? ')' : `SPI=0x${hex(random.bits())} )`}` : dump;
    }
  }
  switch (random.below(6)) {
    case 0:
      dump += udpDump(random, log, 'UDP', isFragment);
      break;
    case 1:
    case 2:
      dump += icmpv6Dump(random, log, isFragment);
      break;
    case 3:
      log.protocol = String(random.pick([59, 132, 255]));
      dump += `PROTO=${log.protocol} `;
      break;
    default:
      dump += tcpDump(random, log, isFragment);
  }
  return dump + ownerAndMark(random, log);
}

function icmpv6Dump(random: Random, log: Mutable<NetfilterLog>, isFragment: boolean): string {
  log.protocol = 'ICMPv6';
  if (isFragment) return 'PROTO=ICMPv6 ';
  if (random.once(20)) return `PROTO=ICMPv6 ${incomplete(random)}`;
  log.icmpType = random.pick([1, 1, 2, 3, 4, 128, 129, 130, 133, 135, 136]);
  log.icmpCode = random.below(8);
  const dump = `PROTO=ICMPv6 TYPE=${log.icmpType} CODE=${log.icmpCode} `;
  if (log.icmpType === 128 || log.icmpType === 129) return `${dump}ID=${random.below(65536)} SEQ=${random.below(65536)} `;
  if (log.icmpType > 4) return dump;
  const pointer = log.icmpType === 4 ? `POINTER=${hex(random.bits(), 8)} ` : '';
  return `${dump}${pointer}[${quote(random, 6)}] ${log.icmpType === 2 ? `MTU=${random.bits()} ` : ''}`;
}
