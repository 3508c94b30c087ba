// Where syslog is received, as syslog_listen names it: udp://127.0.0.1:5514, udp://[::1]:5514, tcp://..., unix:///run/ringjail/syslog.sock.
import { parseIpAddress } from '../core/ip-network.ts';
import { err, ok, type Result } from '../core/result.ts';

export interface NetworkListenAddress {
  readonly transport: 'udp' | 'tcp';
  /** Canonical. */
  readonly host: string;
  readonly port: number;
  /** Canonical: equal addresses have equal texts. */
  readonly text: string;
}

interface UnixListenAddress {
  readonly transport: 'unix';
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

export type ListenAddress = NetworkListenAddress | UnixListenAddress;

// sun_path of unix(7), less the byte that ends it.
const longestPath = 107;
const lastPort = 65_535;

/** The error is for people: lowercase, what is expected. */
export function parseListenAddress(text: string): Result<ListenAddress, string> {
  const [, transport = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
  if (transport === 'unix') return parsePath(rest);
  if (transport !== 'udp' && transport !== 'tcp') {
    return err('expected an address such as udp://127.0.0.1:5514, tcp://[::1]:5514 or unix:///run/ringjail/syslog.sock');
  }
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(rest) ?? [];
  const port = Number(digits);
  if (digits === '' || port < 1 || port > lastPort) {
    return err(`expected ${transport}://ADDRESS:PORT with a port from 1 to ${lastPort}, an IPv6 address in brackets`);
  }
  const address = parseIpAddress(bracketed ?? plain);
  if (address === undefined || address.family !== (bracketed === undefined ? 4 : 6)) {
    return err(
      `expected an address of this machine before the port, such as 127.0.0.1 or [::1]; all of them are 0.0.0.0 and [::]; names and zones are not taken`,
    );
  }
  return ok({ transport, host: address.text, port, text: formatListenAddress(transport, address.text, port) });
}

export const formatListenAddress = (transport: string, host: string, port: number): string =>
  `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;

function parsePath(path: string): Result<ListenAddress, string> {
  if (!path.startsWith('/') || path.endsWith('/') || path.includes('\0')) {
    return err('expected the absolute path of a socket after unix://, such as unix:///run/ringjail/syslog.sock');
  }
  if (Buffer.byteLength(path) > longestPath) return err(`the path of a unix socket holds ${longestPath} bytes at most`);
  return ok({ transport: 'unix', path, text: `unix://${path}` });
}
