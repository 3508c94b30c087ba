// The %-fields of a date pattern: strptime(3)'s as Python has them in the C locale, and those that fail2ban adds (%k, %l, %Ex...).

interface Token {
  /** Its groups are named for the field that they hold: see Stamp. */
  readonly expression: string;
  /** What stands for it in the template's name. */
  readonly title: string;
  /** Letters, which match in either case. */
  readonly isAlphabetic?: boolean;
}

const shortDays = 'mon|tue|wed|thu|fri|sat|sun';
const shortMonths = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const longDays = 'wednesday|thursday|saturday|tuesday|monday|friday|sunday';
const longMonths = 'september|february|november|december|january|october|august|march|april|june|july|may';
const yearday = String.raw`36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]`;
const week = String.raw`5[0-3]|[0-4]\d|\d`;
const zone = '[A-Z](?:[A-Z]{2,4})?';
const zoneOffset = String.raw`[+-][01]\d(?::?\d{2})?`;

// %c, %x and %X are made of fields that fail2ban has replaced elsewhere by tighter ones.
const plainDay = String.raw`(?P<d>3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9])`;
const plainTime = String.raw`(?P<H>2[0-3]|[0-1]\d|\d):(?P<M>[0-5]\d|\d):(?P<S>6[0-1]|[0-5]\d|\d)`;

const tokens: ReadonlyMap<string, Token> = new Map<string, Token>([
  ['%', { expression: '%', title: '%' }],
  ['a', { expression: `(?P<a>${shortDays})`, title: 'DAY', isAlphabetic: true }],
  ['A', { expression: `(?P<A>${longDays})`, title: 'DAYNAME', isAlphabetic: true }],
  ['b', { expression: `(?P<b>${shortMonths})`, title: 'MON', isAlphabetic: true }],
  ['B', { expression: `(?P<B>${longMonths})`, title: 'MONTH', isAlphabetic: true }],
  [
    'c',
    {
      expression: String.raw`(?P<a>${shortDays})\s+(?P<b>${shortMonths})\s+${plainDay}\s+${plainTime}\s+(?P<Y>\d\d\d\d)`,
      title: '%c',
      isAlphabetic: true,
    },
  ],
  ['d', { expression: String.raw`(?P<d>[1-2]\d|[0 ]?[1-9]|3[0-1])`, title: 'Day' }],
  ['f', { expression: '(?P<f>[0-9]{1,6})', title: 'Microseconds' }],
  ['G', { expression: String.raw`(?P<G>\d\d\d\d)`, title: '%G' }],
  ['H', { expression: String.raw`(?P<H>[0-1]?\d|2[0-3])`, title: '24hour' }],
  ['I', { expression: '(?P<I>1[0-2]|0[1-9]|[1-9])', title: '12hour' }],
  ['j', { expression: `(?P<j>${yearday})`, title: 'Yearday' }],
  ['k', { expression: String.raw` ?(?P<H>[0-2]?\d)`, title: '%k' }],
  ['l', { expression: String.raw` ?(?P<I>1?\d)`, title: '%l' }],
  ['m', { expression: '(?P<m>0?[1-9]|1[0-2])', title: 'Month' }],
  ['M', { expression: String.raw`(?P<M>[0-5]?\d)`, title: 'Minute' }],
  ['p', { expression: '(?P<p>am|pm)', title: 'AMPM', isAlphabetic: true }],
  ['S', { expression: String.raw`(?P<S>[0-5]?\d|6[0-1])`, title: 'Second' }],
  ['u', { expression: '(?P<u>[1-7])', title: '%u' }],
  ['U', { expression: `(?P<U>${week})`, title: 'Yearweek' }],
  ['V', { expression: String.raw`(?P<V>5[0-3]|0[1-9]|[1-4]\d|\d)`, title: '%V' }],
  ['w', { expression: '(?P<w>[0-6])', title: 'Weekday' }],
  ['W', { expression: `(?P<W>${week})`, title: 'Yearweek' }],
  ['x', { expression: String.raw`(?P<m>1[0-2]|0[1-9]|[1-9])/${plainDay}/(?P<y>\d\d)`, title: '%x' }],
  ['X', { expression: plainTime, title: '%X' }],
  ['y', { expression: String.raw`(?P<y>\d\d)`, title: 'Year2' }],
  ['Y', { expression: String.raw`(?P<Y>\d{4})`, title: 'Year' }],
  ['z', { expression: `(?P<z>Z|UTC|GMT|${zoneOffset})`, title: 'Zone offset' }],
  ['Z', { expression: '(?P<Z>Z|[A-Z]{3,5})', title: 'Zone name' }],
  ['Exd', { expression: String.raw`(?P<d>[1-2]\d|0[1-9]|3[0-1])`, title: 'ExDay' }],
  ['ExH', { expression: String.raw`(?P<H>[0-1]\d|2[0-3])`, title: 'Ex24hour' }],
  ['Exk', { expression: String.raw` ?(?P<H>[0-1]?\d|2[0-3])`, title: 'Ex%k' }],
  ['Exl', { expression: String.raw` ?(?P<I>1[0-2]|\d)`, title: 'Ex%l' }],
  ['Exm', { expression: '(?P<m>0[1-9]|1[0-2])', title: 'ExMonth' }],
  ['ExM', { expression: String.raw`(?P<M>[0-5]\d)`, title: 'ExMinute' }],
  ['ExS', { expression: String.raw`(?P<S>[0-5]\d|6[0-1])`, title: 'ExSecond' }],
  ['Exy', { expression: String.raw`(?P<y>\d{2})`, title: 'ExYear2' }],
  ['Exz', { expression: `(?P<z>(?:${zone})?${zoneOffset}|${zone})`, title: 'ExZone offset' }],
  ['ExZ', { expression: `(?P<Z>${zone})`, title: 'ExZone name' }],
]);

const fieldPattern = /%(Ex[A-Za-z]|[A-Za-z%])?/g;
const exactYear = 'ExY';

export interface ExpandedTokens {
  readonly expression: string;
  readonly title: string;
  readonly isAlphabetic: boolean;
}

/** What is no field stays as it is: see findUnknownToken. `lastYear`: the last one that %ExY has to know. */
export function expandTokens(pattern: string, lastYear: number): ExpandedTokens {
  let isAlphabetic = false;
  const expression = pattern.replace(fieldPattern, (text, name: string) => {
    if (name === exactYear) return yearExpression(lastYear);
    const token = tokens.get(name);
    isAlphabetic ||= token?.isAlphabetic ?? false;
    return token?.expression ?? text;
  });
  const title = pattern.replace(fieldPattern, (text, name: string) => (name === exactYear ? 'ExYear' : (tokens.get(name)?.title ?? text)));
  return { expression, title, isAlphabetic };
}

/** Where a percent sign stands that is neither a field's nor doubled; -1 where none does. */
export function findUnknownToken(pattern: string): number {
  for (const { 1: name = '', index } of pattern.matchAll(fieldPattern)) if (name !== exactYear && !tokens.has(name)) return index;
  return -1;
}

/** Whole decades, from 2000 to that of `lastYear`. */
function yearExpression(lastYear: number): string {
  const centuries = new Map<string, string>();
  for (let decade = 200; decade <= Math.floor(lastYear / 10); decade++) {
    const century = String(decade).slice(0, -1);
    centuries.set(century, (centuries.get(century) ?? '') + String(decade).slice(-1));
  }
  const decades = [...centuries].map(([century, digits]) => `${century}[${digits}]`);
  return String.raw`(?P<Y>${decades.length === 1 ? decades.join('') : `(?:${decades.join('|')})`}\d)`;
}
