// The command line's words for `ringjail regex`, checked.

import { suggestName } from '../config/nearest-name.ts';
import { RingjailError } from '../core/errors.ts';
import { parseZoneMinutes, unknownZone } from '../match/date-zone-name.ts';
import type { RegexOptions } from './regex-options.ts';

/** As commander has them: text, or true for a flag. */
export type GivenOptions = Readonly<Record<string, string | boolean | undefined>>;

export function readRegexOptions(given: GivenOptions): RegexOptions {
  const maxlines = readNumber(given, 'maxlines', 1, 1000);
  const now = readNumber(given, 'now', 0, Number.MAX_SAFE_INTEGER);
  const input = readWord(given, 'input', ['file', 'journal'] as const);
  const { timezone } = given;
  if (typeof timezone === 'string' && timezone.trim() !== '' && parseZoneMinutes(timezone.trim()) === undefined)
    throw new RingjailError('usage', `--timezone ${timezone}: ${unknownZone}`);
  const usedns = given['raw'] === true ? 'raw' : readWord(given, 'usedns', ['yes', 'warn', 'no', 'raw'] as const);
  const texts = Object.fromEntries(
    (['out', 'journalmatch', 'datepattern', 'timezone'] as const).flatMap((name) =>
      typeof given[name] === 'string' ? [[name, given[name]]] : [],
    ),
  );
  const flags = Object.fromEntries(
    (['printAllMatched', 'printAllMissed', 'printAllIgnored', 'printNoMissed', 'printNoIgnored', 'verbose'] as const).map((name) => [
      name,
      given[name] === true,
    ]),
  );
  return {
    ...texts,
    ...flags,
    ...(maxlines === undefined ? {} : { maxlines: Math.trunc(maxlines) }),
    ...(now === undefined ? {} : { now }),
    ...(input === undefined ? {} : { input }),
    ...(usedns === undefined ? {} : { usedns }),
  };
}

function readNumber(given: GivenOptions, name: string, least: number, most: number): number | undefined {
  const text = given[name];
  if (typeof text !== 'string') return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new RingjailError('usage', `--${name} ${text}: expected a number from ${least} to ${most}`);
}

function readWord<T extends string>(given: GivenOptions, name: string, words: readonly T[]): T | undefined {
  const text = given[name];
  if (typeof text !== 'string') return undefined;
  const word = words.find((known) => known === text.toLowerCase());
  if (word !== undefined) return word;
  throw new RingjailError('usage', `--${name} ${text}: expected ${words.join(' or ')}${suggestName(text, words)}`);
}
