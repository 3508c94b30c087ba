// What an action is told of a ban: the decision, with the lines and numbers that the store has of it.
import type { BanTicket } from '../action/ban-ticket.ts';
import type { BanDecision } from '../ban/ban.ts';
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import type { Evidence } from '../core/evidence.ts';

export interface TicketFacts {
  /** The records that led to the ban, the oldest first; never throws. */
  readonly evidence: (identity: string, jail: string) => readonly Evidence[];
  readonly earlierBans: (network: BanTarget, jail?: string) => number;
}

export function ticketOf(decision: BanDecision, { evidence, earlierBans }: TicketFacts): BanTicket {
  const { network, jail, failures, sinceUsec, untilUsec } = decision;
  const stored = evidence(network.text, jail);
  const last = decision.evidence;
  const records = stored.length > 0 || last === undefined ? stored : [last];
  return {
    network: network.text,
    ...(isNetwork(network) ? {} : { isRaw: true }),
    jail,
    failures,
    matches: records.map(({ text }) => text),
    sinceUsec,
    untilUsec: Number.isFinite(untilUsec) ? untilUsec : undefined,
    // This one is in the history by now.
    bancount: decision.bancount ?? Math.max(1, earlierBans(network, jail)),
    restored: false,
    fields: { ...last?.fields },
  };
}
