// A process whose output is read line by line, as events.
import { type ChildProcess, spawn } from 'node:child_process';
import { until } from './laboratory.ts';

export class LineProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #stderr = '';

  constructor(command: readonly string[]) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let rest = '';
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      this.lines.push(...parts);
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    // A process that has ended takes no line; its exit code tells why.
    this.#child.stdin?.on('error', () => undefined);
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get stderr(): string {
    return this.#stderr;
  }

  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  count(line: string): number {
    return this.lines.filter((one) => one === line).length;
  }

  /** Resolves when the line has come as often as `times`. */
  async has(line: string, times = 1): Promise<void> {
    await until(
      `"${line}"; there are ${JSON.stringify(this.lines)} ${this.#stderr}`,
      () => this.count(line) >= times || this.exitCode !== null,
    );
    if (this.count(line) < times) throw new Error(`ended without "${line}": ${this.lines.join(', ')} ${this.#stderr}`);
  }

  async ended(): Promise<number> {
    await until('the process ends', () => this.#child.exitCode !== null || this.#child.signalCode !== null);
    return this.#child.exitCode ?? -1;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
