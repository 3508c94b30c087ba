import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatMessage, parseAnswer, parseRequest } from '../../src/control/codec.ts';
import type { ControlAnswer, ControlRequest } from '../../src/control/messages.ts';

const imported = { network: '192.0.2.7', jail: 'sshd', sinceUsec: 1, bancount: 1, failures: 0 };

describe('parseRequest', () => {
  const requests: ControlRequest[] = [
    { command: 'status' },
    { command: 'status', jail: 'portscan' },
    { command: 'reload' },
    { command: 'confirm' },
    { command: 'ban', jail: 'portscan', addresses: ['192.0.2.7', '2001:db8::/64'] },
    { command: 'ban', jail: '', addresses: [] },
    { command: 'ban', jail: '__proto__', addresses: ['\n\x1b[2J"'] },
    { command: 'explain', address: '\x1b[2J' },
    { command: 'unban', addresses: ['192.0.2.7'] },
    { command: 'unban', addresses: 'all' },
    { command: 'unban', addresses: ['192.0.2.7'], jail: 'sshd' },
    { command: 'import', bans: [] },
    { command: 'import', bans: [imported, { ...imported, untilUsec: null, text: '\x1b[2J' }, { ...imported, untilUsec: 5 }] },
  ];
  for (const request of requests) {
    it(JSON.stringify(request), () => {
      const line = formatMessage(request);
      assert.equal(line.indexOf('\n'), line.length - 1);
      assert.deepEqual(parseRequest(line), request);
    });
  }

  it('takes nothing over that it does not know', () => {
    assert.deepEqual(parseRequest('{"command":"reload","jail":"x","addresses":[],"__proto__":{"a":1}}'), { command: 'reload' });
  });

  const refused = [
    '',
    '\n',
    'status',
    'null',
    '5',
    '"status"',
    '[]',
    '[{"command":"status"}]',
    '{}',
    '{"command":"status"',
    '{"command":"status"}{"command":"status"}',
    '{"command":"status"}\n{"command":"reload"}\n',
    '{"command":"STATUS"}',
    '{"command":"toString"}',
    '{"command":["status"]}',
    '{"command":"explain"}',
    '{"command":"explain","address":["192.0.2.7"]}',
    '{"command":"ban"}',
    '{"command":"ban","jail":"portscan"}',
    '{"command":"ban","addresses":["192.0.2.7"]}',
    '{"command":"ban","jail":5,"addresses":["192.0.2.7"]}',
    '{"command":"ban","jail":"portscan","addresses":"all"}',
    '{"command":"ban","jail":"portscan","addresses":"192.0.2.7"}',
    '{"command":"ban","jail":"portscan","addresses":["192.0.2.7",7]}',
    '{"command":"ban","jail":"portscan","addresses":[["192.0.2.7"]]}',
    '{"command":"ban","jail":"portscan","addresses":{"length":1,"0":"192.0.2.7"}}',
    '{"command":"unban"}',
    '{"command":"unban","addresses":"ALL"}',
    '{"command":"unban","addresses":null}',
    '{"command":"unban","addresses":["192.0.2.7"],"jail":null}',
    '{"command":"unban","addresses":["192.0.2.7"],"jail":["sshd"]}',
    '{"command":"import"}',
    '{"command":"import","bans":{}}',
    '{"command":"import","bans":[null]}',
    ...[
      { network: 7 },
      { jail: undefined },
      { sinceUsec: '1' },
      { sinceUsec: 1.5 },
      { sinceUsec: -1 },
      { untilUsec: 'x' },
      { text: 5 },
    ].map((change) => JSON.stringify({ command: 'import', bans: [imported, { ...imported, ...change }] })),
    JSON.stringify({ command: 'import', bans: [imported] }).replace('"sinceUsec":1', '"sinceUsec":1e999'),
    'GET / HTTP/1.1\r\n',
    '\0\xff\xfe',
    '['.repeat(100_000),
  ];
  for (const line of refused) it(`refuses ${JSON.stringify(line.slice(0, 80))}`, () => assert.equal(parseRequest(line), undefined));
});

describe('parseAnswer', () => {
  const answers: ControlAnswer[] = [
    { ok: true, result: { banned: ['192.0.2.7'] } },
    { ok: true, result: null },
    { ok: false, error: { code: 'usage', message: 'no jail "x" is running' } },
  ];
  for (const answer of answers) it(JSON.stringify(answer), () => assert.deepEqual(parseAnswer(formatMessage(answer)), answer));

  const refused = [
    '',
    'HTTP/1.1 400 Bad Request',
    'null',
    '[]',
    '{}',
    '{"ok":"true"}',
    '{"ok":1}',
    '{"ok":false}',
    '{"ok":false,"error":null}',
    '{"ok":false,"error":"text"}',
    '{"ok":false,"error":{}}',
    '{"ok":false,"error":{"code":"usage"}}',
    '{"ok":false,"error":{"code":"EPERM","message":"m"}}',
    '{"ok":false,"error":{"code":"toString","message":"m"}}',
    '{"ok":false,"error":{"code":"usage","message":5}}',
  ];
  for (const line of refused) it(`refuses ${JSON.stringify(line)}`, () => assert.equal(parseAnswer(line), undefined));
});
