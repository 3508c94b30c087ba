// What sshd would log, sent to a /dev/log by a program of root that is named sshd: to journald it is the real one (_UID=0, _COMM=sshd).
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { projectDirectory } from './laboratory.ts';

export const failedPassword = (address: string, pid = 4242, user = 'root'): string =>
  `<38>sshd[${pid}]: Failed password for ${user} from ${address} port 4242 ssh2`;

export class FalseSshd {
  readonly #directory = mkdtempSync(`${tmpdir()}/ringjail-sshd-`);
  readonly #process: ChildProcess;
  readonly #waiting: ((sentNs: bigint) => void)[] = [];

  /** `name`: of the program. */
  constructor(devLog: string, name = 'sshd') {
    const program = `${this.#directory}/${name}`;
    execFileSync('cc', ['-O2', '-o', program, `${projectDirectory}/test/lab/dev-log-sender.c`]);
    this.#process = spawn(program, [devLog], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = this.#process;
    if (stdout === null || stdin === null) throw new Error('no pipes');
    stdin.on('error', () => undefined);
    createInterface({ input: stdout }).on('line', (line) => this.#waiting.shift()?.(BigInt(line)));
  }

  /** The moment just before it was sent, on the clock of process.hrtime. Each line is one datagram, with its <PRI>. */
  send(line: string): Promise<bigint> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin?.write(`${line}\n`);
    });
  }

  /** Resolves when journald has taken the last of them. */
  async sendAll(lines: readonly string[]): Promise<void> {
    await Promise.all(lines.map((line) => this.send(line)));
  }

  end(): void {
    this.#process.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
