import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatMessage, maxRequestBytes, parseAnswer } from '../../src/control/codec.ts';
import { askDaemon } from '../../src/control/control-client.ts';
import type { ControlAnswer, ControlRequest } from '../../src/control/messages.ts';
import { RingjailError } from '../../src/core/errors.ts';
import { type HandleRequest, listenForControl } from '../../src/daemon/control-server.ts';

const root = mkdtempSync(join(tmpdir(), 'ringjail-control-'));
after(() => rmSync(root, { recursive: true }));

let sockets = 0;
const newPath = () => join(root, `${sockets++}.sock`);

/** A server that notes its requests; it closes with the test that uses it. */
class Trial {
  readonly path: string;
  readonly requests: ControlRequest[] = [];
  #server: Server | undefined;

  constructor(path = newPath()) {
    this.path = path;
  }

  async listen(handle: HandleRequest = async () => 'done', limitMs?: number): Promise<this> {
    const noted: HandleRequest = (request) => {
      this.requests.push(request);
      return handle(request);
    };
    this.#server = await listenForControl(this.path, noted, limitMs);
    return this;
  }

  connect(): Socket {
    return createConnection(this.path);
  }

  /** Writes the chunks one by one, and waits for all that comes back. */
  async say(...chunks: readonly (string | Buffer)[]): Promise<ControlAnswer | undefined> {
    const socket = this.connect();
    const received = receive(socket);
    await once(socket, 'connect');
    for (const chunk of chunks) {
      socket.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return parseAnswer(await received);
  }

  async connections(): Promise<number> {
    return new Promise((resolve) => this.#server?.getConnections((_, count) => resolve(count)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }
}

function receive(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    // What came until then counts.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

const refusal = (message: string): ControlAnswer => ({ ok: false, error: { code: 'usage', message } });
const refused = refusal(
  'the request is not understood; where client and daemon are of different versions: sudo systemctl restart ringjail',
);
const tooLarge = refusal('the request is larger than 4 MiB: name fewer addresses at once');

describe('the control socket', { timeout: 30_000 }, () => {
  it('answers a request, and ends the connection', async () => {
    await using trial = await new Trial().listen(async () => ({ unbanned: ['192.0.2.7'] }));
    assert.deepEqual(await trial.say('{"command":"unban","addresses":["192.0.2.7"]}\n'), { ok: true, result: { unbanned: ['192.0.2.7'] } });
    assert.deepEqual(trial.requests, [{ command: 'unban', addresses: ['192.0.2.7'] }]);
  });

  it('is for its owner and its group, from the first moment', async () => {
    const umask = process.umask();
    await using trial = await new Trial().listen();
    assert.equal(statSync(trial.path).mode & 0o777, 0o660);
    assert.equal(process.umask(), umask);
  });

  it('takes a request in pieces', async () => {
    await using trial = await new Trial().listen();
    assert.deepEqual(await trial.say('{"comm', 'and":"sta', 'tus"}', '\n'), { ok: true, result: 'done' });
  });

  it('takes a character that is cut in two by the pieces', async () => {
    await using trial = await new Trial().listen();
    const bytes = Buffer.from('{"command":"status","jail":"ä"}\n');
    const cut = bytes.indexOf('ä') + 1;
    await trial.say(bytes.subarray(0, cut), bytes.subarray(cut));
    assert.deepEqual(trial.requests, [{ command: 'status', jail: 'ä' }]);
  });

  const garbage: [string, readonly (string | Buffer)[]][] = [
    ['an empty line', ['\n']],
    ['text', ['hello\n']],
    ['another protocol', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n']],
    ['bytes', [Buffer.from([0, 0xff, 0xfe, 0x1b, 0x0a])]],
    ['an unknown command', ['{"command":"shutdown"}\n']],
    ['two requests at once', ['{"command":"reload"}\n{"command":"reload"}\n']],
    ['5 MiB without a line', [Buffer.alloc(5 << 20, 0x20)]],
    ['a line of 5 MiB', [Buffer.concat([Buffer.from(`{"command":"status"${' '.repeat(5 << 20)}}\n`)])]],
    ['deep JSON', [`${'['.repeat(1 << 20)}\n`]],
  ];
  for (const [name, chunks] of garbage) {
    it(`refuses ${name}, and goes on`, async () => {
      await using trial = await new Trial().listen();
      assert.deepEqual(await trial.say(...chunks), name.includes('5 MiB') ? tooLarge : refused);
      assert.deepEqual(trial.requests, []);
      assert.deepEqual(await trial.say('{"command":"status"}\n'), { ok: true, result: 'done' });
    });
  }

  it('takes a request of the largest size, and none of a byte more', async () => {
    await using trial = await new Trial().listen();
    const request = (size: number) => {
      const begin = '{"command":"status"';
      return `${begin}${' '.repeat(size - begin.length - 2)}}\n`;
    };
    assert.deepEqual(await trial.say(request(maxRequestBytes)), { ok: true, result: 'done' });
    assert.deepEqual(await trial.say(request(maxRequestBytes + 1)), tooLarge);
  });

  it('a client that leaves after half a line is let go, and nothing is carried out', async () => {
    await using trial = await new Trial().listen();
    const socket = trial.connect();
    const received = receive(socket);
    await once(socket, 'connect');
    socket.end('{"command":"reload"}');
    assert.equal(await received, '');
    assert.deepEqual(trial.requests, []);
  });

  it('a client that leaves before its answer has its request carried out, and disturbs nobody', async () => {
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    const handle = () => {
      begun();
      return new Promise((resolve) => (finish = () => resolve('x'.repeat(1 << 20))));
    };
    await using trial = await new Trial().listen(handle);
    const socket = trial.connect();
    socket.write('{"command":"reload"}\n');
    await isBegun;
    socket.destroy();
    await once(socket, 'close');
    finish();
    assert.deepEqual(trial.requests, [{ command: 'reload' }]);
  });

  it('a client that says nothing is let go', async () => {
    await using trial = await new Trial().listen(undefined, 20);
    assert.equal(await receive(trial.connect()), '');
  });

  it('a client that does not go when it has its answer is let go', async () => {
    await using trial = await new Trial().listen(undefined, 20);
    const socket = createConnection({ path: trial.path, allowHalfOpen: true });
    socket.write('{"command":"status"}\n');
    socket.resume();
    await once(socket, 'end');
    while ((await trial.connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
  });

  it('a request that takes longer than a silent client may is answered all the same', async () => {
    const handle = () => new Promise((resolve) => setTimeout(() => resolve('late'), 60));
    await using trial = await new Trial().listen(handle, 20);
    assert.deepEqual(await trial.say('{"command":"status"}\n'), { ok: true, result: 'late' });
  });

  it('an error of ours keeps its code, and any other one becomes "software"', async () => {
    await using trial = await new Trial().listen(async ({ command }) => {
      if (command === 'reload') throw new TypeError('x is\nnot a function');
      throw new RingjailError('usage', 'no jail "x"');
    });
    assert.deepEqual(await trial.say('{"command":"status"}\n'), { ok: false, error: { code: 'usage', message: 'no jail "x"' } });
    assert.deepEqual(await trial.say('{"command":"reload"}\n'), {
      ok: false,
      error: { code: 'software', message: 'x is; not a function' },
    });
  });

  it('many clients at once have their own answers', async () => {
    await using trial = await new Trial().listen(async (request) => (request.command === 'status' ? request.jail : ''));
    const jails = Array.from({ length: 50 }, (_, index) => `jail${index}`);
    const answers = await Promise.all(jails.map((jail) => askDaemon(trial.path, { command: 'status', jail })));
    assert.deepEqual(answers, jails);
  });
});

describe('the path of the control socket', () => {
  it('where another daemon answers is refused', async () => {
    await using trial = await new Trial().listen();
    await assert.rejects(
      listenForControl(trial.path, async () => 'other'),
      { code: 'unavailable', message: /another ringjail already answers/ },
    );
    assert.deepEqual(await trial.say('{"command":"status"}\n'), { ok: true, result: 'done' });
  });

  it('where a killed daemon left its socket is taken', async () => {
    const path = newPath();
    // Node removes the file when a server closes; a daemon that is killed does not.
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program]);
    assert.ok(statSync(path).isSocket());
    await using trial = await new Trial(path).listen();
    assert.deepEqual(await trial.say('{"command":"status"}\n'), { ok: true, result: 'done' });
  });

  it('where another file stands is refused, and the file stays', async () => {
    const path = newPath();
    writeFileSync(path, 'precious');
    await assert.rejects(new Trial(path).listen(), { code: 'unavailable', message: new RegExp(`^cannot listen at ${path}: .*EADDRINUSE`) });
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });

  it('whose directory is missing is refused, with the cure', async () => {
    const path = join(root, 'none', 'ringjail.sock');
    await assert.rejects(new Trial(path).listen(), { code: 'unavailable', message: /its directory must exist.*RuntimeDirectory=ringjail/ });
    assert.equal(existsSync(path), false);
  });
});

describe('askDaemon', () => {
  it('gives the result, or throws what the daemon objects to', async () => {
    await using trial = await new Trial().listen(async ({ command }) => {
      if (command === 'reload') throw new RingjailError('configuration', 'no');
      return { jails: [] };
    });
    assert.deepEqual(await askDaemon(trial.path, { command: 'status' }), { jails: [] });
    await assert.rejects(askDaemon(trial.path, { command: 'reload' }), { code: 'configuration', message: 'no' });
  });

  it('sends 100,000 addresses and reads as many', async () => {
    const addresses = Array.from({ length: 100_000 }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    await using trial = await new Trial().listen(async (request) => (request.command === 'ban' ? request.addresses : []));
    assert.deepEqual(await askDaemon(trial.path, { command: 'ban', jail: 'portscan', addresses }), addresses);
  });

  it('without a daemon says how to start one', async () => {
    await assert.rejects(askDaemon(newPath(), { command: 'status' }), {
      code: 'unavailable',
      message: /no daemon answers at .*systemctl start ringjail/,
    });
  });

  for (const answer of ['', 'hello\n', '{"ok":false}\n', '{"ok":true', '{"ok":false,"error":{"code":"none","message":"m"}}\n']) {
    it(`another program that answers ${JSON.stringify(answer)} is no daemon`, async () => {
      const path = newPath();
      const server = createServer((socket) => socket.end(answer)).listen(path);
      await once(server, 'listening');
      await assert.rejects(askDaemon(path, { command: 'status' }), {
        code: 'unavailable',
        message: `no whole answer came from ${path}: the daemon ended, or it is another program; see journalctl -u ringjail`,
      });
      server.close();
    });
  }

  it('a request is one line', () => {
    assert.equal(formatMessage({ command: 'ban', jail: 'a\nb', addresses: [] }).trimEnd().includes('\n'), false);
  });
});
