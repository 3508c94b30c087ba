// Looks whether the bans of one action of tickets are there: now and then, and where they may be there already. What is missing it has put
// back.
import { nothingGone, type Sight, seenIn, type TicketAction } from '../action/ticket-action.ts';
import { systemClock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { type Family, parseIpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { CallQueue } from './call-queue.ts';
import { type LookFinding, LookFindings } from './look-findings.ts';
import { RepairLog } from './repair-log.ts';
import { paceOfLooks } from './repair-pace.ts';
import type { TicketLedger } from './ticket-ledger.ts';
import { Verification } from './verification.ts';

export interface TicketLooksOptions {
  readonly action: TicketAction;
  readonly ledger: TicketLedger;
  readonly queue: CallQueue;
  readonly log: Log;
  /** 0: never by itself. */
  readonly checkIntervalMs: number;
  /** What the bans were put into was gone, and was set up anew. */
  readonly onLost: () => void;
}

export class TicketLooks {
  readonly #options: TicketLooksOptions;
  readonly repairLog: RepairLog;
  readonly #findings: LookFindings;
  readonly #verification: Verification;
  #mustCheck = false;
  /** Families that a look found lost. */
  #gone: readonly Family[] = [];
  /** Bans are to be looked for that may be there already. */
  #mustProve = false;
  /** Settled when the latest look has ended: one at a time, as the helper has it. */
  #looked: Promise<unknown> = Promise.resolve();

  constructor(options: TicketLooksOptions) {
    const { action, ledger, log, checkIntervalMs } = options;
    const { name } = action;
    this.#options = options;
    this.#findings = new LookFindings(name, log);
    this.repairLog = new RepairLog({ name, log, hint: '', pace: paceOfLooks(checkIntervalMs) });
    this.#verification = new Verification({
      intervalMs: checkIntervalMs,
      isNeeded: () => action.look !== undefined && ledger.enforcedCount > 0,
      waitMs: () => this.repairLog.waitMs,
      look: () => this.#look(),
      onFailure: (reason) => log.warning(`action ${name}: ${reason}`),
    });
  }

  /** Why nothing of it is in force, as the last look found. */
  get broken(): string | undefined {
    return this.#findings.broken;
  }

  /** Why nobody knows whether the bans that it was told of are still in force. */
  get unknown(): string | undefined {
    return this.#options.ledger.enforcedCount === 0 ? undefined : (this.#verification.failure ?? this.#findings.unlisted);
  }

  /** The same of one ban that it was told of. */
  unknownOf(network: string): string | undefined {
    const isNeverListed = this.#findings.isNeverListed(network);
    return isNeverListed ? 'the action agreed each time, but does not list it' : this.#verification.failure;
  }

  /** Resolves when it was looked at and repaired, or takes long. */
  now(): Promise<void> {
    return this.#verification.now();
  }

  /** All that was due has been tried: what was put back is told, and bans may have come. */
  settle(): void {
    const repair = this.#options.ledger.takeRepair();
    if (repair !== undefined) this.repairLog.tell(repair);
    this.#verification.arm();
  }

  /** Whether a look found something lost, which `check` repairs. */
  get mustCheck(): boolean {
    return this.#mustCheck;
  }

  async check(): Promise<void> {
    const { action, ledger, log } = this.#options;
    this.#mustCheck = false;
    try {
      const { lost } = await action.check();
      ledger.lose(lost);
      if (lost.length > 0) this.#options.onLost();
    } catch (error) {
      // Each of the bans is tried again, and starts the action by itself.
      log.error(`action ${action.name}: ${messageOf(error)}`);
      ledger.lose(this.#gone);
    }
  }

  /** Some of the bans in doubt may be there, and `prove` is to find out; false where nobody can look. */
  suspect(): boolean {
    this.#mustProve = this.#options.action.look !== undefined;
    return this.#mustProve;
  }

  /** Bans that may be there already are looked for, where any are, beside the queue: that holds up no other ban. */
  prove(): void {
    if (!this.#mustProve) return;
    this.#mustProve = false;
    void this.#prove();
  }

  /** Of a ban that is none any more. */
  forget(network: string): void {
    this.#findings.forget(network);
  }

  stop(): void {
    this.#verification.stop();
    this.repairLog.stop();
  }

  async #look(): Promise<void> {
    const { ledger, queue } = this.#options;
    // What is no address cannot be told from other words in a listing.
    const networks = ledger.enforced.filter((network) => parseIpNetwork(network) !== undefined);
    const sight = await this.#lookFor(networks);
    if (queue.isStopped) return;
    const { lost, broken } = sight;
    const worthPutBack = this.#findings.take(sight, broken && messageOf(broken));
    this.#gone = ledger.enforcedFamilies(lost);
    this.#mustCheck = this.#gone.length > 0;
    const putBack = ledger.miss(worthPutBack, systemClock());
    if (this.#mustCheck || ledger.hasPending) await queue.run();
    const made = putBack.filter((network) => ledger.isEnforced(network));
    // At once: what is missing at the next look may have been taken away again.
    if (made.length > 0 && !queue.isStopped) this.#findings.takePutBack(await this.#lookFor(made));
  }

  async #lookFor(networks: readonly string[]): Promise<Sight & LookFinding> {
    const { action } = this.#options;
    const looked = this.#looked.then(() => action.look?.(networks));
    this.#looked = looked.catch(() => undefined);
    const sight = (await looked) ?? { ...nothingGone, unasked: networks };
    return { ...sight, seen: seenIn(sight, networks) };
  }

  async #prove(): Promise<void> {
    const { ledger, queue } = this.#options;
    const held = ledger.holdBack();
    if (held.length === 0) return;
    let seen: readonly string[] = [];
    try {
      ({ seen } = await this.#lookFor(held.map(({ network }) => network)));
    } catch {
      // Whatever is wrong is found again as they are lifted and made anew.
    }
    if (queue.isStopped) return;
    ledger.prove(held, new Set(seen));
    await queue.run();
  }
}
