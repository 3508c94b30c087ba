import type { Failure } from '../../src/match/failure.ts';
import { target } from '../core/network.ts';

export const second = 1_000_000;
export const minute = 60 * second;

/** A failure of `address` so many microseconds after an arbitrary beginning, at a port. */
export function failureOf(address: string, timeUsec: number, port?: number): Failure {
  return {
    address: target(address),
    timeUsec,
    distinct: port?.toString(),
    evidence: { source: 'kernel', sequence: timeUsec, text: `packet of ${address}` },
  };
}
