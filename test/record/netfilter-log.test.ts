import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tcpFlag } from '../../src/record/netfilter-key.ts';
import { type NetfilterLog, parseNetfilterLog } from '../../src/record/netfilter-log.ts';

const parse = (line: string): NetfilterLog | undefined => {
  const bytes = Buffer.from(line, 'latin1');
  return parseNetfilterLog(bytes, 0, bytes.length);
};

/** What a record has that says nothing but the addresses. */
const bare: NetfilterLog = {
  prefix: '',
  verdict: 'unknown',
  inInterface: 'eth0',
  outInterface: '',
  physicalInInterface: undefined,
  physicalOutInterface: undefined,
  family: 4,
  source: '192.0.2.7',
  destination: '198.51.100.1',
  protocol: undefined,
  sourcePort: undefined,
  destinationPort: undefined,
  tcpFlags: undefined,
  icmpType: undefined,
  icmpCode: undefined,
  lengthBytes: 60,
  ttl: undefined,
  fragmentOffsetBytes: 0,
  isGroupMac: false,
  vlanId: undefined,
  uid: undefined,
  gid: undefined,
  mark: undefined,
};

const mac = 'MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00';
const addresses = 'SRC=192.0.2.7 DST=198.51.100.1 LEN=60';
const ip = `${addresses} TOS=0x00 PREC=0x00 TTL=54 ID=54321`;
const syn = 'PROTO=TCP SPT=40000 DPT=22 WINDOW=64240 RES=0x00 SYN URGP=0';
const inner = '[SRC=203.0.113.9 DST=192.0.2.7 LEN=48 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=UDP SPT=53 DPT=5353 LEN=28 ]';
const ip6 =
  'SRC=2001:0db8:0000:0000:0000:0000:0000:0007 DST=fd77:0000:0000:0001:0000:0000:0000:0001 LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=270719';
const six = { family: 6, source: '2001:db8::7', destination: 'fd77:0:0:1::1', lengthBytes: 80, ttl: 64 } as const;
const inner6 =
  '[SRC=fd77:0000:0000:0000:0000:0000:0000:0009 DST=2001:0db8:0000:0000:0000:0000:0000:0007 LEN=60 TC=0 HOPLIMIT=63 FLOWLBL=0 PROTO=UDP SPT=9 DPT=10 LEN=20 ]';
const scan = { ttl: 54, protocol: 'TCP', sourcePort: 40000, destinationPort: 22, tcpFlags: tcpFlag.SYN } as const;
const icmp = { ttl: 54, protocol: 'ICMP' } as const;

describe('parseNetfilterLog', () => {
  const records: [string, Partial<NetfilterLog>][] = [
    // ufw
    [`[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} DF ${syn} `, { prefix: '[UFW BLOCK]', verdict: 'blocked', ...scan }],
    [`[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} DF ${syn}`, { prefix: '[UFW BLOCK]', verdict: 'blocked', ...scan }],
    [`[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} DF ${syn} \r\n`, { prefix: '[UFW BLOCK]', verdict: 'blocked', ...scan }],
    [`[UFW LIMIT BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: '[UFW LIMIT BLOCK]', verdict: 'blocked', ...scan }],
    [`[UFW AUDIT] IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: '[UFW AUDIT]', verdict: 'audited', ...scan }],
    [`[UFW AUDIT INVALID] IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: '[UFW AUDIT INVALID]', verdict: 'audited', ...scan }],
    [`[UFW ALLOW] IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: '[UFW ALLOW]', verdict: 'accepted', ...scan }],
    [
      '[3071864.995451] [UFW BLOCK] IN=venet0 OUT= MAC= SRC=192.168.0.1 DST=10.0.0.5 LEN=40 TOS=0x08 PREC=0x20 TTL=238 ID=34013 PROTO=TCP SPT=44321 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 ',
      {
        prefix: '[UFW BLOCK]',
        verdict: 'blocked',
        inInterface: 'venet0',
        source: '192.168.0.1',
        destination: '10.0.0.5',
        lengthBytes: 40,
        ttl: 238,
        protocol: 'TCP',
        sourcePort: 44321,
        destinationPort: 23,
        tcpFlags: tcpFlag.SYN,
      },
    ],
    [`[   12.000001] [UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: '[UFW BLOCK]', verdict: 'blocked', ...scan }],
    [`[   12.000001][    T7] [UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: '[UFW BLOCK]', verdict: 'blocked', ...scan }],
    // Shorewall, firewalld, rules of one's own
    [`Shorewall:net2fw:DROP:IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: 'Shorewall:net2fw:DROP:', verdict: 'blocked', ...scan }],
    [`net-fw DROP IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: 'net-fw DROP', verdict: 'blocked', ...scan }],
    [`FINAL_REJECT: IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: 'FINAL_REJECT:', verdict: 'blocked', ...scan }],
    [`filter_IN_public_DROP: IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: 'filter_IN_public_DROP:', verdict: 'blocked', ...scan }],
    [`STATE_INVALID_DROP: IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: 'STATE_INVALID_DROP:', verdict: 'blocked', ...scan }],
    [`IN=eth0 OUT= ${mac} ${ip} ${syn} `, scan],
    [`caf\xc3\xa9: IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: 'café:', ...scan }],
    [`\xff\xfe: IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: '\ufffd\ufffd:', ...scan }],
    [`${'p'.repeat(127)}IN=eth0 OUT= ${mac} ${ip} ${syn} `, { prefix: 'p'.repeat(127), ...scan }],
    // Interfaces and links
    [`IN=eth0 OUT=eth1 ${mac} ${ip} ${syn} `, { outInterface: 'eth1', ...scan }],
    [
      `IN= OUT=eth0 ${ip} ${syn} UID=1000 GID=100 MARK=0x2a `,
      { inInterface: '', outInterface: 'eth0', ...scan, uid: 1000, gid: 100, mark: 42 },
    ],
    [
      `IN=br0 OUT=br0 PHYSIN=veth1 PHYSOUT=veth2 ${mac} ${ip} ${syn} `,
      { inInterface: 'br0', outInterface: 'br0', physicalInInterface: 'veth1', physicalOutInterface: 'veth2', ...scan },
    ],
    [`IN=SRC=6.6.6.6 OUT=OUT= ${mac} ${ip} ${syn} `, { inInterface: 'SRC=6.6.6.6', outInterface: 'OUT=', ...scan }],
    [`IN=[SRC=1] OUT=] ${mac} ${ip} ${syn} `, { inInterface: '[SRC=1]', outInterface: ']', ...scan }],
    [`IN=fifteen-bytes-0 OUT= ${mac} ${ip} ${syn} `, { inInterface: 'fifteen-bytes-0', ...scan }],
    [`IN=eth0 OUT= MAC=01:00:5e:00:00:01:52:54:00:ab:cd:ef:08:00 ${ip} PROTO=2 `, { ttl: 54, protocol: '2', isGroupMac: true }],
    [
      `IN=eth0 OUT= MAC=ff:ff:ff:ff:ff:ff:52:54:00:ab:cd:ef:08:00 ${ip} PROTO=UDP SPT=68 DPT=67 LEN=308 `,
      { ttl: 54, protocol: 'UDP', sourcePort: 68, destinationPort: 67, isGroupMac: true },
    ],
    // A tunnel whose MAC= is an IP header: its first byte is no address.
    [`IN=gre0 OUT= MAC=45:00:00:54:00:00:40:00:40:2f:00:00:0a:00:00:01:0a:00:00:02 ${ip} ${syn} `, { inInterface: 'gre0', ...scan }],
    [
      `IN=eth0 OUT= MACSRC=52:54:00:ab:cd:ef MACDST=33:33:00:00:00:01 VPROTO=8100 VID=8292 MACPROTO=86dd ${ip6} PROTO=UDP SPT=1 DPT=2 LEN=40 `,
      { ...six, protocol: 'UDP', sourcePort: 1, destinationPort: 2, isGroupMac: true, vlanId: 100 },
    ],
    [
      `IN=sit1 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 TUNNEL=203.0.113.1->198.51.100.1 ${ip6} ${syn} `,
      { inInterface: 'sit1', ...six, ...scan, ttl: 64 },
    ],
    // IPv4
    [`IN=eth0 OUT= ${mac} ${ip} CE DF MF FRAG:185 OPT (94040000) PROTO=UDP `, { ttl: 54, protocol: 'UDP', fragmentOffsetBytes: 185 * 8 }],
    [
      `IN=eth0 OUT= ${mac} ${ip} PROTO=TCP SPT=40000 DPT=22 SEQ=4294967295 ACK=4294967295 WINDOW=1 RES=0x00 AE CWR ECE URG ACK PSH RST SYN FIN URGP=65535 OPT (020405B40402080A) `,
      { ...scan, tcpFlags: 0x1ff },
    ],
    [
      `IN=eth0 OUT= ${mac} ${ip} PROTO=TCP SPT=40000 DPT=22 WINDOW=1 RES=0x00 URGP=0 OPT (TRUNCATED)MARK=0x1 `,
      { ...scan, tcpFlags: 0, mark: undefined },
    ],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=TCP INCOMPLETE [8 bytes] `, { ttl: 54, protocol: 'TCP' }],
    [
      `IN=eth0 OUT= ${mac} ${ip} PROTO=UDPLITE SPT=1 DPT=65535 LEN=40 `,
      { ttl: 54, protocol: 'UDPLITE', sourcePort: 1, destinationPort: 65535 },
    ],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1 `, { ...icmp, icmpType: 8, icmpCode: 0 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 ${inner} `, { ...icmp, icmpType: 3, icmpCode: 3 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 ${inner}`, { ...icmp, icmpType: 3, icmpCode: 3 }],
    [
      `IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=4 ${inner.replace('SPT=53 DPT=5353 LEN=28', 'INCOMPLETE [4 bytes]')} MTU=1400 MARK=0x5 `,
      { ...icmp, icmpType: 3, icmpCode: 4, mark: 5 },
    ],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=5 CODE=1 GATEWAY=192.0.2.1 ${inner} `, { ...icmp, icmpType: 5, icmpCode: 1 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=12 CODE=0 PARAMETER=20 `, { ...icmp, icmpType: 12, icmpCode: 0 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=11 CODE=0 INCOMPLETE [20 bytes] `, { ...icmp, icmpType: 11, icmpCode: 0 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=11 CODE=0 [TRUNCATED] `, { ...icmp, icmpType: 11, icmpCode: 0 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=AH SPI=0xdeadbeef `, { ttl: 54, protocol: 'AH' }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ESP INCOMPLETE [4 bytes] `, { ttl: 54, protocol: 'ESP' }],
    [`IN=eth0 OUT= ${mac} ${ip} MF FRAG:2 `, { ttl: 54, fragmentOffsetBytes: 16 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=132`, { ttl: 54, protocol: '132' }],
    // IPv6
    [`[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip6} ${syn} `, { prefix: '[UFW BLOCK]', verdict: 'blocked', ...scan, ...six }],
    [`IN=eth0 OUT= ${mac} ${ip6} PROTO=ICMPv6 TYPE=128 CODE=0 ID=7 SEQ=1 `, { ...six, protocol: 'ICMPv6', icmpType: 128, icmpCode: 0 }],
    [`IN=eth0 OUT= ${mac} ${ip6} PROTO=ICMPv6 TYPE=135 CODE=0 `, { ...six, protocol: 'ICMPv6', icmpType: 135, icmpCode: 0 }],
    [`IN=eth0 OUT= ${mac} ${ip6} PROTO=ICMPv6 TYPE=135 CODE=0`, { ...six, protocol: 'ICMPv6', icmpType: 135, icmpCode: 0 }],
    [`IN=eth0 OUT= ${mac} ${ip6} PROTO=ICMPv6 TYPE=1 CODE=4 ${inner6} `, { ...six, protocol: 'ICMPv6', icmpType: 1, icmpCode: 4 }],
    [
      `IN=eth0 OUT= ${mac} ${ip6} PROTO=ICMPv6 TYPE=4 CODE=0 POINTER=00000028 ${inner6} `,
      { ...six, protocol: 'ICMPv6', icmpType: 4, icmpCode: 0 },
    ],
    [
      `IN=eth0 OUT= ${mac} ${ip6} PROTO=ICMPv6 TYPE=2 CODE=0 ${inner6} MTU=4294967295 `,
      { ...six, protocol: 'ICMPv6', icmpType: 2, icmpCode: 0 },
    ],
    [
      `IN=eth0 OUT= ${mac} ${ip6} PROTO=ICMPv6 TYPE=1 CODE=4 ${inner6.replace('PROTO=UDP SPT=9 DPT=10 LEN=20 ]', 'OPT ( ESP INCOMPLETE [2 bytes] )]')} `,
      { ...six, protocol: 'ICMPv6', icmpType: 1, icmpCode: 4 },
    ],
    [
      `IN=eth0 OUT= ${mac} ${ip6} OPT ( FRAG:1480 INCOMPLETE ID:0000abcd ) OPT ( AH SPI=0x1 ) PROTO=UDP `,
      { ...six, protocol: 'UDP', fragmentOffsetBytes: 1480 },
    ],
    // Headers that repeat are the sender's choice: they must not hide the record.
    [
      `IN=eth0 OUT= ${mac} ${ip6} FRAG:0 INCOMPLETE ID:0000abcd FRAG:8 ID:0000abce OPT ( ) OPT ( ) PROTO=UDP `,
      { ...six, protocol: 'UDP', fragmentOffsetBytes: 8 },
    ],
    [`IN=eth0 OUT= ${mac} ${ip6} OPT ( ESP SPI=0x1234 )`, six],
    [`IN=eth0 OUT= ${mac} ${ip6} FRAG:TRUNCATED `, six],
    [`IN=eth0 OUT= ${mac} ${ip6} PROTO=59 `, { ...six, protocol: '59' }],
    // ulogd's LOGEMU
    [
      `IN=eth0 OUT= ${mac} ${ip6.replace('2001:0db8:0000:0000:0000:0000:0000:0007', '2001:db8::7')} ${syn} MARK=0 `,
      { ...scan, ...six, mark: 0 },
    ],
    // Of a later kernel
    [`IN=eth0 OUT= NEWLINK=1 ${ip} NEWFLAG NEWKEY=x-1 NEW:5 ${syn} `, scan],
    // Cut off after the addresses: what stands before the cut.
    [`IN=eth0 OUT= ${mac} ${addresses} `, {}],
    [`IN=eth0 OUT= ${mac} ${addresses} TOS=0x00 PREC=0x00 TTL=5`, {}],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=TC`, { ttl: 54 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=TCP SPT=40000 DPT=2`, { ttl: 54, protocol: 'TCP', sourcePort: 40000 }],
    [
      `IN=eth0 OUT= ${mac} ${ip} PROTO=TCP SPT=40000 DPT=22 WINDOW=64240 RES=0x00 SY`,
      { ttl: 54, protocol: 'TCP', sourcePort: 40000, destinationPort: 22 },
    ],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 [`, { ...icmp, icmpType: 3, icmpCode: 3 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 [SRC=203.0.1`, { ...icmp, icmpType: 3, icmpCode: 3 }],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 INCOMPLETE [20 by`, { ...icmp, icmpType: 3, icmpCode: 3 }],
    // Decoys where only the rule or the interface could write them
    [
      `DROP SRC=6.6.6.6 DST=6.6.6.7 LEN=40 IN=eth0 OUT= ${mac} ${ip} ${syn} `,
      { prefix: 'DROP SRC=6.6.6.6 DST=6.6.6.7 LEN=40', verdict: 'blocked', ...scan },
    ],
    [`IN=eth0 OUT= ${mac} ${ip} PROTO=TCP XSRC=6.6.6.6 SRC:6.6.6.6 SRC SPT=1 `, { ttl: 54, protocol: 'TCP', sourcePort: 1 }],
  ];
  for (const [line, fields] of records) it(line, () => assert.deepEqual(parse(line), { ...bare, ...fields }));

  it('reads its part of a buffer only', () => {
    const line = `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn}`;
    const bytes = Buffer.from(`SRC=6.6.6.6 IN=x OUT= ${line}SRC=6.6.6.6 0`);
    const start = bytes.indexOf('[UFW');
    assert.deepEqual(parseNetfilterLog(bytes, start, start + line.length), { ...bare, prefix: '[UFW BLOCK]', verdict: 'blocked', ...scan });
    for (let end = start; end <= start + line.indexOf(' TOS'); end++) assert.equal(parseNetfilterLog(bytes, start, end), undefined);
  });
});

describe('parseNetfilterLog refuses', () => {
  const decoy = 'IN=eth6 OUT= MAC= SRC=6.6.6.6 DST=6.6.6.7 LEN=40';
  const lines = [
    '',
    ' ',
    'IN=',
    'IN= OUT= ',
    'eth0: renamed from veth1',
    'audit: type=1400 audit(1700000000.123:45): apparmor="DENIED" operation="open" profile="x" name="/IN=" pid=1',
    // No IP packet
    `IN=eth0 OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=52:54:00:ab:cd:ef IPSRC=192.0.2.7 MACDST=00:00:00:00:00:00 IPDST=192.0.2.1`,
    `IN=eth0 OUT= ${mac} `,
    `IN=eth0 OUT= ${mac} TRUNCATED`,
    'IN=eth0 OUT=eth1 MAC source = 52:54:00:ab:cd:ef MAC dest = 52:54:00:12:34:56 proto = 0x0800 IP SRC=192.0.2.7 IP DST=192.0.2.1, IP tos=0x00, IP proto=6',
    // Cut before the addresses are whole
    `IN=eth0 OUT= ${mac} SRC=192.168.0.1`,
    `IN=eth0 OUT= ${mac} SRC=192.168.0.1 `,
    `IN=eth0 OUT= ${mac} SRC=192.168.0.1 DST=198.51.100.1`,
    `IN=eth0 OUT= ${mac} SRC=192.168.0.1 DST=198.51.100.1 `,
    `IN=eth0 OUT= ${mac} SRC=192.168.0.1 DST=198.51.100.1 LEN=`,
    `IN=eth0 OUT= ${mac} SRC=192.168.0.1 DST=198.51.100.1 LEN=60`,
    `IN=eth0 OUT= ${mac} SRC=2001:0db8:0000:0000:0000:0000:0000:00 DST=fd77:0000:0000:0001:0000:0000:0000:0001 LEN=80 TC=0 `,
    // No addresses
    ...[
      '',
      '192.0.2',
      '192.0.2.7.1',
      '192.0.2.256',
      '192.0.2.07',
      '0300.0.2.7',
      '192.0.2.7/32',
      '3221225991',
      'fe80::1%eth0',
      'localhost',
    ].map((source) => `IN=eth0 OUT= ${mac} ${ip.replace('192.0.2.7', source)} ${syn} `),
    `IN=eth0 OUT= ${mac} ${ip.replace('198.51.100.1', 'fd77::1')} ${syn} `,
    // An IPv4 host named by an IPv6 packet, in every form
    `IN=eth0 OUT= ${mac} ${ip6.replace('2001:0db8:0000:0000:0000:0000:0000:0007', '0000:0000:0000:0000:0000:ffff:c000:0207')} ${syn} `,
    `IN=eth0 OUT= ${mac} ${ip6.replace('2001:0db8:0000:0000:0000:0000:0000:0007', '::ffff:192.0.2.7')} ${syn} `,
    `IN=eth0 OUT= ${mac} ${ip6.replace('fd77:0000:0000:0001:0000:0000:0000:0001', '0000:0000:0000:0000:0000:ffff:c000:0207')} ${syn} `,
    // Keys twice or out of place
    ...[
      'IN=eth0',
      'OUT=',
      'SRC=192.0.2.7',
      'DST=198.51.100.1',
      'MAC=',
      'PHYSIN=eth1',
      'VID=1',
      'TTL=54',
      'ID=1',
      'LEN=60',
      'PROTO=TCP',
    ].map((key) => `IN=eth0 OUT= ${mac} ${ip} ${syn} ${key} `),
    ...['SPT=40000', 'DPT=22', 'WINDOW=1', 'SYN', 'URGP=0'].map((key) => `IN=eth0 OUT= ${mac} ${ip} ${syn} ${key} `),
    ...['IN=eth0', 'OUT=', 'SRC=192.0.2.7', 'DST=198.51.100.1', 'LEN=60', 'MAC=', 'TTL=54', 'PROTO=TCP'].map(
      (key) => `IN=eth0 OUT= ${key} ${mac} ${ip} ${syn} `,
    ),
    `IN=eth0 OUT= ${mac} ${ip} PROTO=UDP SPT=1 DPT=2 LEN=40 LEN=40 `,
    `IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=8 CODE=0 ID=7 ID=7 SEQ=1 `,
    `IN=eth0  OUT= ${mac} ${ip} ${syn} `,
    `IN=eth0 OUT= ${mac} ${ip.replace(' DST', '  DST')} ${syn} `,
    `OUT= IN=eth0 ${mac} ${ip} ${syn} `,
    // Numbers out of bounds
    ...[
      'SPT=65536',
      'DPT=99999999999999999999',
      'TTL=256',
      'SPT=',
      'SPT=-1',
      'SPT=0x10',
      'UID=4294967296',
      'MARK=0x100000000',
      'MARK=g',
    ].map((key) => `IN=eth0 OUT= ${mac} ${addresses} ${key} `),
    // Interfaces that no kernel has
    ...['sixteen-bytes-00', 'a/b', 'a:b', 'a\tb', 'a\0b', 'a\xa0b'].map((name) => `IN=${name} OUT= ${mac} ${ip} ${syn} `),
    `IN=eth0 OUT=sixteen-bytes-00 ${mac} ${ip} ${syn} `,
    `IN=br0 OUT= PHYSIN=a:b ${mac} ${ip} ${syn} `,
    `${'p'.repeat(128)}IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    // Decoys
    `${decoy} IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    `${decoy} [UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    `${decoy} PROTO=ICMP TYPE=3 CODE=3 [IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    `${decoy} PROTO=ICMP TYPE=3 CODE=3 [SRC=IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    `${decoy} PROTO=ICMP TYPE=3 CODE=3 [SRC=6.6.6.6 IN=eth0 OUT= ${mac} ${ip} ${syn} ] `,
    `${decoy} INCOMPLETE [8 bytes]IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} SRC=6.6.6.6 ${ip} ${syn} `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} SRC=6.6.6.6 DST=6.6.6.7 LEN=40 ${ip} ${syn} `,
    `[UFW BLOCK] IN=eth0 OUT= [SRC=6.6.6.6 DST=6.6.6.7 LEN=40 ] ${mac} ${ip} ${syn} `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} [SRC=6.6.6.6 DST=6.6.6.7 LEN=40 `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} SRC=6.6.6.6 DST=6.6.6.7 LEN=40 `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} ${decoy} `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn}[UFW BLOCK] ${decoy} `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} [SRC=6.6.6.6 DST=6.6.6.7 LEN=40 ] `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 ${inner} ${inner} `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 [SRC=6.6.6.6 ] SRC=6.6.6.6 DST=6.6.6.7 LEN=40 ] `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 [SRC=6.6.6.6 ]SRC=6.6.6.6 DST=6.6.6.7 LEN=40 `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 [SRC=6.6.6.6 [SRC=6.6.6.6 ] ] `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} PROTO=ICMP TYPE=3 CODE=3 [ ] `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} ] `,
    // The inner packet of a quote whose outside is gone
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${inner.slice(1)} `,
    // Two lines without the line feed between them
    `[UFW BLOCK] IN=eth0 OUT= ${mac} SRC=192.168.0.1[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    `[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn}\n[UFW BLOCK] IN=eth0 OUT= ${mac} ${ip} ${syn} `,
    // Kernel messages that quote a name which a local user chose
    `overlayfs: failed to resolve 'BLOCK ${decoy} TOS=0x00 PREC=0x00 TTL=64 ID=1 ${syn}': -2`,
    `overlayfs: failed to resolve 'BLOCK ${decoy} TOS=0x00 PREC=0x00 TTL=64 ID=1 ${syn} ': -2`,
    `overlayfs: failed to resolve 'BLOCK ${decoy} TOS=0x00 PREC=0x00 TTL=64 ID=1 ${syn} X': -2`,
    `Memory cgroup stats for /user.slice/user-1000.slice/BLOCK ${decoy} TOS=0x00 PREC=0x00 TTL=64 ID=1 ${syn}:`,
    `Memory cgroup stats for /user.slice/user-1000.slice/BLOCK ${decoy} TOS=0x00 PREC=0x00 TTL=64 ID=1 ${syn} X:`,
    `input: BLOCK IN=a OUT= SRC=6.6.6.6 DST=6.6.6.7 LEN=40  as /devices/virtual/input/input5`,
    `input: BLOCK IN=a OUT= SRC=6.6.6.6 DST=6.6.6.7 LEN=40 (AVRCP) as /devices/virtual/input/input5`,
    `IN=eth0 OUT= NEW=a/b ${ip} ${syn} `,
    // Bytes
    `IN=eth0 OUT= ${mac} ${ip}\0 ${syn} `,
    `IN=eth0 OUT= ${mac} ${ip} \0 ${syn} `,
    `IN=eth0 OUT= ${mac} ${ip} \xff\xfe ${syn} `,
    `IN=eth0 OUT= ${mac} ${ip.replace('SRC=1', 'SRC=\x001')} ${syn} `,
    `IN=eth0 OUT= ${mac} ${ip.replace('192.0.2.7', '192.0.2.7\xa0')} ${syn} `,
  ];
  for (const line of lines) it(JSON.stringify(line), () => assert.equal(parse(line), undefined));

  const frame = `[UFW BLOCK] IN=eth0 OUT= ${mac}`;
  const long: [string, string][] = [
    ['8 KiB of SRC=', 'SRC='.repeat(2048)],
    ['8 KiB of SRC= in a record', `${frame} ${'SRC='.repeat(2048)}`],
    ['8 KiB of SRC= and a space', `${frame} ${'SRC= '.repeat(1638)}`],
    ['8 KiB of IN=', 'IN='.repeat(2730)],
    ['8 KiB of IN= OUT=', 'IN= OUT= '.repeat(910)],
    ['8 KiB of records', `${frame} ${ip} ${syn} `.repeat(40)],
    ['8 KiB of [', `${frame} ${ip} PROTO=ICMP TYPE=3 CODE=3 ${'['.repeat(8192)}`],
    ['8 KiB of NUL', '\0'.repeat(8192)],
    ['8 KiB of digits', `${frame} ${ip} PROTO=TCP SPT=${'9'.repeat(8192)} `],
  ];
  for (const [name, line] of long) it(name, () => assert.equal(parse(line), undefined));

  it('a megabyte: linear as a line is, or this file does not end', () => {
    const hostile = [
      `${frame} ${ip} ${'A '.repeat(500_000)}`,
      `${frame} ${ip} ${'[1 bytes] '.repeat(100_000)}`,
      `${frame} ${ip} PROTO=${'A'.repeat(1e6)} `,
    ];
    for (const line of hostile) assert.equal(parse(line)?.source, '192.0.2.7');
  });
});
