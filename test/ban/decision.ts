import type { BanDecision } from '../../src/ban/ban.ts';
import { target } from '../core/network.ts';

/** A ban of `text` that ends at `untilUsec`. */
export function decisionOf(text: string, untilUsec: number, other: Partial<BanDecision> = {}): BanDecision {
  return {
    network: target(text),
    jail: 'portscan',
    origin: 'failures',
    actions: ['nftables'],
    sinceUsec: 0,
    untilUsec,
    failures: 5,
    distinct: ['1', '2'],
    evidence: { source: 'kernel', sequence: 7, text: 'packet' },
    ...other,
  };
}
