// The laboratory of lab.sh for TypeScript: an attacker and a server with real packets, a real ufw and the real kernel log.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// From dist/test/lab/ as compiled.
export const projectDirectory = fileURLToPath(new URL('../../..', import.meta.url));
const script = `${projectDirectory}/test/lab/lab.sh`;
const knockProgram = `${projectDirectory}/dist/test/lab/knock.js`;

/** What became of a connection attempt. */
export type KnockResult = 'connected' | 'refused' | 'silent';

export class Laboratory {
  readonly name: string;
  readonly serverAddress = '10.77.0.2';
  readonly serverAddress6 = 'fd77::2';

  /** `name`: of its own for each test file, so that one left behind is not in the way of another. */
  constructor(name: string) {
    this.name = name;
  }

  get directory(): string {
    return `/tmp/lab-${this.name}`;
  }

  up(): void {
    this.#shell('lab_up');
  }

  down(): void {
    this.#shell('lab_down');
  }

  /** Enables the real ufw: deny incoming, allow 22/tcp. */
  enableUfw(level: 'low' | 'high'): void {
    this.#shell(`lab_ufw ${level}`);
  }

  /** The argument vector that runs `command` on the server. */
  onServer(...command: string[]): string[] {
    const pid = readFileSync(`${this.directory}/server.pid`, 'utf8').trim();
    return ['nsenter', '--mount', '--net', '--target', pid, '--', ...command];
  }

  onAttacker(...command: string[]): string[] {
    return ['ip', 'netns', 'exec', `${this.name}-attacker`, ...command];
  }

  /** Tries to connect from one of the attacker's addresses to ports of the server, all at once; one outcome a port. */
  async knock(from: string, ports: readonly number[]): Promise<KnockResult[]> {
    const to = from.includes(':') ? this.serverAddress6 : this.serverAddress;
    const { stdout } = await run(this.onAttacker(process.execPath, knockProgram, from, to, ...ports.map(String)));
    return JSON.parse(stdout) as KnockResult[];
  }

  /** Something that listens on the server, so that an allowed port answers. */
  listen(port: number): ChildProcess {
    const source = `const n = require('node:net'); n.createServer((s) => s.end()).listen(${port}, '::', () => console.log('listening'))`;
    const [program = '', ...args] = this.onServer(process.execPath, '-e', source);
    return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  #shell(command: string): void {
    // lab_up leaves a process behind that holds the server's namespaces; it must not hold our pipes as well.
    execFileSync('bash', ['-c', `. "$0"; ${command}`, script], {
      env: { ...process.env, LAB: this.name },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs to the end, whatever the exit code. */
export function run(command: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<CommandOutcome> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env: environment, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
      if (error !== null && child.exitCode === null) reject(error);
      else resolve({ code: child.exitCode ?? 0, stdout, stderr });
    });
  });
}

/** Polls until `isTrue` says so; throws after `limitMs` with what was waited for. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, limitMs = 10_000, everyMs = 20): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
