// How fast a pass over fixed input is.

const roundMs = 300;

/** Rounds whose median counts. */
export const rounds = 7;

export interface Speed {
  /** The median of the rounds. */
  readonly perSecond: number;
  /** What the last pass returned. */
  readonly found: number;
}

/** Of `pass`, which reads `count` records or lines and returns how many it found. */
export function measure(count: number, pass: () => number): Speed {
  const speeds: number[] = [];
  let found = 0;
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    let passes = 0;
    while (performance.now() - start < roundMs) {
      found = pass();
      passes++;
    }
    // The first round is for the compiler and the caches.
    if (round > 0) speeds.push((passes * count * 1000) / (performance.now() - start));
  }
  return { perSecond: speeds.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0, found };
}
