// ringjail ban JAIL ADDRESS...
import { askDaemon } from '../control/control-client.ts';
import type { BanAnswer } from '../control/messages.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';

export async function ban({ paths, isJson, print }: CommandContext, jail: string, addresses: readonly string[]): Promise<number> {
  const answer = (await askDaemon(paths.socket, { command: 'ban', jail, addresses })) as BanAnswer;
  if (isJson) print(formatJson(answer));
  else {
    for (const address of answer.banned) print(`banned ${address}`);
    for (const address of answer.alreadyBanned) print(`${address} is banned already`);
  }
  return 0;
}
