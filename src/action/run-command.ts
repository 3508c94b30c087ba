// The only place that starts a process: a program by its argument vector, or a definition's shell fragment with its values in the
// environment, each with a time limit.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { RingjailError, systemCodeOf } from '../core/errors.ts';

interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** `input`: what the program reads; nothing without it. */
export type RunCommand = (program: string, args: readonly string[], input?: Uint8Array) => Promise<CommandResult>;

// fail2ban's default for its commands, which people's habits are made from.
const timeLimitMs = 60_000;

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Resolves when the program ends with 0; rejects with what it said otherwise, and when it takes longer than a minute (it is killed). */
export const runCommand: RunCommand = (program, args, input) =>
  new Promise((resolve, reject) => {
    const env = { PATH: path, LC_ALL: 'C.UTF-8' };
    const limits = { env, timeout: timeLimitMs, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const;
    const child = execFile(program, args, limits, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else {
        const said = (stderr.trim() || stdout.trim() || error.message).slice(0, 500);
        reject(new RingjailError('unavailable', `${[program, ...args].join(' ')} failed: ${said}`, error));
      }
    });
    // A program that ends without reading is judged by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });

/** A command of a definition, written by root; nothing that comes from a log is in it, only in `env`. */
export interface ShellCommand {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Of its output the end is kept; by default as much as a message needs. */
  readonly mostOutputBytes?: number;
  /** Whoever waits for it has other things to live for: it does not keep the process alive. */
  readonly isBackground?: boolean;
}

/** Resolves with what the shell ended with. Rejects where it cannot be started or takes too long. */
export type RunShell = (command: ShellCommand) => Promise<ShellResult>;

export interface ShellResult {
  readonly exitCode: number;
  /** The end of what it wrote to standard output and standard error, in one. */
  readonly output: string;
}

/** Enough for a message; a command may write without end. */
const messageBytes = 4096;

/** How long after its end something that it wrote is waited for. */
const lateOutputMs = 200;

export const runShell: RunShell = ({ script, env, timeoutMs, mostOutputBytes = messageBytes, isBackground = false }) =>
  new Promise((resolve, reject) => {
    // A group of its own, so that what the shell started ends with it.
    const child = spawn('/bin/sh', ['-c', script], {
      env: { PATH: path, LANG: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      detached: true,
    });
    const output = new OutputEnd(mostOutputBytes);
    child.stdout.on('data', (chunk: Buffer) => output.add(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.add(chunk));
    let late: NodeJS.Timeout | undefined;
    let isLate = false;
    const finish = () => {
      clearTimeout(late);
      child.stdout.destroy();
      child.stderr.destroy();
      if (isLate) reject(new RingjailError('unavailable', `took longer than ${timeoutMs / 1000} s, and was ended`));
      else if (child.signalCode !== null) reject(new RingjailError('unavailable', `was ended by ${child.signalCode}`));
      else resolve({ exitCode: child.exitCode ?? 1, output: output.text() });
    };
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child);
    }, timeoutMs);
    if (isBackground) {
      for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();
      child.unref();
      timer.unref();
    }
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new RingjailError('unavailable', `cannot start /bin/sh: ${error.message}`, error));
    });
    child.on('exit', () => {
      clearTimeout(timer);
      // What the command left in the background may hold the pipes for ever.
      late = setTimeout(finish, lateOutputMs);
    });
    child.on('close', () => {
      if (child.exitCode !== null || child.signalCode !== null) finish();
    });
  });

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (systemCodeOf(error) !== 'ESRCH') throw error;
  }
}

class OutputEnd {
  readonly #most: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Put together now and then only: with each chunk, it would take longer than the command. */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > 2 * this.#most + chunk.length) this.#cut();
  }

  text(): string {
    return this.#cut().toString().trim();
  }

  #cut(): Buffer {
    const end = Buffer.concat(this.#chunks).subarray(-this.#most);
    // A copy: the view would keep all of it.
    this.#chunks = [Buffer.from(end)];
    this.#bytes = end.length;
    return end;
  }
}
