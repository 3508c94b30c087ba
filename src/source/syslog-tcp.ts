// One TCP port that receives syslog (RFC 6587). Connections are bounded in number, memory and work a turn of the event loop, and none is
// ended for being silent: a host that has nothing to say is well.
import { createServer, type Server, type Socket } from 'node:net';
import { containsNetwork, type IpNetwork, parseIpAddress } from '../core/ip-network.ts';
import type { NetworkListenAddress } from './listen-address.ts';
import { MessageBuffer } from './message-buffer.ts';
import { SyslogFraming } from './syslog-framing.ts';
import type { ListenerCounts, ListenerEvents, SyslogListener } from './syslog-listener.ts';

const mostConnections = 256;
// Of all connections together; what comes beyond waits in the kernel until the loop has come round.
const bytesPerTurn = 256 * 1024;
// A peer that is gone without a word gives its place back.
const keepAliveMs = 60_000;

export interface SyslogTcpOptions extends ListenerEvents {
  readonly address: NetworkListenAddress;
  readonly allow: readonly IpNetwork[];
  readonly mostConnections?: number;
}

export class SyslogTcpListener implements SyslogListener {
  readonly address: NetworkListenAddress;
  readonly #options: SyslogTcpOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #bytesThisTurn = 0;
  #isPaused = false;
  #isClosed = false;
  #truncated = 0;
  #refused = 0;
  #lastRefused: string | undefined;
  #halfFrames = 0;

  constructor(options: SyslogTcpOptions) {
    this.address = options.address;
    this.#options = options;
    this.#server = createServer({ keepAlive: true, keepAliveInitialDelay: keepAliveMs }, (socket) => this.#accept(socket));
    this.#server.maxConnections = options.mostConnections ?? mostConnections;
    this.#server.on('drop', (data) => this.#refuse(data?.remoteAddress));
  }

  listen(): Promise<void> {
    const { host, port } = this.address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, ipv6Only: true, exclusive: true }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', this.#options.onFailure);
        // Closed meanwhile, when there was nothing to close yet.
        if (this.#isClosed) this.#server.close();
        resolve();
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.address.port;
  }

  counts(): ListenerCounts {
    return {
      connections: this.#sockets.size,
      lost: 0,
      truncated: this.#truncated,
      refused: this.#refused,
      lastRefused: this.#lastRefused,
      halfFrames: this.#halfFrames,
    };
  }

  /** Ends all connections; what is half received is thrown away. */
  close(): void {
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.removeAllListeners('data');
      socket.destroy();
    }
    this.#sockets.clear();
  }

  #accept(socket: Socket): void {
    const address = parseIpAddress(socket.remoteAddress ?? '');
    if (address === undefined || !this.#options.allow.some((network) => containsNetwork(network, address))) {
      this.#refuse(socket.remoteAddress);
      socket.destroy();
      return;
    }
    const messages = new MessageBuffer();
    const framing = new SyslogFraming((bytes, start, end) => messages.add(bytes, start, end));
    const deliver = () => {
      this.#truncated += framing.truncated;
      framing.truncated = 0;
      if (messages.count > 0) this.#options.onMessages(messages.take(address.text));
    };
    this.#sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      framing.push(chunk);
      deliver();
      this.#boundTurn(chunk.length);
    });
    // Whatever ends a connection, 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      // Not where it is closed by us.
      if (!this.#sockets.delete(socket)) return;
      if (!framing.end()) this.#halfFrames++;
      deliver();
    });
  }

  #refuse(address: string | undefined): void {
    this.#refused++;
    this.#lastRefused = address;
  }

  #boundTurn(bytes: number): void {
    if (this.#bytesThisTurn === 0) setImmediate(() => this.#beginTurn());
    this.#bytesThisTurn += bytes;
    if (this.#isPaused || this.#bytesThisTurn < bytesPerTurn) return;
    this.#isPaused = true;
    for (const socket of this.#sockets) socket.pause();
  }

  #beginTurn(): void {
    this.#bytesThisTurn = 0;
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const socket of this.#sockets) socket.resume();
  }
}
