// The privileged helper's socket: who may talk to it, how much, and in what form. Whatever is hostile is refused and logged, and nothing
// of it ends the helper.
import type { Server, Socket } from 'node:net';
import { type HelperAnswer, type HelperRequest, maxFrameBytes, parseHelperRequest } from '../action/helper-messages.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { TokenBucket } from './token-bucket.ts';

export interface HelperServerOptions {
  readonly run: (request: HelperRequest) => Promise<HelperAnswer & { readonly ok: true }>;
  /** The user at the other end. */
  readonly uidOf: (socket: Socket) => number;
  readonly isAllowed: (uid: number) => boolean;
  readonly log: Log;
  readonly limits?: Partial<HelperLimits>;
  /** Nothing was asked for so long. */
  readonly onIdle: () => void;
}

export interface HelperLimits {
  /** Requests of all connections together, after `burst` at once. */
  readonly perSecond: number;
  readonly burst: number;
  readonly connections: number;
  /** Requests of one connection that are not answered yet. */
  readonly waiting: number;
  /** How long the rest of a frame is waited for. */
  readonly frameMs: number;
  readonly idleMs: number;
}

const defaultLimits: HelperLimits = { perSecond: 200, burst: 2000, connections: 8, waiting: 256, frameMs: 10_000, idleMs: 60_000 };

/** Answers that nobody fetches. */
const mostUnsentBytes = 1024 * 1024;

export class HelperServer {
  readonly #options: HelperServerOptions;
  readonly #limits: HelperLimits;
  readonly #bucket: TokenBucket;
  readonly #sockets = new Set<Socket>();
  #running = 0;
  #refused = 0;
  #refusalTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: HelperServerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#bucket = new TokenBucket(this.#limits.perSecond, this.#limits.burst, performance.now());
  }

  /** `server` listens, or is about to. */
  serve(server: Server): void {
    server.on('connection', (socket) => this.#accept(socket));
    server.on('error', (error) => this.#options.log.error(`the helper's socket: ${messageOf(error)}`));
    this.#rest();
  }

  close(): void {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#refusalTimer);
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const uid = this.#admit(socket);
    if (uid === undefined) {
      socket.on('error', () => socket.destroy());
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    this.#read(socket, uid);
  }

  /** The user who asks; undefined where the connection is refused. */
  #admit(socket: Socket): number | undefined {
    try {
      const uid = this.#options.uidOf(socket);
      if (this.#options.isAllowed(uid) && this.#sockets.size < this.#limits.connections) return uid;
      this.#refuse(`uid ${uid} ${this.#options.isAllowed(uid) ? 'has too many connections' : 'may not ask for anything'}`);
    } catch (error) {
      this.#refuse(`nobody can tell who asks: ${messageOf(error)}`);
    }
    return undefined;
  }

  #read(socket: Socket, uid: number): void {
    let rest: Buffer = Buffer.alloc(0);
    let waiting = 0;
    let timer: NodeJS.Timeout | undefined;
    const end = (reason: string) => {
      this.#refuse(`uid ${uid}: ${reason}`);
      socket.destroy();
    };
    const answer = (message: HelperAnswer) => {
      if (socket.destroyed) return;
      socket.write(`${JSON.stringify(message)}\n`);
      if (socket.writableLength > mostUnsentBytes) end('answers are not fetched');
    };
    const take = (frame: Buffer) => {
      const request = parseHelperRequest(frame.toString());
      if (request === undefined) return end(`a frame that is no request (${frame.length} bytes)`);
      if (waiting >= this.#limits.waiting || !this.#bucket.take(performance.now())) {
        this.#refuse(`uid ${uid}: too many requests`);
        return answer({
          id: request.id,
          ok: false,
          error: `too many requests at once; the helper takes ${this.#limits.perSecond} a second`,
          refused: true,
        });
      }
      waiting += 1;
      void this.#run(request, uid).then((message) => {
        waiting -= 1;
        answer(message);
      });
    };
    socket.on('close', () => clearTimeout(timer));
    socket.on('data', (chunk: Buffer) => {
      clearTimeout(timer);
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let newline = rest.indexOf(0x0a); newline !== -1 && !socket.destroyed; newline = rest.indexOf(0x0a)) {
        const frame = rest.subarray(0, newline);
        rest = rest.subarray(newline + 1);
        if (frame.length > maxFrameBytes) return end('a frame larger than 64 KiB');
        take(frame);
      }
      if (rest.length > maxFrameBytes) return end('a frame larger than 64 KiB');
      if (rest.length > 0) timer = setTimeout(() => end('the rest of a frame did not come'), this.#limits.frameMs);
    });
  }

  /** Never rejects. */
  async #run(request: HelperRequest, uid: number): Promise<HelperAnswer> {
    const { log } = this.#options;
    const what = `${request.op}${'ticket' in request ? ` ${request.ticket.network}` : ''} by ${request.action} of jail ${request.jail}`;
    const start = performance.now();
    this.#running += 1;
    clearTimeout(this.#idleTimer);
    try {
      const result = await this.#options.run(request);
      const isRoutine = request.op === 'look' && result.lost.length + result.missing.length === 0;
      log[isRoutine ? 'debug' : 'info'](`uid ${uid}: ${what}: done in ${Math.round(performance.now() - start)} ms`);
      return result;
    } catch (error) {
      log.warning(`uid ${uid}: ${what}: ${messageOf(error)}`);
      const isRefused = error instanceof RingjailError && (error.code === 'usage' || error.code === 'configuration');
      return { id: request.id, ok: false, error: messageOf(error).slice(0, 4000), ...(isRefused ? { refused: true } : {}) };
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#rest();
    }
  }

  #rest(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#options.onIdle(), this.#limits.idleMs);
  }

  /** A flood writes one line a second. */
  #refuse(reason: string): void {
    this.#refused += 1;
    if (this.#refusalTimer !== undefined) return;
    this.#options.log.warning(`refused: ${reason}`);
    this.#refused = 0;
    this.#refusalTimer = setTimeout(() => {
      this.#refusalTimer = undefined;
      if (this.#refused > 0) this.#options.log.warning(`refused: ${this.#refused} more within a second`);
      this.#refused = 0;
    }, 1000);
  }
}
