// The daemon's side of the privileged helper: one connection, kept; made again, with back-off, where it was lost.
import { createConnection, type Socket } from 'node:net';
import { BackOff } from '../core/back-off.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { formatHelperRequest, type HelperAnswer, type HelperRequest, maxFrameBytes, parseHelperAnswer } from './helper-messages.ts';

const retryLimits = { firstMs: 250, lastMs: 30_000 };

/** Check, stop, start, check again and ban, each with its own limit of a minute, and a little more. */
const answerLimitMs = 330_000;

type Omitted<T> = T extends unknown ? Omit<T, 'id'> : never;

interface Waiting {
  readonly resolve: (answer: HelperAnswer & { readonly ok: true }) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class HelperClient {
  readonly #path: string;
  readonly #limitMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | undefined;
  #received = '';
  #lastId = 0;
  readonly #backOff = new BackOff(retryLimits);
  #failure: { readonly error: RingjailError; readonly untilMs: number } | undefined;

  constructor(path: string, limitMs = answerLimitMs) {
    this.#path = path;
    this.#limitMs = limitMs;
  }

  /** Rejects where the helper refuses, fails, or cannot be reached; the caller tries again in its own time. */
  request(request: Omitted<HelperRequest>): Promise<HelperAnswer & { readonly ok: true }> {
    if (this.#failure !== undefined && performance.now() < this.#failure.untilMs) return Promise.reject(this.#failure.error);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new RingjailError('unreachable', `the helper gave no answer within ${this.#limitMs / 1000} s`));
      }, this.#limitMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#connected().write(formatHelperRequest({ ...request, id }));
    });
  }

  close(): void {
    this.#lose(new RingjailError('unreachable', 'the connection to the helper was closed'), false);
  }

  #connected(): Socket {
    if (this.#socket !== undefined) return this.#socket;
    const socket = createConnection(this.#path);
    this.#socket = socket;
    this.#received = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (error) => {
      const cure = 'is ringjail-actions.socket active? sudo systemctl enable --now ringjail-actions.socket';
      const message = `cannot talk to the privileged helper at ${this.#path}: ${messageOf(error)}; ${cure}`;
      if (this.#socket === socket) this.#lose(new RingjailError('unreachable', message, error), true);
    });
    // It leaves when it has had nothing to do for a while.
    socket.on('close', () => {
      if (this.#socket === socket) this.#lose(new RingjailError('unreachable', 'the helper ended the connection'), this.#waiting.size > 0);
    });
    return socket;
  }

  #receive(text: string): void {
    this.#failure = undefined;
    this.#backOff.succeeded();
    const lines = (this.#received + text).split('\n');
    this.#received = lines.pop() ?? '';
    for (const line of lines) this.#answer(line);
    if (this.#received.length > maxFrameBytes) this.#lose(new RingjailError('unreachable', 'the helper does not speak our language'), true);
  }

  #answer(line: string): void {
    const answer = parseHelperAnswer(line);
    const waiting = answer && this.#waiting.get(answer.id);
    if (answer === undefined || waiting === undefined) return;
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    if (answer.ok) waiting.resolve(answer);
    else waiting.reject(new RingjailError(answer.refused === true ? 'configuration' : 'unavailable', answer.error));
  }

  #lose(error: RingjailError, isFailure: boolean): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    if (isFailure) this.#failure = { error, untilMs: performance.now() + this.#backOff.failed() };
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}
