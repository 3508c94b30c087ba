// What version 0.1 left that had read the kernel's log up to now, and banned nobody; the daemon takes it over at its first start.
import { bootId, lastSequence } from './kernel-log.ts';

export const formerState = (): string =>
  JSON.stringify({ version: 1, bans: [], positions: { kernel: { bootId: bootId(), sequence: lastSequence() } }, windows: {} });
