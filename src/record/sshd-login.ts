// A successful login as sshd logs it (auth_log in OpenSSH's auth.c): "Accepted METHOD for USER from ADDRESS port N ssh2[: DETAILS]".
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';

const longestMessage = 2048;
const start = Buffer.from('Accepted ');

// Anchored at both ends. A user's name may hold anything, " from 192.0.2.1 port 22 ssh2" too: the greedy `.+` has the last such part count.
const peer = '([0-9A-Fa-f:.%a-z]{2,64}) port \\d{1,5} ssh2';
// Of a key: its type and fingerprint; of GSSAPI: the principal. Neither holds a space.
const plain = new RegExp(`^Accepted [a-z0-9/-]+ for .+ from ${peer}(?:: \\S+(?: \\S+)?)?$`);
// Of a certificate: its ID, too, which whoever signed it chose.
const certificate = new RegExp(`^Accepted publickey for .+ from ${peer}: \\S+-CERT \\S+ ID .* \\(serial \\d+\\) CA \\S+ \\S+$`);
const anyPeer = new RegExp(` from ${peer}`, 'g');

/** The address that logged in, from the message of a record that sshd itself wrote; undefined for every other message. Hostile text is safe. */
export function parseLogin(message: Uint8Array): IpNetwork | undefined {
  if (message.length > longestMessage || Buffer.compare(start, message.subarray(0, start.length)) !== 0) return undefined;
  const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString('latin1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: sshd writes none, so whoever did is not sshd
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined;
  const address = plain.exec(text)?.[1] ?? certifiedPeer(text);
  return address === undefined ? undefined : parseIpAddress(address.replace(/%.*$/, ''));
}

/** Both the user's name and the certificate's ID may hold what looks like a peer; only where there is one it is the true one. */
function certifiedPeer(text: string): string | undefined {
  return Array.from(text.matchAll(anyPeer)).length === 1 ? certificate.exec(text)?.[1] : undefined;
}
