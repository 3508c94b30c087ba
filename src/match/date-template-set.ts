// The templates of a filter with their compiled expressions: which of them match a line, and the time that a match means.
import type { PatternSet } from '../binding/pattern-set.ts';
import type { LocalTime } from './date-local-time.ts';
import { readDecimal, readInteger } from './date-number.ts';
import { isPlausibleTime, Stamp } from './date-stamp.ts';
import type { DateTemplate } from './date-template.ts';

/** What a stamp's reading depends on besides its text. */
export interface Clock {
  readonly nowSec: () => number;
  readonly local: LocalTime;
  /** Of stamps without a zone; NaN means local time. */
  readonly zoneMinutes: number;
}

/** Offsets of the groups, as in Hit. */
export type Groups = Int32Array;

interface Field {
  readonly group: number;
  readonly name: string;
  readonly isNumber: boolean;
}

const numberFields = 'YymdHIMSjUWw';
const textFields = 'bBaApzZ';

export class DateTemplateSet {
  readonly templates: readonly DateTemplate[];
  readonly #patterns: PatternSet;
  readonly #fields: readonly (readonly Field[])[];

  /** `patterns`: of the templates, in their order. */
  constructor(templates: readonly DateTemplate[], patterns: PatternSet) {
    this.templates = templates;
    this.#patterns = patterns;
    this.#fields = templates.map((_, index) => fieldsOf(patterns.groupNames(index)));
  }

  /** The first template from `from` on that matches bytes[start, end). */
  search(bytes: Uint8Array, start: number, end: number, from: number): { readonly index: number; readonly offsets: Groups } | undefined {
    const hit = this.#patterns.search(bytes, start, end, from);
    return hit && { index: hit.index, offsets: hit.offsets.slice() };
  }

  limitsReached(): number {
    return this.#patterns.limitsReached().reduce((sum, count) => sum + count, 0);
  }

  /** Epoch seconds, with a fraction only where seconds are counted; undefined where the match names no moment. */
  readTime(index: number, bytes: Uint8Array, groups: Groups, clock: Clock): number | undefined {
    const template = this.templates[index];
    if (template === undefined) return undefined;
    if (template.kind === 'fields') return readFields(this.#fields[index] ?? [], bytes, groups, clock);
    const epochSec = readCounted(template, bytes, groups);
    return isPlausibleTime(epochSec) ? epochSec : undefined;
  }
}

/** In the order of the groups: of two fields that say the same the later one counts. */
function fieldsOf(names: ReadonlyMap<string, number>): Field[] {
  return [...names]
    .filter(([name]) => name.length === 1 && (numberFields + textFields).includes(name))
    .map(([name, group]) => ({ name, group, isNumber: numberFields.includes(name) }))
    .sort((a, b) => a.group - b.group);
}

const stamp = new Stamp();

function readFields(fields: readonly Field[], bytes: Uint8Array, groups: Groups, clock: Clock): number | undefined {
  stamp.clear();
  for (const { group, name, isNumber } of fields) {
    const start = groups[2 * group] ?? -1;
    const end = groups[2 * group + 1] ?? -1;
    if (start < 0) continue;
    if (isNumber) {
      const value = readInteger(bytes, start, end);
      if (Number.isNaN(value)) return undefined;
      stamp.setNumber(name, value);
    } else if (!stamp.setText(name, textOf(bytes, start, end))) return undefined;
  }
  return stamp.toEpochSec(clock.nowSec(), clock.local, clock.zoneMinutes);
}

/** Names are ASCII, as nothing else is known; a pattern of a person's own may take more. */
const maxTextBytes = 20;
function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < Math.min(end, start + maxTextBytes); at++) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}

/** NaN where the group holds no such number. */
function readCounted({ kind, valueGroup }: DateTemplate, bytes: Uint8Array, groups: Groups): number {
  const start = groups[2 * valueGroup] ?? -1;
  const end = groups[2 * valueGroup + 1] ?? -1;
  if (start < 0) return Number.NaN;
  // "@", the digit 4 for the years since 1970, then the seconds; eight digits of nanoseconds follow.
  if (kind === 'tai64n') return Number.parseInt(Buffer.from(bytes.subarray(start + 2, start + 17)).toString('latin1'), 16);
  const value = readDecimal(bytes, start, end);
  // Thirteen digits count milliseconds, sixteen microseconds; a point among them stands behind milliseconds.
  const length = end - start;
  if (kind === 'epoch' || length < 13) return value;
  return length >= 16 && !bytes.subarray(start, end).includes(pointByte) ? value / 1_000_000 : value / 1000;
}

const pointByte = 0x2e;
