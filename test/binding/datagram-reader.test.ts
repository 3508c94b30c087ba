// The native reader's life: what it refuses, losses by the kernel's count, closed at each step, the process ending at each step.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDatagramReader } from '../../src/binding/addon.ts';
import { run } from '../lab/laboratory.ts';
import { sendDatagrams } from '../source/syslog-trial.ts';

const addon = fileURLToPath(new URL('../../../build/Release/ringjail.node', import.meta.url));
const ignore = () => undefined;
/** 127.0.0.0/8, as native/datagram_reader.h has it. */
const loopback = Buffer.from([4, 8, 127, ...Array<number>(15).fill(0)]);
const open = (receiveBufferBytes = 1 << 20) => openDatagramReader('127.0.0.1', 0, loopback, receiveBufferBytes, ignore);

describe('the datagram reader', () => {
  test('datagrams are read in order, as many as asked for, with room around them', async () => {
    const reader = open();
    await sendDatagrams(reader.port(), ['a', 'bc', '']);
    const { bytes, starts, ends, senderIds, senders } = reader.read(2);
    assert.deepEqual(
      Array.from(starts, (start, index) => bytes.toString('latin1', start, ends[index])),
      ['a', 'bc'],
    );
    assert.deepEqual([...starts], [48, 48 + 2 + 48]);
    assert.equal(bytes.length, 48 + 2 + 48 + 3);
    assert.deepEqual([[...senderIds], senders], [[0, 0], ['127.0.0.1']]);
    assert.equal(reader.read(100).starts.length, 1);
    assert.equal(reader.read(100).starts.length, 0);
    reader.close();
  });

  test('senders are told apart', async () => {
    const reader = open();
    for (const from of ['127.0.0.1', '127.0.0.2', '127.0.0.1', '127.0.0.2']) await sendDatagrams(reader.port(), ['x'], '127.0.0.1', from);
    const { senderIds, senders } = reader.read(100);
    assert.deepEqual(
      [[...senderIds], senders],
      [
        [0, 1, 0, 1],
        ['127.0.0.1', '127.0.0.2'],
      ],
    );
    reader.close();
  });

  test('what the kernel dropped is counted exactly, and once', async () => {
    const reader = open(4096);
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    await sendDatagrams(reader.port(), texts);
    const first = reader.read(1000);
    assert.ok(first.starts.length < 300, 'some are lost');
    // The count comes with the next datagram.
    await sendDatagrams(reader.port(), ['next']);
    const second = reader.read(1000);
    assert.equal(first.starts.length + first.lost + second.lost, 300);
    await sendDatagrams(reader.port(), ['after']);
    assert.equal(reader.read(1000).lost, 0);
    reader.close();
  });

  test('the receive buffer is what was asked for, twice over, as root, and never less than before', () => {
    const small = open(1 << 16);
    const large = open(32 << 20);
    if (process.getuid?.() === 0) assert.equal(large.receiveBufferBytes(), 64 << 20);
    assert.ok(large.receiveBufferBytes() > small.receiveBufferBytes());
    small.close();
    large.close();
  });

  test('what cannot be bound throws an error as Node has them, and leaves no descriptor open', () => {
    const before = readdirSync('/proc/self/fd').length;
    const reader = open();
    const expected = { code: 'EADDRINUSE', errno: -98, syscall: 'bind', path: `127.0.0.1:${reader.port()}` };
    assert.throws(() => openDatagramReader('127.0.0.1', reader.port(), loopback, 1, ignore), expected);
    assert.throws(() => openDatagramReader('203.0.113.77', 0, loopback, 1, ignore), { code: 'EADDRNOTAVAIL', syscall: 'bind' });
    assert.throws(() => openDatagramReader('localhost', 0, loopback, 1, ignore), { code: 'EINVAL' });
    for (const path of ['', 'relative', '/nul\0/x', `/${'x'.repeat(200)}`, '/dev/null', '/nowhere/x']) {
      assert.throws(() => openDatagramReader(path, undefined, loopback, 1, ignore), /EINVAL|ENAMETOOLONG|EEXIST|ENOENT/, path);
    }
    reader.close();
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });

  test('nonsense for arguments throws', () => {
    const any = openDatagramReader as (...values: unknown[]) => unknown;
    const cases = [
      [],
      [1, 0, loopback, 1, ignore],
      ['127.0.0.1', -1, loopback, 1, ignore],
      ['127.0.0.1', 65_536, loopback, 1, ignore],
      ['127.0.0.1', '0', loopback, 1, ignore],
      ['127.0.0.1', 0, 'x', 1, ignore],
      ['127.0.0.1', 0, Buffer.from([4, 33, ...Array<number>(16).fill(0)]), 1, ignore],
      ['127.0.0.1', 0, loopback, Number.NaN, ignore],
      ['127.0.0.1', 0, loopback, 1],
    ];
    for (const values of cases) assert.throws(() => any(...values), /TypeError|RangeError|must be|needed|too long/);
  });

  /** Runs a program in a process of its own; its exit code and what it printed. */
  const runProgram = (source: string) => {
    const program = `const { DatagramReader } = require(${JSON.stringify(addon)}); const dgram = require('node:dgram');
      const allow = Buffer.from([4, 8, 127, ...Array(15).fill(0)]); const fs = require('node:fs');
      const open = (onReadable) => new DatagramReader('127.0.0.1', 0, allow, 1 << 20, onReadable ?? (() => {}));
      const send = (reader) => { const socket = dgram.createSocket('udp4'); socket.send('x', reader.port(), '127.0.0.1', () => socket.close()); };
      const openCount = () => fs.readdirSync('/proc/self/fd').length;
      ${source}`;
    return run([process.execPath, '--expose-gc', '-e', program]);
  };

  test('after close everything throws EBADF, and close may be repeated', async () => {
    const { code, stdout, stderr } = await runProgram(`const reader = open(); reader.start(); reader.close(); reader.close();
      for (const use of ['start', 'read', 'port', 'receiveBufferBytes']) try { reader[use](1) } catch (error) { console.log(use, error.code) } reader.stop();`);
    const expected = 'start EBADF\nread EBADF\nport EBADF\nreceiveBufferBytes EBADF\n';
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: expected, stderr: '' });
  });

  test('closed in its own callback', async () => {
    const { code, stdout } = await runProgram(
      `const reader = open(() => { console.log('woken'); reader.close(); }); reader.start(); send(reader);`,
    );
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'woken\n' });
  });

  test('what the callback throws is an uncaught exception, not a crash', async () => {
    const { code, stderr } = await runProgram(
      `const reader = open(() => { throw new Error('from the callback') }); reader.start(); send(reader);`,
    );
    assert.equal(code, 1);
    assert.match(stderr, /from the callback/);
  });

  test('collected while open: the descriptors are closed', async () => {
    const { code, stdout } = await runProgram(`open().close(); const before = openCount();
      (() => { for (let i = 0; i < 50; i++) open(); })();
      const most = openCount() - before;
      const collect = (tries) => { global.gc(); setImmediate(() => (openCount() === before || tries === 0 ? console.log(most, openCount() - before) : collect(tries - 1))); };
      collect(50);`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '50 0\n' });
  });

  for (const step of ['open()', 'open().start()', 'const r = open(); r.start(); r.close()', 'const r = open(); r.start(); send(r)']) {
    test(`the process exits at once after: ${step}`, async () => {
      const { code, stderr } = await runProgram(`${step}; process.exit(7)`);
      assert.deepEqual({ code, stderr }, { code: 7, stderr: '' });
    });
  }
});
