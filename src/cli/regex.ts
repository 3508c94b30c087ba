// ringjail regex SOURCE FILTER|EXPRESSION [IGNOREREGEX]: what a filter finds in a log, and what it misses (fail2ban-regex(1)).
import { formatConfigError } from '../config/config-error.ts';
import { createLineFilter, type WorkingFilter } from '../config/line-filter-config.ts';
import { RingjailError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { BufferedOutput } from './buffered-output.ts';
import type { CommandContext } from './command-context.ts';
import { ProgressBar } from './progress-bar.ts';
import { createFormat } from './regex-format.ts';
import { isJournal } from './regex-journal.ts';
import { formatJsonLine } from './regex-json.ts';
import { openLines, type RegexLines } from './regex-lines.ts';
import { RegexMatcher, type SeenLine } from './regex-matcher.ts';
import type { RegexOptions } from './regex-options.ts';
import { RegexReport } from './regex-report.ts';
import { loadTarget, type RegexTarget } from './regex-target.ts';

export interface RegexRequest {
  readonly source: string;
  readonly filter: string;
  readonly ignoreregex: string | undefined;
  readonly options: RegexOptions;
}

export async function regex(context: CommandContext, { source, filter, ignoreregex, options: given }: RegexRequest): Promise<number> {
  // Entries of a journal have a time of their own, and stock filters another form for them.
  const options: RegexOptions = isJournal(source) ? { ...given, input: 'journal' } : given;
  const nowSec = () => options.now ?? Date.now() / 1000;
  const target = loadTarget({ directory: context.paths.config, filter, ignoreregex, options });
  const working = target.ok
    ? createLineFilter(target.value, { section: undefined, hasDates: options.input !== 'journal', logtimezone: options.timezone, nowSec })
    : target;
  if (!target.ok || !working.ok) {
    for (const error of working.ok ? [] : working.error) context.printError(formatConfigError(error));
    return new RingjailError('configuration', '').exitCode;
  }
  const journalmatch = options.journalmatch === undefined ? target.value.journalmatch : [options.journalmatch];
  const lines = await openLines(source, journalmatch);
  const output = new BufferedOutput(context.write);
  const matcher = new RegexMatcher(working.value.lineFilter, options.input === 'journal' ? nowSec() : undefined);
  if (context.isJson) {
    await readAll(lines, matcher, output, (line) => output.add(`${formatJsonLine(line)}\n`));
  } else if (options.out !== undefined) {
    const format = createFormat(options.out);
    await readAll(lines, matcher, output, ({ failure }) => {
      if (failure !== undefined) for (const line of format(failure)) output.add(`${printable(line)}\n`);
    });
  } else {
    await summarize({ target: target.value, lines, matcher, ...working.value, options, output });
  }
  await output.flush();
  return 0;
}

async function readAll(lines: RegexLines, matcher: RegexMatcher, output: BufferedOutput, onLine: (line: SeenLine) => void): Promise<void> {
  const bar = process.stderr.isTTY ? new ProgressBar(process.stderr, () => performance.now()) : undefined;
  for await (const block of lines.blocks()) {
    matcher.match(block, onLine);
    const progress = lines.progress();
    if (progress !== undefined) bar?.update(progress, matcher.lines);
    await output.flushIfFull();
  }
  bar?.clear();
}

interface SummaryRequest extends WorkingFilter {
  readonly target: RegexTarget;
  readonly lines: RegexLines;
  readonly matcher: RegexMatcher;
  readonly options: RegexOptions;
  readonly output: BufferedOutput;
}

async function summarize({ target, lines, matcher, lineFilter, dates, options, output }: SummaryRequest): Promise<void> {
  const startMs = performance.now();
  const report = new RegexReport(options);
  output.add('\nRunning tests\n=============\n\n');
  for (const [label, text] of [...target.description, ...lines.description]) output.add(`Use ${label.padStart(16)} : ${printable(text)}\n`);
  await output.flush();
  await readAll(lines, matcher, output, ({ outcome, failure, text }) => {
    if (outcome !== 'skipped') report.add(outcome, failure, text);
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(2);
  const given = lineFilter
    .limitsReached()
    .map(({ kind, index, count }) => `${kind} ${index + 1} takes too many steps: given up ${count} times`);
  const remarks = [...lines.remarks(), ...given, `[processed in ${seconds} sec]`];
  for (const text of report.format(target, lineFilter.counts, dates?.hits() ?? [], remarks)) {
    output.add(text);
    await output.flushIfFull();
  }
}
