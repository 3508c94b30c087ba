// The native reader's life: collected while open, closed while pending, the process ending at each step. /dev/null stands in where no
// record is needed; it cannot be polled, so that a pipe does where that matters.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openKernelLog } from '../../src/binding/addon.ts';
import { run } from '../lab/laboratory.ts';

const addon = fileURLToPath(new URL('../../../build/Release/ringjail.node', import.meta.url));
const ignore = () => undefined;

describe('the kernel log reader', () => {
  let directory: string;
  let pipe: string;

  /** Runs a program that has `reader` of the pipe; its exit code and what it printed. */
  const runProgram = (source: string) => {
    const program = `const { KernelLogReader } = require(${JSON.stringify(addon)}); const path = ${JSON.stringify(pipe)};
      const fs = require('node:fs'); const writer = fs.openSync(path, 'r+');
      const open = (onReadable) => new KernelLogReader(path, onReadable ?? (() => {}));
      const openCount = () => fs.readdirSync('/proc/self/fd').length;
      ${source}`;
    return run([process.execPath, '--expose-gc', '-e', program]);
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringjail-reader-'));
    pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  test('what cannot be opened throws an error as Node has them', () => {
    const path = join(directory, 'missing');
    const expected = { code: 'ENOENT', errno: -2, syscall: 'open', path, message: `ENOENT: no such file or directory, open '${path}'` };
    assert.throws(() => openKernelLog(path, ignore), expected);
  });

  test('what cannot be polled throws, and leaves no descriptor open', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');
    const before = readdirSync('/proc/self/fd').length;
    assert.throws(() => openKernelLog(path, ignore), { code: 'EPERM', syscall: 'poll' });
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });

  test('after close everything throws EBADF, and close may be repeated', async () => {
    const { code, stdout, stderr } = await runProgram(`const reader = open(); reader.start(); reader.close(); reader.close();
      for (const use of ['start', 'read']) try { reader[use](1) } catch (error) { console.log(use, error.code) } reader.stop();`);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'start EBADF\nread EBADF\n', stderr: '' });
  });

  test('records are read one a read, as many as asked for', async () => {
    const { stdout } = await runProgram(`const reader = open(); fs.writeSync(writer, 'abc');
      const { bytes, ends } = reader.read(5); console.log(bytes.toString(), [...ends], reader.read(5).ends.length); reader.close()`);
    assert.equal(stdout, 'abc [ 3 ] 0\n');
  });

  test('closed in its own callback', async () => {
    const { code, stdout } = await runProgram(`const reader = open(() => { console.log('woken'); reader.close(); });
      reader.start(); fs.writeSync(writer, 'x');`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'woken\n' });
  });

  test('what the callback throws is an uncaught exception, not a crash', async () => {
    const { code, stderr } = await runProgram(`open(() => { throw new Error('from the callback') }).start(); fs.writeSync(writer, 'x');`);
    assert.equal(code, 1);
    assert.match(stderr, /from the callback/);
  });

  test('collected while open: the descriptors are closed', async () => {
    const { code, stdout } = await runProgram(`const before = openCount();
      (() => { for (let i = 0; i < 50; i++) open(); })();
      const most = openCount() - before;
      const collect = (tries) => { global.gc(); setImmediate(() => (openCount() === before || tries === 0 ? console.log(most, openCount() - before) : collect(tries - 1))); };
      collect(50);`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '50 0\n' });
  });

  test('not collected while it polls, although nobody holds it', async () => {
    const { stdout } = await runProgram(`(() => open(() => { console.log('woken'); process.exit(0); }).start())();
      for (let i = 0; i < 5; i++) global.gc(); setImmediate(() => { global.gc(); fs.writeSync(writer, 'x'); });`);
    assert.equal(stdout, 'woken\n');
  });

  test('polling keeps the process alive, stop lets it end', async () => {
    const { code, stdout } = await runProgram(
      `const reader = open(); reader.start(); setTimeout(() => { console.log('alive'); reader.stop(); }, 50);`,
    );
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'alive\n' });
  });

  for (const step of [
    'open()',
    'open().start()',
    'const r = open(); r.start(); r.close()',
    'const r = open(); r.start(); fs.writeSync(writer, "x")',
  ]) {
    test(`the process exits at once after: ${step}`, async () => {
      const { code, stderr } = await runProgram(`${step}; process.exit(7)`);
      assert.deepEqual({ code, stderr }, { code: 7, stderr: '' });
    });

    test(`a worker thread ends after: ${step}`, async () => {
      const worker = `const fs = require('node:fs'); const writer = fs.openSync(${JSON.stringify(pipe)}, 'r+');
        const { KernelLogReader } = require(${JSON.stringify(addon)}); const open = () => new KernelLogReader(${JSON.stringify(pipe)}, () => {});
        ${step}; require('node:worker_threads').parentPort.postMessage('there')`;
      const { code, stdout, stderr } = await runProgram(`const { Worker } = require('node:worker_threads');
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
        worker.on('message', async () => { await worker.terminate(); console.log('terminated'); });`);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'terminated\n', stderr: '' });
    });
  }
});
