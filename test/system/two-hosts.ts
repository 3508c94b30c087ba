// An attacker and a server as network namespaces joined by a wire, where the server's is the network of a booted Debian.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type KnockResult, projectDirectory, run } from '../lab/laboratory.ts';

// Unlike test/lab/lab.sh's names and addresses, so that the two are never in each other's way.
const attacker = 'rjs-attacker';
const server = 'rjs-server';

/** The kernel logs packets of the first network namespace only, unless told otherwise; the file is missing in all others. */
export const logAllNamespaces = '/proc/sys/net/netfilter/nf_log_all_netns';

export class TwoHosts {
  readonly serverNamespace = `/run/netns/${server}`;
  readonly #listeners: ChildProcess[] = [];
  #formerLogSetting: string | undefined;

  /** `attackers`: the last parts of the attacker's addresses, in 10.78.0.0/24 and fd78::/64. */
  up(attackers: readonly number[]): void {
    this.#removeNamespaces();
    this.#formerLogSetting = readFileSync(logAllNamespaces, 'utf8');
    writeFileSync(logAllNamespaces, '1\n');
    ip('netns', 'add', attacker);
    ip('netns', 'add', server);
    ip('link', 'add', 'rjs-a', 'netns', attacker, 'type', 'veth', 'peer', 'name', 'rjs-s', 'netns', server);
    for (const [namespace, device, hosts] of [
      [attacker, 'rjs-a', attackers],
      [server, 'rjs-s', [2]],
    ] as const) {
      for (const host of hosts) {
        ip('-n', namespace, 'addr', 'add', `10.78.0.${host}/24`, 'dev', device);
        ip('-n', namespace, 'addr', 'add', `fd78::${host}/64`, 'dev', device, 'nodad');
      }
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'link', 'set', device, 'up');
    }
    // Otherwise the kernel answers an IPv6 address once a second only, and what is refused looks silent.
    ip('netns', 'exec', server, 'sysctl', '-qw', 'net.ipv6.icmp.ratelimit=0');
  }

  /** Takes down what is there, however far `up` came; more than once does no harm. Synchronous, for use at the exit of a process. */
  down(): void {
    for (const listener of this.#listeners) listener.kill('SIGKILL');
    this.#removeNamespaces();
    if (this.#formerLogSetting !== undefined) writeFileSync(logAllNamespaces, this.#formerLogSetting);
    this.#formerLogSetting = undefined;
  }

  /** Tries to connect from one of the attacker's addresses to ports of the server, all at once; one outcome a port. */
  async knock(from: string, ports: readonly number[]): Promise<KnockResult[]> {
    const to = from.includes(':') ? 'fd78::2' : '10.78.0.2';
    const program = `${projectDirectory}/dist/test/lab/knock.js`;
    const { stdout } = await run(this.onAttacker(process.execPath, program, from, to, ...ports.map(String)));
    return JSON.parse(stdout) as KnockResult[];
  }

  /** The argument vector that runs `command` on the attacker. */
  onAttacker(...command: string[]): string[] {
    return ['ip', 'netns', 'exec', attacker, ...command];
  }

  /** Something that listens on the server, so that an allowed port answers. Resolves when it does. */
  async listen(port: number): Promise<void> {
    const source = `require('node:net').createServer((s) => s.end()).listen(${port}, '::', () => console.log('listening'))`;
    const program = ['--pdeathsig=KILL', 'nsenter', `--net=${this.serverNamespace}`, process.execPath, '-e', source];
    const listener = spawn('setpriv', program, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#listeners.push(listener);
    await once(listener.stdout, 'data');
  }

  #removeNamespaces(): void {
    for (const namespace of [attacker, server]) if (existsSync(`/run/netns/${namespace}`)) ip('netns', 'del', namespace);
  }
}

const ip = (...args: string[]) => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
