// What actions of action.d need of this system: programs, names, and what was started before.
import { promises as dns } from 'node:dns';
import { hostname } from 'node:os';
import type { HostNames } from '../action/ban-ticket.ts';
import { runCommand, runShell } from '../action/run-command.ts';
import { StartedFile } from '../action/started-file.ts';
import type { ActionTools } from '../config/ticket-action-config.ts';
import type { Log } from '../core/log.ts';

const lookUpLimitMs = 5000;

/** `startedPath`: gone with a reboot, as what was started is. */
export function actionTools(startedPath: string, log: Log): ActionTools {
  const started = new StartedFile(startedPath, log);
  return { runShell, runCommand, started: (jail, action) => started.of(jail, action), hostNames: hostNames(), lookUpName };
}

export function hostNames(): HostNames {
  const full = /^[\w.-]+$/.test(hostname()) ? hostname() : 'localhost';
  return { full, short: full.split('.')[0] ?? full };
}

/** '' where it has none, or one that is no name; an address's owner says what it likes there. */
async function lookUpName(address: string): Promise<string> {
  const late = new Promise<string[]>((resolve) => setTimeout(resolve, lookUpLimitMs, []).unref());
  const [name = ''] = await Promise.race([dns.reverse(address).catch(() => []), late]);
  return /^[\w.-]{1,253}$/.test(name) ? name : '';
}
