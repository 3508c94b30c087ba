// Where the people come from who are logged in now: utmp, and logind, as Debian 13 has no utmp any more.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../core/errors.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import { parseLogindSession } from '../record/logind-session.ts';
import { parseUtmp } from '../record/utmp.ts';
import { fileStamp } from './file-stamp.ts';

// Whoever ends without a word leaves an entry behind, and no file changes when a process dies.
const rereadMs = 60_000;
// More than any machine has; it bounds what a broken directory costs.
const mostSessions = 4096;

export interface SessionFiles {
  readonly utmp: string;
  /** A directory with a file for each session. */
  readonly logind: string;
}

const thisHost: SessionFiles = { utmp: '/var/run/utmp', logind: '/run/systemd/sessions' };

export class SessionPeers {
  readonly #files: SessionFiles;
  #stamp: string | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #peers: readonly IpNetwork[] = [];

  constructor(files = thisHost) {
    this.#files = files;
  }

  /** The same array as before where nothing changed. */
  current(): readonly IpNetwork[] {
    const nowMs = performance.now();
    const stamp = `${fileStamp(this.#files.utmp)}, ${fileStamp(this.#files.logind)}`;
    if (stamp === this.#stamp && nowMs - this.#readAtMs < rereadMs) return this.#peers;
    this.#stamp = stamp;
    this.#readAtMs = nowMs;
    const peers = new Map([...this.#utmpPeers(), ...this.#logindPeers()].map((peer) => [peer.text, peer]));
    const isSame = peers.size === this.#peers.length && this.#peers.every(({ text }) => peers.has(text));
    if (!isSame) this.#peers = [...peers.values()];
    return this.#peers;
  }

  #utmpPeers(): IpNetwork[] {
    const sessions = parseUtmp(ifThere(() => readFileSync(this.#files.utmp)) ?? Buffer.alloc(0)).slice(0, mostSessions);
    return sessions.flatMap(({ pid, peer }) => (peer !== undefined && isAlive(pid) ? [peer] : []));
  }

  #logindPeers(): IpNetwork[] {
    // Beside each session's file may stand a pipe of the same name with ".ref", which must not be read.
    const names = (ifThere(() => readdirSync(this.#files.logind)) ?? []).filter((name) => /^[A-Za-z0-9]+$/.test(name));
    return names.slice(0, mostSessions).flatMap((name) => {
      const text = ifThere(() => readFileSync(join(this.#files.logind, name), 'utf8'));
      return text === undefined ? [] : (parseLogindSession(text) ?? []);
    });
  }
}

/** Undefined where the file is not there, or went in this moment. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  // 0 and negative numbers mean groups of processes.
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's.
    return systemCodeOf(error) === 'EPERM';
  }
}
