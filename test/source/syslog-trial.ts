// The syslog source on real sockets, and all that it says; and a sender of datagrams.
import { createSocket } from 'node:dgram';
import { openDatagramReader } from '../../src/binding/addon.ts';
import { type IpNetwork, parseIpNetwork } from '../../src/core/ip-network.ts';
import type { RecordBatch } from '../../src/record/record-batch.ts';
import type { RecordSelector } from '../../src/record/record-selector.ts';
import type { ListenAddress } from '../../src/source/listen-address.ts';
import { SyslogSource } from '../../src/source/syslog-source.ts';

export const nowUsec = 1_700_000_000_000_000;

export const networks = (...texts: string[]): IpNetwork[] => texts.flatMap((text) => parseIpNetwork(text) ?? []);

/** On a port that the system chooses. */
export const anyPort = (transport: 'udp' | 'tcp', host: string): ListenAddress => ({
  transport,
  host,
  port: 0,
  text: `${transport}://${host}`,
});

export class SyslogTrial {
  readonly source: SyslogSource;
  readonly lines: string[] = [];
  readonly batches: RecordBatch[] = [];
  readonly losses: (number | undefined)[] = [];
  #abort = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  constructor(listen: readonly ListenAddress[], allow = networks('127.0.0.0/8', '::1'), selectors: readonly RecordSelector[] = []) {
    this.source = new SyslogSource({ listen, allow, clock: () => nowUsec, open: openDatagramReader });
    this.source.select(selectors);
  }

  /** Rejects where it cannot listen. */
  async start(): Promise<this> {
    this.#abort = new AbortController();
    await new Promise<void>((resolve, reject) => {
      this.#ended = this.source.run(this.#abort.signal, {
        onBatch: (batch) => {
          this.batches.push(batch);
          for (let index = 0; index < batch.count; index++) {
            this.lines.push(batch.bytes.toString('latin1', batch.lineStart[index], batch.messageEnd[index]));
          }
          this.#wake();
        },
        onLoss: ({ count }) => this.losses.push(count),
        onCaughtUp: resolve,
      });
      this.#ended.catch(reject);
    });
    return this;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }

  /** The port of the listener with this number. */
  port(index = 0): number {
    return Number(String(this.source.describe()['listeners']).split(', ')[index]?.split(':').at(-1));
  }

  /** Waits until so many lines have come. */
  async until(count: number): Promise<string[]> {
    await this.wait(() => this.lines.length >= count);
    return this.lines;
  }

  async wait(isMet: () => boolean): Promise<void> {
    while (!isMet()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        // For what is not told by a batch.
        setTimeout(resolve, 10);
      });
    }
  }
}

/** From `from` to `port` of `to`, one after the other. */
export async function sendDatagrams(port: number, texts: readonly (string | Buffer)[], to = '127.0.0.1', from = to): Promise<void> {
  const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  for (const text of texts) {
    await new Promise<void>((resolve, reject) => socket.send(text, port, to, (error) => (error === null ? resolve() : reject(error))));
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
