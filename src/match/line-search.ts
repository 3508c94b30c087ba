// Which failregex is found in a line, after prefregex and ignoreregex have had their say: the order of fail2ban (jail.conf(5), "FILTER FILES").
import type { PatternSet } from '../binding/pattern-set.ts';
import { type CompiledExpressions, requiredLiterals } from './line-expressions.ts';
import { type Found, groupRange } from './line-groups.ts';
import { type LineBytes, type Subject, type SubjectBuilder, textOfLine } from './line-subject.ts';
import { LineWindow } from './line-window.ts';

/** How often each expression was found, whatever came of it. */
export interface ExpressionCounts {
  prefregex: number;
  readonly failregex: number[];
  readonly ignoreregex: number[];
}

export interface LimitReached {
  readonly kind: 'prefregex' | 'failregex' | 'ignoreregex';
  readonly index: number;
  /** How often; in a window, a line may count more than once. */
  readonly count: number;
}

/** A failregex that was found in a line, or in several of a window. */
export interface LineMatch {
  readonly prefregex: Found | undefined;
  readonly failregex: Found;
  /** As the log has them. */
  readonly lines: readonly string[];
}

export class LineSearch {
  readonly counts: ExpressionCounts;
  readonly #expressions: CompiledExpressions;
  readonly #subjects: SubjectBuilder;
  readonly #window: LineWindow | undefined;
  /** fail2ban's rule: what to ignore is looked for before all else where few expressions say it. */
  readonly #ignoresFirst: boolean;

  constructor(expressions: CompiledExpressions, subjects: SubjectBuilder) {
    const { failregex, ignoreregex, maxlines } = expressions;
    this.#expressions = expressions;
    this.#subjects = subjects;
    this.#ignoresFirst = ignoreregex.size > 0 && ignoreregex.size < failregex.size - 2;
    // A prefregex, and what is ignored first, are looked for and counted whatever the failregex need.
    const onlyFails = expressions.prefregex === undefined && !this.#ignoresFirst;
    this.#window = maxlines > 1 ? new LineWindow(maxlines, onlyFails ? requiredLiterals(failregex) : []) : undefined;
    this.counts = { prefregex: 0, failregex: zeros(failregex.size), ignoreregex: zeros(ignoreregex.size) };
  }

  /** The expressions that took too many steps in some lines, which count as lines that do not match: see PatternSet. */
  limitsReached(): LimitReached[] {
    return (['prefregex', 'failregex', 'ignoreregex'] as const).flatMap((kind) => {
      const lines = this.#expressions[kind]?.limitsReached() ?? [];
      return lines.flatMap((count, index) => (count > 0 ? [{ kind, index, count }] : []));
    });
  }

  /** `seen`: the line as the expressions see it. The first failregex that is found is the one. */
  search(line: LineBytes, seen: Subject): LineMatch | 'missed' | 'ignored' {
    const subject = this.#window === undefined ? seen : this.#window.add(line, seen);
    if (subject === undefined) return 'missed';
    const ignored = this.#ignoresFirst ? this.#findIgnored(subject) : undefined;
    if (ignored !== undefined) {
      // Otherwise it would hide its neighbours for as long as it is in the window, as it does in fail2ban.
      this.#window?.take(ignored);
      return 'ignored';
    }
    const prefregex = this.#expressions.prefregex && find(this.#expressions.prefregex, subject);
    if (this.#expressions.prefregex !== undefined && prefregex === undefined) return 'missed';
    if (prefregex !== undefined) this.counts.prefregex++;
    const content = prefregex && groupRange(prefregex, 'content');
    const searched = content === undefined ? subject : this.#subjects.ofRange(subject.bytes, content[0], content[1]);
    const failregex = find(this.#expressions.failregex, searched);
    if (failregex === undefined) return 'missed';
    count(this.counts.failregex, failregex);
    if (this.#window !== undefined) {
      const taken = this.#window.take(prefregex === undefined || content === undefined ? failregex : prefregex);
      return this.#findIgnored(taken.seen) === undefined ? { prefregex, failregex, lines: taken.texts } : 'ignored';
    }
    // With a prefregex there are two places to look for what to ignore: the whole line, before, and its content, now.
    const isSearched = this.#ignoresFirst && prefregex === undefined;
    if (!isSearched && this.#findIgnored(searched) !== undefined) return 'ignored';
    return { prefregex, failregex, lines: [textOfLine(line)] };
  }

  #findIgnored(subject: Subject): Found | undefined {
    const { ignoreregex } = this.#expressions;
    const found = ignoreregex.size === 0 ? undefined : find(ignoreregex, subject);
    if (found !== undefined) count(this.counts.ignoreregex, found);
    return found;
  }
}

function find(set: PatternSet, { bytes, start, end }: Subject): Found | undefined {
  const hit = set.search(bytes, start, end);
  return hit && { set, hit, bytes, start, end };
}

const zeros = (length: number): number[] => new Array<number>(length).fill(0);

function count(counts: number[], { hit }: Found): void {
  counts[hit.index] = (counts[hit.index] ?? 0) + 1;
}
