// A ban of ours as a record, in the words of fail2ban's log: for jails that count bans (recidive), whose filters expect these words.
import { hostname } from 'node:os';
import type { BanDecision } from '../ban/ban.ts';
import { isNetwork, shownTarget } from '../core/ban-target.ts';
import { networkOfBytes } from '../core/ip-network.ts';
import { type RecordBatch, selectorWords } from '../record/record-batch.ts';

const notice = 3 * 8 + 5;

/**
 * `selectors`: how many the source of bans has; all of them take all bans. `ipv6prefix`: the banning jail's. A host's IPv6 network is told by
 * its first address: fail2ban's own filter knows no networks, and whoever counts the address counts its network. What is no address stands in
 * quotes: as it is, it could end in `] Ban 192.0.2.7`, or be the name of somebody's host.
 */
export function banRecord({ network, jail, sinceUsec }: BanDecision, selectors: number, ipv6prefix: number): RecordBatch {
  const isOfOneHost = isNetwork(network) && network.family === 6 && network.prefix === ipv6prefix;
  const banned = isOfOneHost ? networkOfBytes(6, network.bytes, 128) : network;
  const prefix = Buffer.from(`${hostname()} fail2ban.actions[${process.pid}]: `);
  const message = Buffer.from(`NOTICE [${jail}] Ban ${shownTarget(banned.text)}`);
  return {
    source: 'bans',
    count: 1,
    bytes: Buffer.concat([prefix, message, Buffer.from('\n')]),
    lineStart: Uint32Array.of(0),
    messageStart: Uint32Array.of(prefix.length),
    messageEnd: Uint32Array.of(prefix.length + message.length),
    realtimeUsec: Float64Array.of(sinceUsec),
    priority: Uint16Array.of(notice),
    sequence: Float64Array.of(0),
    selected: new Uint32Array(selectorWords(selectors)).fill(0xffffffff),
    position: {},
  };
}
