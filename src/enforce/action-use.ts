// An action as one jail names it, and a ban of that jail that concerns some of its actions.
import type { BanDecision } from '../ban/ban.ts';

export interface ActionUse {
  readonly jail: string;
  readonly action: string;
}

/** For maps of uses: no jail's name has a line break in it. */
export const useKeyOf = (jail: string, action: string): string => `${jail}\n${action}`;

/** One jail's ban, and the actions that something concerns. */
export type Change = Pick<BanDecision, 'network' | 'jail' | 'actions'>;
