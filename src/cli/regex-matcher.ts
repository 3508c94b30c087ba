// The lines of a block, one by one, through a filter, as `ringjail regex` goes over them.
import type { LineFailure } from '../match/line-failure.ts';
import type { LineFilter, LineOutcome } from '../match/line-filter.ts';
import type { LineBlock } from './line-block.ts';

/** What is told of a line. */
export interface SeenLine {
  readonly number: number;
  /** `skipped`: a comment or an empty line of a file, which fail2ban-regex passes over too. */
  readonly outcome: LineOutcome | 'skipped';
  readonly failure: LineFailure | undefined;
  /** Made only where it is asked for. */
  readonly text: () => string;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const hash = 0x23;

export class RegexMatcher {
  lines = 0;
  readonly #filter: LineFilter;
  readonly #journalNowSec: number | undefined;

  /** `journalNowSec`: the lines are messages without a date, and all of this time. */
  constructor(filter: LineFilter, journalNowSec: number | undefined) {
    this.#filter = filter;
    this.#journalNowSec = journalNowSec;
  }

  match({ bytes, timesSec }: LineBlock, onLine: (line: SeenLine) => void): void {
    let index = 0;
    for (let start = 0; start < bytes.length; index++) {
      const end = bytes.indexOf(lineFeed, start);
      const timeSec = timesSec?.[index] ?? this.#journalNowSec;
      this.#matchLine(bytes, start, end, timeSec, onLine);
      start = end + 1;
    }
  }

  #matchLine(bytes: Buffer, start: number, end: number, timeSec: number | undefined, onLine: (line: SeenLine) => void): void {
    const number = ++this.lines;
    const text = () => bytes.toString('utf8', start, bytes[end - 1] === carriageReturn && end > start ? end - 1 : end);
    const first = bytes[start];
    if (timeSec === undefined && (first === hash || first === lineFeed || (first === carriageReturn && start + 1 === end))) {
      onLine({ number, outcome: 'skipped', failure: undefined, text });
      return;
    }
    const failure = this.#filter.match(bytes, start, end, timeSec);
    onLine({ number, outcome: this.#filter.outcome, failure, text });
  }
}
