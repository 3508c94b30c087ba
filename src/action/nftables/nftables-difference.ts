// What has to change in one set of nftables, so that it holds what is wanted: as commands, and in numbers.
import { type IpNetwork, NetworkIndex } from '../../core/ip-network.ts';
import type { WantedBans } from '../action.ts';
import { type ElementKey, type Elements, elementOfKey, keyOf } from './nftables-listing.ts';
import { type BanSet, banSets, elementOf, setOf, tableName } from './nftables-table.ts';

/** Two clocks are compared, and time passes meanwhile. Around its end a ban may be either way: the kernel ends it by itself. */
export const toleranceUsec = 2_000_000;

interface WantedElement {
  readonly network: IpNetwork;
  readonly untilUsec: number;
}

export type WantedElements = ReadonlyMap<ElementKey, WantedElement>;

export interface SetDifference {
  readonly commands: readonly string[];
  readonly missing: number;
  readonly foreign: number;
  /** There, with another end than is wanted. */
  readonly otherwise: number;
}

/** All that is wanted, by set. */
export function wantedBySet(wanted: WantedBans, sets: readonly BanSet[] = banSets): Map<BanSet, WantedElements> {
  const members = new Map<BanSet, WantedElement[]>(sets.map((set) => [set, []]));
  for (const element of wanted.all()) members.get(setOf(element.network))?.push(element);
  return new Map(Array.from(members, ([set, elements]) => [set, byKey(set, elements)]));
}

function byKey(set: BanSet, elements: readonly WantedElement[]): WantedElements {
  // In an interval set no element may stand inside another; the inner one follows when the outer has ended.
  const index = new NetworkIndex(set.prefix === undefined ? elements.map(({ network }) => network) : []);
  const wanted = new Map<ElementKey, WantedElement>();
  for (const element of elements) {
    if (set.prefix !== undefined || !index.holdsWider(element.network)) wanted.set(keyOf(set, element.network), element);
  }
  return wanted;
}

/** `name`: of the set in its scope. */
export function differenceOf(set: BanSet, name: string, present: Elements, wanted: WantedElements, nowUsec: number): SetDifference {
  const removed: string[] = [];
  const added: string[] = [];
  const counts = { missing: 0, foreign: 0, otherwise: 0 };
  for (const [key, { network, untilUsec }] of wanted) {
    if (untilUsec <= nowUsec) continue;
    const leftUsec = present.get(key);
    if (leftUsec !== undefined && isSameEnd(leftUsec, untilUsec, nowUsec)) continue;
    // A timeout cannot be changed in place before kernel 6.12: such an element goes and comes in the same transaction.
    if (leftUsec !== undefined) removed.push(elementOf(network));
    added.push(`${elementOf(network)}${timeoutOf(untilUsec - nowUsec)}`);
    if (leftUsec !== undefined) counts.otherwise++;
    else if (untilUsec > nowUsec + toleranceUsec) counts.missing++;
  }
  for (const [key, leftUsec] of present) {
    if (wanted.has(key)) continue;
    removed.push(elementOfKey(set, key));
    if (!(leftUsec < toleranceUsec)) counts.foreign++;
  }
  return {
    ...counts,
    commands: [
      ...(removed.length > 0 ? [`delete element inet ${tableName} ${name} { ${removed.join(', ')} }`] : []),
      ...(added.length > 0 ? [`add element inet ${tableName} ${name} { ${added.join(', ')} }`] : []),
    ],
  };
}

const isSameEnd = (leftUsec: number, untilUsec: number, nowUsec: number): boolean =>
  leftUsec === untilUsec || Math.abs(nowUsec + leftUsec - untilUsec) < toleranceUsec;

/** In units, as nft's own listings: it refuses a number of more than eight digits, and a week has nine in milliseconds. */
function timeoutOf(leftUsec: number): string {
  if (!Number.isFinite(leftUsec)) return '';
  const ms = Math.max(1, Math.ceil(leftUsec / 1000));
  return ` timeout ${Math.floor(ms / 86_400_000)}d${Math.floor(ms / 1000) % 86_400}s${ms % 1000}ms`;
}
