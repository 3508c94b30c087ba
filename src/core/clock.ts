// The present, as a parameter: only the daemon's outer parts ask for it.

/** Microseconds since 1970. */
export type Clock = () => number;

// Not performance.now(): it stands on the monotonic clock, and would not follow when the wall clock is set.
export const systemClock: Clock = () => Date.now() * 1000;
