// fail2ban's sample logs: lines, and before each what its filter makes of it (`# failJSON: {...}`); fail2ban(1)'s tests/files/logs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a sample line must give; keys other than those named stand for a group, or `users` and `attempts`. */
export interface Expectation {
  readonly match?: boolean;
  /** Local time; null or left out where it is not looked at. */
  readonly time?: string | null;
  readonly desc?: string;
  readonly constraint?: string;
  readonly [key: string]: unknown;
}

/** Options of the filter, and `test.` ones that say how to use the lines. */
type SampleOptions = Readonly<Record<string, string>>;

interface Sample {
  /** `file:line` */
  readonly place: string;
  readonly line: Buffer;
  readonly expected: Expectation;
}

/** Samples that go through one filter one after the other: its state runs through them. */
export interface SampleRun {
  readonly filter: string;
  readonly options: ReadonlyMap<string, string>;
  readonly isJournal: boolean;
  readonly samples: Sample[];
}

const directive = /^#+ ?(failJSON|(?:file|filter)Options|addFILE):(.+)$/;

/** All runs of the filter's samples: one for each set of options that they ask for. */
export function loadSampleRuns(directory: string, filter: string): SampleRun[] {
  const runs = new Map<string, SampleRun>();
  for (const { sample, options } of readSamples(directory, filter)) {
    for (const set of options) {
      if (!holds(sample.expected.constraint, filter, set)) continue;
      const isJournal = set['logtype'] === 'journal';
      const own = new Map(Object.entries(set).filter(([name]) => !name.startsWith('test.')));
      const key = JSON.stringify([...own]);
      const run = runs.get(key) ?? { filter, options: own, isJournal, samples: [] };
      runs.set(key, run);
      const prefix = isJournal ? Buffer.from(set['test.prefix-line'] ?? '') : Buffer.alloc(0);
      run.samples.push({ ...sample, line: Buffer.concat([prefix, sample.line]) });
    }
  }
  return [...runs.values()];
}

function* readSamples(directory: string, filter: string): Generator<{ sample: Sample; options: readonly SampleOptions[] }> {
  const files = [filter];
  let common: SampleOptions = {};
  let options: readonly SampleOptions[] = [{}];
  // A file may add others behind itself.
  for (const file of files) {
    options = [{}];
    let expected: Expectation | undefined;
    for (const [index, line] of linesOf(readFileSync(join(directory, file))).entries()) {
      const text = line.toString();
      const [, kind, json = ''] = (expected === undefined && directive.exec(text)) || [];
      if (kind === 'addFILE') files.push(JSON.parse(json) as string);
      else if (kind === 'fileOptions') common = JSON.parse(json) as SampleOptions;
      else if (kind === 'filterOptions') options = readOptions(json, common, filter);
      else if (kind === 'failJSON') expected = JSON.parse(json) as Expectation;
      else if (expected !== undefined || (!text.startsWith('#') && text.trim() !== '')) {
        yield { sample: { place: `${file}:${index + 1}`, line, expected: expected ?? {} }, options };
        expected = undefined;
      }
    }
  }
}

function readOptions(json: string, common: SampleOptions, filter: string): SampleOptions[] {
  const sets = [JSON.parse(json) as SampleOptions | SampleOptions[]].flat();
  return sets.map((set) => ({ ...common, ...set })).filter((set) => holds(set['test.condition'], filter, set));
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const lineFeed = bytes.indexOf('\n', start);
    const end = lineFeed === -1 ? bytes.length : lineFeed;
    lines.push(bytes.subarray(start, bytes[end - 1] === 0x0d && end > start ? end - 1 : end));
    start = end + 1;
  }
  return lines;
}

/** A comparison of the filter's name or one of its options with a text, written in Python. */
function holds(condition: string | undefined, filter: string, options: SampleOptions): boolean {
  if (condition === undefined) return true;
  const [, option, operator, text] = /^(?:name|opts\.get\('([\w.-]+)'\)) ?(==|!=) ?'([^']*)'$/.exec(condition) ?? [];
  if (operator === undefined) throw new Error(`condition of a sample is not understood: ${condition}`);
  const value = option === undefined ? filter : options[option];
  return (value === text) === (operator === '==');
}
