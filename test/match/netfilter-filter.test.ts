import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxEvidenceCharacters } from '../../src/core/evidence.ts';
import type { Failure } from '../../src/match/failure.ts';
import { NetfilterFilter } from '../../src/match/netfilter-filter.ts';
import type { RecordBatch } from '../../src/record/record-batch.ts';
import { allOf, batchOf } from '../record/batch-of.ts';

function failuresOf(batch: RecordBatch, { countsForwarded = false, prefixes = [] as readonly string[] } = {}): Failure[] {
  const failures: Failure[] = [];
  new NetfilterFilter({ name: 'portscan', countsForwarded, prefixes }).match(batch, allOf(batch), {
    onFailure: (failure) => void failures.push(failure),
    onNamedFailure: () => assert.fail('packets have addresses'),
  });
  return failures;
}

const unicast = 'MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00';
const addresses = 'SRC=192.0.2.7 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=54 ID=54321';
const tcp = (flags: string) => `PROTO=TCP SPT=40000 DPT=22 WINDOW=64240 RES=0x00 ${flags}URGP=0 `;
const udp = (spt: number, dpt: number) => `PROTO=UDP SPT=${spt} DPT=${dpt} LEN=20 `;
const to = (rest: string, prefix = '[UFW BLOCK] ', where = `IN=eth0 OUT= ${unicast}`) => `${prefix}${where} ${addresses} ${rest}`;
const syn = tcp('SYN ');
const ip6 = (destination: string) =>
  `[UFW BLOCK] IN=eth0 OUT= ${unicast} SRC=2001:0db8:0000:0000:0000:0000:0000:0007 DST=${destination} LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=0 ${syn}`;

describe('NetfilterFilter', () => {
  it('gives address, time, port and evidence', () => {
    const line = to(syn);
    assert.deepEqual(failuresOf(batchOf(['noise', line])), [
      {
        address: { family: 4, bytes: Uint8Array.of(192, 0, 2, 7), prefix: 32, text: '192.0.2.7' },
        timeUsec: 1_000_001,
        distinct: '22',
        evidence: { source: 'kernel', sequence: 101, text: line },
      },
    ]);
  });

  it('cuts the evidence', () => {
    const quote =
      '[SRC=fd77:0000:0000:0000:0000:0000:0000:0009 DST=2001:0db8:0000:0000:0000:0000:0000:0007 LEN=60 TC=0 HOPLIMIT=63 FLOWLBL=0 PROTO=UDP SPT=9 DPT=10 LEN=20 ] ';
    const icmp = ip6('fd77:0000:0000:0001:0000:0000:0000:0001').replace(syn, `PROTO=ICMPv6 TYPE=1 CODE=4 ${quote}MARK=0x1 `);
    const line = `${'x'.repeat(114)} ${icmp}`.replace('OUT= ', 'OUT= PHYSIN=vnet01234567890 ');
    assert.ok(line.length > maxEvidenceCharacters);
    const [failure] = failuresOf(batchOf([line]));
    assert.equal(failure?.evidence.text, line.slice(0, maxEvidenceCharacters));
  });

  it('an empty batch has none', () => assert.deepEqual(failuresOf(batchOf([])), []));

  const counted: [string, string][] = [
    ['ufw', to(syn)],
    ['ufw, limited', to(syn, '[UFW LIMIT BLOCK] ')],
    ['Shorewall', to(syn, 'Shorewall:net2fw:DROP:')],
    ['firewalld', to(syn, 'FINAL_REJECT: ')],
    ['a FIN scan', to(tcp('FIN '))],
    ['a NULL scan', to(tcp(''))],
    ['an Xmas scan', to(tcp('URG PSH FIN '))],
    ['UDP to a low port', to(udp(40000, 161))],
    ['UDP from port 53 to a low port', to(udp(53, 1023))],
    ['UDP from a port that answers nothing', to(udp(54, 40000))],
    ['ICMP', to('PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1 ')],
    ['no MAC, as on OpenVZ', to(syn, '[UFW BLOCK] ', 'IN=venet0 OUT= MAC=')],
    ['IPv6', ip6('2001:0db8:0000:0000:0000:0000:0000:0001')],
    ['an IPv6 destination that only looks like multicast', ip6('0ff0:0000:0000:0000:0000:0000:0000:0001')],
    ['the last address before multicast', to(syn).replace('198.51.100.1', '223.255.255.255')],
    ['the first address after multicast', to(syn).replace('198.51.100.1', '240.0.0.1')],
  ];
  for (const [name, line] of counted) it(`counts: ${name}`, () => assert.equal(failuresOf(batchOf([line])).length, 1, line));

  const notCounted: [string, string][] = [
    ['AUDIT', to(syn, '[UFW AUDIT] ')],
    ['AUDIT INVALID', to(syn, '[UFW AUDIT INVALID] ')],
    ['ALLOW', to(syn, '[UFW ALLOW] ')],
    ['ACCEPT', to(syn, 'Shorewall:net2fw:ACCEPT:')],
    ['an unknown prefix', to(syn, 'myrule: ')],
    ['no prefix', to(syn, '')],
    ['forwarded', to(syn, '[UFW BLOCK] ', `IN=eth0 OUT=eth1 ${unicast}`)],
    ['outbound', to(syn, '[UFW BLOCK] ', 'IN= OUT=eth0')],
    ['neither in nor out', to(syn, '[UFW BLOCK] ', 'IN= OUT=')],
    ['a multicast destination', to(udp(5353, 5353)).replace('198.51.100.1', '224.0.0.251')],
    ['the last multicast destination', to(syn).replace('198.51.100.1', '239.255.255.255')],
    ['everybody on the link', to(udp(68, 67)).replace('198.51.100.1', '255.255.255.255')],
    ['a broadcast MAC', to(udp(137, 137), '[UFW BLOCK] ', 'IN=eth0 OUT= MAC=ff:ff:ff:ff:ff:ff:52:54:00:ab:cd:ef:08:00')],
    ['IPv6 multicast', ip6('ff02:0000:0000:0000:0000:0000:0000:0001')],
    ['ACK', to(tcp('ACK '))],
    ['SYN ACK', to(tcp('ACK SYN '))],
    ['RST', to(tcp('RST '))],
    ['FIN ACK', to(tcp('ACK FIN '))],
    ['a late answer of DNS', to(udp(53, 1024))],
    ['a late answer of NTP', to(udp(123, 40000))],
    ['a late answer of QUIC', to(udp(443, 40000))],
    ['a late answer of DNS over TLS', to(udp(853, 40000))],
    ['no packet at all', 'usb 1-1: new high-speed USB device'],
    ['nothing', ''],
  ];
  for (const [name, line] of notCounted) it(`does not count: ${name}`, () => assert.deepEqual(failuresOf(batchOf([line])), [], line));

  it('does not count what the kernel did not write, by its facility', () => {
    for (const priority of [8, 12, 30]) assert.deepEqual(failuresOf(batchOf([to(syn)], { priority })), []);
    assert.equal(failuresOf(batchOf([to(syn)], { priority: 7 })).length, 1);
  });

  it('counts forwarded packets where it is told to, and those to this host still', () => {
    const forwarded = to(syn, '[UFW BLOCK] ', `IN=eth0 OUT=eth1 ${unicast}`);
    const outbound = to(syn, '[UFW BLOCK] ', 'IN= OUT=eth0');
    assert.equal(failuresOf(batchOf([forwarded, to(syn), outbound]), { countsForwarded: true }).length, 2);
  });

  it('counts a prefix of its own: all of it and nothing else', () => {
    const batch = batchOf([to(syn, 'myrule: '), to(syn, 'myrule2: '), to(syn, 'my: '), to(syn)]);
    const sequences = failuresOf(batch, { prefixes: ['myrule:', 'other:'] }).map(({ evidence }) => evidence.sequence);
    assert.deepEqual(sequences, [100, 103]);
  });

  it('never counts AUDIT or ALLOW, even as a prefix of its own', () => {
    assert.deepEqual(failuresOf(batchOf([to(syn, '[UFW ALLOW] ')]), { prefixes: ['[UFW ALLOW]'] }), []);
  });

  it('ICMP has no port', () => {
    assert.equal(failuresOf(batchOf([to('PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1 ')]))[0]?.distinct, undefined);
  });

  it("takes the packet's source, not one that is quoted", () => {
    const quote = '[SRC=198.51.100.1 DST=203.0.113.9 LEN=48 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=UDP SPT=53 DPT=5353 LEN=28 ] ';
    const [failure] = failuresOf(batchOf([to(`PROTO=ICMP TYPE=3 CODE=3 ${quote}`)]));
    assert.equal(failure?.address.text, '192.0.2.7');
  });

  it('hostile bytes neither throw nor name anybody', () => {
    const lines = [
      to(syn).replace('192.0.2.7', '192.0.2.7 SRC=6.6.6.6'),
      '\0'.repeat(8192),
      'SRC='.repeat(2048),
      to(syn).replace('192.0.2.7', '\xff\xfe'),
    ];
    assert.deepEqual(failuresOf(batchOf(lines)), []);
  });
});
