// How often a network was banned before, as far as it is remembered; for bantime.increment.
import type { HistoryRow } from './store-statements.ts';

type EarlierBan = Pick<HistoryRow, 'jail' | 'sinceUsec'> & { readonly bancount?: number };

/**
 * `lately`: bans that the store may not have yet; what is being written is among `rows` already. `jail`: by this one only. A ban's bancount
 * counts those of which no row tells, made by another program.
 */
export function countEarlierBans(rows: readonly HistoryRow[], lately: readonly EarlierBan[], jail?: string): number {
  const unwritten = lately.filter((made) => !rows.some((row) => row.jail === made.jail && row.sinceUsec === made.sinceUsec));
  const byJail = new Map<string, { count: number; bancount: number }>();
  for (const { jail: name, bancount = 1 } of [...rows, ...unwritten]) {
    if (jail !== undefined && name !== jail) continue;
    const former = byJail.get(name) ?? { count: 0, bancount: 0 };
    byJail.set(name, { count: former.count + 1, bancount: Math.max(former.bancount, bancount) });
  }
  return Array.from(byJail.values()).reduce((sum, { count, bancount }) => sum + Math.max(count, bancount), 0);
}
