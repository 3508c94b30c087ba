// Where in its line a date stood, and what stood around it: a template looks for the next line's date there first.
import { charAt, charBefore, countChars, isAlphanumeric, skipChars } from './date-chars.ts';

/** Equal to no character, not even to the lack of one. */
const neverSeen = -2;
const farAway = 0x7fffffff;

export class DatePlace {
  /** Where the match begins and ends, in characters from the line's beginning. */
  distance = 1;
  endDistance = farAway;
  #before = neverSeen;
  #first = neverSeen;
  #final = neverSeen;
  #after = neverSeen;

  /** bytes[matchStart, matchEnd) matched in the line bytes[start, end). */
  set(bytes: Uint8Array, start: number, end: number, matchStart: number, matchEnd: number): void {
    this.distance = countChars(bytes, start, matchStart);
    this.endDistance = this.distance + countChars(bytes, matchStart, matchEnd);
    this.#before = charBefore(bytes, start, matchStart);
    this.#first = charAt(bytes, matchStart, end);
    this.#final = charBefore(bytes, start, matchEnd);
    this.#after = charAt(bytes, matchEnd, end);
  }

  /** The same place in another line. */
  in(bytes: Uint8Array, start: number, end: number): { readonly from: number; readonly to: number } {
    const from = skipChars(bytes, start, end, this.distance);
    return { from, to: skipChars(bytes, from, end, this.endDistance - this.distance) };
  }

  /** Whether bytes[from, to) stands between the same characters, or begins and ends with the same ones that are no letters or digits. */
  isAlike(bytes: Uint8Array, start: number, end: number, from: number, to: number): boolean {
    return (
      isEither(charBefore(bytes, start, from), this.#before, charAt(bytes, from, end), this.#first) &&
      isEither(charAt(bytes, to, end), this.#after, charBefore(bytes, start, to), this.#final)
    );
  }
}

const isEither = (outside: number, lastOutside: number, inside: number, lastInside: number): boolean =>
  outside === lastOutside || (inside === lastInside && !isAlphanumeric(lastInside));
