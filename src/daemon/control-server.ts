// The control socket: 0660, for root and the group of the daemon. One line of JSON in, one out, and the connection ends.
import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { formatMessage, maxRequestBytes, parseRequest } from '../control/codec.ts';
import type { ControlAnswer, ControlRequest } from '../control/messages.ts';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';

// A client that says nothing must not hold a connection for ever.
const idleLimitMs = 10_000;

/** Answers a request, or throws a RingjailError that becomes the answer. */
export type HandleRequest = (request: ControlRequest) => Promise<unknown>;

/** Listens at `path`. Rejects where another daemon does already; a socket that a killed one left behind is replaced, no other file is. */
export async function listenForControl(path: string, handle: HandleRequest, limitMs = idleLimitMs): Promise<Server> {
  if (await isAnswered(path)) {
    throw new RingjailError(
      'unavailable',
      `another ringjail already answers at ${path}: stop it first, or give this one another socket (-s) and another state directory (STATE_DIRECTORY in its environment)`,
    );
  }
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw cannotListen(path, error);
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, handle, limitMs));
  // Nobody shall be able to connect in the moment between bind and chmod.
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o660);
  } catch (error) {
    throw cannotListen(path, error);
  } finally {
    process.umask(umask);
  }
  return server;
}

function serve(socket: Socket, handle: HandleRequest, limitMs: number): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let isAnswering = false;
  const answer = (message: ControlAnswer) => {
    // Whoever does not read the answer, or does not go, must not hold it for ever either.
    socket.setTimeout(limitMs);
    socket.end(formatMessage(message));
  };
  socket.setTimeout(limitMs, () => socket.destroy());
  // A client that went away needs no answer.
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    if (isAnswering) return;
    chunks.push(chunk);
    size += chunk.length;
    const isWhole = chunk.includes(0x0a);
    if (!isWhole && size <= maxRequestBytes) return;
    isAnswering = true;
    socket.setTimeout(0);
    if (size > maxRequestBytes) {
      return answer(refusal(new RingjailError('usage', 'the request is larger than 4 MiB: name fewer addresses at once')));
    }
    const request = parseRequest(Buffer.concat(chunks).toString());
    if (request === undefined) {
      const cure = 'where client and daemon are of different versions: sudo systemctl restart ringjail';
      return answer(refusal(new RingjailError('usage', `the request is not understood; ${cure}`)));
    }
    handle(request).then(
      (result) => answer({ ok: true, result }),
      (error: unknown) => answer(refusal(error)),
    );
  });
  socket.on('end', () => {
    if (!isAnswering) socket.destroy();
  });
}

function refusal(error: unknown): ControlAnswer {
  const code = error instanceof RingjailError ? error.code : 'software';
  return { ok: false, error: { code, message: messageOf(error) } };
}

/** Rejects where it cannot be told: another user's daemon, whose socket we may not use, must not be taken for a dead one's. */
const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error) => {
      if (['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(systemCodeOf(error) ?? '')) resolve(false);
      else reject(cannotListen(path, error));
    });
  });

function cannotListen(path: string, error: unknown): RingjailError {
  const code = systemCodeOf(error);
  const directory = dirname(path);
  // Node says EACCES for a directory that is missing, too.
  const isMissing = code === 'ENOENT' || (code === 'EACCES' && !existsSync(directory));
  if (isMissing) {
    const cure = 'its directory must exist (RuntimeDirectory=ringjail in the unit; by hand: sudo npm start, or another path with -s)';
    return new RingjailError('unavailable', `cannot listen at ${path}: ${cure}`, error);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const cure = 'start the service: sudo systemctl start ringjail; or by hand: sudo npm start, or another path with -s';
    return new RingjailError('permission', `cannot listen at ${path}: this user may not write in ${directory}; ${cure}`, error);
  }
  return new RingjailError('unavailable', `cannot listen at ${path}: ${messageOf(error)}`, error);
}
