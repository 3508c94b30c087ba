// Syslog from the network and from unix sockets: what rsyslog's omfwd sends. One source for all listeners; there is nothing to resume.
import type { OpenDatagramReader } from '../binding/addon.ts';
import type { Clock } from '../core/clock.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { RecordSelector } from '../record/record-selector.ts';
import type { ListenAddress } from './listen-address.ts';
import { listenError } from './listen-error.ts';
import { LossTally } from './loss-tally.ts';
import type { Source, SourceSink } from './source.ts';
import { toSyslogBatch } from './syslog-batch.ts';
import { SyslogDatagramListener } from './syslog-datagrams.ts';
import { formatListener, type ListenerEvents, type SyslogListener } from './syslog-listener.ts';
import { SyslogSelection } from './syslog-selection.ts';
import { SyslogTcpListener } from './syslog-tcp.ts';

export interface SyslogSourceOptions {
  readonly listen: readonly ListenAddress[];
  /** The networks whose senders are heard; of unix sockets, the file's mode says who may write. */
  readonly allow: readonly IpNetwork[];
  readonly clock: Clock;
  /** openDatagramReader of the addon. */
  readonly open: OpenDatagramReader;
}

export class SyslogSource implements Source {
  readonly name = 'syslog';
  readonly #options: SyslogSourceOptions;
  #selection = new SyslogSelection([]);
  #listeners: readonly SyslogListener[] = [];
  #records = 0;

  constructor(options: SyslogSourceOptions) {
    this.#options = options;
  }

  select(selectors: readonly RecordSelector[]): void {
    this.#selection = new SyslogSelection(selectors);
  }

  async run(signal: AbortSignal, sink: SourceSink): Promise<void> {
    if (signal.aborted) return;
    const losses = new LossTally('dropped by the kernel, as they came faster than they were read', (loss) => sink.onLoss(loss));
    let end: () => void = () => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        end = resolve;
        signal.addEventListener('abort', end);
        this.#listeners = this.#options.listen.map((address) => this.#createListener(address, signal, sink, losses, reject));
        Promise.all(this.#listeners.map(listen)).then(() => {
          if (!signal.aborted) sink.onCaughtUp();
        }, reject);
      });
    } finally {
      signal.removeEventListener('abort', end);
      for (const listener of this.#listeners) listener.close();
      losses.end();
    }
  }

  describe(): Readonly<Record<string, string | number>> {
    const counts = this.#listeners.map((listener) => listener.counts());
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    return {
      listeners: this.#listeners.map(formatListener).join(', '),
      records: this.#records,
      lost: sum(counts.map(({ lost }) => lost)),
      truncated: sum(counts.map(({ truncated }) => truncated)),
      refused: sum(counts.map(({ refused }) => refused)),
      lastRefused: counts.findLast(({ lastRefused }) => lastRefused !== undefined)?.lastRefused ?? '',
      connections: sum(counts.map(({ connections }) => connections)),
      halfFrames: sum(counts.map(({ halfFrames }) => halfFrames)),
    };
  }

  #createListener(
    address: ListenAddress,
    signal: AbortSignal,
    sink: SourceSink,
    losses: LossTally,
    fail: (error: unknown) => void,
  ): SyslogListener {
    const { allow, open, clock } = this.#options;
    const events: ListenerEvents = {
      onMessages: (messages) => {
        if (signal.aborted) return;
        try {
          const batch = toSyslogBatch(messages, this.#selection, clock(), this.#records);
          this.#records += batch.count;
          sink.onBatch(batch);
        } catch (error) {
          fail(error);
        }
      },
      onLost: (count) => losses.add(count),
      onFailure: (error) => fail(listenError(address, error)),
    };
    return address.transport === 'tcp'
      ? new SyslogTcpListener({ ...events, address, allow })
      : new SyslogDatagramListener({ ...events, address, allow, open });
  }
}

async function listen(listener: SyslogListener): Promise<void> {
  try {
    await listener.listen();
  } catch (error) {
    throw listenError(listener.address, error);
  }
}
