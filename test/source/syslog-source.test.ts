import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { DatagramReader, OpenDatagramReader } from '../../src/binding/addon.ts';
import { RingjailError } from '../../src/core/errors.ts';
import type { ListenAddress } from '../../src/source/listen-address.ts';
import { SyslogSource } from '../../src/source/syslog-source.ts';
import { anyPort, networks, nowUsec, SyslogTrial, sendDatagrams } from './syslog-trial.ts';

const udp = anyPort('udp', '127.0.0.1');
const tcp = anyPort('tcp', '127.0.0.1');
const directory = mkdtempSync(join(tmpdir(), 'ringjail-syslog-'));
after(() => rmSync(directory, { recursive: true }));
const unix = (name: string): ListenAddress => ({ transport: 'unix', path: join(directory, name), text: `unix://${join(directory, name)}` });

/** Runs `use` while the source listens. */
async function listening(trial: SyslogTrial, use: () => Promise<void>): Promise<void> {
  await trial.start();
  try {
    await use();
  } finally {
    await trial.stop();
  }
}

async function connectTo(port: number, from = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}

describe('SyslogSource by UDP', () => {
  it('delivers records, in order, with lines, priorities, times, numbers and what they were selected for', async () => {
    const selectors = [
      { source: 'syslog', facilities: [4], programs: ['sshd'] },
      { source: 'syslog', facilities: undefined, programs: ['file-x'] },
    ] as const;
    const trial = new SyslogTrial([udp], networks('127.0.0.1'), selectors);
    await listening(trial, async () => {
      await sendDatagrams(trial.port(), ['<38>Nov 22 01:02:03 web1 sshd[1]: one\n', 'two', '<13>1 - - file-x - - - three']);
      assert.deepEqual(await trial.until(3), ['web1 sshd[1]: one', '127.0.0.1 two', 'three']);
      const all = trial.batches.flatMap((batch) =>
        Array.from({ length: batch.count }, (_, index) => {
          assert.equal(batch.bytes[batch.messageEnd[index] ?? 0], 0x0a);
          const message = batch.bytes.toString('latin1', batch.messageStart[index], batch.messageEnd[index]);
          return [message, batch.priority[index], batch.realtimeUsec[index], batch.sequence[index], batch.selected[index]];
        }),
      );
      assert.deepEqual(all, [
        ['one', 38, nowUsec, 0, 1],
        ['two', 13, nowUsec, 1, 0],
        ['three', 13, nowUsec, 2, 2],
      ]);
      assert.deepEqual(trial.batches[0]?.position, {});
      assert.equal(trial.batches[0]?.source, 'syslog');
    });
  });

  it('by IPv6, on both families at once', async () => {
    const trial = new SyslogTrial([anyPort('udp', '::'), anyPort('udp', '0.0.0.0')]);
    await listening(trial, async () => {
      await sendDatagrams(trial.port(0), ['six'], '::1');
      await trial.until(1);
      await sendDatagrams(trial.port(1), ['four']);
      assert.deepEqual(await trial.until(2), ['::1 six', '127.0.0.1 four']);
    });
  });

  it('hears only whom it is to hear, and counts the others', async () => {
    const trial = new SyslogTrial([udp], networks('127.0.0.2', '127.1.128.0/17'));
    await listening(trial, async () => {
      for (const from of ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.1.127.255', '127.1.128.0', '127.1.255.255', '127.2.128.0']) {
        await sendDatagrams(trial.port(), [from], '127.0.0.1', from);
      }
      assert.deepEqual(await trial.until(3), ['127.0.0.2 127.0.0.2', '127.1.128.0 127.1.128.0', '127.1.255.255 127.1.255.255']);
      await trial.wait(() => trial.source.describe()['refused'] === 4);
      assert.equal(trial.source.describe()['lastRefused'], '127.2.128.0');
    });
  });

  it('::/0 is every IPv6 address, and no IPv4 address', async () => {
    const trial = new SyslogTrial([udp, anyPort('udp', '::1')], networks('::/0'));
    await listening(trial, async () => {
      await sendDatagrams(trial.port(0), ['four']);
      await sendDatagrams(trial.port(1), ['six'], '::1');
      assert.deepEqual(await trial.until(1), ['::1 six']);
      await trial.wait(() => trial.source.describe()['refused'] === 1);
    });
  });

  it('the longest datagram, and an empty one', async () => {
    const trial = new SyslogTrial([udp]);
    const text = 'x'.repeat(65_507);
    await listening(trial, async () => {
      await sendDatagrams(trial.port(), [text, '']);
      assert.deepEqual(await trial.until(2), [`127.0.0.1 ${text}`, '127.0.0.1 ']);
    });
  });

  it('ends when it is told to, and does not begin where it is told so before', async () => {
    const trial = await new SyslogTrial([udp, tcp, unix('ends')]).start();
    await trial.stop();
    const abort = new AbortController();
    abort.abort();
    const never = () => assert.fail('it has begun');
    await trial.source.run(abort.signal, { onBatch: never, onLoss: never, onCaughtUp: never });
  });

  it('can run again, and numbers its records on', async () => {
    const trial = new SyslogTrial([udp, tcp, unix('again')]);
    for (const text of ['one', 'two']) {
      await listening(trial, async () => {
        await sendDatagrams(trial.port(), [text]);
        await trial.wait(() => trial.lines.at(-1) === `127.0.0.1 ${text}`);
      });
    }
    assert.equal(trial.batches.at(-1)?.sequence[0], 1);
  });
});

describe('SyslogSource by TCP', () => {
  it('both framings on one connection, over several, in parts; a line left at the end is a record', async () => {
    const trial = new SyslogTrial([tcp]);
    await listening(trial, async () => {
      const socket = await connectTo(trial.port());
      socket.write('<13>Nov 22 01:02:03 h p: a\n27 <13>Nov 22 01:02:03 h p: b\n<13>Nov 2');
      await trial.until(2);
      const other = await connectTo(trial.port());
      other.end('9 <13>other');
      await trial.until(3);
      socket.end('2 01:02:03 h p: c');
      assert.deepEqual(await trial.until(4), ['h p: a', 'h p: b', '127.0.0.1 other', 'h p: c']);
      assert.equal(trial.source.describe()['halfFrames'], 0);
      await trial.wait(() => trial.source.describe()['connections'] === 0);
    });
  });

  it('half a counted message is thrown away, and counted', async () => {
    const trial = new SyslogTrial([tcp]);
    await listening(trial, async () => {
      (await connectTo(trial.port())).end('9 <13>whole9 <13>h');
      await trial.wait(() => trial.source.describe()['halfFrames'] === 1);
      assert.deepEqual(trial.lines, ['127.0.0.1 whole']);
    });
  });

  it('refuses who is not allowed', async () => {
    const trial = new SyslogTrial([tcp], networks('127.0.0.2'));
    await listening(trial, async () => {
      const stranger = await connectTo(trial.port());
      await new Promise((resolve) => stranger.on('close', resolve));
      (await connectTo(trial.port(), '127.0.0.2')).end('friend');
      assert.deepEqual(await trial.until(1), ['127.0.0.2 friend']);
      assert.equal(trial.source.describe()['refused'], 1);
      assert.equal(trial.source.describe()['lastRefused'], '127.0.0.1');
    });
  });

  it('256 connections, and no more', async () => {
    const trial = new SyslogTrial([tcp]);
    await listening(trial, async () => {
      const sockets: Socket[] = [];
      for (let count = 0; count < 257; count++) sockets.push(await connectTo(trial.port()));
      await trial.wait(() => trial.source.describe()['refused'] === 1);
      assert.equal(trial.source.describe()['connections'], 256);
      sockets[0]?.end('still heard\n');
      await trial.until(1);
      for (const socket of sockets) socket.destroy();
      await trial.wait(() => trial.source.describe()['connections'] === 0);
    });
  });

  it('a flood is read 256 KiB a turn of the event loop, and loses nothing', async () => {
    const trial = new SyslogTrial([tcp]);
    await listening(trial, async () => {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => connectTo(trial.port())));
      await trial.wait(() => trial.source.describe()['connections'] === 20);
      const count = 20 * 60;
      // At once, as the kernel takes it: all of it waits when the loop looks.
      for (const socket of sockets) socket.end(`<13>${'x'.repeat(1019)}\n`.repeat(60));
      const recordsOfTurns: number[] = [];
      let before = 0;
      const turn = () => {
        recordsOfTurns.push(trial.lines.length - before);
        before = trial.lines.length;
        if (before < count) setImmediate(turn);
      };
      turn();
      await trial.until(count);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(
        recordsOfTurns.reduce((sum, records) => sum + records, 0),
        count,
      );
      // One read of 64 KiB may go beyond.
      assert.ok(Math.max(...recordsOfTurns) <= 256 + 64, `${Math.max(...recordsOfTurns)} KiB in one turn`);
    });
  });
});

describe('SyslogSource by unix socket', () => {
  it('what logger(1) sends there, without a host; the file is for owner and group, and goes at the end', async () => {
    const address = unix('logger');
    const path = join(directory, 'logger');
    const trial = new SyslogTrial([address], networks());
    const umask = process.umask(0o077);
    try {
      await listening(trial, async () => {
        assert.equal(statSync(path).mode & 0o777, 0o660);
        execFileSync('logger', ['--socket', path, '--socket-errors=on', '-t', 'tag', '-p', 'mail.info', 'a message']);
        assert.deepEqual(await trial.until(1), ['localhost tag: a message']);
        assert.equal(trial.batches[0]?.priority[0], 22);
        assert.equal(trial.source.describe()['listeners'], `unix://${path}`);
      });
    } finally {
      process.umask(umask);
    }
    assert.ok(!existsSync(path));
  });

  it('a socket that somebody left behind is replaced', async () => {
    const path = join(directory, 'stale');
    execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind("${path}")`]);
    const trial = new SyslogTrial([unix('stale')]);
    await listening(trial, async () => assert.ok(existsSync(path)));
  });

  it('a longer message than 64 KiB is cut and counted', async () => {
    const trial = new SyslogTrial([unix('long')]);
    await listening(trial, async () => {
      const program = `import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x" * 70000, "${join(directory, 'long')}")`;
      execFileSync('python3', ['-c', program]);
      assert.deepEqual(await trial.until(1), [`localhost ${'x'.repeat(65_536)}`]);
      assert.equal(trial.source.describe()['truncated'], 1);
    });
  });
});

describe('SyslogSource with a socket that does not do as it should', () => {
  const nothing = { bytes: Buffer.alloc(0), starts: new Uint32Array(), ends: new Uint32Array(), senderIds: new Uint32Array(), senders: [] };

  /** A source on a reader that gives these answers, one a wake-up. */
  const runWith = async (answers: (() => Partial<ReturnType<DatagramReader['read']>>)[]) => {
    let wake: () => void = () => undefined;
    let isClosed = false;
    const losses: (number | undefined)[] = [];
    const reader: DatagramReader = {
      port: () => 5514,
      receiveBufferBytes: () => 0,
      start: () => undefined,
      stop: () => undefined,
      read: () => ({ ...nothing, lost: 0, truncated: 0, refused: 0, lastRefused: undefined, ...answers.shift()?.() }),
      close: () => {
        isClosed = true;
      },
    };
    const open = (...[, , , , onReadable]: Parameters<OpenDatagramReader>) => {
      wake = onReadable;
      return reader;
    };
    const source = new SyslogSource({ listen: [udp], allow: [], clock: () => nowUsec, open });
    const abort = new AbortController();
    const ended = source.run(abort.signal, {
      onBatch: () => assert.fail('there is nothing to deliver'),
      onLoss: ({ count }) => losses.push(count),
      onCaughtUp: () => {
        while (answers.length > 0) wake();
        abort.abort();
      },
    });
    try {
      await ended;
    } finally {
      assert.ok(isClosed);
      wake();
    }
    return { losses, described: source.describe() };
  };

  it('what the kernel dropped is told and counted, all of it by the end', async () => {
    const { losses, described } = await runWith([() => ({ lost: 3 }), () => ({ lost: 4 }), () => ({ lost: 5 })]);
    assert.deepEqual(losses, [3, 9]);
    assert.equal(described['lost'], 12);
  });

  it('a read that fails ends the source, with the reason', async () => {
    const fail = () => {
      throw new Error('EIO: i/o error, recvmmsg');
    };
    await assert.rejects(runWith([fail]), { name: 'RingjailError', message: /^cannot listen on udp:.*EIO/ });
  });
});

describe('SyslogSource that cannot listen says why, and the cure', () => {
  const refused = async (address: ListenAddress, expected: RegExp) => {
    const trial = new SyslogTrial([udp, address]);
    await assert.rejects(trial.start(), (error) => {
      assert.ok(error instanceof RingjailError);
      assert.equal(error.code, 'unavailable');
      assert.match(error.message, expected);
      return true;
    });
  };
  const at = (transport: 'udp' | 'tcp', host: string, port: number): ListenAddress => ({
    transport,
    host,
    port,
    text: `${transport}://${host}:${port}`,
  });

  it('a UDP port in use', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const text = `^cannot listen on udp://127.0.0.1:${port}: EADDRINUSE.*ss -lnup sport = :${port}`;
    await refused(at('udp', '127.0.0.1', port), new RegExp(text));
    socket.close();
  });

  it('a TCP port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await refused(
      at('tcp', '127.0.0.1', port),
      new RegExp(`^cannot listen on tcp://127.0.0.1:${port}: .*EADDRINUSE.*ss -lntp sport = :${port}`),
    );
    server.close();
  });

  for (const transport of ['udp', 'tcp'] as const) {
    it(`${transport}: an address that no interface has`, () => refused(at(transport, '203.0.113.77', 5514), /EADDRNOTAVAIL.*ip address/));
  }

  it('a path where a file is that is no socket: it stays', async () => {
    const path = join(directory, 'file');
    writeFileSync(path, 'mine');
    await refused(unix('file'), /EEXIST.*no socket stands there/);
    assert.equal(statSync(path).size, 4);
  });

  it('a path where another listens: its socket stays', async () => {
    const trial = new SyslogTrial([unix('taken')]);
    await listening(trial, async () => {
      await refused(unix('taken'), /EADDRINUSE.*ss -lxp/);
      assert.ok(existsSync(join(directory, 'taken')));
    });
  });

  it('a path in a directory that is not there', () => refused(unix('none/here'), /ENOENT.*directory does not exist/));
});
