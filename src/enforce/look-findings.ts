// What the looks of one action of tickets have found, from one to the next: why nothing of it is in force, and which bans putting back does
// not help.
import type { Log } from '../core/log.ts';

/** A ban that so many looks in a row did not find, although it was put back each time, is not to be found in what is listed. */
const mostPutBacks = 2;

export class LookFindings {
  readonly #name: string;
  readonly #log: Log;
  /** By network: how many looks in a row did not find it. */
  #unseen = new Map<string, number>();
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
  isNeverSeen(network: string): boolean {
    return (this.#unseen.get(network) ?? 0) > mostPutBacks;
  }

  /** Takes what one look found. Which of the missing are worth putting back: with others that would go on for ever. */
  take({ missing, broken }: { readonly missing: readonly string[]; readonly broken: string | undefined }): readonly string[] {
    this.#tellBroken(broken);
    this.#unseen = new Map(missing.map((network) => [network, Math.min((this.#unseen.get(network) ?? 0) + 1, mostPutBacks + 2)]));
    for (const [network, times] of this.#unseen) {
      if (times !== mostPutBacks + 1) continue;
      this.#log.warning(
        `action ${this.#name}: ${network} was put back ${mostPutBacks} times, and is still not listed: nobody can tell whether it is in force`,
      );
    }
    return missing.filter((network) => !this.isNeverSeen(network));
  }

  #tellBroken(reason: string | undefined): void {
    if (reason !== undefined && reason !== this.#broken) this.#log.error(`action ${this.#name}: bans are not enforced: ${reason}`);
    if (reason === undefined && this.#broken !== undefined) this.#log.notice(`action ${this.#name}: works again`);
    this.#broken = reason;
  }
}
