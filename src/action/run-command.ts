// The only place that starts a process: a program by its argument vector, never a shell, with a time limit.
import { execFile } from 'node:child_process';
import { RingjailError } from '../core/errors.ts';

interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
}

export type RunCommand = (program: string, args: readonly string[]) => Promise<CommandResult>;

// fail2ban's default for its commands, which people's habits are made from.
const timeLimitMs = 60_000;

/** Resolves when the program ends with 0; rejects with what it said otherwise, and when it takes longer than a minute (it is killed). */
export const runCommand: RunCommand = (program, args) =>
  new Promise((resolve, reject) => {
    const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
    execFile(program, args, { env, timeout: timeLimitMs, killSignal: 'SIGKILL', maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else {
        const said = (stderr.trim() || stdout.trim() || error.message).slice(0, 500);
        reject(new RingjailError('unavailable', `${[program, ...args].join(' ')} failed: ${said}`, error));
      }
    });
  });
