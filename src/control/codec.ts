// Lines of the control socket to messages. The socket is for root and the group ringjail; what comes is checked all the same.
import { isErrorCode } from '../core/errors.ts';
import type { ControlAnswer, ControlRequest } from './messages.ts';

/** A request may name many addresses; more than this is no request. */
export const maxRequestBytes = 4 << 20;

export const formatMessage = (message: ControlRequest | ControlAnswer): string => `${JSON.stringify(message)}\n`;

/** Undefined where the line is no request. */
export function parseRequest(line: string): ControlRequest | undefined {
  const message = parseObject(line);
  if (message === undefined) return undefined;
  const { command, jail, addresses } = message;
  switch (command) {
    case 'status':
      return typeof jail === 'string' ? { command, jail } : { command };
    case 'reload':
    case 'confirm':
      return { command };
    case 'ban':
      return typeof jail === 'string' && isStrings(addresses) ? { command, jail, addresses } : undefined;
    case 'unban':
      return addresses === 'all' || isStrings(addresses) ? { command, addresses } : undefined;
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
