// The summary of `ringjail regex`, as people know it from fail2ban-regex: hits by expression, by date template, and what became of the lines.
import { parseLoggedTarget, shownTarget } from '../core/ban-target.ts';
import { printable } from '../core/printable.ts';
import type { LineFailure } from '../match/line-failure.ts';
import type { LineOutcome } from '../match/line-filter.ts';
import type { ExpressionCounts } from '../match/line-search.ts';
import { LineSpool } from './line-spool.ts';
import type { RegexOptions } from './regex-options.ts';
import type { RegexTarget } from './regex-target.ts';

/** Of a DateDetector. */
interface DateHits {
  readonly template: string;
  readonly count: number;
}

type Category = 'matched' | 'ignored' | 'missed';

/** As fail2ban-regex has it: what is found is matched, whether it names anybody or not; what is no failure by itself is ignored. */
const categories: Readonly<Record<LineOutcome, Category>> = {
  failure: 'matched',
  pending: 'matched',
  held: 'ignored',
  ignored: 'ignored',
  missed: 'missed',
};

/** More lines are printed only on demand. */
const shownLines = 20;

/** Characters of an id. */
const mostShown = 256;

/** Failures that are told by expression with -v. */
const shownFailures = 100;

export class RegexReport {
  readonly #options: RegexOptions;
  readonly #outcomes: Record<LineOutcome, number> = { failure: 0, pending: 0, held: 0, ignored: 0, missed: 0 };
  readonly #lines: Readonly<Record<Category, LineSpool>> = { matched: new LineSpool(), ignored: new LineSpool(), missed: new LineSpool() };
  readonly #failures: string[][] = [];

  constructor(options: RegexOptions) {
    this.#options = options;
  }

  /** `text` is asked for the line only where it may be shown. */
  add(outcome: LineOutcome, failure: LineFailure | undefined, text: () => string): void {
    this.#outcomes[outcome]++;
    const category = categories[outcome];
    const spool = this.#lines[category];
    if (this.#isShownInFull(category) || (category !== 'matched' && spool.count <= shownLines)) spool.add(`|  ${printable(text())}`);
    if (failure === undefined || this.#options.verbose !== true) return;
    const told = this.#failures[failure.expression] ?? [];
    this.#failures[failure.expression] = told;
    if (told.length < shownFailures) told.push(`${whoOf(failure.identity)}  ${formatTime(failure.timeSec)}`);
  }

  /** `remarks`: lines to tell after the numbers. */
  *format(
    target: RegexTarget,
    counts: ExpressionCounts,
    dates: readonly DateHits[],
    remarks: readonly string[],
  ): Generator<string | Uint8Array> {
    yield `\nResults\n=======\n\n`;
    if (target.prefregex !== undefined) yield `Prefregex: ${counts.prefregex} total\n|  ${printable(target.prefregex.source)}\n\`-\n\n`;
    yield* this.#formatExpressions('Failregex', target.failregex, counts.failregex, this.#failures);
    yield* this.#formatExpressions('Ignoreregex', target.ignoreregex, counts.ignoreregex, []);
    yield* this.#formatDates(dates);
    yield `${[...this.#formatLines(), ...remarks].join('\n')}\n\n`;
    for (const category of ['matched', 'ignored', 'missed'] as const) yield* this.#formatList(category);
  }

  *#formatExpressions(
    title: string,
    expressions: RegexTarget['failregex'],
    counts: readonly number[],
    told: readonly string[][],
  ): Generator<string> {
    const total = counts.reduce((sum, count) => sum + count, 0);
    yield `${title}: ${total} total\n`;
    if (total > 0 || (this.#options.verbose === true && expressions.length > 0)) {
      yield '|-  #) [# of hits] regular expression\n';
      for (const [index, { text }] of expressions.entries()) {
        const count = counts[index] ?? 0;
        if (count === 0 && this.#options.verbose !== true) continue;
        yield `| ${String(index + 1).padStart(3)}) [${count}] ${printable(text)}\n`;
        for (const line of told[index] ?? []) yield `|      ${printable(line)}\n`;
        if ((told[index]?.length ?? 0) === shownFailures) yield `|      (the first ${shownFailures})\n`;
      }
      yield '`-\n';
    }
    yield '\n';
  }

  *#formatDates(dates: readonly DateHits[]): Generator<string> {
    const shown = dates.filter(({ count }) => count > 0 || this.#options.verbose === true);
    yield 'Date template hits:\n';
    if (shown.length > 0) yield '|- [# of hits] date format\n';
    for (const { template, count } of shown) yield `|  [${count}] ${printable(template)}\n`;
    if (shown.length > 0) yield '`-\n';
    yield '\n';
  }

  #formatLines(): string[] {
    const { failure, pending, held, ignored, missed } = this.#outcomes;
    const total = failure + pending + held + ignored + missed;
    const notes = [
      ...(held > 0 ? [`${held} of the ignored by <F-NOFAIL>, no failure by themselves`] : []),
      ...(pending > 0 ? [`${pending} of the matched name nobody`] : []),
    ];
    const numbers = `Lines: ${total} lines, ${held + ignored} ignored, ${failure + pending} matched, ${missed} missed`;
    return notes.length === 0 ? [numbers] : [numbers, `(${notes.join('; ')})`];
  }

  *#formatList(category: Category): Generator<string | Uint8Array> {
    const spool = this.#lines[category];
    if (spool.count === 0 || this.#isHidden(category)) return;
    const title = `${category.slice(0, 1).toUpperCase()}${category.slice(1)} line(s):`;
    if (spool.count > shownLines && !this.#isShownInFull(category)) {
      yield `${title} too many to print. Use --print-all-${category} to print all ${this.#countOf(category)} of them\n`;
      return;
    }
    yield `|- ${title}\n`;
    yield* spool.drain();
    yield '`-\n';
  }

  /** All of them: the spool ends with the first that is too many. */
  #countOf(category: Category): number {
    const outcomes = Object.entries(this.#outcomes) as [LineOutcome, number][];
    return outcomes.reduce((sum, [outcome, count]) => sum + (categories[outcome] === category ? count : 0), 0);
  }

  #isHidden(category: Category): boolean {
    const { printNoIgnored, printNoMissed } = this.#options;
    return { matched: false, ignored: printNoIgnored, missed: printNoMissed }[category] === true;
  }

  #isShownInFull(category: Category): boolean {
    const { printAllMatched, printAllIgnored, printAllMissed } = this.#options;
    return { matched: printAllMatched, ignored: printAllIgnored, missed: printAllMissed }[category] === true;
  }
}

/** Of a host name it is not known here whose it is. */
function whoOf({ kind, text }: LineFailure['identity']): string {
  if (kind !== 'id') return text;
  const shown = shownTarget(text.slice(0, mostShown));
  return parseLoggedTarget(text) === undefined ? `${shown} (nobody can ban it: too long, a network, or with control characters)` : shown;
}

/** As the log's reader has it: local time. */
function formatTime(timeSec: number | undefined): string {
  if (timeSec === undefined) return 'no time';
  const date = new Date(timeSec * 1000);
  return Number.isNaN(date.getTime()) ? `${timeSec} s` : date.toString().replace(/ \(.*\)$/, '');
}
