// `(?i)`, `(?i:` and `(?i-s:`: flags for all of a Python expression or for a part of it, and how PCRE2 writes them. Pure.
import type { ExpressionError } from './expression-error.ts';

export interface Flags {
  readonly end: number;
  readonly text: string;
  readonly turnsOn: string;
  readonly turnsOff: string;
  /** For the whole expression: `(?i)`. */
  readonly isGlobal: boolean;
}

/** At the `(?` at `start`; undefined where these are no flags. */
export function readFlags(source: string, start: number): Flags | ExpressionError | undefined {
  const pattern = /\(\?([aiLmsux]*)(?:-([imsx]+))?([:)])/y;
  pattern.lastIndex = start;
  const [taken, turnsOn, turnsOff = '', end] = pattern.exec(source) ?? [];
  if (taken === undefined || turnsOn === undefined) return undefined;
  const isGlobal = end === ')';
  if (isGlobal && (turnsOn === '' || turnsOff !== '')) return undefined;
  if (/[aL]/.test(turnsOn)) {
    const flag = turnsOn.includes('a') ? 'a' : 'L';
    return {
      offset: start,
      message: `the flag "${flag}" is not served: text is matched as Unicode; write [0-9] or [A-Za-z0-9_] where it matters`,
    };
  }
  // Unicode is what PCRE2 is set to; "xx" would be another flag than "x" twice.
  const on = [...new Set(turnsOn.replaceAll('u', ''))].join('');
  const off = [...new Set(turnsOff)].join('');
  const text = isGlobal && on === '' ? '' : `(?${on}${off === '' ? '' : `-${off}`}${end}`;
  return { end: start + taken.length, text, turnsOn, turnsOff, isGlobal };
}
