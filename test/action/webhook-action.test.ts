import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { WebhookAction } from '../../src/action/webhook-action.ts';
import { ticketOf } from './ban-ticket.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function create(answer: RequestListener, timeoutMs = 10_000): Promise<WebhookAction> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hook?key=secret`;
  return new WebhookAction({ name: 'webhook', url, headers: { authorization: 'Bearer t' }, timeoutMs, hostName: 'host' });
}

describe('WebhookAction', () => {
  it('posts what is known of the ban', async () => {
    const seen: string[] = [];
    const action = await create((request, response) => {
      void request.toArray().then((chunks) => {
        seen.push(`${request.method} ${request.url} ${request.headers['content-type']} ${request.headers.authorization}`, chunks.join(''));
        response.end('ok');
      });
    });
    await action.ban(ticketOf('192.0.2.7', { matches: ['"line"'] }));
    assert.equal(seen[0], 'POST /hook?key=secret application/json Bearer t');
    assert.deepEqual(JSON.parse(seen[1] ?? ''), {
      event: 'ban',
      host: 'host',
      network: '192.0.2.7',
      jail: 'sshd',
      failures: 5,
      matches: ['"line"'],
      bancount: 1,
      restored: false,
      fields: {},
      since: '2023-11-14T22:13:20.000Z',
      until: '2023-11-14T22:23:20.000Z',
    });
  });

  it('a refusal, another place, and silence are failures that do not show the key', async () => {
    const refusing = await create((_, response) => response.writeHead(503).end());
    await assert.rejects(
      refusing.ban(ticketOf('192.0.2.7')),
      (error: Error) => /answers 503/.test(error.message) && !/secret/.test(error.message),
    );
    const moving = await create((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end());
    await assert.rejects(moving.unban(ticketOf('192.0.2.7')), /redirect/);
    const silent = await create(() => undefined, 1000);
    await assert.rejects(silent.prolong(ticketOf('192.0.2.7')), /time/);
  });
});
