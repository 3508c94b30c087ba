// One request to the daemon, over its control socket.
import { createConnection } from 'node:net';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';
import { formatMessage, parseAnswer } from './codec.ts';
import type { ControlRequest } from './messages.ts';

const timeLimitMs = 30_000;

/** The answer's result. Rejects with a RingjailError that says how to reach the daemon, or what it objects to. */
export function askDaemon(socketPath: string, request: ControlRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = createConnection(socketPath);
    const fail = (error: RingjailError) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeLimitMs, () =>
      fail(
        new RingjailError(
          'unavailable',
          `no answer from ${socketPath} in 30 s; what was asked may still be carried out: see ringjail status`,
        ),
      ),
    );
    socket.on('error', (error) => fail(explain(socketPath, error)));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('connect', () => socket.write(formatMessage(request)));
    socket.on('end', () => {
      const answer = parseAnswer(Buffer.concat(chunks).toString());
      if (answer === undefined)
        fail(
          new RingjailError(
            'unavailable',
            `no whole answer came from ${socketPath}: the daemon ended, or it is another program; see journalctl -u ringjail`,
          ),
        );
      else if (!answer.ok) fail(new RingjailError(answer.error.code, answer.error.message));
      else resolve(answer.result);
    });
  });
}

function explain(socketPath: string, error: Error): RingjailError {
  const code = systemCodeOf(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    const cure = 'start it with: sudo systemctl start ringjail (or sudo npm start), or name its socket with -s';
    return new RingjailError('unavailable', `no daemon answers at ${socketPath}: ${cure}`, error);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const cure = 'use sudo, or become a member of the group ringjail: sudo adduser $USER ringjail';
    return new RingjailError('permission', `not allowed to use ${socketPath}: ${cure}`, error);
  }
  return new RingjailError('unavailable', `cannot reach the daemon at ${socketPath}: ${messageOf(error)}`, error);
}
