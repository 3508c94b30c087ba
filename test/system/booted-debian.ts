// A Debian with systemd as its init, in a container of systemd-nspawn(1): the kernel and its log are this machine's own, the network
// is a namespace that is given, and whatever is written is gone at the end.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandOutcome, run, until } from '../lab/laboratory.ts';

const bootLimitMs = 60_000;

// Where there is no systemd outside to give and take away a scope: a control group of its own, in which systemd-nspawn makes others.
const isHostSystemd = existsSync('/run/systemd/system');
const enterControlGroup = `for group in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  [ ! -e $group/cgroup.procs ] || { mkdir -p $group/rjs-server && echo $$ >$group/rjs-server/cgroup.procs; }
done
exec "$@"`;
// They are busy until the last process in them has ended: a second at most.
const removeControlGroups = `for try in $(seq 20); do
  find /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified -maxdepth 1 -name rjs-server -exec find {} -depth -type d -delete ';' 2>&1 |
    grep -q busy || exit 0
  sleep 0.05
done`;

export interface BootOptions {
  /** Its root directory; not written to. */
  readonly tree: string;
  /** /run/netns/NAME */
  readonly networkNamespace: string;
  /** Paths of this machine, and where they can be read inside. */
  readonly mounts: ReadonlyMap<string, string>;
}

export class BootedDebian {
  readonly #directory = mkdtempSync(join(tmpdir(), 'ringjail-boot-'));
  readonly #container: ChildProcess;

  constructor({ tree, networkNamespace, mounts }: BootOptions) {
    const console = openSync(this.#consoleFile, 'w');
    const args = [
      `--directory=${tree}`,
      '--boot',
      '--volatile=overlay',
      '--machine=rjs-server',
      '--register=no',
      isHostSystemd ? '--property=DeviceAllow=/dev/kmsg r' : '--keep-unit',
      `--network-namespace-path=${networkNamespace}`,
      '--bind=/dev/kmsg',
      '--capability=CAP_SYSLOG,CAP_NET_ADMIN',
      // Which a unit's DevicePolicy= and IPAddressDeny= are made of.
      '--system-call-filter=bpf perf_event_open',
      ...Array.from(mounts, ([outside, inside]) => `--bind-ro=${outside}:${inside}`),
    ];
    // Should this process be killed, SIGTERM makes systemd-nspawn shut the container down (SIGKILL would leave it running).
    const launcher = ['--pdeathsig=TERM', 'sh', '-c', isHostSystemd ? 'exec "$@"' : enterControlGroup, 'sh'];
    this.#container = spawn('setpriv', [...launcher, 'systemd-nspawn', ...args], {
      stdio: ['ignore', console, console],
      env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    });
    closeSync(console);
  }

  /** Resolves when systemd has started everything. */
  async booted(): Promise<void> {
    const states = ['running', 'degraded'];
    try {
      await until(
        'the container is booted',
        async () => {
          if (this.#container.exitCode !== null) throw new Error('systemd-nspawn ended');
          return this.#init !== undefined && states.includes((await this.run('systemctl', 'is-system-running')).stdout.trim());
        },
        bootLimitMs,
      );
    } catch (error) {
      throw new Error(`the container does not boot; its console:\n${readFileSync(this.#consoleFile, 'utf8').slice(-2000)}`, {
        cause: error,
      });
    }
  }

  /** Runs a command inside to its end, whatever the exit code. */
  run(...command: string[]): Promise<CommandOutcome> {
    const environment = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'];
    return run(['nsenter', '--all', `--target=${this.#init}`, ...environment, ...command]);
  }

  /** As `run`, for commands that have to succeed; gives what they print. */
  async output(...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Where a file of the container can be reached from outside. */
  path(inside: string): string {
    return `/proc/${this.#init}/root${inside}`;
  }

  /** Ends it at once, as there is nothing in it to be kept; more than once does no harm. Synchronous, for use at the exit of a process. */
  stop(): void {
    const init = this.#init;
    // The end of the init is the end of every process inside, and then of systemd-nspawn.
    if (init !== undefined) process.kill(init, 'SIGKILL');
    else this.#container.kill('SIGKILL');
    if (!isHostSystemd) spawnSync('sh', ['-c', removeControlGroups]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #consoleFile(): string {
    return join(this.#directory, 'console');
  }

  /** The process that is number 1 inside; undefined until there is one. */
  get #init(): number | undefined {
    const { pid } = this.#container;
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
      return children.map(Number).find((child) => child > 0 && /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${child}/status`, 'utf8')));
    } catch {
      // Ended, or not there yet.
      return undefined;
    }
  }
}
