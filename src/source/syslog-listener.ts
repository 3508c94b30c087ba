// One place where the syslog source listens, whatever the transport.
import { formatListenAddress, type ListenAddress } from './listen-address.ts';
import type { RawMessages } from './syslog-batch.ts';

/** Since `listen`. */
export interface ListenerCounts {
  /** Open now. */
  readonly connections: number;
  /** Messages dropped by the kernel. */
  readonly lost: number;
  /** Messages longer than 64 KiB, cut. */
  readonly truncated: number;
  /** Datagrams or connections of senders that are not allowed, and connections beyond the bound. */
  readonly refused: number;
  readonly lastRefused: string | undefined;
  /** Counted messages of which a connection's end left only a part. */
  readonly halfFrames: number;
}

export interface SyslogListener {
  readonly address: ListenAddress;
  /** Rejects with the system's error. */
  listen(): Promise<void>;
  /** The port bound while it listens, else the one to be; 0 for a unix socket. */
  readonly port: number;
  counts(): ListenerCounts;
  close(): void;
}

export interface ListenerEvents {
  readonly onMessages: (messages: RawMessages) => void;
  readonly onLost: (count: number) => void;
  /** After it listened: it listens no more. */
  readonly onFailure: (error: unknown) => void;
}

export function formatListener({ address, port }: SyslogListener): string {
  return address.transport === 'unix' ? address.text : formatListenAddress(address.transport, address.host, port);
}
