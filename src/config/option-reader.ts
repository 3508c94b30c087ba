// Typed options of one section: each read gives a value or notes an error at the option's own line, so that all errors come at once.
import { parseDuration } from '../core/duration.ts';
import type { Result } from '../core/result.ts';
import type { ConfigError, Origin } from './config-error.ts';
import { quoteText } from './config-error.ts';
import type { ConfigValue, GivenValues } from './interpolation.ts';
import type { MergedConfig } from './merged-config.ts';

const trueWords = new Set(['1', 'yes', 'true', 'on']);
const falseWords = new Set(['0', 'no', 'false', 'off']);

export class OptionReader {
  readonly errors: ConfigError[] = [];
  readonly section: string;
  readonly config: MergedConfig;

  constructor(config: MergedConfig, section: string) {
    this.config = config;
    this.section = section;
  }

  /** The value, interpolated; undefined where nobody set it, or where it is in error. */
  value(option: string): ConfigValue | undefined {
    const result = this.config.get(this.section, option);
    if (result.ok) return result.value;
    this.errors.push(...result.error);
    return undefined;
  }

  /** The value as it is with these names known, its errors not noted. */
  valueWith(option: string, given: GivenValues): Result<ConfigValue | undefined, ConfigError[]> {
    return this.config.get(this.section, option, given);
  }

  text(option: string, fallback: string): string {
    return this.value(option)?.text ?? fallback;
  }

  boolean(option: string, fallback: boolean): boolean {
    return this.#parse(option, fallback, 'expected yes or no', (text) => parseBoolean(text));
  }

  /** A whole number from `least` to `most`. */
  integer(option: string, fallback: number, least: number, most: number): number {
    return this.#parse(option, fallback, `expected a whole number from ${least} to ${most}`, (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    });
  }

  /** Microseconds; Infinity for a negative time, where `mayBeForGood`. */
  durationUsec(option: string, fallbackMs: number, { mayBeForGood = false } = {}): number {
    const expected = `expected a time such as 600, 10m or 1d12h${mayBeForGood ? ', or -1 for good' : ''}`;
    const ms = this.#parse(option, fallbackMs, expected, (text) => {
      const parsed = parseDuration(text);
      return parsed === undefined || parsed === 0 || (parsed === Number.POSITIVE_INFINITY && !mayBeForGood) ? undefined : parsed;
    });
    return ms * 1000;
  }

  fail(origin: Origin, message: string): void {
    this.errors.push({ file: origin.file, line: origin.line, section: this.section, message });
  }

  #parse<T>(option: string, fallback: T, expected: string, parse: (text: string) => T | undefined): T {
    const value = this.value(option);
    if (value === undefined) return fallback;
    const parsed = parse(value.text.trim());
    if (parsed !== undefined) return parsed;
    this.fail(value.origin, `${option} = ${quoteText(value.text)}: ${expected}`);
    return fallback;
  }
}

export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return trueWords.has(word) ? true : falseWords.has(word) ? false : undefined;
}
