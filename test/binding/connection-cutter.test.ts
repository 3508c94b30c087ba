// What the native cutter does with arguments, and at the end of its thread; what it cuts is tested in test/system/connection-cutter.test.ts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cutConnections } from '../../src/binding/addon.ts';
import { run } from '../lab/laboratory.ts';

const none = new Uint32Array();
const row = (family: number, prefix: number) => Uint8Array.from([family, prefix, ...Buffer.alloc(16)]);

describe('cutConnections', () => {
  const refused: [string, () => unknown, RegExp][] = [
    ['half a row', () => cutConnections(row(4, 32).subarray(1), none, 0), /rows of 18 bytes/],
    ['no family', () => cutConnections(row(5, 32), none, 0), /family 4 or 6/],
    ['an IPv4 prefix of 33', () => cutConnections(row(4, 33), none, 0), /prefix that fits/],
    ['an IPv6 prefix of 129', () => cutConnections(row(6, 129), none, 0), /prefix that fits/],
    ['half a range', () => cutConnections(row(4, 32), Uint32Array.of(22), 0), /pairs/],
    ['a range that goes backwards', () => cutConnections(row(4, 32), Uint32Array.of(23, 22), 0), /ranges/],
    ['port 65536', () => cutConnections(row(4, 32), Uint32Array.of(22, 65_536), 0), /up to 65535/],
    ['protocol 256', () => cutConnections(row(4, 32), none, 256), /from 0 to 255/],
    ['text', () => cutConnections('192.0.2.7' as unknown as Uint8Array, none, 0), /must be a Buffer/],
    ['ports as an array', () => cutConnections(row(4, 32), [] as unknown as Uint32Array, 0), /must be a Uint32Array/],
  ];
  for (const [name, call, message] of refused) test(`${name} is refused`, () => assert.throws(call, message));

  test('nothing to cut is cut at once', async () => {
    const nothing = { sockets: 0, flows: 0, socketError: undefined, flowError: undefined };
    assert.deepEqual(await cutConnections(new Uint8Array(), none, 0), nothing);
  });

  // 198.18.0.0/15 is for benchmarks of networks (RFC 2544): nobody has a connection to it.
  const addon = new URL('../../src/binding/addon.js', import.meta.url).href;
  const cut = `cutConnections(Uint8Array.from([4, 32, 198, 18, ...Buffer.alloc(14)]), new Uint32Array(), 0)`;
  const program = (source: string) =>
    run([process.execPath, '--input-type=module', '-e', `import { cutConnections } from '${addon}'; ${source}`]);

  test('the process ends while a cut runs', async () => {
    const { code, stderr } = await program(`for (let i = 0; i < 8; i++) void ${cut}; process.exit(7);`);
    assert.deepEqual([code, stderr], [7, '']);
  });

  test('a thread of its own ends while a cut runs', async () => {
    const worker = `import { parentPort } from 'node:worker_threads'; import { cutConnections } from '${addon}';
      for (let i = 0; i < 8; i++) void ${cut}; parentPort.postMessage('there');`;
    const { code, stdout, stderr } = await program(`import { Worker } from 'node:worker_threads';
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
      worker.on('message', async () => { await worker.terminate(); console.log('terminated', typeof cutConnections); });`);
    assert.deepEqual([code, stdout, stderr], [0, 'terminated function\n', '']);
  });
});
