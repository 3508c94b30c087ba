// The netfilter parser: records a second on one core, and beside it, in the same run, a plain regular expression that takes the same fields
// from well-formed records and checks nothing: on strings that are there already, and on strings that have to be made of the record's bytes
// first, as they would. The ratios carry over to other machines; the figures do not. Fixed input.
import { type NetfilterLog, parseNetfilterLog } from '../src/record/netfilter-log.ts';
import { randomPacket } from '../test/record/netfilter-packet.ts';
import { Random } from '../test/record/random.ts';
import { measure, rounds, type Speed } from './pass-speed.ts';

const seed = 1;
const lineCount = 20_000;

const random = new Random(seed);
const number = (limit: number) => random.below(limit);
const groups = (count: number) => Array.from({ length: count }, () => number(65536).toString(16).padStart(4, '0')).join(':');
const mac = 'MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef';
const tcp = () => `PROTO=TCP SPT=${1024 + number(64000)} DPT=${1 + number(65535)} WINDOW=64240 RES=0x00 SYN URGP=0 `;
const ipv4 = (source: string) =>
  `[UFW BLOCK] IN=eth0 OUT= ${mac}:08:00 SRC=${source} DST=203.0.113.17 LEN=60 TOS=0x00 PREC=0x00 TTL=${40 + number(30)} ID=${number(65536)} DF ${tcp()}`;
const anyone = () => `${1 + number(223)}.${number(256)}.${number(256)}.${number(256)}`;
const ipv6 = () =>
  `[UFW BLOCK] IN=eth0 OUT= ${mac}:86:dd SRC=2001:0db8:${groups(2)}:0000:0000:0000:${groups(1)} DST=2001:0db8:0000:0000:0000:0000:0000:0017 LEN=80 TC=0 HOPLIMIT=${40 + number(30)} FLOWLBL=${number(0x100000)} ${tcp()}`;

// Sample lines of other parts of the kernel.
const otherLines = [
  'usb 1-1.2: new high-speed USB device number 5 using xhci_hcd',
  'EXT4-fs (dm-0): mounted filesystem 3b1c0b5e-5e0b-4d9f-9a6d-6f3b8e1a2c4d r/w with ordered data mode. Quota mode: none.',
  'audit: type=1400 audit(1700000000.123:45): apparmor="DENIED" operation="open" class="file" profile="/usr/sbin/ntpd" name="/etc/ssl/openssl.cnf" pid=812 comm="ntpd" requested_mask="r" denied_mask="r" fsuid=0 ouid=0',
  'TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.',
  'docker0: port 1(veth6a1b2c3) entered blocking state',
  'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/system.slice/x.service,task_memcg=/system.slice/x.service,task=x,pid=4242,uid=1000',
];

const inputs: [name: string, lines: string[]][] = [
  ['IPv4, [UFW BLOCK], each from another source', repeat(() => ipv4(anyone()))],
  ['IPv4, [UFW BLOCK], one scanner', repeat(() => ipv4('198.51.100.23'))],
  ['IPv6, [UFW BLOCK], each from another source', repeat(ipv6)],
  ['mixed: every prefix, protocol and link of the tests, no two MACs or addresses alike', repeat(() => randomPacket(random).line)],
  ['no netfilter records', repeat(() => random.pick(otherLines))],
];

function repeat(make: () => string): string[] {
  return Array.from({ length: lineCount }, make);
}

// IPv6 addresses stay as they stand.
const expression =
  /^(?:\[ *\d+\.\d{6}\] )?(.*?)IN=(\S*) OUT=(\S*) .*?SRC=(\S+) DST=(\S+) LEN=(\d+) .*?(?:TTL|HOPLIMIT)=(\d+)(?:.*? PROTO=(\S+))?(?: SPT=(\d+) DPT=(\d+)(?:.*? RES=0x\w+ ((?:[A-Z]+ )*)URGP)?| TYPE=(\d+) CODE=(\d+))?/;

function matchExpression(line: string): Partial<NetfilterLog> | undefined {
  const match = expression.exec(line);
  if (match === null) return undefined;
  const [, prefix = '', inInterface = '', outInterface = '', source = '', destination = '', length, ttl, protocol] = match;
  const [spt, dpt, flags, type, code] = match.slice(9);
  return {
    prefix: prefix.trim(),
    inInterface,
    outInterface,
    source,
    destination,
    lengthBytes: Number(length),
    ttl: Number(ttl),
    protocol,
    sourcePort: spt === undefined ? undefined : Number(spt),
    destinationPort: dpt === undefined ? undefined : Number(dpt),
    tcpFlags: flags === undefined ? undefined : flags.split(' ').length - 1,
    icmpType: type === undefined ? undefined : Number(type),
    icmpCode: code === undefined ? undefined : Number(code),
  };
}

const times = (a: Speed, b: Speed): string => `${(a.perSecond / b.perSecond).toFixed(1)} times`;

console.log(
  `netfilter parser: ${lineCount} lines of each kind, seed ${seed}, median of ${rounds} rounds, node ${process.version}, ${process.arch}`,
);
for (const [name, lines] of inputs) {
  const bytes = Buffer.from(lines.join(''), 'latin1');
  const ends = new Uint32Array(lineCount);
  for (let index = 0; index < lineCount; index++) ends[index] = (ends[index - 1] ?? 0) + (lines[index]?.length ?? 0);
  const each = (isFound: (index: number, start: number, end: number) => boolean) => () => {
    let found = 0;
    for (let index = 0; index < lineCount; index++) if (isFound(index, ends[index - 1] ?? 0, ends[index] ?? 0)) found++;
    return found;
  };
  const parser = measure(
    lineCount,
    each((_, start, end) => parseNetfilterLog(bytes, start, end) !== undefined),
  );
  const ready = measure(
    lineCount,
    each((index) => matchExpression(lines[index] ?? '') !== undefined),
  );
  const made = measure(
    lineCount,
    each((_, start, end) => matchExpression(bytes.toString('latin1', start, end)) !== undefined),
  );
  const rate = `${Math.round(parser.perSecond).toLocaleString('en')} records/s, ${Math.round(1e9 / parser.perSecond)} ns each`;
  const ratios = `${times(parser, made)} the expression's speed (${times(parser, ready)} on ready strings)`;
  console.log(`  ${name}: ${rate}; ${ratios}; ${parser.found} found, ${ready.found} by the expression`);
}
