// A store as an earlier run leaves it that banned nobody and read its sources up to a place.
import { BanStore } from '../../src/ban/ban-store.ts';
import type { StoredPosition } from '../../src/ban/store-changes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { bootId, lastSequence } from './kernel-log.ts';

/** By default the kernel's log up to now. */
export function leaveStore(
  path: string,
  positions: Readonly<Record<string, StoredPosition>> = { kernel: { bootId: bootId(), sequence: lastSequence() } },
): void {
  const store = new BanStore(path, { clock: systemClock });
  store.commit({ bans: { isWhole: false, bans: [] }, jails: [], positions });
  store.close();
}
