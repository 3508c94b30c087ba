// A UDP or unix datagram socket that receives syslog: one read a wake-up, the rest in native/datagram_reader.cc.
import type { DatagramReader, OpenDatagramReader } from '../binding/addon.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { ListenAddress } from './listen-address.ts';
import type { ListenerCounts, ListenerEvents, SyslogListener } from './syslog-listener.ts';

// So that one wake-up does not keep the control socket waiting; what is left wakes the loop again at once.
const messagesPerRead = 4096;
// The kernel doubles it and counts some 1,280 bytes for a small message: a quarter of a second at 200,000 a second.
const receiveBufferBytes = 32 * 1024 * 1024;
const networkBytes = 18;

export interface SyslogDatagramOptions extends ListenerEvents {
  readonly address: ListenAddress;
  readonly allow: readonly IpNetwork[];
  readonly open: OpenDatagramReader;
}

export class SyslogDatagramListener implements SyslogListener {
  readonly address: ListenAddress;
  readonly #options: SyslogDatagramOptions;
  #reader: DatagramReader | undefined;
  #lost = 0;
  #truncated = 0;
  #refused = 0;
  #lastRefused: string | undefined;

  constructor(options: SyslogDatagramOptions) {
    this.address = options.address;
    this.#options = options;
  }

  async listen(): Promise<void> {
    const { address, allow, open } = this.#options;
    const place = address.transport === 'unix' ? address.path : address.host;
    const port = address.transport === 'unix' ? undefined : address.port;
    this.#reader = open(place, port, packNetworks(allow), receiveBufferBytes, () => this.#read());
    this.#reader.start();
  }

  get port(): number {
    return this.#reader?.port() ?? (this.address.transport === 'unix' ? 0 : this.address.port);
  }

  counts(): ListenerCounts {
    return {
      connections: 0,
      lost: this.#lost,
      truncated: this.#truncated,
      refused: this.#refused,
      lastRefused: this.#lastRefused,
      halfFrames: 0,
    };
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  #read(): void {
    if (this.#reader === undefined) return;
    const { onMessages, onLost, onFailure } = this.#options;
    try {
      const raw = this.#reader.read(messagesPerRead);
      this.#truncated += raw.truncated;
      this.#refused += raw.refused;
      this.#lastRefused = raw.lastRefused ?? this.#lastRefused;
      this.#lost += raw.lost;
      if (raw.lost > 0) onLost(raw.lost);
      if (raw.starts.length > 0) onMessages(raw);
    } catch (error) {
      onFailure(error);
    }
  }
}

/** 18 bytes each, as native/datagram_reader.h has them. */
function packNetworks(networks: readonly IpNetwork[]): Uint8Array {
  const packed = new Uint8Array(networks.length * networkBytes);
  networks.forEach(({ family, prefix, bytes }, index) => {
    packed.set([family, prefix, ...bytes], index * networkBytes);
  });
  return packed;
}
