// How many records a source reads at once, so that a backlog keeps the control socket waiting for some milliseconds at most: it depends on
// what the jails make of them, from a microsecond to a millisecond each.

const fewest = 32;
const most = 1024;
const longMs = 5;
const shortMs = 2;

export class BatchSize {
  #records = 256;

  get records(): number {
    return this.#records;
  }

  /** After a batch of so many records that took so long, read and matched. */
  note(records: number, tookMs: number): void {
    if (tookMs > longMs) this.#records = Math.max(fewest, Math.floor((Math.min(records, this.#records) * longMs) / tookMs));
    else if (tookMs < shortMs && records >= this.#records) this.#records = Math.min(most, this.#records << 1);
  }
}
