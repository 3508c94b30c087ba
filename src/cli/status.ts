// ringjail status: what the daemon does, for people or as JSON.
import { askDaemon } from '../control/control-client.ts';
import type { ActionStatus, BannedAddress, DaemonStatus, JailStatus } from '../control/messages.ts';
import { shownTarget } from '../core/ban-target.ts';
import { printable } from '../core/printable.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';
import { wrapNames } from './name-lines.ts';
import { shortTime, timeBetween } from './time-text.ts';

// A screen holds so many; --json gives all.
const shownBans = 40;

export async function status({ paths, isJson, print }: CommandContext, jail?: string): Promise<number> {
  const result = (await askDaemon(paths.socket, jail === undefined ? { command: 'status' } : { command: 'status', jail })) as DaemonStatus;
  print(isJson ? formatJson(result, 2) : formatStatus(result, new Date()).map(printable).join('\n'));
  return 0;
}

/** What somebody should look at comes first. */
export function formatStatus(status: DaemonStatus, now: Date): string[] {
  const { version, pid, startedAt, sources, jails, otherBans, actions, cut, warnings } = status;
  const uptime = timeBetween(Date.parse(startedAt), now.getTime());
  const [busy, idle] = [jails.filter(isBusy), jails.filter((jail) => !isBusy(jail))];
  return [
    `ringjail ${version}, process ${pid}, running for ${uptime}, since ${shortTime(startedAt)}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...actions.map(formatAction),
    ...formatCut(cut),
    ...sources.flatMap(formatSource),
    // Of one jail that somebody asks for all is told.
    ...(jails.length === 1 ? jails : busy).flatMap((jail) => formatJail(jail, now)),
    ...(jails.length === 1 || idle.length === 0 ? [] : formatIdle(idle)),
    ...(otherBans.length === 0 ? [] : ['held by no running jail:', ...formatBans(otherBans, now)]),
  ];
}

function formatCut({ sockets, flows, failures }: DaemonStatus['cut']): string[] {
  if (sockets + flows + failures === 0) return [];
  const failed = failures === 0 ? '' : `; ${failures} times the kernel refused`;
  return [`cut of banned addresses: ${sockets} TCP connections, ${flows} tracked flows${failed}`];
}

function formatAction({ name, repairs, counters, ...action }: ActionStatus): string {
  const parts = [
    formatEnforced(action),
    ...(counters === null ? [] : [`${counters.packets} packets (${formatBytes(counters.bytes)}) turned away`]),
    ...(repairs === 0 ? [] : [`put back ${repairs} ${repairs === 1 ? 'time' : 'times'} after others changed it`]),
  ];
  return `action ${name}: ${parts.join('; ')}`;
}

function formatEnforced(action: Omit<ActionStatus, 'name' | 'repairs' | 'counters'>): string {
  const { bans, failed, waiting, unlifted, failure, isContested, isUnknown } = action;
  const number = bans === failed + waiting ? 'none' : `${bans - failed - waiting}`;
  const enforced = failed + waiting === 0 ? `${bans} ${bans === 1 ? 'ban' : 'bans'} enforced` : `${number} of ${bans} bans enforced`;
  const told = waiting === 0 ? enforced : `${enforced}, ${waiting} not told yet`;
  if (failure === null) return told;
  if (isContested) return `CONTESTED: ${failure}`;
  if (isUnknown) return `NOT KNOWN: ${failure}`;
  if (failed === bans && unlifted === 0) return `NOT ENFORCED: ${failure}`;
  const counts = [...(failed === 0 ? [] : [`${failed} NOT ENFORCED`]), ...(unlifted === 0 ? [] : [`${unlifted} NOT LIFTED`])];
  return counts.length === 0 ? `NOT ENFORCED: ${failure}` : `${told}, ${counts.join(', ')}: ${failure}`;
}

function formatSource({ name, state, ...numbers }: DaemonStatus['sources'][number]): string[] {
  // What is 0, or says no more than the name, tells nobody anything; that nothing was lost does.
  const isTold = (key: string, value: string | number) =>
    key === 'records' || key === 'lost' || (value !== 0 && value !== '' && value !== name);
  const told = Object.entries(numbers).filter(([key, value]) => isTold(key, value));
  return [`source ${name}: ${state}; ${told.map(([key, value]) => `${wordsOf(key)} ${value}`).join(', ')}`];
}

const isBusy = ({ failures, tracked, ignored, unusable, refused, bannedTotal, banned }: JailStatus): boolean =>
  failures + tracked + ignored + unusable + refused + bannedTotal + banned.length > 0;

function formatJail(jail: JailStatus, now: Date): string[] {
  const { name, filter, source, actions, failures, tracked, evicted, ignored, unusable, refused, bannedTotal, banned } = jail;
  const numbers = [
    ['since start', bannedTotal],
    ['failures', failures],
    ['addresses counted', tracked],
    ['ignored', ignored],
    ['of nobody that can be banned', unusable],
    ['refused as protected', refused],
    ['forgotten as too many', evicted],
  ] as const;
  const told = numbers.filter(([key, value]) => value > 0 || key === 'failures');
  return [
    `jail ${name}: ${banned.length} banned; ${formatNumbers(told)}`,
    `  filter ${filter} on ${source}, action ${actions.join(', ')}`,
    ...formatBans(banned, now),
  ];
}

function formatIdle(jails: readonly JailStatus[]): string[] {
  return [
    `${jails.length} ${jails.length === 1 ? 'jail has' : 'jails have'} seen nothing yet:`,
    ...wrapNames(jails.map(({ name }) => name)),
  ];
}

function formatBans(bans: readonly BannedAddress[], now: Date): string[] {
  const lines = bans.slice(-shownBans).map((ban) => {
    const { network, jail, until } = ban;
    const left = until === null ? 'for good' : `${timeBetween(now.getTime(), Date.parse(until))} left`;
    return `  ${shownTarget(network).padEnd(40)} ${left.padEnd(12)} ${jail}: ${reasonOf(ban)}`;
  });
  return bans.length > shownBans ? [`  (the latest ${shownBans} of ${bans.length}; --json gives all)`, ...lines] : lines;
}

function reasonOf({ origin, failures, distinct }: BannedAddress): string {
  if (origin === 'hand') return 'by hand';
  if (origin === 'found') return 'found in force';
  if (origin === 'imported') return 'imported';
  // An aggregate's are addresses.
  const kind = distinct.some((value) => /[.:]/.test(value)) ? 'addresses' : 'ports';
  return distinct.length > 0 ? `${kind} ${distinct.join(', ')}` : `${failures} failures`;
}

function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}

/** `passedOver`: "passed over". */
const wordsOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const formatNumbers = (numbers: readonly (readonly [string, number])[]): string =>
  numbers.map(([name, value]) => `${value} ${name}`).join(', ');
