// What an action that is shown the whole list is to shut out: the bans that name it, and what it was found to have in force.
import type { FoundBan, WantedBans } from '../action/action.ts';
import type { Ban } from '../ban/ban.ts';
import type { BanList } from '../ban/ban-list.ts';
import { isNetwork } from '../core/ban-target.ts';

/** The bans that name the action. */
export function wantedOf(bans: BanList, action: string): WantedBans {
  const endOf = ({ holders }: Ban): number | undefined => {
    let end: number | undefined;
    // Not by lists: this is done for every ban there is, whenever all is looked at.
    for (const holder of holders.values()) {
      if (holder.actions.includes(action) && !(holder.untilUsec <= (end ?? Number.NEGATIVE_INFINITY))) end = holder.untilUsec;
    }
    return end;
  };
  return {
    untilUsec: (network) => {
      const ban = bans.get(network);
      return ban === undefined ? undefined : endOf(ban);
    },
    *all() {
      for (const ban of bans.bans()) {
        const { network } = ban;
        if (!isNetwork(network)) continue;
        const end = endOf(ban);
        if (end !== undefined) yield { network, untilUsec: end };
      }
    },
  };
}

/** What is wanted, and what is in force beside it. */
export function withUnknown(wanted: WantedBans, unknown: () => ReadonlyMap<string, FoundBan>): WantedBans {
  return {
    untilUsec: (network) => wanted.untilUsec(network) ?? unknown().get(network.text)?.untilUsec,
    *all() {
      yield* wanted.all();
      for (const { network, untilUsec } of unknown().values()) {
        if (wanted.untilUsec(network) === undefined) yield { network, untilUsec };
      }
    },
  };
}
