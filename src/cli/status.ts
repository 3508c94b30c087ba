// ringjail status: what the daemon does, for people or as JSON.
import { askDaemon } from '../control/control-client.ts';
import type { BannedAddress, DaemonStatus, JailStatus } from '../control/messages.ts';
import { formatDuration } from '../core/duration.ts';
import { printable } from '../core/printable.ts';
import type { CommandContext } from './command-context.ts';

// A screen holds so many; --json gives all.
const shownBans = 40;

export async function status({ paths, isJson, print }: CommandContext, jail?: string): Promise<number> {
  const result = (await askDaemon(paths.socket, jail === undefined ? { command: 'status' } : { command: 'status', jail })) as DaemonStatus;
  print(isJson ? JSON.stringify(result, undefined, 2) : formatStatus(result, new Date()).map(printable).join('\n'));
  return 0;
}

export function formatStatus(status: DaemonStatus, now: Date): string[] {
  const { version, pid, startedAt, sources, jails, otherBans, actions, cut, warnings } = status;
  return [
    `ringjail ${version}, process ${pid}, running since ${startedAt}`,
    ...sources.map(({ name, state, ...numbers }) => `source ${name}: ${state}; ${formatNumbers(numbers)}`),
    ...actions.map(
      ({ name, bans, failure }) => `action ${name}: ${failure === null ? `${bans} bans enforced` : `NOT ENFORCED: ${failure}`}`,
    ),
    ...formatCut(cut),
    ...jails.flatMap((jail) => formatJail(jail, now)),
    ...(otherBans.length === 0 ? [] : ['held by no running jail:', ...formatBans(otherBans, now)]),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}

function formatCut({ sockets, flows, failures }: DaemonStatus['cut']): string[] {
  if (sockets + flows + failures === 0) return [];
  const failed = failures === 0 ? '' : `; ${failures} times the kernel refused`;
  return [`cut of banned addresses: ${sockets} TCP connections, ${flows} tracked flows${failed}`];
}

function formatJail(jail: JailStatus, now: Date): string[] {
  const { name, filter, source, actions, failures, tracked, evicted, ignored, refused, bannedTotal, banned } = jail;
  const numbers = formatNumbers({ failures, tracked, evicted, ignored, refused, banned: banned.length, 'banned since start': bannedTotal });
  return [`jail ${name}: filter ${filter} on ${source}, action ${actions.join(', ')}; ${numbers}`, ...formatBans(banned, now)];
}

function formatBans(bans: readonly BannedAddress[], now: Date): string[] {
  const lines = bans.slice(-shownBans).map((ban) => {
    const { network, jail, until } = ban;
    const left =
      until === null ? 'for good' : `${formatDuration(Math.max(0, Math.round((Date.parse(until) - now.getTime()) / 1000) * 1000))} left`;
    return `  ${network.padEnd(40)} ${left.padEnd(12)} ${jail}: ${reasonOf(ban)}`;
  });
  return bans.length > shownBans ? [`  (the latest ${shownBans} of ${bans.length}; --json gives all)`, ...lines] : lines;
}

function reasonOf({ origin, failures, distinct }: BannedAddress): string {
  if (origin === 'hand') return 'by hand';
  if (origin === 'found') return 'found in force';
  if (origin === 'imported') return 'imported';
  return distinct.length > 0 ? `ports ${distinct.join(', ')}` : `${failures} failures`;
}

const formatNumbers = (numbers: Readonly<Record<string, string | number>>): string =>
  Object.entries(numbers)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
