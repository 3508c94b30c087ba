// A value put together from pieces of others, each character still knowing its origin. Pure.
import type { Origin } from './config-error.ts';
import type { ConfigValue } from './interpolation.ts';
import { pieceIndex } from './piece-index.ts';

/** The result from `start` to `end` is `value` from `from` on. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly value: ConfigValue;
  readonly from: number;
  /** Of the value that it all began with, not put in later. */
  readonly isOwn: boolean;
}

export class ComposedValue implements ConfigValue {
  readonly text: string;
  readonly origin: Origin;
  readonly #pieces: readonly Piece[];

  private constructor(text: string, origin: Origin, pieces: readonly Piece[]) {
    this.text = text;
    this.origin = origin;
    this.#pieces = pieces;
  }

  static of(value: ConfigValue): ComposedValue {
    return new ComposedValue(value.text, value.origin, [{ start: 0, end: value.text.length, value, from: 0, isOwn: true }]);
  }

  originAt(offset: number): Origin {
    const piece = this.#pieces[pieceIndex(this.#pieces, offset)] ?? this.#pieces[0];
    return piece === undefined ? this.origin : piece.value.originAt(Math.max(0, piece.from + offset - piece.start));
  }

  originOf(start: number, end: number): Origin {
    let piece: Piece | undefined;
    for (let index = Math.max(0, pieceIndex(this.#pieces, start)); piece?.isOwn !== true && index < this.#pieces.length; index++) {
      const next = this.#pieces[index];
      if (next === undefined || next.start >= end) break;
      if (next.end > start && (piece === undefined || next.isOwn)) piece = next;
    }
    if (piece === undefined) return this.originAt(start);
    const shift = piece.from - piece.start;
    return piece.value.originOf(Math.max(start, piece.start) + shift, Math.min(end, piece.end) + shift);
  }

  /** With `replacement` for every `part`. */
  replaceAll(part: string, replacement: ConfigValue): ComposedValue {
    const pieces: Piece[] = [];
    let length = 0;
    const add = (value: ConfigValue, from: number, size: number, isOwn: boolean): void => {
      if (size > 0) pieces.push({ start: length, end: length + size, value, from, isOwn });
      length += size;
    };
    let next = 0;
    const copy = (start: number, end: number): void => {
      while ((this.#pieces[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next++;
      for (let index = next; index < this.#pieces.length; index++) {
        const piece = this.#pieces[index];
        if (piece === undefined || piece.start >= end) break;
        const from = Math.max(start, piece.start);
        add(piece.value, piece.from + from - piece.start, Math.min(end, piece.end) - from, piece.isOwn);
      }
    };
    let taken = 0;
    for (let index = this.text.indexOf(part); index !== -1; index = this.text.indexOf(part, taken)) {
      copy(taken, index);
      add(replacement, 0, replacement.text.length, false);
      taken = index + part.length;
    }
    copy(taken, this.text.length);
    return new ComposedValue(
      this.text.replaceAll(part, () => replacement.text),
      this.origin,
      pieces,
    );
  }
}
