// More events of the firewall than the monitor's socket holds (ENOBUFS): told as a change of everything, and it goes on. In namespaces of
// its own: a user of its own namespace gets no larger buffer than net.core.rmem_max, so that the flood stays small.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

const addon = fileURLToPath(new URL('../../../build/Release/ringjail.node', import.meta.url));
const program = `const { NetfilterMonitor } = require(${JSON.stringify(addon)});
  const nft = (input) => require('node:child_process').execFileSync('nft', ['-f', '-'], { input });
  const until = async (isTrue) => { const end = Date.now() + 10000; while (!isTrue() && Date.now() < end) await new Promise((done) => setTimeout(done, 10)); };
  (async () => {
    nft('add table inet t; add table inet other; add set inet other s { type ipv4_addr; };');
    const told = [];
    const monitor = new NetfilterMonitor('t', (names) => told.push(names ?? 'everything'));
    monitor.start();
    // Nothing is read meanwhile.
    for (let i = 0; i < 200; i++)
      nft('add element inet other s { ' + Array.from({ length: 500 }, (_, at) => '10.' + (i >> 8) + '.' + (i & 255) + '.' + (at >> 1) + ', 11.' + (at & 255) + '.' + i + '.' + (at >> 1)).join(', ') + ' };');
    await until(() => told.includes('everything'));
    nft('add chain inet t c');
    await until(() => told.flat().includes('c'));
    console.log(JSON.stringify(told.flat()));
    process.exit(0);
  })();`;

test('events that were lost are a change of everything, and what comes after them is told', { skip: needsRoot }, async () => {
  const { code, stdout, stderr } = await run(['unshare', '--user', '--map-root-user', '--net', process.execPath, '-e', program]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const told: string[] = JSON.parse(stdout);
  assert.equal(told[0], 'everything');
  assert.equal(told.at(-1), 'c');
});
