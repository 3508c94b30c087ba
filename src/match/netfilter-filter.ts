// The filter for the kernel's netfilter log: which logged packets are somebody knocking at closed ports. No expression involved.
import { maxEvidenceCharacters } from '../core/evidence.ts';
import { parseIpAddress } from '../core/ip-network.ts';
import { tcpFlag } from '../record/netfilter-key.ts';
import { type NetfilterLog, parseNetfilterLog } from '../record/netfilter-log.ts';
import { facilityOf, type RecordBatch } from '../record/record-batch.ts';
import type { FailureSink, Filter, GivenUp } from './filter.ts';

export interface NetfilterFilterOptions {
  readonly name: string;
  /** Whether forwarded packets (IN and OUT set) count beside those to this host. */
  readonly countsForwarded: boolean;
  /** Prefixes of log rules that count although they hold no word such as BLOCK, DROP or REJECT. */
  readonly prefixes: readonly string[];
}

// Well-known UDP services that this host asks itself: what comes from their ports to a high port is an answer that came late.
const answeringUdpPorts = new Set([53, 123, 443, 853]);
const firstHighPort = 1024;

export class NetfilterFilter implements Filter {
  readonly name: string;
  readonly literals = ['src='];
  readonly #options: NetfilterFilterOptions;

  constructor(options: NetfilterFilterOptions) {
    this.name = options.name;
    this.#options = options;
  }

  match(batch: RecordBatch, records: Uint32Array, sink: FailureSink): void {
    for (const index of records) {
      if (facilityOf(batch.priority[index] ?? Number.MAX_SAFE_INTEGER) !== 0) continue;
      const start = batch.messageStart[index] ?? 0;
      const end = batch.messageEnd[index] ?? 0;
      const packet = parseNetfilterLog(batch.bytes, start, end);
      if (packet === undefined || !this.#isFailure(packet)) continue;
      const address = parseIpAddress(packet.source);
      if (address === undefined) continue;
      sink.onFailure({
        address,
        timeUsec: batch.realtimeUsec[index] ?? 0,
        distinct: packet.destinationPort?.toString(),
        evidence: {
          source: batch.source,
          sequence: batch.sequence[index] ?? 0,
          text: batch.bytes.toString('latin1', start, Math.min(end, start + maxEvidenceCharacters)),
        },
      });
    }
  }

  takeGivenUp(): readonly GivenUp[] {
    return [];
  }

  #isFailure(packet: NetfilterLog): boolean {
    const { countsForwarded, prefixes } = this.#options;
    const isCounted = packet.verdict === 'blocked' || (packet.verdict === 'unknown' && prefixes.includes(packet.prefix));
    if (!isCounted || packet.inInterface === '') return false;
    if (packet.outInterface !== '' && !countsForwarded) return false;
    // Chatter to everybody on the link (mDNS, NetBIOS, DHCP) is not aimed at this host.
    if (packet.isGroupMac || isGroupAddress(packet.destination)) return false;
    return !isAnswer(packet);
  }
}

/** Multicast, or everybody on the link; other broadcast addresses are known by the MAC address. */
const isGroupAddress = (destination: string): boolean => /^(?:22[4-9]|23\d|255)\.|^ff[0-9a-f]{2}:/.test(destination);

/**
 * Packets that answer something: a server whose connection we have forgotten, or the victim of an attack under our forged address. They
 * reach many of our ports and come from friends. SYN, FIN, NULL and Xmas scans carry neither ACK nor RST.
 */
function isAnswer(packet: NetfilterLog): boolean {
  if (packet.protocol === 'TCP') return ((packet.tcpFlags ?? 0) & (tcpFlag.ACK | tcpFlag.RST)) !== 0;
  if (packet.protocol !== 'UDP') return false;
  return answeringUdpPorts.has(packet.sourcePort ?? 0) && (packet.destinationPort ?? 0) >= firstHighPort;
}
