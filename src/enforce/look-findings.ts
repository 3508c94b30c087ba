// What the looks of one action of tickets have found, from one to the next: why nothing of it is in force, and which bans it never lists,
// so that putting them back does not help. A ban that was listed once and is missing later was taken away: that is put back for ever.
import type { Log } from '../core/log.ts';

/** A ban that was put back so many times, and was not even listed right after that, is not to be found in what is listed. */
const mostPutBacks = 2;

export interface LookFinding {
  readonly seen: readonly string[];
  readonly missing: readonly string[];
}

export class LookFindings {
  readonly #name: string;
  readonly #log: Log;
  /** Bans that were listed at any time. */
  readonly #listed = new Set<string>();
  /** By network: how many times it was not listed right after it was put back. */
  readonly #unlisted = new Map<string, number>();
  #broken: string | undefined;

  /** `name`: of the action. */
  constructor(name: string, log: Log) {
    this.#name = name;
    this.#log = log;
  }

  /** Why nothing of it is in force, as the last look found. */
  get broken(): string | undefined {
    return this.#broken;
  }

  /** Whether the action agreed to the ban each time, and never lists it. */
  isNeverListed(network: string): boolean {
    return (this.#unlisted.get(network) ?? 0) >= mostPutBacks;
  }

  /** That some are never listed; undefined where all are. */
  get unlisted(): string | undefined {
    const count = Array.from(this.#unlisted.keys()).filter((network) => this.isNeverListed(network)).length;
    if (count === 0) return undefined;
    const bans = count === 1 ? '1 ban is' : `${count} bans are`;
    return `${bans} not listed although the action agreed each time: nobody can tell whether they are in force`;
  }

  /** Takes what one look found. Which of the missing are worth putting back: with others that would go on for ever. */
  take(finding: LookFinding, broken: string | undefined): readonly string[] {
    this.#tellBroken(broken);
    this.#note(finding.seen);
    return finding.missing.filter((network) => !this.isNeverListed(network));
  }

  /** Takes what a look found of bans that were put back a moment ago. */
  takePutBack({ seen, missing }: LookFinding): void {
    this.#note(seen);
    // Who takes it away faster than we look takes it away all the same.
    for (const network of missing.filter((text) => !this.#listed.has(text))) {
      const times = (this.#unlisted.get(network) ?? 0) + 1;
      this.#unlisted.set(network, times);
      if (times !== mostPutBacks) continue;
      this.#log.warning(
        `action ${this.#name}: ${network} was put back ${times} times, and is still not listed: nobody can tell whether it is in force`,
      );
    }
  }

  /** Of a ban that is none any more. */
  forget(network: string): void {
    this.#listed.delete(network);
    this.#unlisted.delete(network);
  }

  #note(seen: readonly string[]): void {
    for (const network of seen) {
      this.#listed.add(network);
      this.#unlisted.delete(network);
    }
  }

  #tellBroken(reason: string | undefined): void {
    if (reason !== undefined && reason !== this.#broken) this.#log.error(`action ${this.#name}: bans are not enforced: ${reason}`);
    if (reason === undefined && this.#broken !== undefined) this.#log.notice(`action ${this.#name}: works again`);
    this.#broken = reason;
  }
}
