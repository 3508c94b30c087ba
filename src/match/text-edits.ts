// Replacements in a text, and the way back: which character of the original one of the result comes from. Pure.

/** `[start, end)` becomes `text`; `start === end` inserts. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface EditedText {
  readonly text: string;
  /** Where a character of `text` stood before: for inserted text, where the replaced text began. Any number will do. */
  offsetBefore(offset: number): number;
}

/** `edits` in order, none overlapping another. */
export function applyEdits(text: string, edits: readonly Edit[]): EditedText {
  const parts: string[] = [];
  /** By edit, where its text begins and ends in the result. */
  const places: { readonly start: number; readonly end: number }[] = [];
  let taken = 0;
  let length = 0;
  for (const edit of edits) {
    parts.push(text.slice(taken, edit.start), edit.text);
    length += edit.start - taken;
    places.push({ start: length, end: length + edit.text.length });
    length += edit.text.length;
    taken = edit.end;
  }
  parts.push(text.slice(taken));
  const offsetBefore = (offset: number): number => {
    const index = places.findLastIndex(({ start }) => start <= offset);
    const edit = edits[index];
    const place = places[index];
    if (edit === undefined || place === undefined) return Math.max(0, Math.min(offset, text.length));
    return offset < place.end ? edit.start : Math.min(edit.end + offset - place.end, text.length);
  };
  return { text: parts.join(''), offsetBefore };
}
