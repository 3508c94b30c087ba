// ringjail unban ADDRESS... | TEXT... | --all
import { askDaemon } from '../control/control-client.ts';
import type { UnbanAnswer } from '../control/messages.ts';
import { shownTarget } from '../core/ban-target.ts';
import { printable } from '../core/printable.ts';
import type { CommandContext } from './command-context.ts';

export async function unban({ paths, isJson, print }: CommandContext, addresses: readonly string[] | 'all'): Promise<number> {
  const answer = (await askDaemon(paths.socket, { command: 'unban', addresses })) as UnbanAnswer;
  if (isJson) print(JSON.stringify(answer));
  else {
    for (const address of answer.unbanned) print(printable(`unbanned ${shownTarget(address)}`));
    for (const address of answer.notBanned) print(printable(`${shownTarget(address)} was not banned`));
    if (addresses === 'all' && answer.unbanned.length === 0) print('nobody was banned');
  }
  return 0;
}
