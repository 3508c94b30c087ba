// ringjail import fail2ban PATH: takes over the bans of a fail2ban that are not over. By the daemon, which must run: it alone writes its
// store, and it knows what is never banned.
import { type ImportedBan, readFail2banDatabase } from '../ban/fail2ban-database.ts';
import { maxRequestBytes } from '../control/codec.ts';
import { askDaemon } from '../control/control-client.ts';
import type { ImportAnswer } from '../control/messages.ts';
import { shownTarget } from '../core/ban-target.ts';
import { systemClock } from '../core/clock.ts';
import { RingjailError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';

// A request may be so large; its frame and what JSON escapes want room.
const maxBytes = maxRequestBytes / 2;

export async function importBans({ paths, isJson, print }: CommandContext, kind: string, path: string): Promise<number> {
  if (kind !== 'fail2ban') throw new RingjailError('usage', `cannot import from "${kind}"; write: ringjail import fail2ban ${path}`);
  const { bans, others, overCount } = readFail2banDatabase(path, systemClock());
  const answers: ImportAnswer[] = [];
  for (const part of inParts(bans)) answers.push((await askDaemon(paths.socket, { command: 'import', bans: part })) as ImportAnswer);
  const summary = { ...sum(answers, overCount), others };
  print(isJson ? formatJson(summary) : formatSummary(summary).map(printable).join('\n'));
  return 0;
}

type Summary = ImportAnswer & { readonly others: readonly { readonly text: string; readonly jail: string }[] };

/** At least one part, so that a daemon that does not run is told of in any case. */
function* inParts(bans: readonly ImportedBan[]): Generator<ImportedBan[]> {
  let part: ImportedBan[] = [];
  let bytes = 0;
  for (const ban of bans) {
    const size = Buffer.byteLength(JSON.stringify(ban));
    if (bytes + size > maxBytes) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(ban);
    bytes += size;
  }
  yield part;
}

function sum(answers: readonly ImportAnswer[], overBefore: number): ImportAnswer {
  const withoutJail = new Map<string, number>();
  for (const answer of answers) {
    for (const [jail, count] of Object.entries(answer.withoutJail)) withoutJail.set(jail, (withoutJail.get(jail) ?? 0) + count);
  }
  return {
    imported: total(answers, ({ imported }) => imported),
    alreadyBanned: total(answers, ({ alreadyBanned }) => alreadyBanned),
    overCount: overBefore + total(answers, ({ overCount }) => overCount),
    spared: answers.flatMap(({ spared }) => spared),
    withoutJail: Object.fromEntries(withoutJail),
  };
}

const total = (answers: readonly ImportAnswer[], count: (answer: ImportAnswer) => number): number =>
  answers.reduce((former, answer) => former + count(answer), 0);

function formatSummary({ imported, alreadyBanned, overCount, spared, withoutJail, others }: Summary): string[] {
  return [
    `imported ${imported} bans`,
    ...(alreadyBanned === 0 ? [] : [`${alreadyBanned} are banned already`]),
    ...(overCount === 0 ? [] : [`${overCount} are over`]),
    ...spared.map(
      ({ network, jail, reason }) => `${shownTarget(network)} of jail ${jail} is left out: it is never banned here (${reason})`,
    ),
    ...others.map(({ text, jail }) => `${shownTarget(text)} of jail ${jail} is left out: it makes no sense`),
    ...Object.entries(withoutJail).map(
      ([jail, count]) => `${count} bans of jail ${jail} are left out: no such jail runs here; enable it and import again`,
    ),
  ];
}
