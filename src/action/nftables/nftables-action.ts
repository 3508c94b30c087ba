// Bans as elements of kernel sets, in a table of our own. Each scope (protocols, ports, verdict) is an instance with sets of its own.
import type { TableObject } from '../../binding/addon.ts';
import type { Clock } from '../../core/clock.ts';
import { RingjailError } from '../../core/errors.ts';
import { containsNetwork, type IpNetwork, NetworkIndex, parseIpNetwork } from '../../core/ip-network.ts';
import type { Action, Counters, FoundBan, Repair, WantedBans } from '../action.ts';
import { differenceOf, type SetDifference, toleranceUsec, type WantedElements, wantedBySet } from './nftables-difference.ts';
import { type Elements, keyOf, networkOfKey, parseElements } from './nftables-listing.ts';
import { isRefusal, type NftablesBinding, NftablesPort } from './nftables-port.ts';
import { defaultScope, type NftablesScope } from './nftables-scope.ts';
import { faultsOf, fingerprintOf } from './nftables-structure.ts';
import { type BanSet, banSets, ScopeTable, setOf } from './nftables-table.ts';

// Up to so many, one question for each tells more quickly than a listing what is in a set of any size (6 µs each; a listing takes 3 ms
// at 10,000 elements, 280 ms at 100,000).
const fewNetworks = 2000;
// Where the set holds nothing else, a listing is the quicker way sooner.
const fewOfAll = 20;

export interface NftablesActionOptions extends NftablesBinding {
  readonly clock: Clock;
  /** The action's key; `nftables` by default. */
  readonly name?: string;
  /** Everything, dropped, by default. */
  readonly scope?: NftablesScope;
}

export class NftablesAction implements Action {
  readonly name: string;
  readonly #port: NftablesPort;
  readonly #clock: Clock;
  readonly #table: ScopeTable;
  /** Of the structure as we made it; undefined before. */
  #fingerprint: string | undefined;
  /** What others did between our change and our look at what came of it is in the fingerprint as if it were ours. */
  #isDoubted = false;

  constructor(options: NftablesActionOptions) {
    this.name = options.name ?? 'nftables';
    this.#port = new NftablesPort(options);
    this.#clock = options.clock;
    this.#table = new ScopeTable(options.scope ?? defaultScope);
  }

  async reconcile(wanted: WantedBans): Promise<Repair | undefined> {
    return this.#mend(wanted).repair;
  }

  async enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<Repair | undefined> {
    try {
      this.#port.run(Array.from(bySetOf(networks), ([set, members]) => this.#differenceFor(set, members, wanted).commands).flat());
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The table is gone, or an element ended between question and transaction: begin from what is there.
      const { repair, isStructural } = this.#mend(wanted);
      // Where the structure was whole, the elements that were missing are those that we were asked for.
      return isStructural ? repair : undefined;
    }
    this.#verify(networks, wanted);
    return undefined;
  }

  isInForce(): boolean {
    try {
      const objects = this.#port.objects();
      const isKnown = this.#fingerprint === undefined || fingerprintOf(objects, this.#table) === this.#fingerprint;
      return isKnown && faultsOf(objects, this.#table).length === 0;
    } catch {
      return false;
    }
  }

  noticeChange(parts: readonly string[] | undefined): boolean {
    const isOwn = (name: string) => ['chain', 'set', 'counter'].some((kind) => this.#table.owns(kind, name));
    if (parts !== undefined && !parts.some(isOwn)) return false;
    this.#isDoubted ||= parts === undefined || parts.some((name) => isOwn(name) && !this.#table.owns('set', name));
    return true;
  }

  found(except?: WantedBans): readonly FoundBan[] {
    const now = this.#clock();
    const known = except && wantedBySet(except);
    const found: FoundBan[] = [];
    for (const set of banSets) {
      const wanted = known?.get(set);
      for (const [key, leftUsec] of this.#list(set)) {
        const network = wanted?.has(key) === true ? undefined : networkOfKey(set, key);
        if (network !== undefined) found.push({ network, untilUsec: now + leftUsec });
      }
    }
    return found;
  }

  enforces(network: IpNetwork): boolean {
    if (!this.isInForce()) return false;
    const set = setOf(network);
    if (set.prefix !== undefined) return this.#has(network);
    return Array.from(this.#list(set).keys()).some((key) => {
      const banned = networkOfKey(set, key);
      return banned !== undefined && containsNetwork(banned, network);
    });
  }

  counters(): Counters | undefined {
    const counter = this.#port.objects().find(({ kind, name }) => kind === 'counter' && name === this.#table.counter);
    return counter === undefined ? undefined : { packets: counter.packets ?? 0, bytes: counter.bytes ?? 0 };
  }

  #mend(wanted: WantedBans): Mended {
    try {
      return this.#agree(wanted);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    // An element may have ended, or somebody may have changed something, between question and transaction: once more from what is there.
    try {
      return this.#agree(wanted);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { repair: this.#rebuild(wanted), isStructural: true };
    }
  }

  #agree(wanted: WantedBans): Mended {
    const objects = this.#port.objects();
    const isReplaced = this.#fingerprint !== undefined && fingerprintOf(objects, this.#table) !== this.#fingerprint;
    const faults = faultsOf(objects, this.#table);
    const isAsMade = this.#fingerprint !== undefined && !isReplaced && !this.#isDoubted && faults.length === 0;
    const sets = Array.from(wantedBySet(wanted), ([set, elements]) => {
      const isThere = isAmong(objects)('set', this.#table.nameOf(set));
      return { set, elements, difference: this.#difference(set, isThere ? this.#list(set) : new Map(), elements) };
    });
    const changes = sets.flatMap(({ difference }) => difference.commands);
    this.#port.run([...(isAsMade ? [] : this.#table.commands()), ...changes]);
    if (!isAsMade) this.#learn();
    // What needed no change has just been read.
    for (const { difference, elements } of sets) if (difference.commands.length > 0) this.#verify(networksOf(elements), wanted, fewOfAll);
    const told = isReplaced && faults.length === 0 ? ['a rule or set that somebody made anew'] : faults;
    return { repair: repairOf(told, sets), isStructural: told.length > 0 };
  }

  /** For a scope that another version, or somebody, made otherwise: taken down and made again with all bans, in one transaction. */
  #rebuild(wanted: WantedBans): Repair {
    const sets = Array.from(wantedBySet(wanted), ([set, elements]) => this.#difference(set, new Map(), elements));
    this.#port.run([
      ...this.#table.removal(isAmong(this.#port.objects())),
      ...this.#table.commands(),
      ...sets.flatMap(({ commands }) => commands),
    ]);
    this.#learn();
    this.#verify(
      Array.from(wanted.all(), ({ network }) => network),
      wanted,
      fewOfAll,
    );
    return { found: 'table of another form', bans: sets.reduce((sum, { missing }) => sum + missing, 0) };
  }

  #learn(): void {
    this.#isDoubted = false;
    this.#fingerprint = fingerprintOf(this.#port.objects(), this.#table);
  }

  #differenceFor(set: BanSet, members: readonly IpNetwork[], wanted: WantedBans): SetDifference {
    // Nested networks exclude each other in an interval set, so one of them concerns the others.
    if (set.prefix === undefined || members.length > fewNetworks) {
      const elements = wantedBySet(wanted, [set]).get(set) ?? new Map();
      return this.#difference(set, this.#list(set), elements);
    }
    const present = new Map(members.filter((member) => this.#has(member)).map((member) => [keyOf(set, member), Number.NaN]));
    const elements = members.flatMap((network) => {
      const untilUsec = wanted.untilUsec(network);
      return untilUsec === undefined ? [] : [[keyOf(set, network), { network, untilUsec }] as const];
    });
    return this.#difference(set, present, new Map(elements));
  }

  #difference(set: BanSet, present: Elements, wanted: WantedElements): SetDifference {
    return differenceOf(set, this.#table.nameOf(set), present, wanted, this.#clock());
  }

  /** Reads back; throws where the kernel does not agree. */
  #verify(networks: readonly IpNetwork[], wanted: WantedBans, mostQuestions = fewNetworks): void {
    const now = this.#clock();
    const wrong: string[] = [];
    for (const [set, members] of bySetOf(networks)) {
      const isInterval = set.prefix === undefined;
      const present = isInterval || members.length > mostQuestions ? this.#list(set) : undefined;
      const listed = isInterval ? Array.from(present?.keys() ?? []).flatMap((text) => parseIpNetwork(text) ?? []) : [];
      const outer = new NetworkIndex(listed);
      for (const network of members) {
        const untilUsec = wanted.untilUsec(network);
        const isListed = present?.has(keyOf(set, network)) === true;
        // A listing may miss elements of a hash set that grows meanwhile; only the answer for the one element is the truth.
        const isAsked = !isInterval && (present === undefined || untilUsec !== undefined);
        const isThere = isListed || (isAsked && this.#has(network));
        const isShut = isThere || outer.holdsWider(network);
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
    return this.#port.has(this.#table.nameOf(setOf(network)), network.bytes);
  }

  #list(set: BanSet): Elements {
    const listed = this.#port.elements(this.#table.nameOf(set));
    return listed === undefined ? new Map() : parseElements(set, listed);
  }
}

interface Mended {
  readonly repair: Repair | undefined;
  /** Whether more than elements was wrong. */
  readonly isStructural: boolean;
}

function repairOf(faults: readonly string[], sets: readonly { readonly difference: SetDifference }[]): Repair | undefined {
  const sum = (count: (difference: SetDifference) => number) => sets.reduce((total, { difference }) => total + count(difference), 0);
  const missing = sum((difference) => difference.missing);
  const found = [
    ...faults,
    // With their set gone the elements are, too.
    ...(faults.every((fault) => !fault.endsWith(' gone')) ? counted(missing, 'element missing', 'elements missing') : []),
    ...counted(
      sum((difference) => difference.foreign),
      'element that is not ours',
      'elements that are not ours',
    ),
    ...counted(
      sum((difference) => difference.otherwise),
      'element with another end',
      'elements with another end',
    ),
  ];
  return found.length === 0 ? undefined : { found: found.join(', '), bans: missing };
}

const counted = (count: number, one: string, many: string): string[] => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]);

const networksOf = (elements: WantedElements): IpNetwork[] => Array.from(elements.values(), ({ network }) => network);

const isAmong = (objects: readonly TableObject[]) => (kind: TableObject['kind'], name: string) =>
  objects.some((object) => object.kind === kind && object.name === name);

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
