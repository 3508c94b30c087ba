// Load that can be counted along: numbered attacks, the same for all who have the seed, written to a journald of one's own at a steady
// pace; what arrived, and when, is read back by journalctl(1), which shares no code with the daemon.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { Random } from '../record/random.ts';
import type { PrivateJournald } from './private-journald.ts';

const tag = 'attacked';
const linesAtOnce = 5;
const everyMs = 10;

/** What a jail says to have them, with the filter of this name. */
export const attackSource = (journald: PrivateJournald): string =>
  `backend = systemd[journalpath=${journald.journal}]\njournalmatch = SYSLOG_IDENTIFIER=${tag}\nfilter = attacked\n`;

export const attackFilter = '[Definition]\nfailregex = attack number \\d+ from <HOST>$\n';

export interface Attack {
  /** Its place in the journal, which the daemon's position names, too. */
  readonly entry: number;
  readonly timeUsec: number;
  /** What is counted: an address, or the first address of a /64 with its prefix. */
  readonly identity: string;
}

/** `i` of a cursor: the number of the entry, in hexadecimal. */
export const entryOf = (cursor: string): number => Number.parseInt(/(?:^|;)i=([0-9a-f]+)/.exec(cursor)?.[1] ?? '', 16);

/** Half are of fifty attackers, who change slowly; the others of many who seldom come. One in four is of IPv6, with an address at will. */
function addressOf(seed: number, number: number): string {
  const random = new Random(seed + number);
  const who = random.once(2) ? Math.floor(number / 50) + random.below(50) : 0x10000 + random.below(20_000);
  return who % 4 === 0
    ? `2001:db8:${(who >> 16).toString(16)}:${(who & 0xffff).toString(16)}::${(1 + random.below(5000)).toString(16)}`
    : `198.${18 + (who >> 16)}.${(who >> 8) & 255}.${who & 255}`;
}

const identityOf = (address: string): string =>
  address.includes(':')
    ? `${address
        .split('::')[0]
        ?.split(':')
        .slice(0, 4)
        .join(':')
        .replace(/(?::0)+$/, '')}::/64`
    : address;

const spawnLogger = (journald: PrivateJournald): ChildProcess =>
  spawn('logger', ['--socket-errors=on', '-u', journald.devLog, '-t', tag], { stdio: ['pipe', 'ignore', 'inherit'] });

async function endLogger(logger: ChildProcess): Promise<void> {
  if (logger.exitCode !== null) return;
  const ended = new Promise((resolve) => logger.once('close', resolve));
  logger.stdin?.end();
  await ended;
}

/** All at once; resolves when journald has been given all. */
export async function writeAttacks(journald: PrivateJournald, addresses: readonly string[]): Promise<void> {
  const logger = spawnLogger(journald);
  logger.stdin?.write(addresses.map((address, index) => `attack number ${index} from ${address}\n`).join(''));
  await endLogger(logger);
}

/** What arrived in the journal. */
export class AttackReader {
  readonly #journald: PrivateJournald;
  #cursor: string | undefined;

  constructor(journald: PrivateJournald) {
    this.#journald = journald;
  }

  /** Those that arrived since the last call. */
  async read(): Promise<Attack[]> {
    const since = this.#cursor === undefined ? [] : [`--after-cursor=${this.#cursor}`];
    const command = ['--directory', this.#journald.journal, '--output=json', `--identifier=${tag}`, '--quiet', '--no-pager', ...since];
    const { stdout } = await promisify(execFile)('journalctl', command, { maxBuffer: 1 << 28 });
    return stdout.split('\n').flatMap((line) => {
      if (line === '') return [];
      const fields = JSON.parse(line) as Record<string, string>;
      this.#cursor = fields['__CURSOR'];
      const identity = identityOf(/ from (\S+)$/.exec(fields['MESSAGE'] ?? '')?.[1] ?? '');
      return [{ entry: entryOf(fields['__CURSOR'] ?? ''), timeUsec: Number(fields['__REALTIME_TIMESTAMP']), identity }];
    });
  }
}

/** Writes until it is stopped. */
export class AttackWriter {
  readonly #seed: number;
  readonly #logger: ChildProcess;
  readonly #timer: NodeJS.Timeout;
  #written = 0;

  constructor(journald: PrivateJournald, seed: number) {
    this.#seed = seed;
    this.#logger = spawnLogger(journald);
    this.#timer = setInterval(() => this.#write(), everyMs);
  }

  get written(): number {
    return this.#written;
  }

  /** Resolves when journald has been given all. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await endLogger(this.#logger);
  }

  #write(): void {
    let lines = '';
    for (let count = 0; count < linesAtOnce; count++) {
      this.#written++;
      lines += `attack number ${this.#written} from ${addressOf(this.#seed, this.#written)}\n`;
    }
    this.#logger.stdin?.write(lines);
  }
}
