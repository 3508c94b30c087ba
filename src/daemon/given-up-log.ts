// Tells, once for each filter, that one of its expressions takes too many steps on some records: they count as no match.
import type { Log } from '../core/log.ts';
import type { Filter, GivenUp } from '../match/filter.ts';
import type { RunningJail } from './running-jail.ts';

/** Asking all filters takes as long as matching a hundred records. */
const intervalMs = 1000;

export interface GivenUpLogOptions {
  readonly log: Log;
  /** Milliseconds that only go forward. */
  readonly nowMs: () => number;
}

export class GivenUpLog {
  readonly #options: GivenUpLogOptions;
  /** A reload makes new filters, whose expressions may be others. */
  readonly #told = new WeakSet<Filter>();
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: GivenUpLogOptions) {
    this.#options = options;
  }

  /** To be called after each batch. */
  look(jails: readonly RunningJail[]): void {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#askedAtMs < intervalMs) return;
    this.#askedAtMs = nowMs;
    for (const { filter, jail } of jails) {
      if (this.#told.has(filter)) continue;
      const givenUp = filter.takeGivenUp();
      if (givenUp.length === 0) continue;
      this.#told.add(filter);
      this.#options.log.warning(describe(jail.options.name, filter.name, givenUp));
    }
  }
}

function describe(jail: string, filter: string, givenUp: readonly GivenUp[]): string {
  const expressions = givenUp.map(({ expression, count }) => `${expression} (${count} time${count === 1 ? '' : 's'})`);
  return (
    `jail ${jail}: filter ${filter} took too many steps and was given up: ${expressions.join(', ')}; ` +
    'such records count as not matched, and this is told once: write the expression so that it can match a text in one way only'
  );
}
