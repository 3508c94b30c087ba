// "Did you mean": the known name nearest to one that is not known.

/** What people call fail2ban's options elsewhere; the typing error is looked for in these too. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['whitelist', 'ignoreip'],
  ['allowlist', 'ignoreip'],
  ['ignorelist', 'ignoreip'],
  ['attempts', 'maxretry'],
  ['maxattempts', 'maxretry'],
  ['retries', 'maxretry'],
  ['threshold', 'maxretry'],
  ['window', 'findtime'],
  ['period', 'findtime'],
  ['duration', 'bantime'],
  ['blocktime', 'bantime'],
  ['regex', 'failregex'],
  ['pattern', 'failregex'],
  ['logfile', 'logpath'],
  ['dateformat', 'datepattern'],
  ['actions', 'action'],
  ['active', 'enabled'],
]);

/** Longer names are no typing errors, and the distance costs the product of the lengths. */
const maxNameLength = 64;

/** The name in `known` that `name` most likely means; undefined when none is near: more than every third character differs. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > maxNameLength) return undefined;
  const wanted = name.toLowerCase();
  const targets = new Map<string, string>();
  for (const candidate of known) if (candidate.length <= maxNameLength) targets.set(candidate.toLowerCase(), candidate);
  for (const [synonym, option] of synonyms) if (targets.has(option) && !targets.has(synonym)) targets.set(synonym, option);

  let best: string | undefined;
  let bestDistance = Math.floor(wanted.length / 3) + 1;
  for (const [candidate, target] of targets) {
    const distance = editDistance(wanted, candidate);
    if (distance < bestDistance) [best, bestDistance] = [target, distance];
  }
  return best;
}

/** `; did you mean "x"?`, or nothing: the end of a message about an unknown name. */
export function suggestName(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
}

/** Inserted, missing, wrong and swapped characters (Damerau-Levenshtein, optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let distance = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + cost);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(distance);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
