// A real sshd on the laboratory's server, in a mount namespace with a /run of its own, so that its utmp is its own as well.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Laboratory } from './laboratory.ts';
import { LineProcess } from './line-process.ts';

export class SshServer {
  readonly #lab: Laboratory;
  readonly #directory = mkdtempSync(join(tmpdir(), 'ringjail-ssh-'));
  readonly #processes: LineProcess[] = [];
  #pid = '';

  constructor(lab: Laboratory) {
    this.#lab = lab;
  }

  async start(): Promise<void> {
    for (const name of ['host', 'client']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.#directory, name)]);
    mkdirSync(join(this.#directory, 'keys'));
    writeFileSync(join(this.#directory, 'keys', 'root'), readFileSync(join(this.#directory, 'client.pub')));
    const script = 'mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd && touch /run/utmp && echo $$ && exec sleep infinity';
    const holder = this.#start(this.#lab.onServer('unshare', '--mount', '--propagation', 'private', 'sh', '-c', script));
    while (holder.lines.length === 0 && holder.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    this.#pid = holder.lines[0] ?? '';
    const options = {
      HostKey: join(this.#directory, 'host'),
      AuthorizedKeysFile: join(this.#directory, 'keys', '%u'),
      PidFile: 'none',
      PermitRootLogin: 'prohibit-password',
      StrictModes: 'no',
      // Its modules would speak to this machine's logind.
      UsePAM: 'no',
      PrintMotd: 'no',
    };
    const given = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const sshd = this.#start(this.inside('/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', ...given));
    while (!/Server listening on 0\.0\.0\.0/.test(sshd.stderr)) {
      if (sshd.exitCode !== null) throw new Error(`sshd ended: ${sshd.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The argument vector that runs `command` where sshd runs. */
  inside(...command: string[]): string[] {
    return ['nsenter', '--mount', '--net', '--target', this.#pid, '--', ...command];
  }

  /** A session from one of the attacker's addresses that sends back what it is sent. With a terminal it stands in utmp, without it does not. */
  async session(from: string, hasTerminal: boolean): Promise<LineProcess> {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes'].flatMap((one) => [
      '-o',
      one,
    ]);
    const given = [hasTerminal ? '-tt' : '-T', '-F', 'none', '-i', join(this.#directory, 'client'), '-b', from, ...options];
    const command = 'stty -echo -onlcr 2>/dev/null; echo up; exec cat';
    const session = this.#start(this.#lab.onAttacker('ssh', ...given, `root@${this.#lab.serverAddress}`, command));
    await session.has('up');
    return session;
  }

  dispose(): void {
    for (const process of this.#processes.reverse()) process.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #start(command: readonly string[]): LineProcess {
    const process = new LineProcess(command);
    this.#processes.push(process);
    return process;
  }
}
