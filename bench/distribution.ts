// How latencies are told.

/** Sorts `valuesMs`. */
export function printDistribution(what: string, valuesMs: number[]): void {
  valuesMs.sort((a, b) => a - b);
  const at = (share: number) => (valuesMs[Math.min(valuesMs.length - 1, Math.floor(share * valuesMs.length))] ?? Number.NaN).toFixed(2);
  console.log(`${what}, ${valuesMs.length} times:`);
  console.log(
    `  least ${at(0)} ms, median ${at(0.5)} ms, nine in ten below ${at(0.9)} ms, 99 in 100 below ${at(0.99)} ms, most ${at(1)} ms`,
  );
}
