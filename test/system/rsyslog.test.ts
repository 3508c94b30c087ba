// The real rsyslog forwards to the real source: by UDP in the three templates that people use, by TCP in both framings, from local
// programs and from a file. It runs as a process of its own with files of its own; nothing of this machine's syslog is touched.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RecordSelector } from '../../src/record/record-selector.ts';
import { anyPort, networks, SyslogTrial } from '../source/syslog-trial.ts';

const failure = 'Failed password for invalid user admin from 192.0.2.9 port 4242 ssh2';
const reject = 'NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted';
const fileLine = '2026/11/22 01:02:03 [error] 7#7: *1 user "x": password mismatch, client: 192.0.2.9, server: _';
const selectors: readonly RecordSelector[] = [
  { source: 'syslog', facilities: [10], programs: ['sshd'] },
  { source: 'syslog', facilities: [2], programs: undefined },
  { source: 'syslog', facilities: undefined, programs: ['file-nginx-error-log'] },
];

interface Forwarding {
  readonly name: string;
  readonly transport: 'udp' | 'tcp';
  /** Parameters of omfwd. */
  readonly options: string;
  /** How postfix/smtpd arrives: APP-NAME is rsyslog's programname, which ends at the slash. */
  readonly smtpd: string;
}

const forwardings: readonly Forwarding[] = [
  { name: 'UDP as one line of omfwd says it, without a template', transport: 'udp', options: '', smtpd: 'postfix/smtpd' },
  {
    name: 'UDP, RSYSLOG_TraditionalForwardFormat',
    transport: 'udp',
    options: 'Template="RSYSLOG_TraditionalForwardFormat"',
    smtpd: 'postfix/smtpd',
  },
  { name: 'UDP, RSYSLOG_ForwardFormat', transport: 'udp', options: 'Template="RSYSLOG_ForwardFormat"', smtpd: 'postfix/smtpd' },
  { name: 'UDP, RSYSLOG_SyslogProtocol23Format', transport: 'udp', options: 'Template="RSYSLOG_SyslogProtocol23Format"', smtpd: 'postfix' },
  { name: 'TCP, ended by line feeds', transport: 'tcp', options: 'TCP_Framing="traditional"', smtpd: 'postfix/smtpd' },
  {
    name: 'TCP, octets counted',
    transport: 'tcp',
    options: 'TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format"',
    smtpd: 'postfix',
  },
];

describe('rsyslog forwards to us', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-rsyslog-'));
  const socket = join(directory, 'log');
  const log = join(directory, 'error.log');
  const trials = forwardings.map(({ transport }) => new SyslogTrial([anyPort(transport, '127.0.0.1')], networks('127.0.0.1'), selectors));
  let rsyslog: ChildProcess | undefined;

  before(async () => {
    for (const trial of trials) await trial.start();
    const config = `
      global(localHostname="web1" workDirectory="${directory}")
      module(load="imuxsock" SysSock.Use="off")
      module(load="imfile")
      input(type="imuxsock" Socket="${socket}" CreatePath="off" RateLimit.Interval="0")
      input(type="imfile" File="${log}" Tag="file-nginx-error-log" Facility="local0" Severity="info")
      ${forwardings
        .map(({ transport, options }, index) => {
          const port = trials[index]?.port();
          return `action(type="omfwd" Target="127.0.0.1" Port="${port}" Protocol="${transport}" ${options})`;
        })
        .join('\n')}\n`;
    const file = join(directory, 'rsyslog.conf');
    writeFileSync(file, config);
    writeFileSync(log, '');
    rsyslog = spawn('rsyslogd', ['-n', '-iNONE', '-f', file], { stdio: ['ignore', 'inherit', 'inherit'] });
    while (!existsSync(socket)) {
      assert.equal(rsyslog.exitCode, null, 'rsyslogd has ended');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const logger = (...args: string[]) => execFileSync('logger', ['--socket', socket, '--socket-errors=on', ...args]);
    logger('--id=123', '-t', 'sshd', '-p', 'authpriv.info', failure);
    logger('--id=77', '-t', 'postfix/smtpd', '-p', 'mail.info', reject);
    logger('-t', 'named', '-p', 'daemon.info', '  indented');
    const forged = `<86>Nov 22 01:02:03 sshd[1]: Invalid user a\\n<86>Nov 22 01:02:03 web1 sshd[1]: ${failure} from 192.0.2.1 port 22`;
    const program = `import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"${forged}", "${socket}")`;
    execFileSync('python3', ['-c', program]);
    appendFileSync(log, `${fileLine}\n`);
  });

  after(async () => {
    if (rsyslog !== undefined && rsyslog.exitCode === null) {
      rsyslog.kill();
      await once(rsyslog, 'exit');
    }
    for (const trial of trials) await trial.stop();
    rmSync(directory, { recursive: true });
  });

  for (const [index, { name, smtpd }] of forwardings.entries()) {
    it(name, { timeout: 30_000 }, async () => {
      const trial = trials[index] ?? assert.fail();
      await trial.wait(() => trial.lines.includes(fileLine) && trial.lines.some((line) => line.includes('Invalid user')));
      const selectedOf = new Map(
        trial.batches.flatMap((batch) =>
          Array.from(batch.selected, (bits, at) => [
            batch.bytes.toString('latin1', batch.lineStart[at], batch.messageEnd[at]),
            [bits, batch.priority[at], batch.bytes.toString('latin1', batch.messageStart[at], batch.messageEnd[at])],
          ]),
        ),
      );
      // Its own notices come besides.
      const expected = new Map([
        [`web1 sshd[123]: ${failure}`, [1, 86, failure]],
        [`web1 ${smtpd}[77]: ${reject}`, [2, 22, reject]],
        ['web1 named:   indented', [0, 30, '  indented']],
        [fileLine, [4, 134, fileLine]],
      ]);
      for (const [line, record] of expected) assert.deepEqual(selectedOf.get(line), record, `${line}\namong\n${trial.lines.join('\n')}`);
      // rsyslog writes line feeds as #012 where it receives; that one is one record, and stays one.
      const second = `<86>Nov 22 01:02:03 web1 sshd[1]: ${failure} from 192.0.2.1 port 22`;
      assert.ok(trial.lines.includes(`web1 sshd[1]: Invalid user a#012${second}`), trial.lines.join('\n'));
    });
  }
});
