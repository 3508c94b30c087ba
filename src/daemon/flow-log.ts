// What people read in the daemon's log of the flow: bans and their ends, what was refused, lost, or took too long.
import type { BanDecision } from '../ban/ban.ts';
import { shownTarget } from '../core/ban-target.ts';
import { formatDuration } from '../core/duration.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { Loss } from '../source/source.ts';
import { GivenUpLog } from './given-up-log.ts';
import { NameLog } from './name-log.ts';
import type { RunningJail } from './running-jail.ts';

// A refused ban is worth a line; a flood of forged packets is not worth a flood of them.
const refusalIntervalMs = 60_000;

export interface FlowLogOptions {
  readonly log: Log;
  /** Milliseconds that only go forward. */
  readonly nowMs: () => number;
}

export class FlowLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #names: NameLog;
  readonly #givenUp: GivenUpLog;
  /** When a ban that is not made was told last, by the reason. */
  readonly #toldAtMs = new Map<'protected' | 'too many', number>();

  constructor(options: FlowLogOptions) {
    this.#log = options.log;
    this.#nowMs = options.nowMs;
    this.#names = new NameLog(options);
    this.#givenUp = new GivenUpLog(options);
  }

  banned({ network, jail, failures, distinct, untilUsec, sinceUsec }: BanDecision): void {
    const what = distinct.length > 0 ? `${failures} ports (${distinct.join(', ')})` : `${failures} failures`;
    this.#log.notice(`ban ${shownTarget(network.text)} for ${formatDuration((untilUsec - sinceUsec) / 1000)}: jail ${jail}, ${what}`);
  }

  refused({ network, jail }: BanDecision, reason: string): void {
    if (!this.#isDue('protected')) return;
    this.#log.warning(
      `${shownTarget(network.text)} is not banned by jail ${jail}, because it is protected (${reason}): its packets may be forged`,
    );
  }

  /** `most`: how many texts may be banned at once. */
  tooMany({ network, jail }: BanDecision, most: number): void {
    if (!this.#isDue('too many')) return;
    const cure = 'somebody makes up names; look at the filter of the jail, or unban them';
    this.#log.error(
      `${shownTarget(network.text)} is not banned by jail ${jail}: ${most} that are no addresses are banned already; ${cure}`,
    );
  }

  ended({ network, jail }: BanDecision): void {
    this.#log.notice(`unban ${shownTarget(network.text)}: its time in jail ${jail} is over`);
  }

  /** A ban was lifted, as what it shuts out is protected or ignored by now. */
  spared({ network, jail }: BanDecision, reason: string): void {
    this.#log.notice(`unban ${shownTarget(network.text)}: jail ${jail} spares it now (${reason})`);
  }

  lost(source: string, loss: Loss): void {
    this.#log.warning(formatLoss(source, loss));
  }

  resolved(hostname: string, addresses: readonly IpNetwork[], jail: string): void {
    this.#names.tell(hostname, addresses, jail);
  }

  /** To be called after each batch: which expressions took too many steps. */
  batchMatched(jails: readonly RunningJail[]): void {
    this.#givenUp.look(jails);
  }

  #isDue(reason: 'protected' | 'too many'): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - (this.#toldAtMs.get(reason) ?? Number.NEGATIVE_INFINITY) < refusalIntervalMs) return false;
    this.#toldAtMs.set(reason, nowMs);
    return true;
  }
}

export const formatLoss = (source: string, { count, reason }: Loss): string =>
  `source ${source}: lost ${count ?? 'an unknown number of'} records: ${reason}`;
