// The journal by sd-journal: every selected entry once, from where the last run ended, with the losses told.
import type { JournalReader, RawJournalPlace, RawJournalRecords } from '../binding/addon.ts';
import type { Clock } from '../core/clock.ts';
import { systemCodeOf } from '../core/errors.ts';
import { isoTime } from '../core/iso-time.ts';
import type { SourcePosition } from '../record/record-batch.ts';
import { type JournalPlace, type JournalSelector, type RecordSelector, sourceNameOf } from '../record/record-selector.ts';
import { unreadablePart } from './journal-directory.ts';
import { journalOpenError, journalPermissionError } from './journal-error.ts';
import { JournalRun } from './journal-run.ts';
import type { Loss, Source, SourceSink } from './source.ts';

// How often an empty batch tells of what was passed over, so that it is written though nothing else is.
const tellEveryUsec = 10_000_000;

export interface JournalSourceOptions {
  readonly open: (place: RawJournalPlace, onReadable: () => void) => JournalReader;
  readonly place: JournalPlace;
  readonly clock: Clock;
  /** Undefined at a first start: begins after the last entry, as nothing older counts. */
  readonly position: SourcePosition | undefined;
}

/** After the entry of that cursor; where it is empty, from that time on. */
interface JournalPosition {
  readonly cursor: string;
  readonly realtimeUsec: number;
}

export class JournalSource implements Source {
  readonly name: string;
  readonly #options: JournalSourceOptions;
  #selectors: readonly JournalSelector[] = [];
  #position: JournalPosition | undefined;
  #toldUsec = 0;
  #reader: JournalReader | undefined;
  #run: JournalRun | undefined;
  #records = 0;
  #passedOver = 0;
  #lost = 0;
  #losses = 0;

  constructor(options: JournalSourceOptions) {
    this.#options = options;
    this.name = sourceNameOf({ source: 'journal', place: options.place, matches: [], isSystemOnly: false });
    const { position } = options;
    if (position === undefined) return;
    const realtimeUsec = Number(position['realtimeUsec']);
    this.#position = { cursor: String(position['cursor'] ?? ''), realtimeUsec: Number.isFinite(realtimeUsec) ? realtimeUsec : 0 };
  }

  select(selectors: readonly RecordSelector[]): void {
    this.#selectors = selectors.filter((selector) => selector.source === 'journal');
    this.#reader?.select(this.#selectors);
  }

  run(signal: AbortSignal, sink: SourceSink): Promise<void> {
    return new Promise((resolve, reject) => {
      const run = new JournalRun(this.#options.place, {
        open: () => this.#open(() => run.read(), sink),
        isGoingOn: () => !signal.aborted,
        take: (raw, isCaughtUp) => this.#take(raw, isCaughtUp, sink),
        onCaughtUp: () => sink.onCaughtUp(),
        onLoss: (loss) => this.#report(loss, sink),
        onEnd: (error) => end(error),
      });
      const end = (error?: unknown) => {
        run.close();
        this.#reader = undefined;
        this.#run = undefined;
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = () => end();
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', onAbort);
      this.#run = run;
      run.start();
    });
  }

  expectMore(): void {
    this.#run?.expectMore();
  }

  positionNow(): SourcePosition | undefined {
    return this.#position === undefined ? undefined : { ...this.#position };
  }

  describe(): Readonly<Record<string, string | number>> {
    const position = this.#position;
    return {
      place: this.name,
      records: this.#records,
      passedOver: this.#passedOver,
      lost: this.#lost,
      losses: this.#losses,
      at: position === undefined ? '' : isoTime(position.realtimeUsec),
    };
  }

  /** Undefined where the place is not there yet. */
  #open(onReadable: () => void, sink: SourceSink): JournalReader | undefined {
    const { place, open, clock } = this.#options;
    const forbidden = unreadablePart(place);
    if (forbidden !== undefined) throw journalPermissionError(forbidden);
    let reader: JournalReader;
    try {
      reader = open(place, onReadable);
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT' && place.files === undefined) {
        this.#moveTo({ cursor: '', realtimeUsec: this.#position?.realtimeUsec ?? clock() }, sink);
        return undefined;
      }
      throw journalOpenError(this.name, error);
    }
    reader.select(this.#selectors);
    this.#seek(reader, sink);
    this.#reader = reader;
    return reader;
  }

  #seek(reader: JournalReader, sink: SourceSink): void {
    const position = this.#position;
    if (position === undefined) {
      const tail = reader.seekTail();
      this.#moveTo(tail ?? { cursor: '', realtimeUsec: this.#options.clock() }, sink);
      return;
    }
    // A time to come, of a clock that was set back since, would be deafness until then.
    const realtimeUsec = Math.min(position.realtimeUsec, this.#options.clock());
    if (position.cursor === '') {
      reader.seekRealtime(realtimeUsec);
      return;
    }
    const { isThere, nextUsec } = reader.seekCursor(position.cursor, realtimeUsec);
    if (isThere) return;
    const until = nextUsec === undefined ? 'now' : isoTime(nextUsec);
    const missing = `entries between ${isoTime(position.realtimeUsec)} and ${until} may be missing`;
    this.#report({ count: undefined, reason: `the journal no longer holds the entry to go on from (vacuumed?); ${missing}` }, sink);
  }

  #take(raw: RawJournalRecords, isCaughtUp: boolean, sink: SourceSink): void {
    for (const loss of raw.losses) this.#report(loss, sink);
    if (raw.read === 0) return;
    this.#records += raw.count;
    this.#passedOver += raw.read - raw.count;
    this.#position =
      raw.cursor === '' ? { cursor: '', realtimeUsec: raw.lastUsec + 1 } : { cursor: raw.cursor, realtimeUsec: raw.lastUsec };
    // What was passed over need not be told each time; at the end of a backlog it is, as the next start begins there, and now and then:
    // what is vacuumed later was read, and a jail that is new at the next start does not count what is old.
    const isQuiet = raw.count === 0 && (isCaughtUp || !raw.isAtEnd);
    if (isQuiet && Math.abs(this.#options.clock() - this.#toldUsec) < tellEveryUsec) return;
    this.#toldUsec = this.#options.clock();
    sink.onBatch({ ...raw, source: this.name, position: { ...this.#position } });
  }

  /** Carries the position at a start, so that what comes before the first record is not lost to a restart. */
  #moveTo(position: JournalPosition, sink: SourceSink): void {
    this.#position = position;
    sink.onBatch({
      source: this.name,
      count: 0,
      bytes: Buffer.alloc(0),
      lineStart: new Uint32Array(),
      messageStart: new Uint32Array(),
      messageEnd: new Uint32Array(),
      realtimeUsec: new Float64Array(),
      priority: new Uint16Array(),
      sequence: new Float64Array(),
      selected: new Uint32Array(),
      position: { ...position },
    });
  }

  #report(loss: Loss, sink: SourceSink): void {
    this.#losses++;
    this.#lost += loss.count ?? 0;
    sink.onLoss(loss);
  }
}
