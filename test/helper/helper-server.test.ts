import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { HelperClient } from '../../src/action/helper-client.ts';
import { formatHelperRequest, type HelperRequest, maxFrameBytes, parseHelperRequest } from '../../src/action/helper-messages.ts';
import { RemoteAction } from '../../src/action/remote-action.ts';
import type { Sight } from '../../src/action/ticket-action.ts';
import { type HelperLimits, HelperServer } from '../../src/helper/helper-server.ts';
import { uidOfPeer, uidOfUser } from '../../src/helper/peer.ts';
import { ticketOf } from '../action/ban-ticket.ts';
import { recordingLog } from '../daemon/recording-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringjail-helper-'));
after(() => rmSync(directory, { recursive: true }));

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

let sockets = 0;

interface Given {
  readonly limits?: Partial<HelperLimits>;
  readonly isAllowed?: (uid: number) => boolean;
  readonly run?: (request: HelperRequest) => Promise<{ lost: readonly (4 | 6)[]; missing?: readonly string[] }>;
}

async function serve({ limits = {}, isAllowed = () => true, run = () => Promise.resolve({ lost: [] }) }: Given = {}) {
  sockets += 1;
  const path = join(directory, `${sockets}.sock`);
  const log = recordingLog();
  const seen: HelperRequest[] = [];
  let idle = 0;
  const helper = new HelperServer({
    run: async (request) => {
      seen.push(request);
      return { id: request.id, ok: true, missing: [], flushed: false, ...(await run(request)) };
    },
    uidOf: uidOfPeer,
    isAllowed,
    log,
    limits,
    onIdle: () => (idle += 1),
  });
  const server: Server = createServer();
  helper.serve(server);
  server.listen(path);
  await once(server, 'listening');
  closers.push(() => {
    helper.close();
    server.close();
  });
  const connect = (): Socket => {
    const socket = createConnection(path);
    socket.on('error', () => socket.destroy());
    closers.push(() => socket.destroy());
    return socket;
  };
  const ask = async (text: string): Promise<string> => {
    const socket = connect();
    socket.write(text);
    const answer = await new Promise((resolve) => {
      socket.on('data', resolve);
      socket.on('close', () => resolve('closed'));
    });
    socket.destroy();
    return String(answer);
  };
  return { path, log, seen, connect, ask, idleCount: () => idle };
}

const check = (id = 1): string => formatHelperRequest({ id, op: 'check', jail: 'sshd', action: 'ufw' });
const ban = (network: unknown, others: object = {}): string =>
  `${JSON.stringify({ id: 1, op: 'ban', jail: 'sshd', action: 'ufw', ticket: { ...ticketOf('192.0.2.7'), network, ...others } })}\n`;

describe('HelperServer, looked at every ten seconds', () => {
  it('writes only what was found', async () => {
    const answers: (readonly (4 | 6)[])[] = [[], [4]];
    const { ask, log } = await serve({ run: async () => ({ lost: answers.shift() ?? [] }) });
    const look = formatHelperRequest({ id: 1, op: 'look', jail: 'sshd', action: 'iptables', networks: [] });
    assert.deepEqual(JSON.parse(await ask(look)), { id: 1, ok: true, missing: [], flushed: false, lost: [] });
    assert.deepEqual(JSON.parse(await ask(look)), { id: 1, ok: true, missing: [], flushed: false, lost: [4] });
    assert.deepEqual(
      log.lines.map((line) => line.split(':')[0]),
      ['debug', 'info'],
    );
  });
});

const look = (networks: readonly unknown[]) => `${JSON.stringify({ id: 1, op: 'look', jail: 'sshd', action: 'ufw', networks })}\n`;

describe('hostile frames', () => {
  for (const [name, frame] of Object.entries({
    'no JSON': 'hello\n',
    'binary data': '\xff\x00\xfe\n',
    'an array': '[]\n',
    null: 'null\n',
    'an unknown operation': '{"id":1,"op":"exec","jail":"sshd","action":"ufw"}\n',
    'a field too many': '{"id":1,"op":"check","jail":"sshd","action":"ufw","command":"id"}\n',
    'a ban without a ticket': '{"id":1,"op":"ban","jail":"sshd","action":"ufw"}\n',
    'an address with shell text': ban('192.0.2.7; reboot'),
    'an address in $( )': ban('$(reboot)'),
    'an address with a line feed': ban('192.0.2.7\nreboot'),
    'an address that is a number': ban(7),
    'a zone': ban('fe80::1%eth0'),
    'an address that is marked as none': ban('192.0.2.7', { isRaw: true }),
    'a network that is marked as none': ban('0.0.0.0/0', { isRaw: true }),
    'a mark that is none': ban('bob', { isRaw: 'yes' }),
    'a text with a line feed': ban('bob\nreboot', { isRaw: true }),
    'a text that is too long': ban('x'.repeat(257), { isRaw: true }),
    "another jail's ticket": ban('192.0.2.7', { jail: 'other' }),
    'failures that are text': ban('192.0.2.7', { failures: '1; reboot' }),
    'fields that are no text': ban('192.0.2.7', { fields: { 'F-USER': ['x'] } }),
    'a look at shell text': look(['192.0.2.7; reboot']),
    'a look at a number': look([7]),
    'a look at nothing': '{"id":1,"op":"look","jail":"sshd","action":"ufw"}\n',
    'a look at too many': look(Array(1001).fill('192.0.2.7')),
    'a check of networks': '{"id":1,"op":"check","jail":"sshd","action":"ufw","networks":[]}\n',
    'an id that is text': '{"id":"1","op":"check","jail":"sshd","action":"ufw"}\n',
    'a huge frame': `${'x'.repeat(maxFrameBytes + 1)}\n`,
    'a huge frame without an end': 'x'.repeat(maxFrameBytes * 2),
  })) {
    it(name, async () => {
      const { ask, seen, log } = await serve();
      assert.equal(await ask(frame), 'closed');
      assert.match(log.lines.join('\n'), /warning: refused: uid \d+: a frame/);
      assert.deepEqual(seen, []);
      assert.match(await ask(check()), /"ok":true/);
    });
  }
});

describe('the helper under attack', () => {
  it('answers requests in pieces, several at once, and in order of their ids', async () => {
    const { connect } = await serve();
    const socket = connect();
    const text = check(1) + check(2);
    socket.write(text.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(text.slice(10));
    let received = '';
    for await (const chunk of socket) {
      received += String(chunk);
      if (received.split('\n').length === 3) break;
    }
    assert.deepEqual(
      received
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: number }).id),
      [1, 2],
    );
  });

  it('refuses who is not allowed, by what the kernel says', async () => {
    const { ask, log, seen } = await serve({ isAllowed: (uid) => uid !== process.getuid?.() });
    assert.equal(await ask(check()), 'closed');
    assert.match(log.lines.join('\n'), new RegExp(`uid ${process.getuid?.()} may not ask`));
    assert.deepEqual(seen, []);
  });

  it('refuses a flood, logs a line of it, and goes on', async () => {
    const { connect, log, seen, ask } = await serve({ limits: { perSecond: 0, burst: 100, waiting: 100_000 } });
    const socket = connect();
    socket.write(Array.from({ length: 5000 }, (_, index) => check(index)).join(''));
    let received = '';
    for await (const chunk of socket) {
      received += String(chunk);
      if (received.split('\n').length > 5000) break;
    }
    assert.equal(received.match(/too many requests/g)?.length, 4900);
    assert.equal(seen.length, 100);
    assert.equal(log.lines.filter((line) => line.includes('refused')).length, 1);
    assert.match(await ask(check()), /too many/);
  });

  it('refuses what waits without end on one connection', async () => {
    const { connect, seen } = await serve({ limits: { waiting: 3 }, run: () => new Promise(() => undefined) });
    const socket = connect();
    socket.write(Array.from({ length: 5 }, (_, index) => check(index)).join(''));
    let received = '';
    for await (const chunk of socket) {
      received += String(chunk);
      if (received.split('\n').length > 2) break;
    }
    assert.equal(received.match(/too many requests/g)?.length, 2);
    assert.equal(seen.length, 3);
  });

  it('ends connections that begin a frame and leave it, and those beyond the limit', async () => {
    const { connect, ask, log } = await serve({ limits: { frameMs: 50, connections: 3 } });
    const halfOpen = connect();
    halfOpen.write('{"id"');
    await once(halfOpen, 'close');
    const open = [connect(), connect(), connect()];
    await Promise.all(open.map((socket) => once(socket, 'connect')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await ask(check()), 'closed');
    for (const socket of open) socket.destroy();
    await Promise.all(open.map((socket) => once(socket, 'close')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.match(await ask(check()), /"ok":true/);
    assert.match(log.lines.join('\n'), /the rest of a frame did not come/);
  });

  it('tells that it is idle, and not while a request runs', async () => {
    let finish: (outcome: { lost: [] }) => void = () => undefined;
    const { ask, idleCount } = await serve({ limits: { idleMs: 100 }, run: () => new Promise((resolve) => (finish = resolve)) });
    const answer = ask(check());
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(idleCount(), 0);
    finish({ lost: [] });
    await answer;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(idleCount(), 1);
  });
});

describe('HelperClient', () => {
  it('carries a ticket, its answer and its failure', async () => {
    const run = ({ op }: HelperRequest) =>
      op === 'unban' ? Promise.reject(new Error('no such rule')) : Promise.resolve({ lost: [6] as const });
    const { path, seen } = await serve({ run });
    const client = new HelperClient(path);
    closers.push(() => client.close());
    const action = new RemoteAction({ name: 'ufw', jail: 'sshd', norestored: false, client });
    const ticket = ticketOf('192.0.2.7', { matches: ['\n"\u2028'], fields: { 'F-USER': 'x' } });
    const [first, second] = await Promise.all([action.ban(ticket), action.check()]);
    assert.deepEqual([first.lost, second.lost], [[6], [6]]);
    const [request] = seen;
    assert.ok(request !== undefined && 'ticket' in request);
    assert.deepEqual(request.ticket, ticket);
    await assert.rejects(action.unban(ticket), /no such rule/);
  });

  it('carries what is no address, and does not ask for what is refused anyway', async () => {
    const { path, seen } = await serve({ run: () => Promise.resolve({ lost: [] }) });
    const client = new HelperClient(path);
    closers.push(() => client.close());
    const refuse = (text: string) => (text === 'eve' ? 'not her' : undefined);
    const action = new RemoteAction({ name: 'kick', jail: 'sshd', norestored: false, client, refuse });
    const ticket = ticketOf('$(reboot) "\'\u{1f600}', { isRaw: true });
    await action.ban(ticket);
    await assert.rejects(action.ban(ticketOf('eve', { isRaw: true })), { code: 'usage', message: 'not her' });
    assert.deepEqual(
      seen.map((request) => 'ticket' in request && request.ticket),
      [ticket],
    );
  });

  const many = Array.from({ length: 2500 }, (_, index) => `2001:db8:1111:2222:3333:4444:5555:${(index + 4096).toString(16)}`);
  const looker = async (look: (networks: readonly string[]) => Promise<Sight>) => {
    const { path, seen } = await serve({ run: async (request) => look('networks' in request ? request.networks : []) });
    const client = new HelperClient(path);
    closers.push(() => client.close());
    assert.equal(new RemoteAction({ name: 'ufw', jail: 'sshd', norestored: false, client }).look, undefined);
    return { seen, action: new RemoteAction({ name: 'ufw', jail: 'sshd', norestored: false, canLook: true, client }) };
  };

  it('has all looked at, as many at once as fit into a frame', async () => {
    const { seen, action } = await looker(async (networks) => ({ lost: [], missing: networks.slice(-1), unasked: networks.slice(0, 1) }));
    assert.deepEqual(await action.look?.(many), {
      lost: [],
      missing: [many[999], many[1999], many[2499]],
      unasked: [many[0], many[1000], many[2000]],
    });
    assert.deepEqual(
      seen.map((request) => 'networks' in request && request.networks.length),
      [1000, 1000, 500],
    );
    assert.deepEqual(await action.look?.([]), { lost: [], missing: [] });
    assert.equal(seen.length, 4);
  });

  it('does not look on where something is to be repaired first, or cannot be looked at', async () => {
    const first = { lost: [], missing: [many[5] ?? ''] };
    for (const [said, second] of [
      ['lost', async () => ({ lost: [4 as const], missing: [] })],
      ['failed', () => Promise.reject(new Error('no list'))],
    ] as const) {
      let looks = 0;
      const { action } = await looker(async () => (looks++ === 0 ? first : second()));
      const unasked = many.slice(said === 'lost' ? 2000 : 1000);
      assert.deepEqual(await action.look?.(many), { ...first, lost: said === 'lost' ? [4] : [], unasked }, said);
    }
    const { action } = await looker(() => Promise.reject(new Error('no list')));
    await assert.rejects(async () => action.look?.(many), /no list/);
  });

  it('comes back when the helper does', async () => {
    const client = new HelperClient(join(directory, 'absent.sock'));
    closers.push(() => client.close());
    const action = new RemoteAction({ name: 'ufw', jail: 'sshd', norestored: false, client });
    await assert.rejects(action.check(), /cannot talk to the privileged helper .* systemctl enable/);
    await assert.rejects(action.check(), /cannot talk/);
    const server = createServer((socket) =>
      socket.on('data', () => socket.write('{"id":3,"ok":true,"lost":[]}\n{"id":2,"ok":true,"lost":[]}\n')),
    );
    server.listen(join(directory, 'absent.sock'));
    await once(server, 'listening');
    closers.push(() => server.close());
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.deepEqual((await action.check()).lost, []);
  });

  it('cuts what is too long for a frame', () => {
    const ticket = ticketOf('192.0.2.7', { matches: Array.from({ length: 300 }, (_, index) => `${index} ${'é'.repeat(500)}`) });
    const text = formatHelperRequest({ id: 1, op: 'ban', jail: 'sshd', action: 'ufw', ticket });
    assert.ok(Buffer.byteLength(text) <= maxFrameBytes);
    const request = parseHelperRequest(text);
    assert.ok(request !== undefined && 'ticket' in request && request.ticket.matches.at(-1)?.startsWith('299 ') === true);
  });
});

it('uidOfUser', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nringjailx:x:7:7::/:/bin/sh\nringjail:x:998:998::/:/bin/sh\n';
  assert.equal(uidOfUser('ringjail', passwd), 998);
  assert.equal(uidOfUser('nobody', passwd), undefined);
});
