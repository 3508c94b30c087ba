// Which piece of a text that was put together holds a character. Pure.

/** Index of the last piece that starts at or before `offset`, -1 where there is none; the pieces are in order. */
export function pieceIndex(pieces: readonly { readonly start: number }[], offset: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
