// Lines of the control socket to messages. The socket is for root and the group ringjail; what comes is checked all the same.
import type { ImportedBan } from '../ban/fail2ban-database.ts';
import { isErrorCode } from '../core/errors.ts';
import type { ControlAnswer, ControlRequest } from './messages.ts';

/** A request may name many addresses; more than this is no request. */
export const maxRequestBytes = 4 << 20;

export const formatMessage = (message: ControlRequest | ControlAnswer): string => `${JSON.stringify(message)}\n`;

/** Undefined where the line is no request. */
export function parseRequest(line: string): ControlRequest | undefined {
  const message = parseObject(line);
  if (message === undefined) return undefined;
  const { command, jail, address, addresses, bans } = message;
  switch (command) {
    case 'status':
      return typeof jail === 'string' ? { command, jail } : { command };
    case 'explain':
      return typeof address === 'string' ? { command, address } : undefined;
    case 'reload':
    case 'confirm':
      return { command };
    case 'ban':
      return typeof jail === 'string' && isStrings(addresses) ? { command, jail, addresses } : undefined;
    case 'unban':
      if (!(addresses === 'all' || isStrings(addresses)) || !(jail === undefined || typeof jail === 'string')) return undefined;
      return jail === undefined ? { command, addresses } : { command, addresses, jail };
    case 'import':
      return Array.isArray(bans) && bans.every(isImportedBan) ? { command, bans } : undefined;
    default:
      return undefined;
  }
}

/** Undefined where the line is no answer. */
export function parseAnswer(line: string): ControlAnswer | undefined {
  const message = parseObject(line);
  if (message?.['ok'] === true) return { ok: true, result: message['result'] };
  const error = message?.['ok'] === false ? message['error'] : undefined;
  return isObject(error) && isErrorCode(error['code']) && typeof error['message'] === 'string'
    ? { ok: false, error: { code: error['code'], message: error['message'] } }
    : undefined;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');

function isImportedBan(value: unknown): value is ImportedBan {
  if (!isObject(value)) return false;
  const { network, jail, text, sinceUsec, untilUsec, bancount, failures } = value;
  const hasTexts = typeof network === 'string' && typeof jail === 'string' && (text === undefined || typeof text === 'string');
  const hasEnd = untilUsec === undefined || untilUsec === null || isCount(untilUsec);
  return hasTexts && hasEnd && [sinceUsec, bancount, failures].every(isCount);
}

// What is no such number (1e999) would be no time either, and no Date.
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
