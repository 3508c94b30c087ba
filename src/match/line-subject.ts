// What the expressions of a filter see of a line: its bytes without the date, valid UTF-8, with "\n" at the end. Copied only where it must be.
import { toValidUtf8 } from '../binding/pattern-set.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Enough for nearly every line; a longer one makes it grow, and the next short one makes it this small again. */
const usualBytes = 64 * 1024;

/** bytes[start, end), which end with "\n"; they hold until the next line. */
export interface Subject {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A line without its end, in valid UTF-8. */
export interface LineBytes {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** bytes[cutStart, cutEnd) of a line are its date, which the expressions do not see. */
export interface CutDate {
  readonly cutStart: number;
  readonly cutEnd: number;
}

/** Takes "\r" and "\n" from the end, and replaces what is not UTF-8 by U+FFFD, as fail2ban does. */
export function cleanLine(bytes: Buffer, start: number, end: number): LineBytes {
  let last = end;
  while (last > start && (bytes[last - 1] === lineFeed || bytes[last - 1] === carriageReturn)) last--;
  const valid = toValidUtf8(bytes, start, last);
  return valid === undefined ? { bytes, start, end: last } : { bytes: valid, start: 0, end: valid.length };
}

/** Longer lines are cut where they are kept as text. */
const maxTextBytes = 4096;

export function textOfLine({ bytes, start, end }: LineBytes): string {
  return bytes.toString('utf8', start, Math.min(end, start + maxTextBytes));
}

export class SubjectBuilder {
  #scratch = Buffer.allocUnsafe(usualBytes);

  /** The line without its date. */
  ofLine({ bytes, start, end }: LineBytes, date: CutDate | undefined): Subject {
    if (date === undefined || date.cutStart === date.cutEnd) return this.ofRange(bytes, start, end);
    const { cutStart, cutEnd } = date;
    if (cutStart === start) return this.ofRange(bytes, cutEnd, end);
    const prefix = cutStart - start;
    const length = prefix + end - cutEnd;
    const scratch = this.#ofSize(length + 1);
    bytes.copy(scratch, 0, start, cutStart);
    bytes.copy(scratch, prefix, cutEnd, end);
    scratch[length] = lineFeed;
    return { bytes: scratch, start: 0, end: length + 1 };
  }

  /** These bytes, with "\n" after them. They may be those of the subject that was built last. */
  ofRange(bytes: Buffer, start: number, end: number): Subject {
    if (end < bytes.length && bytes[end] === lineFeed) return { bytes, start, end: end + 1 };
    const length = end - start;
    const scratch = bytes === this.#scratch ? Buffer.allocUnsafe(length + 1) : this.#ofSize(length + 1);
    bytes.copy(scratch, 0, start, end);
    scratch[length] = lineFeed;
    return { bytes: scratch, start: 0, end: length + 1 };
  }

  #ofSize(size: number): Buffer {
    if (size > this.#scratch.length || (size <= usualBytes && this.#scratch.length > usualBytes)) {
      this.#scratch = Buffer.allocUnsafe(Math.max(size, usualBytes));
    }
    return this.#scratch;
  }
}
