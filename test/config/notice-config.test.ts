import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDefinition } from '../../src/config/action-list.ts';
import { loadNotice } from '../../src/config/notice-config.ts';
import { configDirectory } from './config-directory.ts';

const files = {
  'action.d/mail.conf': '[Definition]\nnative = mail\n[Init]\ndest = root\nsender =\nserver =\ntimeout = 30\n',
  'action.d/mail-whois.conf': '[INCLUDES]\nbefore = mail.conf\n[Definition]\nnative = mail-whois\n',
  'action.d/webhook.conf': '[Definition]\nnative = webhook\n[Init]\nurl =\nheaders =\ntimeout = 10\n',
  'action.d/block.conf': '[Definition]\nactionban = block <ip>\n',
  'action.d/odd.conf': '[Definition]\nnative = pigeon\n',
};

function load(text: string) {
  const named = parseDefinition(text);
  assert.ok(named.ok);
  const origin = { file: 'jail.conf', line: 7 };
  return loadNotice(configDirectory(files), named.value, { section: 'j', origin }, 'host.example');
}

const errorsOf = (text: string) => load(text)?.errors.map(({ line, message }) => `${line}: ${message}`);

describe('loadNotice', () => {
  it('mail by sendmail, with this machine as its sender', () => {
    const options = { to: 'root', from: 'ringjail@host.example', hasWhois: false, transport: { sendmail: '/usr/sbin/sendmail' } };
    assert.deepEqual(load('mail')?.notice, { kind: 'mail', options });
  });

  it('mail-whois by a server, with what its name stands for', () => {
    const { notice } = load('mail-whois[dest=admin@example.com, server="[2001:db8::1]:465", user=me, password=secret]') ?? {};
    assert.ok(notice?.kind === 'mail');
    assert.deepEqual(
      [notice.options.to, notice.options.hasWhois, notice.options.transport],
      ['admin@example.com', true, { host: '2001:db8::1', port: 465, isTls: true, user: 'me', password: 'secret', timeoutMs: 30_000 }],
    );
  });

  it('a web hook with headers', () => {
    const { notice } = load('webhook[url=https://example.com/bans, headers="Authorization: Bearer a\nX-Host: b"]') ?? {};
    assert.deepEqual(notice, {
      kind: 'webhook',
      url: 'https://example.com/bans',
      headers: { authorization: 'Bearer a', 'x-host': 'b' },
      timeoutMs: 10_000,
    });
  });

  it('what has commands, or is not there, is no concern of it', () => {
    for (const name of ['block', 'gone', '../mail']) assert.equal(load(name), undefined);
  });

  const wrong: [text: string, error: RegExp][] = [
    ['mail[dest="a@b\nBcc: c@d"]', /^7: "a@b.*" is no mail address$/],
    ['mail[sender=<a@b>]', /is no mail address/],
    ['mail[server="a b"]', /^7: server="a b": expected a name or address/],
    ['mail[server=a, tls=perhaps]', /tls="perhaps": expected yes or no/],
    ['mail[timeout=1h]', /expected a time up to 10m/],
    ['mail[destt=a@b]', /no option "destt"; did you mean "dest"/],
    ['webhook', /^7: url="": expected one such as https/],
    ['webhook[url=file:///etc/passwd]', /expected one such as https/],
    ['webhook[url=https://a/, headers=x]', /headers: "x": expected Name: value/],
    ['odd', /native = "pigeon": expected mail, mail-whois, webhook/],
  ];
  for (const [text, error] of wrong) it(`${JSON.stringify(text)} is an error`, () => assert.match(errorsOf(text)?.join('\n') ?? '', error));
});
