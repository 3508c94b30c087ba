import type { WantedBans } from '../../src/action/action.ts';
import { network } from '../core/network.ts';

/** The wanted bans as a table that a test may change: network to its end. */
export function wantedOf(bans: Readonly<Record<string, number>>): WantedBans {
  return {
    untilUsec: ({ text }) => bans[text],
    all: () => Object.entries(bans).map(([text, untilUsec]) => ({ network: network(text), untilUsec })),
  };
}
