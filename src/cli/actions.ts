// ringjail actions: the privileged helper, which runs commands of action.d for the daemon. ringjail-actions.socket starts it.

import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { RingjailError, systemCodeOf } from '../core/errors.ts';
import { createLog } from '../core/log.ts';
import { HostNetworks } from '../daemon/host-networks.ts';
import { ProtectedSet } from '../daemon/protected-set.ts';
import { hasUnit } from '../daemon/service-units.ts';
import { SessionPeers } from '../daemon/session-peers.ts';
import { actionTools } from '../enforce/action-tools.ts';
import { ActionRunner } from '../helper/action-runner.ts';
import { HelperServer } from '../helper/helper-server.ts';
import { KeptDefinitions } from '../helper/kept-definitions.ts';
import { uidOfPeer, uidOfUser } from '../helper/peer.ts';
import { LoginMemory } from '../jail/login-memory.ts';
import type { CommandContext } from './command-context.ts';

export interface ActionsOptions {
  /** To listen there, instead of at what systemd hands over. */
  readonly listen?: string;
  /** Besides root and the user ringjail. */
  readonly allowUid?: string;
}

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const firstDescriptor = 3;

export async function actions({ paths, version }: CommandContext, { listen, allowUid }: ActionsOptions): Promise<number> {
  const log = createLog({
    threshold: 'info',
    forJournal: process.env['JOURNAL_STREAM'] !== undefined,
    write: (line) => void process.stderr.write(line),
  });
  if (process.getuid?.() !== 0) throw new RingjailError('permission', 'the helper runs commands that need root: sudo ringjail actions');
  // Before anything is opened that would keep the process alive.
  if (listen === undefined && !isHandedOver()) {
    throw new RingjailError('usage', 'no socket was handed over: sudo systemctl start ringjail-actions.socket, or name one with --listen');
  }
  const allowed = new Set([0, uidOfUser('ringjail'), allowUid === undefined ? undefined : Number(allowUid)]);
  const hostNetworks = new HostNetworks();
  const protectedSet = new ProtectedSet({
    host: hostNetworks,
    sessions: new SessionPeers(),
    // Who logged in lately is the daemon's to know.
    logins: new LoginMemory(0),
    clock: systemClock,
  });
  const runtimeDirectory = directoryOf('RUNTIME_DIRECTORY') ?? '/run/ringjail-actions';
  const runner = new ActionRunner({
    configDirectory: paths.config,
    protectedNetworks: () => protectedSet.current(),
    tools: actionTools(join(runtimeDirectory, 'started.json'), log),
    hasUnit,
    // ufw's rules and hosts.deny outlive a reboot, and so does what takes bans out of them.
    kept: new KeptDefinitions(join(directoryOf('STATE_DIRECTORY') ?? runtimeDirectory, 'begun'), log),
    log,
  });
  const server = createServer();
  await new Promise<void>((resolve) => {
    const helper = new HelperServer({
      run: (request) => runner.run(request),
      uidOf: uidOfPeer,
      isAllowed: (uid) => allowed.has(uid),
      log,
      onIdle: () => finish('nothing to do'),
    });
    const finish = (reason: string) => {
      log.info(`ends: ${reason}`);
      server.close(() => resolve());
      helper.close();
      hostNetworks.close();
    };
    process.on('SIGTERM', () => finish('asked to'));
    process.on('SIGINT', () => finish('asked to'));
    helper.serve(server);
    listenAt(server, listen);
    log.info(`ringjail ${version} runs actions of ${paths.config}`);
  });
  return 0;
}

/** The first that systemd gave the service (systemd.exec(5)). */
const directoryOf = (variable: string): string | undefined => process.env[variable]?.split(':')[0];

const isHandedOver = (): boolean => process.env['LISTEN_PID'] === String(process.pid) && process.env['LISTEN_FDS'] === '1';

function listenAt(server: Server, path: string | undefined): void {
  if (path !== undefined) {
    try {
      if (lstatSync(path).isSocket()) unlinkSync(path);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
    server.listen(path, () => chmodSync(path, 0o660));
  } else server.listen({ fd: firstDescriptor });
}
