// What `ringjail regex --json` prints: an object a line of the source, in order, with what the line told where it is a failure.
import { formatJson } from './json-text.ts';
import type { SeenLine } from './regex-matcher.ts';

/**
 * `{"line":2,"match":true,"host":"192.0.2.1","time":1124013600,"failregex":0,"attempts":1,"users":["root"],"groups":{"user":"root",...}}`.
 * `host` is the failure's identity; `time` null where the line has none, and `failregex` counts from 0.
 */
export function formatJsonLine({ number, outcome, failure }: SeenLine): string {
  if (failure === undefined) return formatJson({ line: number, match: false, outcome });
  const { identity, timeSec, expression, attempts, users, groups } = failure;
  return formatJson({
    line: number,
    match: true,
    host: identity.text,
    time: timeSec ?? null,
    failregex: expression,
    attempts,
    users,
    groups: Object.fromEntries(groups),
  });
}
