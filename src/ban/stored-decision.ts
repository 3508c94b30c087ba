// A ban as the store keeps it, and what is read back: checked, as a file may have been through other hands.
import { isNetwork, parseRawIdentity } from '../core/ban-target.ts';
import type { Evidence } from '../core/evidence.ts';
import { parseIpNetwork } from '../core/ip-network.ts';
import type { BanDecision } from './ban.ts';

// The year 2200: beyond it, a ban is for good.
const latestUsec = 7_258_118_400_000_000;

/** What no Date can hold is for good; the kernel would refuse it, and every other ban with it. */
export const boundedUntil = (untilUsec: number): number => (untilUsec > latestUsec ? Number.POSITIVE_INFINITY : untilUsec);

export interface StoredDecision {
  readonly network: string;
  readonly jail: string;
  readonly sinceUsec: number;
  /** Null for good: neither SQLite nor JSON knows Infinity. */
  readonly untilUsec: number | null;
  /** The rest, as JSON. */
  readonly decision: string;
}

export const storedUntil = (untilUsec: number): number | null => (Number.isFinite(untilUsec) ? untilUsec : null);

export function formatDecision({ network, jail, sinceUsec, untilUsec, ...rest }: BanDecision): StoredDecision {
  // Without it a text that was damaged would be taken for one that is banned.
  const mark = isNetwork(network) ? {} : { isRaw: true };
  return { network: network.text, jail, sinceUsec, untilUsec: storedUntil(untilUsec), decision: JSON.stringify({ ...rest, ...mark }) };
}

/** Undefined where it is none. No object is spread: a start with 100,000 bans would take a third of a second longer. */
export function parseDecision(stored: { readonly [Name in keyof StoredDecision]: unknown }): BanDecision | undefined {
  const rest = parseJson(String(stored.decision));
  if (!isRecord(rest)) return undefined;
  const { jail, sinceUsec } = stored;
  const { origin, actions, failures, distinct, evidence, bancount } = rest;
  const text = String(stored.network);
  const network = rest['isRaw'] === true ? parseRawIdentity(text) : parseIpNetwork(text);
  const untilUsec = stored.untilUsec ?? Number.POSITIVE_INFINITY;
  if (network === undefined || typeof jail !== 'string' || !isOrigin(origin) || !isStrings(actions) || !isStrings(distinct))
    return undefined;
  if (typeof sinceUsec !== 'number' || typeof untilUsec !== 'number' || typeof failures !== 'number') return undefined;
  if (evidence !== undefined && !isEvidence(evidence)) return undefined;
  const until = boundedUntil(untilUsec);
  const decision = { network, jail, origin, actions, sinceUsec, untilUsec: until, failures, distinct, evidence };
  return typeof bancount === 'number' ? { ...decision, bancount } : decision;
}

/** Undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isPosition = (value: unknown): value is Readonly<Record<string, string | number>> =>
  isRecord(value) && Object.values(value).every((part) => typeof part === 'string' || typeof part === 'number');

export const isEvidence = (value: unknown): value is Evidence =>
  isRecord(value) && typeof value['source'] === 'string' && typeof value['sequence'] === 'number' && typeof value['text'] === 'string';

const isOrigin = (value: unknown): value is BanDecision['origin'] =>
  value === 'failures' || value === 'hand' || value === 'found' || value === 'imported';

export const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');
