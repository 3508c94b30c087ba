// Files that syslog daemons write by custom, and where their records stand without any file (rsyslog.conf of Debian, Fedora, SUSE). Pure.
import { createHash } from 'node:crypto';

/** Facilities by RFC 5424's numbers. */
export type WellKnownLog =
  | { readonly source: 'kernel' }
  | { readonly source: 'bans' }
  | { readonly source: 'journal'; readonly facilities: readonly number[] | 'all' };

const user = 1;
const mail = 2;
const daemon = 3;
const auth = 4;
const cron = 9;
const authpriv = 10;
const ftp = 11;
const local0 = 16;

const logs: ReadonlyMap<string, WellKnownLog> = new Map<string, WellKnownLog>([
  ...facilityLogs(['auth.log', 'secure'], [auth, authpriv]),
  ...facilityLogs(['mail.log', 'maillog', 'mail', 'mail.info', 'mail.warn', 'mail.err'], [mail]),
  ...facilityLogs(['daemon.log'], [daemon]),
  ...facilityLogs(['user.log'], [user]),
  ...facilityLogs(['cron.log', 'cron'], [cron]),
  ...facilityLogs(['ftp.log', 'xferlog'], [ftp, daemon]),
  ...facilityLogs(['local0.log'], [local0]),
  ...facilityLogs(['syslog', 'messages'], 'all'),
  ['kern.log', { source: 'kernel' }],
  ['ufw.log', { source: 'kernel' }],
  ['fail2ban.log', { source: 'bans' }],
]);

function facilityLogs(names: readonly string[], facilities: readonly number[] | 'all'): [string, WellKnownLog][] {
  return names.map((name) => [name, { source: 'journal', facilities }]);
}

/** By the last part of the path, whatever the directory; a `*` at its end stands for rotated files. */
export const wellKnownLogOf = (path: string): WellKnownLog | undefined =>
  logs.get(path.slice(path.lastIndexOf('/') + 1).replace(/\*$/, ''));

const sumLength = 6;

/** The tag by which lines of a forwarded file are known: RFC 3164 leaves 31 characters before the colon (32 with it). */
export function fileTagOf(prefix: string, path: string): string {
  const text = path
    .replace(/^\/var\/log\//, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const room = 31 - prefix.length;
  if (text.length <= room) return prefix + text;
  // Two long paths that end alike are two files all the same.
  const sum = createHash('sha256').update(path).digest('hex').slice(0, sumLength);
  return `${prefix}${sum}-${text.slice(sumLength + 1 - room).replace(/^-/, '')}`;
}
