// A journal of mixed entries as a server on the Internet writes them, made by systemd-journal-remote from export text
// (https://systemd.io/JOURNAL_EXPORT_FORMATS). Fixed seed; made once and kept in a temporary directory.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Random } from '../test/record/random.ts';

const journalRemote = '/lib/systemd/systemd-journal-remote';

// A change of what is written wants another number: it names the cached file.
const version = 1;
const seed = 1;
export const startUsec = 1_700_000_000_000_000;
const bootId = '5f0c2d8a4b1e4f6f9a7d3c2b1a0f9e8d';

/**
 * A directory with a journal of `count` entries (of several files: systemd-journal-remote rotates); takes seconds where it is not there
 * yet. Of all entries, `attacked` come from a server under a flood, where six of ten are failures of ever new addresses; the others are
 * what the same services write of an ordinary day.
 */
export async function journalFixture(count: number, attacked = 1): Promise<string> {
  const path = `${tmpdir()}/ringjail-bench/mixed-${count}-${attacked}-${version}`;
  if (existsSync(path)) return path;
  const unfinished = `${tmpdir()}/ringjail-bench/unfinished-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const child = spawn(journalRemote, ['-o', `${unfinished}/mixed.journal`, '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (text) => (told += text));
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const random = new Random(seed);
  for (let index = 0; index < count; index++) {
    if (
      !child.stdin.write(exportEntry(random.below(1000) < attacked * 1000 ? mixedEntry(random, index) : quietEntry(random, index), index))
    )
      await new Promise((resolve) => child.stdin.once('drain', resolve));
  }
  child.stdin.end();
  if ((await ended) !== 0) {
    rmSync(unfinished, { recursive: true });
    throw new Error(`cannot make a journal by ${journalRemote}: ${told}`);
  }
  renameSync(unfinished, path);
  return path;
}

type Fields = Readonly<Record<string, string | number>>;

function exportEntry(fields: Fields, index: number): string {
  const usec = index * 5000;
  const head = `__REALTIME_TIMESTAMP=${startUsec + usec}\n__MONOTONIC_TIMESTAMP=${60_000_000 + usec}\n_BOOT_ID=${bootId}\n`;
  return `${head}${Object.entries({ ...machine, ...fields })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')}\n`;
}

const machine = { _MACHINE_ID: '0f9e8d7c6b5a49382716051423324150', _HOSTNAME: 'mx1', _RUNTIME_SCOPE: 'system' };

/** What journald adds to whatever a service sends. */
function service(unit: string, program: string, path: string, pid: number): Fields {
  return {
    _TRANSPORT: 'syslog',
    _UID: 0,
    _GID: 0,
    _COMM: program,
    _EXE: path,
    _CMDLINE: `${path} -D`,
    _CAP_EFFECTIVE: '1ffffffffff',
    _SELINUX_CONTEXT: 'unconfined',
    _SYSTEMD_CGROUP: `/system.slice/${unit}`,
    _SYSTEMD_UNIT: unit,
    _SYSTEMD_SLICE: 'system.slice',
    _SYSTEMD_INVOCATION_ID: 'd3b07384d113edec49eaa6238ad5ff00',
    _PID: pid,
    SYSLOG_PID: pid,
    SYSLOG_IDENTIFIER: program,
    SYSLOG_TIMESTAMP: 'Nov 14 22:13:20 ',
    _SOURCE_REALTIME_TIMESTAMP: startUsec + pid,
  };
}

const anyone = (random: Random) => `${1 + random.below(223)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
const users = ['root', 'admin', 'oracle', 'test', 'ubuntu', 'git', 'postgres', 'pi'];

function sshd(random: Random, pid: number): Fields {
  const who = random.pick(users);
  const peer = `${anyone(random)} port ${1024 + random.below(64000)}`;
  const message = random.pick([
    `Failed password for invalid user ${who} from ${peer} ssh2`,
    `Failed password for ${who} from ${peer} ssh2`,
    `Invalid user ${who} from ${peer}`,
    `Connection closed by authenticating user ${who} ${peer} [preauth]`,
    `Received disconnect from ${peer}:11: Bye Bye [preauth]`,
    `Disconnected from authenticating user ${who} ${peer} [preauth]`,
    `Accepted publickey for deploy from ${peer} ssh2: ED25519 SHA256:vm8Tz0gCq9gYkPO5mJ4dD0kq2p8zKpJm0o0cQe1B2xw`,
    'pam_unix(sshd:session): session opened for user deploy(uid=1000) by (uid=0)',
  ]);
  return { ...service('ssh.service', 'sshd', '/usr/sbin/sshd', pid), SYSLOG_FACILITY: 4, PRIORITY: 6, MESSAGE: message };
}

function kernel(random: Random, index: number): Fields {
  const tcp = `PROTO=TCP SPT=${1024 + random.below(64000)} DPT=${1 + random.below(65535)} WINDOW=1024 RES=0x00 SYN URGP=0`;
  return {
    _TRANSPORT: 'kernel',
    SYSLOG_FACILITY: 0,
    SYSLOG_IDENTIFIER: 'kernel',
    PRIORITY: 4,
    _SOURCE_MONOTONIC_TIMESTAMP: 60_000_000 + index * 5000,
    MESSAGE: `[UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=${anyone(random)} DST=203.0.113.17 LEN=44 TOS=0x00 PREC=0x00 TTL=${40 + random.below(30)} ID=${random.below(65536)} ${tcp} `,
  };
}

function postfix(random: Random, pid: number): Fields {
  const peer = `unknown[${anyone(random)}]`;
  const message = random.pick([
    `connect from ${peer}`,
    `disconnect from ${peer} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4`,
    `NOQUEUE: reject: RCPT from ${peer}: 554 5.7.1 <x@example.org>: Relay access denied; from=<a@example.net> to=<x@example.org> proto=ESMTP helo=<mail>`,
    `warning: ${peer}: SASL LOGIN authentication failed: UGFzc3dvcmQ6`,
  ]);
  const fields = service('postfix@-.service', 'smtpd', '/usr/lib/postfix/sbin/smtpd', pid);
  return { ...fields, SYSLOG_IDENTIFIER: 'postfix/smtpd', _UID: 106, SYSLOG_FACILITY: 2, PRIORITY: 6, MESSAGE: message };
}

/** The shares of the services are those of mixedEntry. */
function quietEntry(random: Random, index: number): Fields {
  const pid = 400 + random.below(30_000);
  const peer = `${anyone(random)} port ${1024 + random.below(64000)}`;
  const fields = mixedEntry(random, index);
  const message = quietMessages[String(fields['SYSLOG_IDENTIFIER'])]?.(random, peer);
  return message === undefined ? fields : { ...fields, _PID: pid, SYSLOG_PID: pid, MESSAGE: message };
}

const quietMessages: Readonly<Record<string, (random: Random, peer: string) => string>> = {
  sshd: (random, peer) =>
    random.pick([
      `Accepted publickey for deploy from ${peer} ssh2: ED25519 SHA256:vm8Tz0gCq9gYkPO5mJ4dD0kq2p8zKpJm0o0cQe1B2xw`,
      'pam_unix(sshd:session): session opened for user deploy(uid=1000) by (uid=0)',
      'pam_unix(sshd:session): session closed for user deploy',
      `Received disconnect from ${peer}:11: disconnected by user`,
      `Disconnected from user deploy ${peer}`,
    ]),
  kernel: (random) =>
    random.pick([
      'audit: type=1400 audit(1700000000.123:45): apparmor="ALLOWED" operation="open" profile="named" name="/etc/ssl/openssl.cnf"',
      `[UFW ALLOW] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=${anyone(random)} DST=203.0.113.17 LEN=60 TOS=0x00 PREC=0x00 TTL=51 ID=1 DF PROTO=TCP SPT=40000 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 `,
      'eth0: renamed from veth1a2b3c4',
    ]),
  'postfix/smtpd': (random) =>
    random.pick([
      `connect from mail.example.net[${anyone(random)}]`,
      `8D2F32A0C1: client=mail.example.net[${anyone(random)}]`,
      `disconnect from mail.example.net[${anyone(random)}] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`,
    ]),
  named: (random, peer) =>
    `client @0x7f3c5c0d0a8 ${peer.replace(' port ', '#')} (host${random.below(50)}.example.com): query: host.example.com IN A +E(0) (203.0.113.17)`,
};

function mixedEntry(random: Random, index: number): Fields {
  const pid = 400 + random.below(30_000);
  const kind = random.below(100);
  if (kind < 35) return sshd(random, pid);
  if (kind < 55) return kernel(random, index);
  if (kind < 70) return postfix(random, pid);
  if (kind < 80) {
    const question = `host${random.below(50)}.example.com`;
    return {
      ...service('named.service', 'named', '/usr/sbin/named', 702),
      _UID: 105,
      SYSLOG_FACILITY: 3,
      PRIORITY: 6,
      MESSAGE: `client @0x7f3c5c0${random.below(10)}d0a8 ${anyone(random)}#${1024 + random.below(64000)} (${question}): query (cache) '${question}/A/IN' denied`,
    };
  }
  if (kind < 88) {
    const job = random.pick(['   cd / && run-parts --report /etc/cron.hourly', 'command -v debian-sa1 > /dev/null && debian-sa1 1 1']);
    return {
      ...service('cron.service', 'cron', '/usr/sbin/cron', pid),
      SYSLOG_IDENTIFIER: 'CRON',
      SYSLOG_FACILITY: 9,
      PRIORITY: 6,
      MESSAGE: `(root) CMD (${job})`,
    };
  }
  if (kind < 94) {
    const unit = random.pick(['apt-daily.service', 'logrotate.service', 'fstrim.service', 'man-db.service']);
    const fields = service('init.scope', 'systemd', '/lib/systemd/systemd', 1);
    return {
      ...fields,
      _TRANSPORT: 'journal',
      UNIT: unit,
      CODE_FILE: 'src/core/job.c',
      CODE_LINE: 716,
      PRIORITY: 6,
      MESSAGE: `Finished ${unit}.`,
    };
  }
  if (kind < 97) {
    const message = `deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl reload nginx`;
    return { ...service('session-3.scope', 'sudo', '/usr/bin/sudo', pid), SYSLOG_FACILITY: 10, PRIORITY: 5, MESSAGE: message };
  }
  return {
    ...service('networking.service', 'dhclient', '/sbin/dhclient', 512),
    SYSLOG_FACILITY: 3,
    PRIORITY: 6,
    MESSAGE: 'DHCPREQUEST for 203.0.113.17 on eth0 to 203.0.113.1 port 67',
  };
}
