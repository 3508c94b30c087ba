// ringjail explain ADDRESS: why it is banned, or is not.
import { askDaemon } from '../control/control-client.ts';
import type { ExplainAnswer, ExplainedBan, ExplainedRecord, FormerBan, JailExplanation } from '../control/messages.ts';
import { requireNetwork } from '../control/require-network.ts';
import { parseBanTarget, shownTarget } from '../core/ban-target.ts';
import { formatDuration } from '../core/duration.ts';
import { printable } from '../core/printable.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';
import { shortTime, timeBetween } from './time-text.ts';

// --json gives all.
const shownFormerBans = 10;
const shownNarrower = 20;

export async function explain({ paths, isJson, print }: CommandContext, address: string): Promise<number> {
  if (parseBanTarget(address) === undefined) requireNetwork(address);
  const answer = (await askDaemon(paths.socket, { command: 'explain', address })) as ExplainAnswer;
  print(isJson ? formatJson(answer, 2) : formatExplanation(answer).map(printable).join('\n'));
  return 0;
}

export function formatExplanation(answer: ExplainAnswer): string[] {
  const { address, protection, jails, narrower, warnings } = answer;
  const hasNews = (jail: JailExplanation) => jail.bans.length + jail.history.length > 0 || jail.window !== null || jail.ignored !== null;
  const silent = jails.filter((jail) => !hasNews(jail)).map(({ jail }) => jail);
  return [
    verdict(answer),
    ...(protection === null ? [] : [`protected: ${protection.reason}${other(protection.network, address)}; no jail bans it`]),
    ...jails.filter(hasNews).flatMap((jail) => ['', ...formatJail(jail, answer)]),
    ...(silent.length === 0 ? [] : ['', `nothing known of it in: ${silent.join(', ')}`]),
    ...(narrower.length === 0
      ? []
      : [
          '',
          `banned inside of it: ${narrower.length}`,
          ...narrower.slice(-shownNarrower).map(({ network, jail }) => `  ${network}  ${jail}`),
        ]),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}

function verdict({ address, jails }: ExplainAnswer): string {
  const bans = jails.flatMap(({ jail, bans }) => bans.map((ban) => ({ jail, ...ban })));
  if (bans.length === 0) return `${shownTarget(address)} is not banned`;
  const holders = bans.map(({ jail, network }) => `${jail}${other(network, address)}`).join(', ');
  const open = bans.flatMap(({ actions }) => actions).filter(({ isEnforced }) => isEnforced !== true);
  const names = Array.from(new Set(open.map(({ name }) => name))).join(', ');
  return `${shownTarget(address)} is banned by ${holders}; ${open.length === 0 ? 'every action enforces it' : `NOT ENFORCED by ${names}`}`;
}

function formatJail(explained: JailExplanation, { address, at }: ExplainAnswer): string[] {
  const { jail, isRunning, identity, ignored, bans, history, records, thresholds } = explained;
  const counted = identity === address ? '' : `; it counts and bans ${shownTarget(identity)}`;
  const rule =
    thresholds === null
      ? ''
      : `: ${thresholds.maxretry} ${thresholds.counts} within ${formatDuration(thresholds.findtime * 1000)} by filter ${thresholds.filter}${counted}`;
  return [
    `jail ${jail}${isRunning ? rule : ' (does not run any more)'}`,
    ...(ignored === null ? [] : [`  never banned by it: ${ignored.reason}${other(ignored.network, address)}`]),
    ...bans.flatMap((ban) => formatBan(ban, explained, at)),
    ...formatWindow(explained, at),
    ...formatHistory(history, identity),
    ...formatRecords(records),
  ];
}

function formatBan(ban: ExplainedBan, { identity, thresholds }: JailExplanation, at: string): string[] {
  const { network, since, until, actions, bancount, configuration, records } = ban;
  const end = until === null ? 'for good' : `until ${shortTime(until)} (${timeBetween(Date.parse(at), Date.parse(until))} left)`;
  const count = bancount === null || bancount < 2 ? '' : `, for the ${ordinal(bancount)} time`;
  const isSame = configuration === thresholds?.configuration;
  return [
    `  BANNED${other(network, identity)} since ${shortTime(since)} ${end}${count}`,
    `  because: ${reasonOf(ban)}`,
    ...actions.map(({ name, isEnforced, reason }) => `  action ${name}: ${enforcedText(isEnforced)} (${reason})`),
    ...(configuration === null ? [] : [`  configuration ${configuration}${isSame ? '' : ', which has changed since'}`]),
    ...formatRecords(records),
  ];
}

function reasonOf({ origin, failures, distinct }: ExplainedBan): string {
  if (origin === 'hand') return 'somebody banned it by hand';
  if (origin === 'found') return 'it was found in force without being known';
  // An aggregate's are addresses.
  const kind = distinct.some((value) => /[.:]/.test(value)) ? 'different addresses' : 'different ports';
  const what = distinct.length > 0 ? `${distinct.length} ${kind} (${distinct.join(', ')})` : `${failures} failures`;
  return origin === 'imported' ? `taken over from fail2ban, with ${what}` : what;
}

const enforcedText = (isEnforced: boolean | null): string => (isEnforced === null ? 'not known' : isEnforced ? 'in force' : 'NOT ENFORCED');

function formatWindow({ window, thresholds }: JailExplanation, at: string): string[] {
  if (window === null) return [];
  const { count, latest, distinct } = window;
  const ports = distinct.length === 0 ? '' : ` (${distinct.join(', ')})`;
  const ago = timeBetween(Date.parse(latest), Date.parse(at));
  return [`  counted now: ${count} of ${thresholds?.maxretry ?? '?'}${ports}, the latest ${shortTime(latest)} (${ago} ago)`];
}

function formatHistory(history: readonly FormerBan[], identity: string): string[] {
  if (history.length === 0) return [];
  const shown = history.slice(-shownFormerBans).map(({ network, since, until, ended }) => {
    const end = ended === null ? (until === null ? 'for good' : `to ${shortTime(until)}`) : `to ${shortTime(ended)}`;
    return `    ${shortTime(since)} ${end}${other(network, identity)}`;
  });
  const cut = history.length > shown.length ? `, the latest ${shown.length}` : '';
  return [`  banned before: ${history.length} ${history.length === 1 ? 'time' : 'times'}${cut}`, ...shown];
}

function formatRecords(records: readonly ExplainedRecord[]): string[] {
  if (records.length === 0) return [];
  return ['  records:', ...records.map(({ source, sequence, text }) => `    ${source} #${sequence}: ${text}`)];
}

const other = (network: string, address: string): string => (network === address ? '' : ` (${shownTarget(network)})`);

function ordinal(count: number): string {
  const ending = count % 100 >= 11 && count % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}
