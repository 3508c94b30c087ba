// Times as they are told to people and programs: ISO 8601 in UTC, with milliseconds.

// The last that a Date has (ECMA-262, "Time Values and Time Range"). Times of an import, or of a broken clock, may lie beyond.
const latestMs = 8.64e15;

/** `usec`: microseconds since 1970; what lies beyond the last time that there is, Infinity too, is told as that. */
export const isoTime = (usec: number): string => new Date(Math.min(usec / 1000, latestMs)).toISOString();
