import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ParsedSyslog, parseSyslog } from './syslog-parsed.ts';

const sender = '192.0.2.1';
const nothing = { priority: 13, host: '', program: '', pid: '' };

/** Input, and what is expected of it; without a line: `host program[pid]: message`. */
type Row = readonly [text: string, expected: Partial<ParsedSyslog>];

function check(rows: readonly Row[]): void {
  for (const [text, expected] of rows) {
    it(JSON.stringify(text.length > 150 ? `${text.slice(0, 150)}...` : text), () => {
      const { host = '', program = '', pid = '', message = '' } = expected;
      const head = `${host || sender} ${program}${pid === '' ? '' : `[${pid}]`}${program === '' ? '' : ': '}`;
      assert.deepEqual(parseSyslog(text, sender), { ...nothing, message, line: head + message, ...expected });
    });
  }
}

describe('syslog: RFC 3164 as rsyslog sends it', () => {
  const sshd = { priority: 38, host: 'web1', program: 'sshd', pid: '123', message: 'Failed password for root from 192.0.2.9 port 22 ssh2' };
  check([
    [`<38>Nov 22 01:02:03 web1 sshd[123]: ${sshd.message}`, sshd],
    [`<38>Nov  2 01:02:03 web1 sshd[123]: ${sshd.message}\n`, sshd],
    [`<38>Nov 02 01:02:03 web1 sshd[123]: ${sshd.message}\0`, sshd],
    [`<38>Nov 22 01:02:03 web1 sshd[123]: ${sshd.message}\r\n`, sshd],
    [`<38>Nov 22 01:02:03 web1 sshd[123]: ${sshd.message}\n\0\n`, sshd],
    [`<38>2026-11-22T01:02:03.123456+00:00 web1 sshd[123]: ${sshd.message}`, sshd],
    [`<38>2026-11-22T01:02:03Z web1 sshd[123]: ${sshd.message}`, sshd],
    [`<38>2026-11-22T01:02:03 web1 sshd[123]: ${sshd.message}`, sshd],
    [
      '<22>Nov 22 01:02:03 mx.example.com postfix/smtpd[123]: NOQUEUE: reject: RCPT',
      { priority: 22, host: 'mx.example.com', program: 'postfix/smtpd', pid: '123', message: 'NOQUEUE: reject: RCPT' },
    ],
    [
      '<4>Nov 22 01:02:03 web1 kernel: [  123.456789] [UFW BLOCK] IN=eth0',
      { priority: 4, host: 'web1', program: 'kernel', message: '[  123.456789] [UFW BLOCK] IN=eth0' },
    ],
    [
      '<4>Nov 22 01:02:03 web1 kernel: [UFW BLOCK] IN=eth0',
      { priority: 4, host: 'web1', program: 'kernel', message: '[UFW BLOCK] IN=eth0' },
    ],
    ['<4>Nov 22 01:02:03 2001:db8::7 kernel: x', { priority: 4, host: '2001:db8::7', program: 'kernel', message: 'x' }],
    ['<4>Nov 22 01:02:03 2001:db8:: kernel: x', { priority: 4, host: '2001:db8::', program: 'kernel', message: 'x' }],
    // One space belongs to the tag, more to the text.
    ['<13>Nov 22 01:02:03 web1 prog:   three', { host: 'web1', program: 'prog', message: '  three' }],
    ['<13>Nov 22 01:02:03 web1 prog:none', { host: 'web1', program: 'prog', message: 'none', line: 'web1 prog:none' }],
    ['<13>Nov 22 01:02:03 web1 prog[1]:', { host: 'web1', program: 'prog', pid: '1', message: '', line: 'web1 prog[1]:' }],
    ['<13>Nov 22 01:02:03 web1 (systemd)[99]: x', { host: 'web1', program: '(systemd)', pid: '99', message: 'x' }],
    ['<13>Nov 22 01:02:03 web1 dienst-\xc3\xbc: x', { host: 'web1', program: 'dienst-\xc3\xbc', message: 'x' }],
    // A tag without a colon: as rsyslog takes it, and as it leaves those it cuts at 32 characters. The line stays as it came.
    ['<13>Nov 22 01:02:03 web1 session opened', { host: 'web1', program: 'session', message: 'opened', line: 'web1 session opened' }],
    ['<13>Nov 22 01:02:03 web1 prog[12] x', { host: 'web1', program: 'prog', pid: '12', message: 'x', line: 'web1 prog[12] x' }],
    [
      '<13>Nov 22 01:02:03 web1 a-program-with-a-long-name[12345 x',
      { host: 'web1', program: 'a-program-with-a-long-name', pid: '12345', message: 'x', line: 'web1 a-program-with-a-long-name[12345 x' },
    ],
    // No tag at all.
    ['<13>Nov 22 01:02:03 web1 [x] y', { host: 'web1', message: '[x] y' }],
    ['<13>Nov 22 01:02:03 web1 : y', { host: 'web1', message: ': y' }],
    ['<13>Nov 22 01:02:03 web1 prog[1]x y', { host: 'web1', message: 'prog[1]x y' }],
    ['<13>Nov 22 01:02:03 web1 ', { host: 'web1', message: '' }],
  ]);
});

describe('syslog: RFC 3164 from local sockets, without a host', () => {
  check([
    ['<13>Nov 22 01:02:03 tag: msg', { program: 'tag', message: 'msg' }],
    ['<86>Nov 22 01:02:03 sshd[7]: Accepted publickey', { priority: 86, program: 'sshd', pid: '7', message: 'Accepted publickey' }],
    ['<22>Nov 22 01:02:03 postfix/smtpd[9]: x', { priority: 22, program: 'postfix/smtpd', pid: '9', message: 'x' }],
    ['<13>Nov 22 01:02:03 word', { message: 'word' }],
    ['<13>Nov 22 01:02:03 ', { message: '' }],
    // Without a time: the tag needs its colon.
    ['<14>sshd[1]: x', { priority: 14, program: 'sshd', pid: '1', message: 'x' }],
    ['<14>an application says: x', { priority: 14, message: 'an application says: x' }],
    ['<14>sshd[1] x', { priority: 14, message: 'sshd[1] x' }],
  ]);
});

describe('syslog: lines of forwarded files are the message alone', () => {
  const message = '2026/11/22 01:02:03 [error] 7#7: *1 user "x": password mismatch, client: 192.0.2.9';
  const nginx = { priority: 133, host: 'web1', program: 'file-nginx-error-log', message, line: message };
  check([
    [`<133>Nov 22 01:02:03 web1 file-nginx-error-log ${message}`, nginx],
    [`<133>Nov 22 01:02:03 web1 file-nginx-error-log: ${message}`, nginx],
    [`<133>2026-11-22T01:02:03.1+01:00 web1 file-nginx-error-log ${message}`, nginx],
    [`<133>1 2026-11-22T01:02:03.1+01:00 web1 file-nginx-error-log - - - ${message}`, nginx],
    // Only where the program's name begins so, and goes on.
    ['<13>Nov 22 01:02:03 web1 file- x', { host: 'web1', program: 'file-', message: 'x', line: 'web1 file- x' }],
    ['<13>Nov 22 01:02:03 web1 File-x: y', { host: 'web1', program: 'File-x', message: 'y' }],
    ['<13>Nov 22 01:02:03 file-host prog: y', { host: 'file-host', program: 'prog', message: 'y' }],
  ]);
});

describe('syslog: RFC 5424', () => {
  const time = '2003-10-11T22:14:15.003Z';
  const su = { priority: 34, host: 'mymachine.example.com', program: 'su', message: "'su root' failed for lonvick on /dev/pts/8" };
  check([
    // The examples of RFC 5424, 6.5.
    [`<34>1 ${time} mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8`, su],
    [
      "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
      { priority: 165, host: '192.0.2.1', program: 'myproc', pid: '8710', message: "%% It's time to make the do-nuts." },
    ],
    [
      `<165>1 ${time} mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] \xef\xbb\xbfAn application event log entry...`,
      { priority: 165, host: 'mymachine.example.com', program: 'evntslog', message: 'An application event log entry...' },
    ],
    [
      `<165>1 ${time} mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3"][examplePriority@32473 class="high"]`,
      { priority: 165, host: 'mymachine.example.com', program: 'evntslog', message: '' },
    ],
    // Escapes in values: RFC 5424, 6.3.3.
    [`<165>1 ${time} h p 1 - [a b="\\"] x" c="\\\\"][d] m`, { priority: 165, host: 'h', program: 'p', pid: '1', message: 'm' }],
    [`<165>1 ${time} h p 1 - [a b="] h p[1]: forged"] m`, { priority: 165, host: 'h', program: 'p', pid: '1', message: 'm' }],
    // RSYSLOG_SyslogProtocol23Format sends the space after the tag as part of the message.
    [
      '<38>1 2026-11-22T01:02:03.123456+00:00 web1 sshd 123 - -  Failed password\n',
      { priority: 38, host: 'web1', program: 'sshd', pid: '123', message: 'Failed password' },
    ],
    ['<13>1 - - - - - - m', { message: 'm' }],
    ['<13>1 - - - - - -', { message: '' }],
    ['<13>1 - - - - - - ', { message: '' }],
    ['<13>1 - - - 77 - - m', { pid: '77', message: 'm', line: `${sender} m` }],
    ['<13>1 - - prog - - - m', { program: 'prog', message: 'm' }],
    ['<13>1 - host - - - - m', { host: 'host', message: 'm' }],
    [
      `<13>1 - ${'h'.repeat(255)} ${'p'.repeat(48)} ${'1'.repeat(128)} - - m`,
      { host: 'h'.repeat(255), program: 'p'.repeat(48), pid: '1'.repeat(128), message: 'm' },
    ],
  ]);
});

describe('syslog: what is none is a message all the same', () => {
  const whole = (text: string): Row => [text, { message: text }];
  check([
    ...['', 'x', 'hello world', '<', '<>', '<1', '<13', '13>x', '<192>x', '<1234>x', '<-1>x', '<013>x', '<1x>y', ' <13>x'].map(whole),
    ['<0>x', { priority: 0, message: 'x' }],
    // A time that is none, and holds a colon, is a tag.
    ['<13>2026-11-22T01:02:03,5 x', { program: '2026-11-22T01', message: '02:03,5 x', line: `${sender} 2026-11-22T01:02:03,5 x` }],
    ['<191>x', { priority: 191, message: 'x' }],
    ['<13>', { message: '' }],
    // Times that are none.
    ...[
      'Nov 22 01:02:3 h p: x',
      'Nox 22 01:02:03 h p: x',
      'Nov 2 01:02:03 h p: x',
      'nov 22 01:02:03 h p: x',
      '2026-11-22 01:02:03 h p: x',
    ].map((message): Row => [`<13>${message}`, { message }]),
    // Not quite RFC 5424.
    ...[
      '1 2003-10-11T22:14:15Z h p 1 id',
      '1 2003-10-11T22:14:15Z h p 1 id [unclosed',
      '1 2003-10-11T22:14:15Z h p 1 id [a b="c] m',
      '1 2003-10-11T22:14:15Z h p 1 id [a]m',
      '1 2003-10-11T22:14:15Z h p  id - m',
      '1 2003-10-11T22:14:15Z h p 1 id x m',
      '1 potato h p 1 id - m',
      '2 - - - - - - m',
      '1',
    ].map((message): Row => [`<13>${message}`, { message }]),
  ]);
});

describe('syslog: line feeds in a message', () => {
  it('become spaces, so that the rest is no line of its own', () => {
    const { line } = parseSyslog('<38>Nov 22 01:02:03 web1 sshd[1]: Invalid user a\n<38>Nov 22 01:02:03 web1 sshd[1]: Failed password\n');
    assert.equal(line, 'web1 sshd[1]: Invalid user a <38>Nov 22 01:02:03 web1 sshd[1]: Failed password');
  });

  it('in front of a message that is none', () => assert.equal(parseSyslog('\n\nx\n\ny\n').line, `${sender}   x  y`));
  it('nothing else', () => assert.equal(parseSyslog('\n\n').line, `${sender} `));
  it('in the host: it is none', () => assert.equal(parseSyslog('<13>Nov 22 01:02:03 a\nb c: x').host, ''));
  it('in the message of a forwarded file', () => assert.equal(parseSyslog('<13>1 - - file-x - - - a\nb').line, 'a b'));
});

describe('syslog: the longest of each', () => {
  it('a sender of 45 characters, in front of text that is no syslog', () => {
    const longest = 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255';
    assert.equal(parseSyslog('x', longest).line, `${longest} x`);
    assert.equal(parseSyslog('<13>1 - - p 1 - - x', longest).line, `${longest} p[1]: x`);
  });

  it('a message of 64 KiB', () => {
    const message = 'x'.repeat(65_536 - 40);
    assert.equal(parseSyslog(`<38>Nov 22 01:02:03 web1 sshd[123]: ${message}`).message, message);
  });
});
