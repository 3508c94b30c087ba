// Times as fail2ban's configuration writes them (jail.conf(5), "TIME ABBREVIATION FORMAT"): sums and products of numbers with units.
// There they are evaluated as a program; here they are parsed: `+`, `-`, `*`, `/`, parentheses, and a gap before a number adds.

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;
/** A Julian year of 365.25 days, and its twelfth, as fail2ban counts them. */
const yearMs = 31_557_600 * secondMs;
const monthMs = 2_629_800 * secondMs;

const unitMs: ReadonlyMap<string, number> = new Map(
  (
    [
      ['s ss se sec second seconds', secondMs],
      ['m mm mi min minute minutes', minuteMs],
      ['h hh ho hou hour hours', hourMs],
      ['d dd da day days', dayMs],
      ['w ww we wee week weeks', weekMs],
      ['mo mon month months', monthMs],
      ['y yy ye yea year years', yearMs],
    ] as const
  ).flatMap(([names, ms]) => names.split(' ').map((name): [string, number] => [name, ms])),
);

/** Longer than anything a person writes; it bounds the recursion. */
const maxTextLength = 200;

/**
 * Milliseconds, rounded; `Infinity` (for ever) for a negative time such as `-1`. A number without a unit counts seconds.
 * Undefined for everything that is not such a time, and for one beyond 2^53 ms.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > maxTextLength) return undefined;
  const tokens = tokenize(text);
  const seconds = tokens && new DurationParser(tokens).parse();
  if (seconds === undefined || !Number.isFinite(seconds)) return undefined;
  if (seconds < 0) return Number.POSITIVE_INFINITY;
  const ms = Math.round(seconds * secondMs);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/**
 * The short form for people, which `parseDuration` reads back to the same value: `1h 30m`, `30d`, `2w`, `1.5s`, `0s`, and `permanent`
 * (not read back) for `Infinity`. Years, months and weeks appear only where they are exact.
 */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'permanent';
  let rest = Math.max(0, Math.round(ms));
  for (const [unit, size] of [
    ['y', yearMs],
    ['mo', monthMs],
    ['w', weekMs],
  ] as const) {
    if (rest > 0 && rest % size === 0) return `${rest / size}${unit}`;
  }
  const parts: string[] = [];
  for (const [unit, size] of [
    ['d', dayMs],
    ['h', hourMs],
    ['m', minuteMs],
  ] as const) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)}${unit}`);
    rest %= size;
  }
  if (rest > 0 || parts.length === 0) parts.push(`${rest / secondMs}s`);
  return parts.join(' ');
}

interface Token {
  readonly kind: 'number' | 'unit' | 'sign';
  readonly text: string;
  readonly value: number;
  /** Whether white space or a unit stands before it: only then does a number begin a new summand. */
  readonly isApart: boolean;
}

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  const pattern = /(\s*)(?:(\d+(?:\.\d+)?|\.\d+)|([a-z]+)|([-+*/()]))/iy;
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const [, gap = '', number, word, sign] = match;
    const isApart = gap !== '' || (tokens.at(-1)?.kind === 'unit' && !number?.startsWith('.'));
    if (number !== undefined) {
      tokens.push({ kind: 'number', text: number, value: Number(number), isApart });
    } else if (word !== undefined) {
      const ms = unitMs.get(word.toLowerCase());
      if (ms === undefined) return undefined;
      tokens.push({ kind: 'unit', text: word, value: ms / secondMs, isApart });
    } else {
      tokens.push({ kind: 'sign', text: sign ?? '', value: Number.NaN, isApart });
    }
  }
  return tokens;
}

/** sum = product { ("+" | "-" | gap) product };  product = factor { ("*" | "/") factor };  factor = { "+" | "-" } (number | "(" sum ")") [unit]. */
class DurationParser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): number | undefined {
    const value = this.#sum();
    return this.#next === this.#tokens.length ? value : undefined;
  }

  #takes(sign: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #startsSummand(): boolean {
    const token = this.#tokens[this.#next];
    return token?.kind === 'number' && token.isApart;
  }

  #sum(): number | undefined {
    let total = this.#product();
    while (total !== undefined) {
      const isMinus = this.#takes('-');
      if (!isMinus && !this.#takes('+') && !this.#startsSummand()) break;
      const product = this.#product();
      total = product === undefined ? undefined : total + (isMinus ? -product : product);
    }
    return total;
  }

  #product(): number | undefined {
    let total = this.#factor();
    while (total !== undefined) {
      const isQuotient = this.#takes('/');
      if (!isQuotient && !this.#takes('*')) break;
      const factor = this.#number();
      if (factor === undefined) return undefined;
      // The unit multiplies the whole product so far, as it does in fail2ban: 10/2m is five minutes.
      total = (isQuotient ? total / factor : total * factor) * this.#unit();
    }
    return total;
  }

  #factor(): number | undefined {
    const value = this.#number();
    return value === undefined ? undefined : value * this.#unit();
  }

  #unit(): number {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'unit') return 1;
    this.#next += 1;
    return token.value;
  }

  #number(): number | undefined {
    if (this.#takes('+')) return this.#number();
    if (this.#takes('-')) {
      const value = this.#number();
      return value === undefined ? undefined : -value;
    }
    if (this.#takes('(')) {
      const value = this.#sum();
      return this.#takes(')') ? value : undefined;
    }
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'number') return undefined;
    this.#next += 1;
    return token.value;
  }
}
