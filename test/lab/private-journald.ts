// A real systemd-journald with sockets, configuration and journals of its own, in a mount namespace; its files lie below one directory
// outside of it, so that the test reads them where they are. Needs root.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { until } from './laboratory.ts';

const script = `
set -e
mount --bind "$1/sockets" /run/systemd/journal
mount --bind "$1/run" /run/log/journal
mount --bind "$1/var" /var/log/journal
mkdir -p /run/systemd/journald.conf.d
mount --bind "$1/conf" /run/systemd/journald.conf.d
exec /lib/systemd/systemd-journald`;

export class PrivateJournald {
  readonly directory = mkdtempSync(`${tmpdir()}/ringjail-journald-`);
  #process: ChildProcess | undefined;

  /** `settings`: lines of journald.conf(5) beside those that make it write all it gets. */
  constructor(settings: readonly string[] = ['Storage=persistent']) {
    // Others than root log, too.
    chmodSync(this.directory, 0o755);
    for (const folder of ['sockets', 'run', 'var', 'conf']) mkdirSync(`${this.directory}/${folder}`);
    for (const folder of ['/run/systemd/journal', '/run/log/journal', '/var/log/journal']) mkdirSync(folder, { recursive: true });
    this.configure(settings);
    // systemd's unit makes it; without it journald writes to /run until it is told to flush.
    writeFileSync(`${this.directory}/sockets/flushed`, '');
  }

  /** The persistent journal's folder. */
  get journal(): string {
    return `${this.directory}/var`;
  }

  get volatileJournal(): string {
    return `${this.directory}/run`;
  }

  get devLog(): string {
    return `${this.directory}/sockets/dev-log`;
  }

  /** Read at the next start. */
  configure(settings: readonly string[]): void {
    const always = ['RateLimitIntervalSec=0', 'ReadKMsg=no', 'Audit=no', 'ForwardToWall=no', 'ForwardToSyslog=no'];
    writeFileSync(`${this.directory}/conf/lab.conf`, `[Journal]\n${[...always, ...settings].join('\n')}\n`);
  }

  async start(): Promise<void> {
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', this.directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    let told = '';
    child.stderr.on('data', (text) => (told += text));
    await until('journald answers', () => {
      if (child.exitCode !== null) throw new Error(`journald ended: ${told}`);
      return this.#answers();
    });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    await new Promise((resolve) => {
      child.once('close', resolve);
      child.kill('SIGTERM');
    });
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  rotate(): void {
    this.#process?.kill('SIGUSR2');
  }

  /** From /run to /var; the flag is what systemd-journal-flush.service has made when it asks. */
  flush(): void {
    writeFileSync(`${this.directory}/sockets/flushed`, '');
    this.#process?.kill('SIGUSR1');
  }

  /** Writes each line as a message of its own by the real logger(1), which is silent where nobody listens unless it is told to tell. */
  log(lines: readonly string[], options: readonly string[] = []): void {
    execFileSync('logger', ['--socket-errors=on', '-u', this.devLog, ...options], { input: `${lines.join('\n')}\n` });
  }

  /** Names of the journal files below `folder`. */
  files(folder = this.journal): string[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.journal~?$/.test(name));
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #answers(): boolean {
    if (!existsSync(this.devLog)) return false;
    try {
      execFileSync('logger', ['--socket-errors=on', '-u', this.devLog, '-t', 'ringjail-lab', 'are you there?'], { stdio: 'ignore' });
      return this.files(this.journal).length + this.files(this.volatileJournal).length > 0;
    } catch {
      return false;
    }
  }
}
