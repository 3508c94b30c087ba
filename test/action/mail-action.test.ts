import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MailAction, type MailOptions } from '../../src/action/mail-action.ts';
import { type RunCommand, runCommand } from '../../src/action/run-command.ts';
import { ticketOf } from './ban-ticket.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringjail-mail-'));
after(() => rmSync(directory, { recursive: true }));

const create = (transport: MailOptions['transport'], others: Partial<MailOptions> = {}): MailAction =>
  new MailAction({
    name: 'mail',
    from: 'ringjail@example.org',
    to: 'root@example.org',
    transport,
    hostName: 'host',
    hasWhois: false,
    runCommand,
    ...others,
  });

const hostile = ticketOf('192.0.2.7', { matches: ['.', 'a\nBcc: x@example.org', '~!id $(id) \u001b[2J'] });

/** The text of the attachment. */
function evidenceOf(mail: string): string {
  const [, encoding, body = ''] =
    /filename=evidence\.txt[\s\S]*?Content-Transfer-Encoding: (\S+)[\s\S]*?\n\r?\n([\s\S]*?)\r?\n--/.exec(
      mail.replace(/(Content-Transfer-Encoding: \S+)\r?\n(Content-Disposition: attachment; filename=evidence\.txt)/, '$2\n$1'),
    ) ?? [];
  return encoding === 'base64' ? Buffer.from(body, 'base64').toString() : body;
}

describe('MailAction', () => {
  it('gives sendmail a mail with the facts, and the lines as they are', async () => {
    const program = join(directory, 'sendmail');
    writeFileSync(program, `#!/bin/sh\necho "$@" > ${directory}/arguments\ncat > ${directory}/mail\n`);
    chmodSync(program, 0o755);
    await create({ sendmail: program }).ban(hostile);
    assert.equal(readFileSync(join(directory, 'arguments'), 'utf8'), '-i -f ringjail@example.org -- root@example.org\n');
    const mail = readFileSync(join(directory, 'mail'), 'utf8');
    assert.match(mail, /^Subject: \[ringjail\] sshd: banned 192\.0\.2\.7 on host$/m);
    assert.match(mail, /host has banned 192\.0\.2\.7 until 2023-11-14T22:23:20\.000Z\./);
    assert.doesNotMatch(mail, /^Bcc:/m);
    assert.equal(evidenceOf(mail), `${hostile.matches.join('\n')}\n`);
  });

  it('what is no address stands in quotes, and whois is not asked', async () => {
    const programs: string[] = [];
    let mail = '';
    const run: RunCommand = (program, _, input) => {
      programs.push(program);
      mail = Buffer.from(input ?? []).toString();
      return Promise.resolve({ stdout: '', stderr: '' });
    };
    await create({ sendmail: 'sendmail' }, { hasWhois: true, runCommand: run }).ban(ticketOf('-h x "$(id)', { isRaw: true }));
    assert.deepEqual(programs, ['sendmail']);
    assert.match(mail, /^Subject: \S*banned_=22-h_x_\S*\s+\S*=5C=22=24=28id=29=22_on_host\?=$/m);
    assert.match(mail, /host has banned "-h x \\"\$\(id\)" until/);
  });

  it('whois by argument vector; without it the mail goes all the same', async () => {
    const seen: unknown[] = [];
    let isThere = true;
    const run: RunCommand = (program, args, input) => {
      seen.push([program, ...args]);
      if (program !== 'whois') seen.push(Buffer.from(input ?? []).toString());
      if (program === 'whois' && !isThere) return Promise.reject(new Error('spawn whois ENOENT'));
      return Promise.resolve({ stdout: 'netname: X\u001b[2J', stderr: '' });
    };
    const action = create({ sendmail: '/usr/sbin/sendmail' }, { hasWhois: true, runCommand: run });
    await action.ban(ticketOf('2001:db8::/64'));
    assert.deepEqual(seen[0], ['whois', '--', '2001:db8::']);
    assert.match(String(seen[2]), /netname: X\\x1b\[2J/);
    isThere = false;
    await action.ban(ticketOf('192.0.2.7'));
    assert.match(String(seen[5]), /spawn whois ENOENT/);
  });

  it('a sendmail that fails is a failure', async () => {
    await assert.rejects(create({ sendmail: '/bin/false' }).ban(hostile), /mail to root@example\.org was not sent: .*\/bin\/false/);
  });

  it('speaks SMTP', async () => {
    const lines: string[] = [];
    const server = createServer((socket) => {
      let isData = false;
      socket.write('220 test\r\n');
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
          lines.push(line);
          if (isData && line !== '.') continue;
          const starts = line === 'DATA';
          isData = starts;
          socket.write(starts ? '354 go on\r\n' : '250 ok\r\n');
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const transport = { host: '127.0.0.1', port, isTls: false, user: undefined, password: undefined, timeoutMs: 5000 };
    try {
      await create(transport).ban(hostile);
      assert.ok(lines.includes('RCPT TO:<root@example.org>'), lines.join('\n'));
      assert.ok(lines.some((line) => line.startsWith('Subject: [ringjail] sshd')));
    } finally {
      server.close();
    }
    await assert.rejects(create(transport).ban(hostile), /ECONNREFUSED/);
  });
});
