// The life of everything that the event loop wakes (native/readiness.h), each with what wakes it: closed twice, closed in its own callback,
// the environment ending at each step. In network namespaces of their own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

const addon = fileURLToPath(new URL('../../../build/Release/ringjail.node', import.meta.url));

/** `open`: an expression of `onReady`; `wake`: what makes it ready, of `woken` (that expression's value) and `directory`. */
const watchers: readonly { readonly name: string; readonly open: string; readonly wake: string }[] = [
  {
    name: 'KernelLogReader',
    open: '(exec("mkfifo", ["-m", "600", directory + "/" + threadId]), new addon.KernelLogReader(directory + "/" + threadId, onReady))',
    wake: 'fs.writeSync(fs.openSync(directory + "/" + threadId, "r+"), "x")',
  },
  {
    name: 'DatagramReader',
    open: '(fs.rmSync(directory + "/socket" + threadId, { force: true }), new addon.DatagramReader(directory + "/socket" + threadId, undefined, Buffer.alloc(0), 65536, onReady))',
    wake: 'exec("logger", ["--socket", directory + "/socket" + threadId, "x"])',
  },
  {
    name: 'JournalReader',
    open: 'new addon.JournalReader({ path: directory }, onReady)',
    wake: 'fs.writeFileSync(directory + "/new.journal", "")',
  },
  {
    name: 'NetfilterMonitor',
    open: 'new addon.NetfilterMonitor("t", onReady)',
    wake: 'exec("nft", ["add", "table", "inet", "t"])',
  },
  {
    name: 'RouteMonitor',
    open: 'new addon.RouteMonitor(onReady)',
    wake: 'exec("ip", ["link", "set", "lo", "up"])',
  },
];

describe('what the event loop wakes', { skip: needsRoot }, () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringjail-readiness-'));
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const { name, open, wake } of watchers) {
    const prelude = () => {
      const own = mkdtempSync(join(directory, 'of-'));
      return `const fs = require('node:fs'); const { threadId, parentPort, Worker } = require('node:worker_threads');
        const exec = (program, args) => require('node:child_process').execFileSync(program, args);
        const addon = require(${JSON.stringify(addon)}); const directory = ${JSON.stringify(own)};
        const open = (onReady) => ${open}; const wake = () => { ${wake}; };
        const start = (onReady) => { const woken = open(onReady); woken.start?.(); return woken; };`;
    };
    const runProgram = (source: string) =>
      run(['unshare', '--net', process.execPath, '--expose-gc', '-e', `${prelude()} const keep = setTimeout(() => {}, 5000); ${source}`]);

    test(`${name}: closed again it stays closed, and tells nothing`, async () => {
      const { code, stdout, stderr } = await runProgram(`const woken = start(() => console.log('woken')); wake();
        woken.close(); woken.close(); woken.stop?.(); setTimeout(() => { woken.close(); keep.unref(); }, 50);`);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
    });

    test(`${name}: closed and let go in its own callback`, async () => {
      const { code, stdout, stderr } = await runProgram(`let woken = start(() => {
          console.log('woken'); woken.close(); woken.close(); woken = undefined; gc(); gc(); setImmediate(() => { gc(); keep.unref(); });
        }); wake();`);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'woken\n', stderr: '' });
    });

    test(`${name}: what the callback throws is an uncaught exception, not a crash`, async () => {
      const { code, stderr } = await runProgram(`globalThis.woken = start(() => { throw new Error('from the callback'); }); wake();`);
      assert.equal(code, 1);
      assert.match(stderr, /from the callback/);
    });

    const ready = `parentPort.postMessage('ready');`;
    const ends: [name: string, source: string][] = [
      ['open', `globalThis.woken = open(() => {}); ${ready}`],
      ['woken, and not yet told', `globalThis.woken = start(() => {}); wake(); ${ready}`],
      ['in its callback', `globalThis.woken = start(() => { ${ready} for (;;); }); wake();`],
      ['in its callback, closed', `globalThis.woken = start(() => { woken.close(); ${ready} for (;;); }); wake();`],
      ['closed in the same turn', `globalThis.woken = start(() => {}); wake(); woken.close(); ${ready}`],
    ];
    for (const [what, source] of ends) {
      test(`${name}: the thread ends: ${what}`, async () => {
        const worker = `${prelude()} setInterval(() => {}, 1000); ${source}`;
        const { code, stdout, stderr } = await runProgram(`const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
          worker.on('message', async () => { await worker.terminate(); console.log('terminated'); keep.unref(); });`);
        assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'terminated\n', stderr: '' });
      });

      test(`${name}: the process ends: ${what}`, async () => {
        const { code, stderr } = await runProgram(source.replaceAll(ready, 'process.exit(7);'));
        assert.deepEqual({ code, stderr }, { code: 7, stderr: '' });
      });
    }
  }
});
