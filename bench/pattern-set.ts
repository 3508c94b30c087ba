// The pattern set: lines a second through one set of expressions as a filter for sshd has them, with the prefilter and without, in one call
// for a batch of lines and in a call for each. The ratios carry over to other machines; the figures do not. Fixed input.
import { compilePatterns, type PatternSet } from '../src/binding/pattern-set.ts';
import { Random } from '../test/record/random.ts';
import { attackLines, otherLines } from './log-lines.ts';
import { measure, rounds } from './pass-speed.ts';

const seed = 1;
const lineCount = 20_000;

const host =
  '(?:(?P<ip4>(?:\\d{1,3}\\.){3}\\d{1,3})|\\[?(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|::){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))\\]?|(?P<dns>[\\w\\-.^_]*\\w))';
const port = '(?: port \\d+)?(?: on \\S+(?: port \\d+)?)?';
const prefix = '^\\s*(?:\\S+\\s+)?(?:sshd(?:-session)?(?:\\[\\d+\\])?:?\\s+)?(?:error: |fatal: )?';
const endings = [
  `[iI](?:llegal|nvalid) user (?P<user>.*?) from ${host}${port}\\s*$`,
  `Failed (?:password|publickey|keyboard-interactive\\S*) for (?P<invalid>invalid user )?(?P<user>(?(invalid).*?|\\S+)) from ${host}${port}(?: ssh\\d*)?$`,
  `[aA]uthentication (?:failure|error) for (?:illegal user )?(?P<user>.*) from ${host}(?: via \\S+)?$`,
  `User not known to the underlying authentication module for (?P<user>.*) from ${host}\\s*$`,
  `ROOT LOGIN REFUSED FROM ${host}`,
  `User (?P<user>\\S+) from ${host} not allowed because not listed in AllowUsers$`,
  `User (?P<user>\\S+) from ${host} not allowed because listed in DenyUsers$`,
  `User (?P<user>\\S+) from ${host} not allowed because a group is listed in DenyGroups$`,
  `User (?P<user>\\S+) not allowed because account is locked; from ${host}$`,
  `pam_unix\\(sshd:auth\\):\\s+authentication failure;(?:\\s+\\w+=\\S*){0,6}\\s+rhost=${host}(?:\\s+user=(?P<user>.*))?$`,
  `maximum authentication attempts exceeded for (?P<user>.*) from ${host}${port}(?: ssh\\d*)?(?: \\[preauth\\])?$`,
  `refused connect from \\S+ \\(${host}\\)$`,
  `Received (?:disconnect) from ${host}${port}:\\s*3: .*: Auth fail(?:\\s\\[preauth\\])?$`,
  `Disconnecting: Too many authentication failures(?: for (?P<user>.+?))? \\[preauth\\]$`,
  `Connection (?:closed|reset) by (?:(?:authenticating|invalid) user (?P<user>\\S+) )?${host}${port}\\s+\\[preauth\\]\\s*$`,
  `Unable to negotiate with ${host}${port}: no matching (?:\\w+ )+found\\.`,
  `banner exchange: Connection from ${host}${port}: invalid format$`,
  `Bad protocol version identification '(?P<text>.*)' from ${host}${port}$`,
  `Did not receive identification string from ${host}${port}\\s*$`,
  `(?i:timeout) before authentication for (?:connection from )?${host}`,
];
// As filters without a prefregex are, and as those with one, which see only the message.
const sets: [name: string, sources: string[], cut: (line: string) => string][] = [
  ['each with a prefix for syslog', endings.map((ending) => prefix + ending), (line) => ` ${line}\n`],
  ['each at the beginning of the message', endings.map((ending) => `^${ending}`), (line) => `${line.slice(line.indexOf(': ') + 2)}\n`],
];

const random = new Random(seed);

interface Batch {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** `attackPercent` of the lines are attacks. */
function createBatch(attackPercent: number, cut: (line: string) => string): Batch {
  const lines = Array.from({ length: lineCount }, () => {
    const choices = random.below(100) < attackPercent ? attackLines : otherLines;
    return cut(random.pick(choices));
  });
  const ends = new Uint32Array(lineCount);
  for (const [index, line] of lines.entries()) ends[index] = (ends[index - 1] ?? 0) + Buffer.byteLength(line);
  return { bytes: Buffer.from(lines.join('')), starts: Uint32Array.of(0, ...ends.subarray(0, -1)), ends };
}

function searchEach(set: PatternSet, { bytes, starts, ends }: Batch): number {
  let found = 0;
  for (let index = 0; index < lineCount; index++) if (set.search(bytes, starts[index] ?? 0, ends[index] ?? 0) !== undefined) found++;
  return found;
}

function searchAll(set: PatternSet, { bytes, starts, ends }: Batch): number {
  const rows = set.searchBatch(bytes, starts, ends, lineCount);
  let found = 0;
  for (let at = 0; at < rows.length; at += 3 + 2 * (rows[at + 2] ?? 0)) found++;
  return found;
}

const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en')} lines/s, ${Math.round(1e9 / perSecond)} ns each`;

console.log(
  `pattern set: ${endings.length} expressions, ${lineCount} lines, seed ${seed}, median of ${rounds} rounds, node ${process.version}, ${process.arch}`,
);
for (const [name, sources, cut] of sets) {
  const expressions = sources.map((source) => ({ source }));
  const filtered = compilePatterns(expressions);
  const plain = compilePatterns(expressions, { usesPrefilter: false });
  const interpreted = compilePatterns(expressions, { usesPrefilter: false, usesJit: false });
  for (const attackPercent of [0, 5, 50]) {
    const batch = createBatch(attackPercent, cut);
    const best = measure(lineCount, () => searchAll(filtered, batch));
    const others = {
      'without the prefilter': measure(lineCount, () => searchAll(plain, batch)),
      'a call for each line': measure(lineCount, () => searchEach(filtered, batch)),
      'neither prefilter nor machine code': measure(lineCount, () => searchAll(interpreted, batch)),
    };
    console.log(`  ${name}, ${attackPercent} % attacks: ${rate(best.perSecond)}; ${best.found} found`);
    for (const [what, { perSecond, found }] of Object.entries(others)) {
      console.log(`    ${what}: ${rate(perSecond)}; the best is ${(best.perSecond / perSecond).toFixed(1)} times as fast`);
      if (found !== best.found) throw new Error(`${found} found and not ${best.found}: ${what}`);
    }
  }
}
