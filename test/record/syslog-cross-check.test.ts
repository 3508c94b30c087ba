// The parser beside an independent one of the npm registry. Where the two differ, both readings stand here, with the reason why ours is kept.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSyslog } from './syslog-parsed.ts';

interface Reading {
  readonly priority: number;
  readonly host: string;
  readonly program: string;
  readonly pid: string;
  readonly message: string;
}

// It ships no types.
const parseOther = createRequire(import.meta.url)('nsyslog-parser') as (
  line: string,
) => Readonly<Record<string, string | number | undefined>>;

function readOther(text: string): Reading {
  const { prival, host = '', appName = '', pid = '', message = '' } = parseOther(text);
  return { priority: Number(prival), host: String(host), program: String(appName), pid: String(pid), message: String(message) };
}

function readOurs(text: string): Reading {
  const { line: _, ...reading } = parseSyslog(text);
  return reading;
}

const time = '2003-10-11T22:14:15.003Z';

const agreed = [
  '<38>Nov 22 01:02:03 web1 sshd[123]: Failed password for root from 192.0.2.9 port 22 ssh2',
  '<38>Nov  2 01:02:03 web1 sshd[123]: Failed password',
  '<22>Nov 22 01:02:03 mx.example.com postfix/smtpd[123]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.2.0 Greylisted',
  '<30>Nov 22 01:02:03 ns1 named[77]: client @0x7f 192.0.2.9#33116 (example.com): query (cache) refused',
  '<4>Nov 22 01:02:03 web1 kernel: [  123.456789] [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.9',
  '<78>Nov 22 01:02:03 web1 CRON[9]: (root) CMD (true)',
  '<46>Nov 22 01:02:03 web1 rsyslogd: [origin software="rsyslogd"] start',
  '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 ID1 - do-nuts',
];

const differing: readonly { text: string; why: string; other: Partial<Reading> }[] = [
  {
    text: `<38>${time} web1 sshd[123]: Failed password`,
    why: 'RSYSLOG_ForwardFormat: it knows RFC 3339 times in RFC 5424 only',
    other: { host: '', program: '', pid: '', message: `${time} web1 sshd[123]: Failed password` },
  },
  {
    text: '<13>Nov 22 01:02:03 tag: message',
    why: 'it takes the first word for the host, even one that ends as a tag does; local sockets send no host',
    other: { host: 'tag', program: '' },
  },
  {
    text: '<133>Nov 22 01:02:03 web1 file-nginx-error-log 2026/11/22 x',
    why: 'it looks for further fields until a colon, and takes a word of the message for the process id',
    other: { pid: '2026/11/22', message: 'x' },
  },
  {
    text: `<34>1 ${time} web1 su - ID47 - 'su root' failed`,
    why: 'it returns the nil value as it stands',
    other: { pid: '-' },
  },
  {
    text: '<13>1 - - - - - - text',
    why: 'it returns the nil value as it stands',
    other: { host: '-', program: '-', pid: '-' },
  },
  {
    text: `<34>1 ${time} web1 su 12 ID47 [a b="c"] text`,
    why: 'it splits structured data at spaces, so that some of it stays in the message',
    other: { message: 'b="c"] text' },
  },
  {
    text: 'hello world',
    why: 'without a priority it is no syslog, and RFC 3164, 4.3.3 has the whole of it for the message, user.notice',
    other: { priority: Number.NaN, host: 'hello', message: 'world' },
  },
  {
    text: '<13>Nov 22 01:02:03 web1 prog:   indented',
    why: 'it trims; one space belongs to the tag, the rest to the text',
    other: { message: 'indented' },
  },
];

describe('syslog, beside nsyslog-parser', () => {
  for (const text of agreed) it(`the same: ${text}`, () => assert.deepEqual(readOurs(text), readOther(text)));

  for (const { text, why, other } of differing) {
    it(`${why}: ${text}`, () => {
      const ours = readOurs(text);
      assert.deepEqual(readOther(text), { ...ours, ...other });
      assert.notDeepEqual(readOther(text), ours);
    });
  }

  it('the same for any host, program, process id and text', () => {
    // Slashes in hosts are chains of hosts to it; and it trims, and reads CEF and LEEF.
    const host = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,30}$/);
    const program = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9._/-]{0,20}$/);
    const pid = fc.option(fc.integer({ min: 1 }).map(String), { nil: '' });
    const message = fc.stringMatching(/^[!-~][ -~]{0,80}$/).filter((text) => text.trim() === text && !/^(?:CEF|LEEF):/.test(text));
    fc.assert(
      fc.property(fc.nat(191), host, program, pid, message, (priority, from, name, id, text) => {
        const sent = `<${priority}>Nov 22 01:02:03 ${from} ${name}${id === '' ? '' : `[${id}]`}: ${text}`;
        assert.deepEqual(readOurs(sent), readOther(sent));
      }),
      { numRuns: 5000 },
    );
  });
});
