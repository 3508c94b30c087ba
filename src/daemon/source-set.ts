// The sources that the jails need, kept running: each by itself, so that one that fails leaves the others alone.
import type { Log } from '../core/log.ts';
import type { RecordBatch, SourcePosition } from '../record/record-batch.ts';
import type { RecordSelector } from '../record/record-selector.ts';
import type { Loss, Source } from '../source/source.ts';
import { type SourceHealth, supervise } from './supervise.ts';

export interface SourceSetOptions {
  /** The source that a selector is for. `position`: where an earlier run ended. */
  readonly create: (selector: RecordSelector, position: SourcePosition | undefined) => Source;
  readonly onBatch: (batch: RecordBatch) => void;
  readonly onLoss: (source: string, loss: Loss) => void;
  /** Everything that waited is read, or could not be: once, and again after an `update` that started sources. */
  readonly onReady: () => void;
  readonly log: Log;
}

export interface WantedSource {
  readonly selectors: readonly RecordSelector[];
  /** Whether the daemon can do its work without it: by itself it is no reason to run. */
  readonly isOptional?: boolean;
}

interface RunningSource {
  readonly source: Source;
  readonly health: SourceHealth;
  readonly abort: AbortController;
  ended: Promise<void>;
  isOptional: boolean;
}

export class SourceSet {
  readonly #options: SourceSetOptions;
  readonly #running = new Map<string, RunningSource>();
  readonly #positions = new Map<string, SourcePosition>();
  readonly #ending = new Set<Promise<void>>();
  #isReady = false;
  /** Not all that are needed have been started yet. */
  #isUpdating = false;
  #wasReady = false;
  #isStopped = false;
  #refuse: (error: Error) => void = () => undefined;
  /** Rejects where from the start no source at all may be read that is needed. A reload that asks for one that may not be ends nothing. */
  readonly refused: Promise<never>;

  constructor(options: SourceSetOptions) {
    this.#options = options;
    this.refused = new Promise((_, reject) => {
      this.#refuse = reject;
    });
    // Whoever does not wait for it is not to be ended by it.
    this.refused.catch(() => undefined);
  }

  restore(positions: Readonly<Record<string, SourcePosition>>): void {
    for (const [source, position] of Object.entries(positions)) this.#positions.set(source, position);
  }

  /** Of all sources that were ever read, for whom no jail asks now too. */
  positions(): Record<string, SourcePosition> {
    for (const [name, { source }] of this.#running) this.#notePosition(name, source);
    return Object.fromEntries(this.#positions);
  }

  /** Starts what is needed and not there, stops what is there and not needed, and tells each what is wanted of it. */
  update(wanted: Iterable<readonly [string, WantedSource]>): void {
    const needed = new Map(Array.from(wanted).filter(([name]) => name !== 'bans'));
    for (const [name, running] of this.#running) {
      if (!needed.has(name)) this.#stop(name, running);
    }
    // A source may be done before the next one has begun.
    this.#isUpdating = true;
    for (const [name, { selectors, isOptional = false }] of needed) {
      const known = this.#running.get(name);
      if (known === undefined) this.#start(name, selectors, isOptional);
      else {
        known.source.select(selectors);
        known.isOptional = isOptional;
      }
    }
    this.#isUpdating = false;
    // What is stopped may be what all waited for; and without a source there is nothing to wait for.
    this.#tellReady();
  }

  /** A failure was found among this source's records. */
  expectMore(name: string): void {
    this.#running.get(name)?.source.expectMore?.();
  }

  describe(): readonly { readonly source: Source; readonly health: SourceHealth }[] {
    return [...this.#running.values()];
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const [name, running] of this.#running) this.#stop(name, running);
    await Promise.all(this.#ending);
  }

  #start(name: string, selectors: readonly RecordSelector[], isOptional: boolean): void {
    const [first] = selectors;
    if (first === undefined || this.#isStopped) return;
    const { log, onBatch, onLoss, create } = this.#options;
    const source = create(first, this.#positions.get(name));
    source.select(selectors);
    const health: SourceHealth = { state: 'starting', failure: undefined, isRefused: false };
    const abort = new AbortController();
    const sink = {
      onBatch: (batch: RecordBatch) => {
        // A source that is being stopped may have one more; where it ended, another may begin.
        if (abort.signal.aborted) return;
        this.#positions.set(name, batch.position);
        onBatch(batch);
      },
      onLoss: (loss: Loss) => onLoss(name, loss),
      onCaughtUp: () => {
        if (abort.signal.aborted) return;
        log.info(`source ${name}: everything up to now is read`);
        this.#tellReady();
      },
    };
    this.#isReady = false;
    const running: RunningSource = { source, health, abort, ended: Promise.resolve(), isOptional };
    // First: a source may have read everything in its first step, and is to be found among those that are waited for.
    this.#running.set(name, running);
    running.ended = supervise(source, sink, abort.signal, health, log, (error) => this.#onFailed(error));
  }

  /** Batches tell it, too, but not of what was passed over. */
  #notePosition(name: string, source: Source): void {
    const position = source.positionNow?.();
    if (position !== undefined) this.#positions.set(name, position);
  }

  #stop(name: string, { source, abort, ended }: RunningSource): void {
    this.#notePosition(name, source);
    this.#running.delete(name);
    abort.abort();
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }

  /** Where permission is what every source lacks, whoever started the daemon is there to read why. */
  #onFailed(error: Error | undefined): void {
    const all = Array.from(this.#running.values()).filter(({ isOptional }) => !isOptional);
    if (error !== undefined && !this.#wasReady && all.length > 0 && all.every(({ health }) => health.isRefused)) this.#refuse(error);
    this.#tellReady();
  }

  /** Where nothing is waited for any more, and that was not told yet. */
  #tellReady(): void {
    const isSettled = Array.from(this.#running.values()).every(({ health }) => health.state !== 'starting' || health.failure !== undefined);
    if (this.#isReady || this.#isUpdating || !isSettled) return;
    this.#isReady = true;
    this.#wasReady = true;
    this.#options.onReady();
  }
}
