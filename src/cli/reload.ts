// ringjail reload: the configuration is read again. Exit code 78 where something in it must be mended.
import { askDaemon } from '../control/control-client.ts';
import type { ReloadAnswer } from '../control/messages.ts';
import { RingjailError } from '../core/errors.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';

export async function reload({ paths, isJson, print }: CommandContext): Promise<number> {
  const answer = (await askDaemon(paths.socket, { command: 'reload' })) as ReloadAnswer;
  if (isJson) print(formatJson(answer));
  else {
    print(`jails running: ${answer.jails.join(', ') || 'none'}`);
    for (const error of answer.errors) print(error);
  }
  return answer.errors.length === 0 ? 0 : new RingjailError('configuration', '').exitCode;
}
