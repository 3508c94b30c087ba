// A store that could be opened only after the start: its disk or rights were mended, another daemon let go of it, or its file was put in the
// place of ours. It may hold what nobody here has read. Nothing of that is erased: it is joined with what is in memory before that is written.
import { createHash } from 'node:crypto';
import { type BanDecision, holdKeyOf } from '../ban/ban.ts';
import { isEmptyContents, type StoreContents } from '../ban/store-file.ts';
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { containsNetwork, isSingleAddress } from '../core/ip-network.ts';
import type { Jail } from '../jail/jail.ts';
import type { JailSessions } from './change-collector.ts';
import { ForgottenCounts } from './forgotten-counts.ts';

/** What an older file must not bring back is remembered of so many. */
const mostUnbanned = 10_000;

/** In the place of a jail's name or a network's text: every one. Neither can be it. */
const any = '';

export interface Memory {
  readonly jails: Iterable<Jail>;
  readonly sessions: readonly JailSessions[];
}

export class LateStore {
  /** Of what was read of the file at the start, where it could be read but not opened. */
  #known: string | undefined;
  /** By network and jail; either is undefined where all were meant. */
  readonly #unbanned = new Map<string, { readonly network: BanTarget | undefined; readonly jail: string | undefined }>();

  /** Contents that are in memory already. */
  noteRead(contents: StoreContents): void {
    this.#known = digestOf(contents);
  }

  /** By a person: a ban of which nobody here knows yet is meant, too. */
  noteUnbanned(network: BanTarget | undefined, jail: string | undefined): void {
    this.#unbanned.set(holdKeyOf(network?.text ?? any, jail ?? any), { network, jail });
    if (this.#unbanned.size > mostUnbanned) this.#unbanned.delete(this.#unbanned.keys().next().value ?? '');
  }

  /** Whether there is anything that is not in memory. */
  isNews(contents: StoreContents): boolean {
    return !isEmptyContents(contents) && digestOf(contents) !== this.#known;
  }

  /** Windows and sessions become part of those in memory; the bans are for the caller to bring in force. */
  join({ bans, windows, sessions = [] }: StoreContents, memory: Memory): readonly BanDecision[] {
    const forgotten = this.forgottenWith(bans);
    for (const jail of memory.jails) {
      const { name } = jail.options;
      jail.join(forgotten.without(windows.get(name) ?? [], name));
    }
    for (const { jail, filter, cache } of memory.sessions) {
      const here = new Set(cache.save().map(([id]) => id));
      const rows = sessions.filter((row) => row.jail === jail && row.filter === filter && !here.has(row.id));
      cache.restore(rows.map(({ id, state }) => [id, state]));
    }
    return bans.filter((decision) => !this.#wasUnbanned(decision));
  }

  /** Whose counts went with what was unbanned; `bans`: of the store. */
  forgottenWith(bans: readonly BanDecision[]): ForgottenCounts {
    const forgotten = new ForgottenCounts();
    for (const unbanned of this.#unbanned.values()) {
      if (unbanned.network !== undefined) forgotten.add(unbanned.network, unbanned.jail);
    }
    for (const decision of bans) if (this.#wasUnbanned(decision)) forgotten.add(decision.network, decision.jail);
    return forgotten;
  }

  /** As `ringjail unban` has it: whatever shuts out all of the network. */
  #wasUnbanned({ network, jail }: BanDecision): boolean {
    const has = (text: string, name: string) => this.#unbanned.has(holdKeyOf(text, name));
    if ([network.text, any].some((text) => has(text, jail) || has(text, any))) return true;
    if (!isNetwork(network) || isSingleAddress(network)) return false;
    const isWithin = (unbanned: BanTarget | undefined) =>
      unbanned !== undefined && isNetwork(unbanned) && containsNetwork(network, unbanned);
    return Array.from(this.#unbanned.values()).some(
      (unbanned) => isWithin(unbanned.network) && (unbanned.jail === undefined || unbanned.jail === jail),
    );
  }
}

function digestOf({ bans, positions, windows, sessions, logins }: StoreContents): string {
  const text = JSON.stringify([bans, positions, Array.from(windows), sessions, logins]);
  return createHash('sha256').update(text).digest('hex');
}
