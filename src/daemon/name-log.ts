// usedns = warn: that a host name in a record was resolved is told, as whoever writes the record chooses the name, and whoever owns the name
// the addresses. Once for each name and minute, and not for a flood of names.
import type { IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';

const intervalMs = 60_000;
const mostNames = 30;

export interface NameLogOptions {
  readonly log: Log;
  readonly nowMs: () => number;
}

export class NameLog {
  readonly #options: NameLogOptions;
  /** Of this minute. */
  readonly #told = new Set<string>();
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: NameLogOptions) {
    this.#options = options;
  }

  tell(hostname: string, addresses: readonly IpNetwork[], jail: string): void {
    const { log, nowMs } = this.#options;
    if (nowMs() - this.#sinceMs >= intervalMs) {
      this.#told.clear();
      this.#sinceMs = nowMs();
    }
    if (this.#told.has(hostname) || this.#told.size > mostNames) return;
    this.#told.add(hostname);
    if (this.#told.size > mostNames) log.warning('more host names in records were resolved than are told of within a minute');
    else {
      const found = addresses.map(({ text }) => text).join(', ');
      log.warning(`jail ${jail}: host name ${hostname} in a record counts as ${found}; usedns = no passes such records over`);
    }
  }
}
