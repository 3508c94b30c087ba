// ringjail confirm: the bans that `ringjail run --confirm` made on probation stay. Exit code 64 where there is nothing to confirm.
import { askDaemon } from '../control/control-client.ts';
import type { ConfirmAnswer } from '../control/messages.ts';
import { RingjailError } from '../core/errors.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';

const texts: Readonly<Record<ConfirmAnswer['before'], (kept: number) => string>> = {
  waiting: (kept) => `confirmed: ${kept} ${kept === 1 ? 'ban stays' : 'bans stay'}, and bans are made from now on as configured`,
  observing: () => 'confirmed too late for the bans since the start, which were lifted; from now on bans are made again',
  confirmed: () => 'it was confirmed already; bans are made',
  off: () => 'there is nothing to confirm: the daemon was started without --confirm, and bans are made',
};

export async function confirm({ paths, isJson, print }: CommandContext): Promise<number> {
  const answer = (await askDaemon(paths.socket, { command: 'confirm' })) as ConfirmAnswer;
  print(isJson ? formatJson(answer) : texts[answer.before](answer.kept));
  return answer.before === 'off' ? new RingjailError('usage', '').exitCode : 0;
}
