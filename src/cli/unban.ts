// ringjail unban ADDRESS... | TEXT... | --all [--jail NAME]
import { askDaemon } from '../control/control-client.ts';
import type { UnbanAnswer } from '../control/messages.ts';
import { shownTarget } from '../core/ban-target.ts';
import { printable } from '../core/printable.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';

export interface UnbanOptions {
  readonly all?: boolean;
  /** Only the bans of this jail. */
  readonly jail?: string;
}

export async function unban(
  { paths, isJson, print }: CommandContext,
  addresses: readonly string[] | 'all',
  jail?: string,
): Promise<number> {
  const request = { command: 'unban', addresses, ...(jail === undefined ? {} : { jail }) } as const;
  const answer = (await askDaemon(paths.socket, request)) as UnbanAnswer;
  if (isJson) print(formatJson(answer));
  else for (const line of formatUnban(answer, addresses === 'all', jail)) print(printable(line));
  return 0;
}

export function formatUnban({ unbanned, notBanned, stillBanned }: UnbanAnswer, isAll: boolean, jail?: string): string[] {
  const of = (preposition: string) => (jail === undefined ? '' : ` ${preposition} jail ${jail}`);
  const still = stillBanned.map(
    ({ network, jails }) => `${shownTarget(network)} stays banned by ${jails.length === 1 ? 'jail' : 'jails'} ${jails.join(', ')}`,
  );
  return [
    ...unbanned.map((address) => `unbanned ${shownTarget(address)}${of('in')}`),
    ...notBanned.map((address) => `${shownTarget(address)} was not banned${of('by')}`),
    ...(isAll && unbanned.length === 0 ? [`nobody was banned${of('by')}`] : []),
    ...still,
  ];
}
