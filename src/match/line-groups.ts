// The named groups of a match, as text: what <F-...> of a failregex captured, with alternatives and tuples filled in (jail.conf(5)).
import type { Hit, PatternSet } from '../binding/pattern-set.ts';
import { type GroupRole, groupMeaning } from './failregex-group.ts';

/** An expression that was found in bytes[start, end). */
export interface Found {
  readonly set: PatternSet;
  readonly hit: Hit;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** What a group captured; a list where <F-TUPLE_...> joined several groups. */
export type GroupValue = string | readonly string[];

/** By name, as failregex-group.ts has them. Undefined where the group took no part. */
export type LineGroups = ReadonlyMap<string, GroupValue | undefined>;

/** Where in `bytes` the group stands; undefined where it took no part, or the expression has none of that name. */
export function groupRange({ set, hit }: Found, name: string): readonly [number, number] | undefined {
  const number = set.groupNames(hit.index).get(name);
  if (number === undefined) return undefined;
  const start = hit.offsets[2 * number] ?? -1;
  const end = hit.offsets[2 * number + 1] ?? -1;
  return start === -1 ? undefined : [start, end];
}

/** All named groups of the expression, those that took no part too: an expression's groups replace those of the prefregex. */
export function readGroups(found: Found): Map<string, GroupValue | undefined> {
  const { set, hit } = found;
  const plan = planOf(set, hit.index);
  const read = createReader(found);
  const groups = new Map<string, GroupValue | undefined>();
  for (const { name, number } of plan.named) {
    const start = hit.offsets[2 * number] ?? -1;
    groups.set(name, start === -1 ? undefined : read(start, hit.offsets[2 * number + 1] ?? start));
  }
  if (plan.alternatives.length > 0) fillAlternatives(plan.alternatives, groups);
  if (plan.tuples.length > 0) joinTuples(plan.tuples, groups);
  return groups;
}

/** The members of a list with commas between them. */
export const textOf = (value: GroupValue | undefined): string => (typeof value === 'string' ? value : (value ?? []).join(','));

interface PlannedGroup {
  readonly name: string;
  readonly number: number;
  /** The group that it fills. */
  readonly key: string;
}

/** The groups of one expression by their part in `readGroups`; those that fill others sorted by name. */
interface GroupPlan {
  readonly named: readonly PlannedGroup[];
  readonly alternatives: readonly PlannedGroup[];
  readonly tuples: readonly PlannedGroup[];
}

const plans = new WeakMap<PatternSet, (GroupPlan | undefined)[]>();

function planOf(set: PatternSet, index: number): GroupPlan {
  const ofSet = plans.get(set) ?? [];
  plans.set(set, ofSet);
  let plan = ofSet[index];
  if (plan === undefined) {
    const groups = [...set.groupNames(index)].map(([name, number]) => ({ name, number, ...groupMeaning(name) }));
    const sorted = groups.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const ofRole = (role: GroupRole) => sorted.filter((group) => group.role === role);
    plan = { named: groups.filter(({ role }) => role !== 'content'), alternatives: ofRole('alternate'), tuples: ofRole('tuple') };
    ofSet[index] = plan;
  }
  return plan;
}

/** Longer texts are not made a string as a whole. */
const maxWholeBytes = 4096;

/** Text of a range. In ASCII, which nearly all lines are, it is a slice of one string. */
function createReader({ bytes, start, end }: Found): (from: number, to: number) => string {
  const whole = end - start <= maxWholeBytes ? bytes.toString('latin1', start, end) : undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what it is about
  if (whole !== undefined && !/[^\x00-\x7f]/.test(whole)) return (from, to) => whole.slice(from - start, to - start);
  return (from, to) => bytes.toString('utf8', from, to);
}

/** `alt_user`, `alt_user_1`, ...: the first by name that captured something becomes `user`, where that is empty. */
function fillAlternatives(alternatives: readonly PlannedGroup[], groups: Map<string, GroupValue | undefined>): void {
  for (const { name, key } of alternatives) {
    const value = groups.get(name);
    if (value && !groups.get(key)) groups.set(key, value);
  }
}

/** `tuple_id`, `tuple_id_1`, ...: with the group itself in front, where it took part, their values become a list. */
function joinTuples(tuples: readonly PlannedGroup[], groups: Map<string, GroupValue | undefined>): void {
  const lists = new Map<string, string[]>();
  for (const { name, key } of tuples) {
    const base = groups.get(key);
    const list = lists.get(key) ?? (typeof base === 'string' ? [base] : []);
    list.push(textOf(groups.get(name)));
    lists.set(key, list);
  }
  for (const [key, list] of lists) groups.set(key, list);
}
