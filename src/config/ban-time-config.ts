// bantime and bantime.* of a jail to the rule that gives each ban its time.
import { type Arithmetic, compileArithmetic } from '../core/arithmetic.ts';
import type { BanTime, BanTimeIncrement } from '../jail/ban-time.ts';
import { type Origin, quoteText } from './config-error.ts';
import type { OptionReader } from './option-reader.ts';

const defaultBantimeMs = 10 * 60 * 1000;
const longestBantimeMs = 100 * 365.25 * 24 * 60 * 60 * 1000;

// As fail2ban doubles: at most 2 to the 20th times.
const mostDoublings = 20;

const variableNames = ['ban.Time', 'ban.Count', 'banFactor'];

export function readBanTime(reader: OptionReader): BanTime {
  return { bantimeUsec: readBantimeUsec(reader), increment: readIncrement(reader) };
}

/** Longer than anybody's life is for good: the kernel refuses timeouts beyond 584 years, and with them every ban of the transaction. */
function readBantimeUsec(reader: OptionReader): number {
  const bantimeUsec = reader.durationUsec('bantime', defaultBantimeMs, { mayBeForGood: true });
  return bantimeUsec > longestBantimeMs * 1000 ? Number.POSITIVE_INFINITY : bantimeUsec;
}

function readIncrement(reader: OptionReader): BanTimeIncrement | undefined {
  if (!reader.boolean('bantime.increment', false)) return undefined;
  const isUnset = (option: string) => reader.text(option, '').trim() === '';
  const maxtimeUsec = isUnset('bantime.maxtime')
    ? Number.POSITIVE_INFINITY
    : reader.durationUsec('bantime.maxtime', 0, { mayBeForGood: true });
  return {
    secondsOf: readSecondsOf(reader),
    maxtimeUsec: Math.min(maxtimeUsec, longestBantimeMs * 1000),
    rndtimeUsec: isUnset('bantime.rndtime') ? 0 : reader.durationUsec('bantime.rndtime', 0),
    isOverall: reader.boolean('bantime.overalljails', false),
  };
}

/** Multipliers before the formula, both with the factor, as in fail2ban; without either, each time twice as long. */
function readSecondsOf(reader: OptionReader): BanTimeIncrement['secondsOf'] {
  const factor = readFactor(reader);
  const multipliers = readMultipliers(reader);
  if (multipliers.length > 0) {
    const last = multipliers.at(-1) ?? 1;
    return (bantimeSec, earlierBans) => bantimeSec * factor * (multipliers[earlierBans] ?? last);
  }
  const formula = readFormula(reader);
  if (formula === undefined) {
    return (bantimeSec, earlierBans) => Math.max(bantimeSec, bantimeSec * 2 ** Math.min(earlierBans, mostDoublings) * factor);
  }
  const { text, origin, compute } = formula;
  const secondsOf = (bantimeSec: number, earlierBans: number) => {
    const variables = new Map([
      ['ban.Time', bantimeSec],
      ['ban.Count', earlierBans],
      ['banFactor', factor],
    ]);
    return compute(variables);
  };
  const seconds = secondsOf(defaultBantimeMs / 1000, 1);
  if (!Number.isFinite(seconds)) {
    const result = Number.isNaN(seconds) ? 'is no number' : 'is infinite';
    reader.fail(origin, `bantime.formula = ${quoteText(text)} ${result} where ban.Count is 1`);
  }
  return (bantimeSec, earlierBans) => Math.max(bantimeSec, secondsOf(bantimeSec, earlierBans));
}

/** May be arithmetic: the factor that suits an exponential formula is written as 2.0/2.885385. */
function readFactor(reader: OptionReader): number {
  const value = reader.value('bantime.factor');
  const text = value?.text.trim() ?? '';
  if (value === undefined || text === '') return 1;
  const factor = compileArithmetic(text.replace(/\s+/g, ' '), []);
  const number = factor.ok ? factor.value(new Map()) : Number.NaN;
  if (number > 0 && Number.isFinite(number)) return number;
  const reason = factor.ok ? 'expected a number above 0' : `expected a number above 0; ${factor.error}`;
  reader.fail(value.origin, `bantime.factor = ${quoteText(text)}: ${reason}`);
  return 1;
}

function readMultipliers(reader: OptionReader): number[] {
  const value = reader.value('bantime.multipliers');
  const words = (value?.text ?? '').split(/\s+/).filter((word) => word !== '');
  const wrong = words.find((word) => !/^\d{1,9}$/.test(word) || Number(word) === 0);
  if (value !== undefined && wrong !== undefined) {
    reader.fail(value.origin, `bantime.multipliers: ${quoteText(wrong)}: expected whole numbers such as 1 2 4 8 16`);
    return [];
  }
  return words.map(Number);
}

interface Formula {
  readonly text: string;
  readonly origin: Origin;
  readonly compute: Arithmetic;
}

function readFormula(reader: OptionReader): Formula | undefined {
  const value = reader.value('bantime.formula');
  const text = value?.text.trim() ?? '';
  if (value === undefined || text === '') return undefined;
  const formula = compileArithmetic(text.replace(/\s+/g, ' '), variableNames);
  if (formula.ok) return { text, origin: value.origin, compute: formula.value };
  reader.fail(value.origin, `bantime.formula: ${formula.error}`);
  return undefined;
}
