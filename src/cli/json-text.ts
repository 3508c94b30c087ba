// JSON for standard output, where it may meet a terminal.

/** As JSON.stringify, `indent` spaces a level, with those control characters escaped too that it leaves as they are: log text may hold them. */
export function formatJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
