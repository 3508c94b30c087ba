// ringjail unban ADDRESS... | --all [--jail NAME]
import { askDaemon } from '../control/control-client.ts';
import type { UnbanAnswer } from '../control/messages.ts';
import type { CommandContext } from './command-context.ts';

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
  print(isJson ? JSON.stringify(answer) : formatUnban(answer, addresses === 'all', jail).join('\n'));
  return 0;
}

export function formatUnban({ unbanned, notBanned, stillBanned }: UnbanAnswer, isAll: boolean, jail?: string): string[] {
  const of = (preposition: string) => (jail === undefined ? '' : ` ${preposition} jail ${jail}`);
  const still = stillBanned.map(
    ({ network, jails }) => `${network} stays banned by ${jails.length === 1 ? 'jail' : 'jails'} ${jails.join(', ')}`,
  );
  return [
    ...unbanned.map((address) => `unbanned ${address}${of('in')}`),
    ...notBanned.map((address) => `${address} was not banned${of('by')}`),
    ...(isAll && unbanned.length === 0 ? [`nobody was banned${of('by')}`] : []),
    ...still,
  ];
}
