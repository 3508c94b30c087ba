// Which date of a line is the record's own: fail2ban's choice among the templates that match. It learns from line to line: the template that
// matched last is tried first where it matched last, and templates rise in the list by their hits, the more so the nearer to the line's beginning.
import { charAt, charBefore, countChars, isWord } from './date-chars.ts';
import { LineMatches } from './date-line-matches.ts';
import { DatePlace } from './date-place.ts';
import type { DateTemplateSet, Groups } from './date-template-set.ts';

export interface FoundDate {
  /** Of the template in the set. */
  readonly index: number;
  readonly groups: Groups;
}

interface Candidate extends FoundDate {
  /** Where the template is in the list. */
  readonly position: number;
  /** Where the match begins and ends, in characters from the line's beginning. */
  readonly distance: number;
  readonly endDistance: number;
}

/** A template in the list. */
interface Slot {
  readonly index: number;
  readonly isAnchored: boolean;
  readonly isWord: boolean;
  readonly weight: number;
  /** How often it was the line's date; how often it matched at all. */
  hits: number;
  matches: number;
  lastUsedSec: number;
  distance: number;
}

const farAway = 0x7fffffff;
/** A template that nothing used for so long makes way for any other. */
const unusedSec = 300;
const none = -1;

export class DateSearch {
  readonly #set: DateTemplateSet;
  readonly #nowSec: () => number;
  readonly #slots: Slot[];
  readonly #matches: LineMatches;
  readonly #place = new DatePlace();
  #lastPosition = none;
  #firstUnused = 0;

  constructor(set: DateTemplateSet, nowSec: () => number) {
    this.#set = set;
    this.#nowSec = nowSec;
    this.#slots = set.templates.map(({ isAnchored, begin, weight }, index) => ({
      index,
      isAnchored,
      isWord: begin === 'word',
      weight,
      hits: 0,
      matches: 0,
      lastUsedSec: 0,
      distance: farAway,
    }));
    this.#matches = new LineMatches(set);
  }

  /** In the order in which they would be tried. */
  hits(): { readonly index: number; readonly count: number }[] {
    return this.#slots.map(({ index, hits }) => ({ index, count: hits }));
  }

  /** The template that is the next line's date if only it matches there: the last one, where it begins or ends the line. */
  get settled(): number {
    const slot = this.#slots[this.#lastPosition];
    return slot?.isAnchored ? slot.index : none;
  }

  /** What `find` does where `settled` matches bytes[start, matchEnd). */
  takeSettled(bytes: Uint8Array, start: number, end: number, matchEnd: number): void {
    const slot = this.#slots[this.#lastPosition];
    if (slot === undefined) return;
    slot.matches++;
    this.#place.set(bytes, start, end, start, matchEnd);
    this.#take(this.#lastPosition, slot);
  }

  /** The date in bytes[start, end), which is valid UTF-8. */
  find(bytes: Uint8Array, start: number, end: number): FoundDate | undefined {
    this.#matches.setLine(bytes, start, end);
    const winner = this.#choose(bytes, start, end);
    const slot = this.#slots[winner?.position ?? none];
    if (winner === undefined || slot === undefined) return undefined;
    this.#place.set(bytes, start, end, winner.groups[0] ?? start, winner.groups[1] ?? start);
    this.#take(winner.position, slot);
    return winner;
  }

  #choose(bytes: Uint8Array, start: number, end: number): Candidate | undefined {
    const position = this.#lastPosition;
    const last = this.#slots[position];
    if (last === undefined) return this.#chooseAny(bytes, start, undefined, none);
    const { from, to } = this.#place.in(bytes, start, end);
    const isInPart = !last.isAnchored && this.#place.isAlike(bytes, start, end, from, to);
    const groups = isInPart ? this.#matchPart(last, bytes, start, from, to) : this.#matchWhole(last);
    const candidate = groups && candidateOf(position, last.index, groups, bytes, start);
    const isWinner = candidate !== undefined && (this.#slots.length === 1 || last.isAnchored || this.#isAtLastPlace(candidate));
    return isWinner ? candidate : this.#chooseAny(bytes, start, candidate, isInPart ? none : position);
  }

  #isAtLastPlace({ distance, endDistance }: Candidate): boolean {
    return distance === this.#place.distance && endDistance === this.#place.endDistance;
  }

  /** Looks only where the last date was, bytes[from, to), as if the line ended there. */
  #matchPart(slot: Slot, bytes: Uint8Array, start: number, from: number, to: number): Groups | undefined {
    let hit = this.#set.search(bytes, start, to, slot.index);
    if (hit?.index === slot.index && (hit.offsets[0] ?? start) < from) {
      // An earlier date hides it: look again without what stands before, but for the word bound that the template asks for.
      hit = this.#set.search(bytes, from, to, slot.index);
      const isInWord = isWord(charBefore(bytes, start, from)) && isWord(charAt(bytes, from, to));
      if (slot.isWord && isInWord && hit?.offsets[0] === from) return undefined;
    }
    if (hit?.index !== slot.index) return undefined;
    slot.matches++;
    return hit.offsets;
  }

  #matchWhole(slot: Slot): Groups | undefined {
    const groups = this.#matches.of(slot.index);
    if (groups !== undefined) slot.matches++;
    return groups;
  }

  /** All in their order, but the one at `tried`. `best`: what was found already, though not where it was expected. */
  #chooseAny(bytes: Uint8Array, start: number, best: Candidate | undefined, tried: number): Candidate | undefined {
    let nearest = best;
    for (const [position, slot] of this.#slots.entries()) {
      const groups = position === tried ? undefined : this.#matchWhole(slot);
      if (groups === undefined) continue;
      const candidate = candidateOf(position, slot.index, groups, bytes, start);
      const next = this.#slots[position + 1];
      if (next === undefined || slot.isAnchored) return candidate;
      if (candidate.distance === 0 && slot.hits > 0 && next.matches === 0) return candidate;
      // Further on than before it may be a date in the message.
      const isStray = candidate.distance > slot.distance || candidate.distance > this.#place.distance;
      if (!isStray) return candidate;
      if (nearest === undefined || candidate.distance < nearest.distance) nearest = candidate;
    }
    return nearest;
  }

  #take(position: number, slot: Slot): void {
    slot.hits++;
    slot.lastUsedSec = this.#nowSec();
    slot.distance = this.#place.distance;
    if (this.#firstUnused === position) this.#firstUnused++;
    this.#lastPosition = position > 0 && position !== this.#lastPosition ? this.#rise(position, slot) : position;
  }

  /** Moves the slot up where it weighs more than the one there: far up at once, or else by one. */
  #rise(position: number, slot: Slot): number {
    const canTake = (to: number): boolean => {
      const there = this.#slots[to];
      return there === undefined || weigh(slot) > weigh(there) || slot.lastUsedSec - unusedSec > there.lastUsedSec;
    };
    let to = this.#firstUnused < position ? this.#firstUnused : Math.floor(position / 2);
    if (!canTake(to)) {
      to = position - 1;
      if (!canTake(to)) return position;
    }
    this.#slots.splice(position, 1);
    this.#slots.splice(to, 0, slot);
    while ((this.#slots[this.#firstUnused]?.hits ?? 0) > 0) this.#firstUnused++;
    return to;
  }
}

const weigh = ({ hits, weight, distance }: Slot): number => (hits * weight) / Math.max(1, distance);

function candidateOf(position: number, index: number, groups: Groups, bytes: Uint8Array, start: number): Candidate {
  const matchStart = groups[0] ?? start;
  const distance = countChars(bytes, start, matchStart);
  return { position, index, groups, distance, endDistance: distance + countChars(bytes, matchStart, groups[1] ?? matchStart) };
}
