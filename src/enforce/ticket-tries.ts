// The tries of one action of tickets to ban or lift one network that have failed: why, how often, and when to give up.
import { messageOf, RingjailError } from '../core/errors.ts';

/** What could not be lifted by so many tries is forgotten: most likely somebody lifted it by hand. */
const mostUnbanTries = 5;

export interface FailedTries {
  readonly reason: string;
  /** Whether it is another reason than that of the try before. */
  readonly isNews: boolean;
  readonly tries: number;
  /** How many of them the action answered. */
  readonly answers: number;
  /** Tried again it would be refused again. */
  readonly isRefused: boolean;
}

export class TicketTries {
  readonly #failed = new Map<string, FailedTries>();

  /** Why the network tried last is not as it should be; undefined where nothing is open. */
  get lastReason(): string | undefined {
    return Array.from(this.#failed.values()).at(-1)?.reason;
  }

  get networks(): IterableIterator<string> {
    return this.#failed.keys();
  }

  reasonOf(network: string): string | undefined {
    return this.#failed.get(network)?.reason;
  }

  fail(network: string, error: unknown): FailedTries {
    const former = this.#failed.get(network);
    const reason = messageOf(error);
    const failed = {
      reason,
      isNews: reason !== former?.reason,
      tries: (former?.tries ?? 0) + 1,
      answers: (former?.answers ?? 0) + (isUnreached(error) ? 0 : 1),
      isRefused: error instanceof RingjailError && error.code === 'usage',
    };
    this.#failed.set(network, failed);
    return failed;
  }

  /** It worked, or is tried no more. True where it had failed. */
  forget(network: string): boolean {
    return this.#failed.delete(network);
  }
}

/** Whether a ban that cannot be lifted is to be left. */
export const isHopeless = ({ isRefused, answers }: FailedTries): boolean => isRefused || answers >= mostUnbanTries;

/** Nobody could be asked, which says nothing of the ban. */
export const isUnreached = (error: unknown): boolean => error instanceof RingjailError && error.code === 'unreachable';

/** Whoever was asked did not even begin. */
export const isNothingRun = (error: unknown): boolean =>
  error instanceof RingjailError && (error.code === 'usage' || error.code === 'configuration');
