// What the daemon and the privileged helper say to each other: one line of JSON a message, at most 64 KiB. Both sides check what they get.
import { type Family, parseIpNetwork } from '../core/ip-network.ts';
import { type BanTicket, targetOfTicket } from './ban-ticket.ts';

export const maxFrameBytes = 64 * 1024;

/** Networks that one request names: they fit into a frame. */
export const mostLookedAt = 1000;

const bareOperations = ['start', 'stop', 'check', 'flush', 'reload'] as const;
const ticketOperations = ['ban', 'unban', 'prolong'] as const;

export type HelperRequest = {
  /** Chosen by the client; the answer has it again. */
  readonly id: number;
  readonly jail: string;
  /** As `formatDefinition` writes what the jail says. */
  readonly action: string;
} & (
  | { readonly op: (typeof bareOperations)[number] }
  /** Canonical texts, at most `mostLookedAt`; no texts that are no addresses. */
  | { readonly op: 'look'; readonly networks: readonly string[] }
  | { readonly op: (typeof ticketOperations)[number]; readonly ticket: BanTicket }
);

/** `id` is 0 where the request had none that could be read. */
export type HelperAnswer =
  | {
      readonly id: number;
      readonly ok: true;
      /** To `start`, `check`, `look` and the operations of a ticket, as ActionOutcome has it. */
      readonly lost: readonly Family[];
      /** These three to `look`, as Sight has them. */
      readonly missing: readonly string[];
      readonly unasked?: readonly string[];
      readonly broken?: string | undefined;
      /** To `flush`: false where the action has no way to lift all at once. */
      readonly flushed: boolean;
      /** What was begun was begun by another definition than the files have now, and goes on by it until it is stopped. */
      readonly outdated?: true;
    }
  /** `refused`: nothing was run. */
  | { readonly id: number; readonly ok: false; readonly error: string; readonly refused?: true };

type Fields = Readonly<Record<string, unknown>>;

/** Undefined for whatever is not exactly a request. */
export function parseHelperRequest(line: string): HelperRequest | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  const { id, op, jail, action, ticket } = value;
  if (!isCount(id) || !isName(jail, 200) || !isName(action, 8192)) return undefined;
  const bare = bareOperations.find((name) => name === op);
  if (bare !== undefined) return hasOnly(value, ['id', 'op', 'jail', 'action']) ? { id, op: bare, jail, action } : undefined;
  if (op === 'look') {
    const networks = parseNetworks(value['networks']);
    const isWhole = networks !== undefined && hasOnly(value, ['id', 'op', 'jail', 'action', 'networks']);
    return isWhole ? { id, op, jail, action, networks } : undefined;
  }
  const operation = ticketOperations.find((name) => name === op);
  const parsed = parseTicket(ticket, jail);
  if (operation === undefined || parsed === undefined || !hasOnly(value, ['id', 'op', 'jail', 'action', 'ticket'])) return undefined;
  return { id, op: operation, jail, action, ticket: parsed };
}

export function parseHelperAnswer(line: string): HelperAnswer | undefined {
  const value = parseObject(line);
  if (value === undefined || !isCount(value['id'])) return undefined;
  const { id, ok, error, lost, flushed, broken, refused, outdated } = value;
  const missing = parseNetworks(value['missing']) ?? [];
  const unasked = parseNetworks(value['unasked']) ?? [];
  if (ok === false && typeof error === 'string') return { id, ok, error, ...(refused === true ? { refused } : {}) };
  if (ok !== true || !Array.isArray(lost)) return undefined;
  return {
    id,
    ok,
    lost: ([4, 6] as const).filter((family) => lost.includes(family)),
    missing,
    flushed: flushed === true,
    ...(unasked.length > 0 ? { unasked } : {}),
    ...(typeof broken === 'string' ? { broken } : {}),
    ...(outdated === true ? { outdated } : {}),
  };
}

/** Matches are left out from the oldest on until it fits into a frame; fields after them. */
export function formatHelperRequest(request: HelperRequest): string {
  let text = JSON.stringify(request);
  if (!('ticket' in request)) return `${text}\n`;
  let { matches, fields } = request.ticket;
  while (Buffer.byteLength(text) >= maxFrameBytes && (matches.length > 0 || Object.keys(fields).length > 0)) {
    if (matches.length === 0) fields = {};
    matches = matches.slice(Math.ceil(matches.length / 2));
    text = JSON.stringify({ ...request, ticket: { ...request.ticket, matches, fields } });
  }
  return `${text}\n`;
}

function parseNetworks(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length > mostLookedAt) return undefined;
  const networks = value.flatMap((text) => (typeof text === 'string' ? (parseIpNetwork(text)?.text ?? []) : []));
  return networks.length === value.length ? networks : undefined;
}

function parseTicket(value: unknown, jail: string): BanTicket | undefined {
  if (!isObject(value)) return undefined;
  const { network, isRaw, failures, matches, sinceUsec, untilUsec, bancount, restored, fields } = value;
  if (typeof network !== 'string' || !(isRaw === undefined || isRaw === true)) return undefined;
  const mark = isRaw === true ? { isRaw: true as const } : {};
  const parsed = targetOfTicket({ network, ...mark });
  if (parsed === undefined || value['jail'] !== jail || typeof restored !== 'boolean') return undefined;
  if (!isCount(failures) || !isCount(bancount) || !isCount(sinceUsec) || !(untilUsec === undefined || isCount(untilUsec))) return undefined;
  if (!Array.isArray(matches) || !matches.every((match) => typeof match === 'string') || !isObject(fields)) return undefined;
  const entries = Object.entries(fields).flatMap(([key, field]) => (typeof field === 'string' ? [[key, field] as const] : []));
  if (entries.length !== Object.keys(fields).length) return undefined;
  const known = ['network', 'isRaw', 'jail', 'failures', 'matches', 'sinceUsec', 'untilUsec', 'bancount', 'restored', 'fields'];
  if (!hasOnly(value, known)) return undefined;
  const ticket = { network: parsed.text, ...mark, jail, failures, matches, sinceUsec, untilUsec, bancount, restored };
  return { ...ticket, fields: Object.fromEntries(entries) };
}

function parseObject(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const hasOnly = (value: Fields, keys: readonly string[]): boolean => Object.keys(value).every((key) => keys.includes(key));

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(Math.trunc(value)) && value >= 0;

const isName = (value: unknown, most: number): value is string => typeof value === 'string' && value !== '' && value.length <= most;
