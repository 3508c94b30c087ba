// Who is at the other end of a connection, and which of them is the daemon.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { peerCredentialsOf } from '../binding/addon.ts';

/** Throws where the socket is closed already. */
export function uidOfPeer(socket: Socket): number {
  // Node shows the descriptor nowhere else.
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  if (typeof handle?.fd !== 'number' || handle.fd < 0) throw new Error('the connection is closed');
  return peerCredentialsOf(handle.fd).uid;
}

/** passwd(5); undefined where there is no such user. The daemon's user is a local one: sysusers.d makes it. */
export function uidOfUser(name: string, passwd = readFileSync('/etc/passwd', 'utf8')): number | undefined {
  const fields = passwd.split('\n').map((line) => line.split(':'));
  const uid = fields.find(([user]) => user === name)?.[2];
  return uid !== undefined && /^\d+$/.test(uid) ? Number(uid) : undefined;
}
