// One run of the journal's source: batch after batch, in turn with everything else, and then whenever the journal says that there is more.
import type { JournalReader, RawJournalRecords } from '../binding/addon.ts';
import { systemCodeOf } from '../core/errors.ts';
import type { JournalPlace } from '../record/record-selector.ts';
import { BatchSize } from './batch-size.ts';
import { identityOf, journalRoots, MissingFolderWatch } from './journal-directory.ts';
import type { Loss } from './source.ts';

const bytesPerBatch = 1 << 20;

// journald tells of new entries 250 to 500 ms late (journald-server.c, POST_CHANGE_TIMER_INTERVAL_USEC and the accuracy of sd-event), though
// they can be read at once.
// While more failures are likely they are looked for: an empty look takes 10 us (bench/journal-latency.ts).
const lookEveryMs = 2;
const looksForMs = 3000;

export interface JournalRunCalls {
  open(): JournalReader | undefined;
  isGoingOn(): boolean;
  take(raw: RawJournalRecords, isCaughtUp: boolean): void;
  onCaughtUp(): void;
  onLoss(loss: Loss): void;
  onEnd(error: unknown): void;
}

/** A reader, opened again when the folders of the journal come or go, or a file was cut off under it. */
export class JournalRun {
  readonly #roots: readonly string[];
  readonly #calls: JournalRunCalls;
  #reader: JournalReader | undefined;
  #watch: MissingFolderWatch | undefined;
  #identity = '';
  #isCaughtUp = false;
  /** The next read of a backlog. */
  #next: NodeJS.Immediate | undefined;
  readonly #batchSize = new BatchSize();
  #hasReadSinceCut = true;
  #looks: NodeJS.Timeout | undefined;
  #looksUntilMs = 0;

  constructor(place: JournalPlace, calls: JournalRunCalls) {
    this.#roots = journalRoots(place);
    this.#calls = calls;
  }

  start(): void {
    this.#guard(() => this.#open());
  }

  /** Woken by the reader. */
  read(): void {
    if (this.#next !== undefined) return;
    this.#guard(() => this.#readOn());
  }

  expectMore(): void {
    this.#looksUntilMs = performance.now() + looksForMs;
    this.#looks ??= setInterval(() => this.#look(), lookEveryMs);
  }

  close(): void {
    this.#stopLooking();
    clearImmediate(this.#next);
    this.#next = undefined;
    this.#watch?.close();
    this.#reader?.close();
    this.#reader = undefined;
  }

  #open(): void {
    this.close();
    this.#identity = identityOf(this.#roots);
    this.#watch = new MissingFolderWatch(this.#roots, () => {
      if (this.#calls.isGoingOn()) this.start();
    });
    this.#reader = this.#calls.open();
    if (this.#reader === undefined) this.#catchUp();
    else this.#readOn();
  }

  #readOn(): void {
    const reader = this.#reader;
    if (reader === undefined || !this.#calls.isGoingOn()) return;
    const begin = performance.now();
    const raw = reader.read(this.#batchSize.records, bytesPerBatch);
    if (raw.read > 0) this.#hasReadSinceCut = true;
    this.#calls.take(raw, this.#isCaughtUp);
    this.#batchSize.note(raw.read, performance.now() - begin);
    if (!this.#calls.isGoingOn()) return;
    if (raw.isInvalidated && identityOf(this.#roots) !== this.#identity) {
      this.#open();
    } else if (raw.isAtEnd) {
      this.#catchUp();
      reader.start();
    } else {
      // In turn with everything else; not woken by the poll meanwhile.
      reader.stop();
      this.#next = setImmediate(() => {
        this.#next = undefined;
        this.read();
      });
    }
  }

  #look(): void {
    if (performance.now() > this.#looksUntilMs) this.#stopLooking();
    // The last look is no rest: what comes after it is told of.
    this.read();
  }

  #stopLooking(): void {
    clearInterval(this.#looks);
    this.#looks = undefined;
  }

  #catchUp(): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#calls.onCaughtUp();
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (systemCodeOf(error) !== 'EFAULT' || !this.#hasReadSinceCut) {
        this.#calls.onEnd(error);
        return;
      }
      this.#hasReadSinceCut = false;
      this.#calls.onLoss({ count: undefined, reason: 'a journal file was cut off while it was read' });
      this.start();
    }
  }
}
