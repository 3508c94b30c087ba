// Why a socket cannot be listened on, and the cure: what a person reads who wrote syslog_listen.
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';
import type { ListenAddress } from './listen-address.ts';

/** 'unavailable' whatever the cause: the source is tried again, and the others run on. */
export function listenError(address: ListenAddress, error: unknown): RingjailError {
  const cure = cureOf(address, systemCodeOf(error));
  return new RingjailError('unavailable', `cannot listen on ${address.text}: ${messageOf(error)}${cure === '' ? '' : `: ${cure}`}`, error);
}

function cureOf(address: ListenAddress, code: string | undefined): string {
  if (address.transport === 'unix') {
    if (code === 'EEXIST') return `a file that is no socket stands there; remove it, or name another path`;
    if (code === 'EADDRINUSE') return `another program listens there; see which: sudo ss -lxp src ${address.path}`;
    if (code === 'ENOENT') return 'the directory does not exist; the service has /run/ringjail';
    if (code === 'EACCES' || code === 'EROFS') return 'the daemon may not write to that directory; the service may to /run/ringjail';
    return '';
  }
  const { transport, port } = address;
  if (code === 'EADDRINUSE') {
    const option = transport === 'udp' ? '-lnup' : '-lntp';
    return `another program has the port; see which: sudo ss ${option} sport = :${port}; then stop it, or choose another port`;
  }
  if (code === 'EADDRNOTAVAIL') return 'no interface of this machine has that address now; see which there are: ip address';
  if (code === 'EACCES' || code === 'EPERM') return 'ports below 1024 are for root; choose one from 1024 on, such as 5514';
  if (code === 'EAFNOSUPPORT') {
    return 'the service is shut off from the network until it is told to listen: sudo npm run install-service -- --syslog';
  }
  return '';
}
