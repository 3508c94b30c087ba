// ringjail as a process of its own on the laboratory's server, as an unprivileged user with the two capabilities, or as root.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonStatus } from '../../src/control/messages.ts';
import { type CommandOutcome, type Laboratory, run, until } from './laboratory.ts';
import { leaveStore } from './left-store.ts';
import { stagedProgram } from './staged-program.ts';

// "nobody": any user without rights will do.
const userId = 65_534;

export const unprivileged = (capabilities: readonly string[]): string[] => {
  const set = ['-all', ...capabilities.map((capability) => `+${capability}`)].join(',');
  const ids = [`--reuid=${userId}`, `--regid=${userId}`, '--clear-groups', '--no-new-privs'];
  return ['setpriv', ...ids, `--inh-caps=${set}`, `--ambient-caps=${set}`, `--bounding-set=${set}`];
};

export interface DaemonProcessOptions {
  /** Laid over the shipped configuration. */
  readonly jailLocal?: string;
  readonly isRoot?: boolean;
  readonly capabilities?: readonly string[];
  /** ringjail.conf, whole. */
  readonly settings?: string;
  /** Shipped filters beside portscan's. */
  readonly filters?: readonly string[];
  /** Of `ringjail run`. */
  readonly runArguments?: readonly string[];
}

export class DaemonProcess {
  /** Configuration, state and socket; outlives the process, so that it can be started again. */
  readonly directory = mkdtempSync(join(tmpdir(), 'ringjail-'));
  readonly #lab: Laboratory;
  readonly #options: DaemonProcessOptions;
  #child: ChildProcess | undefined;
  #stderr = '';

  constructor(lab: Laboratory, options: DaemonProcessOptions = {}) {
    this.#lab = lab;
    this.#options = options;
    this.configure(options.jailLocal ?? '');
    const owner = options.isRoot === true ? 0 : userId;
    mkdirSync(join(this.directory, 'state'));
    // As after an earlier run that ended now: the ring still holds what earlier tests did.
    const store = join(this.directory, 'state', 'state.db');
    leaveStore(store);
    for (const path of [this.directory, join(this.directory, 'state'), store]) chownSync(path, owner, owner);
  }

  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  configure(jailLocal: string): void {
    chmodSync(this.directory, 0o755);
    // The shipped files by [INCLUDES], as somebody would lay a jail.local over them.
    const shipped = `${stagedProgram()}/config`;
    mkdirSync(join(this.directory, 'config', 'filter.d'), { recursive: true });
    writeFileSync(join(this.directory, 'config', 'jail.conf'), `[INCLUDES]\nbefore = ${shipped}/jail.conf\n`);
    const { filters = [], settings } = this.#options;
    for (const filter of ['portscan', ...filters]) {
      writeFileSync(
        join(this.directory, 'config', 'filter.d', `${filter}.conf`),
        `[INCLUDES]\nbefore = ${shipped}/filter.d/${filter}.conf\n`,
      );
    }
    // What is installed on the machine that tests run on starts no jail (enabled = auto).
    const names = Array.from(readFileSync(`${shipped}/jail.conf`, 'utf8').matchAll(/^\[([\w-]+)\]$/gm), ([, name = '']) => name);
    const others = names.filter((name) => !['DEFAULT', 'portscan', ...filters].includes(name));
    mkdirSync(join(this.directory, 'config', 'jail.d'), { recursive: true });
    writeFileSync(join(this.directory, 'config', 'jail.d', 'services.conf'), others.map((name) => `[${name}]\nenabled = no\n`).join(''));
    mkdirSync(join(this.directory, 'config', 'action.d'), { recursive: true });
    writeFileSync(join(this.directory, 'config', 'action.d', 'ufw.conf'), `[INCLUDES]\nbefore = ${shipped}/action.d/ufw.conf\n`);
    if (settings !== undefined) writeFileSync(join(this.directory, 'config', 'ringjail.conf'), settings);
    writeFileSync(join(this.directory, 'config', 'jail.local'), jailLocal);
  }

  /** Resolves when it watches. */
  async start(): Promise<void> {
    await this.spawn();
    await until('the daemon watches', () => /everything up to now is read/.test(this.#stderr) || this.#child?.exitCode !== null);
    if (this.#child?.exitCode !== null) throw new Error(`the daemon ended: ${this.#stderr}`);
  }

  async spawn(): Promise<void> {
    const [command = '', ...args] = this.#command();
    this.#stderr = '';
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    await once(this.#child, 'spawn');
  }

  /** Another of the same, as somebody might start it by mistake. */
  runSecond(): Promise<CommandOutcome> {
    return run(this.#command());
  }

  /** What starts it, as a line of shell; there are no words in it that need quotes. */
  get commandLine(): string {
    return this.#command().join(' ');
  }

  #command(): string[] {
    const { isRoot = false, capabilities = ['syslog', 'net_admin'], runArguments = [] } = this.#options;
    const rights = isRoot ? [] : unprivileged(capabilities);
    const environment = [`STATE_DIRECTORY=${this.directory}/state`, `RUNTIME_DIRECTORY=${this.directory}`];
    const daemon = [`${stagedProgram()}/bin/ringjail`, '-c', `${this.directory}/config`, 'run', ...runArguments];
    return this.#lab.onServer(...rights, 'env', ...environment, ...daemon);
  }

  /** The exit code. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child?.kill(signal);
    return this.ended();
  }

  /** Runs a command of the command line against this daemon. */
  control(...args: string[]): Promise<CommandOutcome> {
    return run([`${stagedProgram()}/bin/ringjail`, '-s', `${this.directory}/ringjail.sock`, ...args]);
  }

  async status(): Promise<DaemonStatus> {
    return JSON.parse((await this.control('--json', 'status')).stdout) as DaemonStatus;
  }

  /** Networks banned according to the daemon. */
  async banned(): Promise<string[]> {
    return (await this.status()).jails.flatMap(({ banned }) => banned.map(({ network }) => network));
  }

  /** Elements of a set according to the kernel. */
  async elements(set: string): Promise<string[]> {
    const { stdout } = await run(this.#lab.onServer('nft', '-j', 'list', 'set', 'inet', 'ringjail', set));
    const listing = JSON.parse(stdout || '{}') as { nftables?: { set?: { elem?: (string | { elem: { val: string } })[] } }[] };
    const elements = listing.nftables?.find(({ set }) => set !== undefined)?.set?.elem ?? [];
    return elements.map((element) => (typeof element === 'string' ? element : element.elem.val));
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}
