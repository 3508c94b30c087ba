// Where the daemon keeps what it keeps: systemd says so in the environment (systemd.exec(5), RuntimeDirectory= and its like).
import { join } from 'node:path';

export interface Paths {
  readonly config: string;
  /** A file. */
  readonly store: string;
  readonly socket: string;
  /** Of the privileged helper: what ringjail-actions.socket listens at. */
  readonly helper: string;
}

/** `given`: by the command line, before the environment, before the defaults. */
export function pathsOf(
  environment: NodeJS.ProcessEnv,
  given: { readonly config?: string | undefined; readonly socket?: string | undefined },
): Paths {
  const directory = (name: string, fallback: string) => environment[name]?.split(':')[0] ?? fallback;
  return {
    config: given.config ?? directory('CONFIGURATION_DIRECTORY', '/etc/ringjail'),
    store: join(directory('STATE_DIRECTORY', '/var/lib/ringjail'), 'state.db'),
    socket: given.socket ?? join(directory('RUNTIME_DIRECTORY', '/run/ringjail'), 'ringjail.sock'),
    helper: '/run/ringjail-actions.sock',
  };
}
