// Bans as elements of kernel sets, by libnftables in this process: a table of our own, which no other program touches.
import type { Nftables, SetLookup } from '../binding/addon.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';
import { type IpNetwork, NetworkIndex, parseIpNetwork } from '../core/ip-network.ts';
import type { Action, FoundBan, WantedBans } from './action.ts';
import { type Elements, parseSetListing } from './nftables-listing.ts';
import { type BanSet, banSets, elementOf, setOf, tableCommands, tableName } from './nftables-table.ts';

// From so many on, one listing of a set tells more quickly what is in it than a question for each element.
const fewNetworks = 64;

// The kernel reports remaining times in seconds, and they pass while we compare.
const toleranceUsec = 2_000_000;

export interface NftablesActionOptions {
  readonly open: () => Nftables;
  readonly openLookup: (table: string) => SetLookup;
  readonly clock: Clock;
}

export class NftablesAction implements Action {
  readonly name = 'nftables';
  readonly #options: NftablesActionOptions;
  #nftables: Nftables | undefined;
  #lookup: SetLookup | undefined;

  constructor(options: NftablesActionOptions) {
    this.#options = options;
  }

  async reconcile(wanted: WantedBans): Promise<void> {
    const all = Array.from(wanted.all(), ({ network }) => network);
    try {
      this.#run(tableCommands());
    } catch (error) {
      if (!(error instanceof RingjailError) || error.code === 'permission') throw error;
      this.#rebuild(wanted);
    }
    this.#transact(banSets.flatMap((set) => this.#differenceOfSet(set, wanted)));
    this.#verify(all, wanted);
  }

  async enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<void> {
    try {
      const commands = [...bySetOf(networks)].flatMap(([set, members]) => {
        // Nested networks exclude each other in an interval set, so one of them concerns the others.
        const isWhole = set.prefix === undefined || members.length > fewNetworks;
        return isWhole ? this.#differenceOfSet(set, wanted) : this.#differenceOfNetworks(set, members, wanted);
      });
      this.#transact(commands);
    } catch (error) {
      if (!(error instanceof RingjailError) || error.code === 'permission') throw error;
      // The table is gone, or an element ended between question and transaction: begin from what is there.
      return this.reconcile(wanted);
    }
    this.#verify(networks, wanted);
  }

  isInForce(): boolean {
    try {
      const chain = this.#do((nftables) => nftables.run(`list chain inet ${tableName} input`));
      return banSets.every(({ name }) => chain.includes(`@${name}`));
    } catch {
      return false;
    }
  }

  found(): readonly FoundBan[] {
    this.#run(tableCommands());
    const now = this.#options.clock();
    return banSets.flatMap((set) =>
      Array.from(this.#list(set), ([element, leftUsec]) => {
        const network = parseIpNetwork(set.prefix === 64 ? `${element}/64` : element);
        return network === undefined ? [] : [{ network, untilUsec: now + leftUsec }];
      }).flat(),
    );
  }

  /** For a table of ours that another version made otherwise: taken down and made again with all bans, in one transaction. */
  #rebuild(wanted: WantedBans): void {
    const elements = banSets.flatMap((set) => this.#difference(set, new Map(), this.#desiredOf(set, wanted)));
    // `add` first: the table may not be there at all, and to delete what is not there fails.
    this.#run([`add table inet ${tableName}`, `delete table inet ${tableName}`, tableCommands(), ...elements].join('\n'));
  }

  #differenceOfNetworks(set: BanSet, networks: readonly IpNetwork[], wanted: WantedBans): string[] {
    const present = new Map(networks.filter((network) => this.#has(network)).map((network) => [elementOf(network), Number.NaN]));
    const desired = new Map(
      networks.flatMap((network) => {
        const untilUsec = wanted.untilUsec(network);
        return untilUsec === undefined ? [] : [[elementOf(network), untilUsec] as const];
      }),
    );
    return this.#difference(set, present, desired);
  }

  #differenceOfSet(set: BanSet, wanted: WantedBans): string[] {
    return this.#difference(set, this.#list(set), this.#desiredOf(set, wanted));
  }

  /** Element to its end. */
  #desiredOf(set: BanSet, wanted: WantedBans): Map<string, number> {
    const members = Array.from(wanted.all()).filter(({ network }) => setOf(network) === set);
    // In an interval set no element may stand inside another; the inner one follows when the outer has ended.
    const index = new NetworkIndex(set.prefix === undefined ? members.map(({ network }) => network) : []);
    const outermost = members.filter(({ network }) => !index.holdsWider(network));
    return new Map(outermost.map(({ network, untilUsec }) => [elementOf(network), untilUsec]));
  }

  /** `present`: microseconds left, NaN where unknown. `desired`: the end. */
  #difference(set: BanSet, present: Elements, desired: ReadonlyMap<string, number>): string[] {
    const now = this.#options.clock();
    const isRight = (element: string, untilUsec: number) => {
      const leftUsec = present.get(element);
      return leftUsec !== undefined && (leftUsec === untilUsec || Math.abs(now + leftUsec - untilUsec) < toleranceUsec);
    };
    const current = Array.from(desired).filter(([, untilUsec]) => untilUsec > now);
    const wrong = current.filter(([element, untilUsec]) => !isRight(element, untilUsec));
    // A timeout cannot be changed in place before kernel 6.12: such an element goes and comes in the same transaction.
    const wrongElements = new Set(wrong.map(([element]) => element));
    const removed = Array.from(present.keys()).filter((element) => !desired.has(element) || wrongElements.has(element));
    const added = wrong.map(([element, untilUsec]) => `${element}${timeoutOf(untilUsec - now)}`);
    return [
      ...(removed.length > 0 ? [`delete element inet ${tableName} ${set.name} { ${removed.join(', ')} }`] : []),
      ...(added.length > 0 ? [`add element inet ${tableName} ${set.name} { ${added.join(', ')} }`] : []),
    ];
  }

  /** Reads back; throws where the kernel does not agree. */
  #verify(networks: readonly IpNetwork[], wanted: WantedBans): void {
    const now = this.#options.clock();
    const wrong: string[] = [];
    for (const [set, members] of bySetOf(networks)) {
      const present = set.prefix === undefined || members.length > fewNetworks ? this.#list(set) : undefined;
      const outer = new NetworkIndex(
        set.prefix === undefined ? [...(present?.keys() ?? [])].flatMap((text) => parseIpNetwork(text) ?? []) : [],
      );
      for (const network of members) {
        const untilUsec = wanted.untilUsec(network);
        const isListed = present?.has(elementOf(network)) === true;
        // A listing may miss elements of a hash set that grows meanwhile; only the answer for the one element is the truth.
        const isAsked = set.prefix !== undefined && (present === undefined || untilUsec !== undefined);
        const isThere = isListed || (isAsked && this.#has(network));
        const isShut = isThere || outer.holdsWider(network);
        // Around its end a ban may be either way: the kernel ends it by itself.
        const isEnding = untilUsec !== undefined && untilUsec < now + toleranceUsec;
        if (!isEnding && (untilUsec === undefined ? isThere : !isShut)) wrong.push(network.text);
      }
    }
    if (wrong.length > 0) {
      throw new RingjailError(
        'unavailable',
        `nftables took the change, but the kernel's sets do not agree for ${wrong.slice(0, 5).join(', ')}: something else changes the table (see nft monitor)`,
      );
    }
  }

  #has(network: IpNetwork): boolean {
    return this.#do(() => {
      this.#lookup ??= this.#options.openLookup(tableName);
      return this.#lookup.has(setOf(network).name, Buffer.from(network.bytes));
    });
  }

  /** Asks for permission first: libnftables would tell whoever has none "you must be root", which is not so, on our standard error. */
  #open(): Nftables {
    this.#lookup ??= this.#options.openLookup(tableName);
    try {
      this.#lookup.has(banSets[0]?.name ?? '', Buffer.alloc(4));
    } catch (error) {
      // A table of another version may not understand the question; that is for the change itself to meet.
      if (systemCodeOf(error) === 'EPERM') throw error;
    }
    return this.#options.open();
  }

  #list(set: BanSet): Elements {
    return parseSetListing(this.#do((nftables) => nftables.runJson(`list set inet ${tableName} ${set.name}`)));
  }

  #transact(commands: readonly string[]): void {
    if (commands.length > 0) this.#run(commands.join('\n'));
  }

  #run(commands: string): void {
    this.#do((nftables) => nftables.run(commands));
  }

  #do<T>(task: (nftables: Nftables) => T): T {
    try {
      this.#nftables ??= this.#open();
      return task(this.#nftables);
    } catch (error) {
      const reason = messageOf(error);
      if (/not permitted/.test(reason)) {
        throw new RingjailError(
          'permission',
          'cannot change nftables: operation not permitted: it needs CAP_NET_ADMIN; ' +
            'ringjail.service grants it by the line AmbientCapabilities=CAP_SYSLOG CAP_NET_ADMIN; by hand: sudo npm start',
          error,
        );
      }
      throw new RingjailError('unavailable', `nftables refused a change: ${reason.slice(0, 500)}`, error);
    }
  }
}

function bySetOf(networks: readonly IpNetwork[]): Map<BanSet, IpNetwork[]> {
  const groups = new Map<BanSet, IpNetwork[]>();
  for (const network of networks) {
    const set = setOf(network);
    const members = groups.get(set);
    if (members === undefined) groups.set(set, [network]);
    else members.push(network);
  }
  return groups;
}

/** In units, as nft's own listings: it refuses a number of more than eight digits, and a week has nine in milliseconds. */
function timeoutOf(leftUsec: number): string {
  if (!Number.isFinite(leftUsec)) return '';
  const ms = Math.max(1, Math.ceil(leftUsec / 1000));
  return ` timeout ${Math.floor(ms / 86_400_000)}d${Math.floor(ms / 1000) % 86_400}s${ms % 1000}ms`;
}
