// The native set's life, and callers that do not keep to the contract: an error or an answer, never a crash.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compilePatterns, toValidUtf8 } from '../../src/binding/pattern-set.ts';
import { run } from '../lab/laboratory.ts';

const addon = fileURLToPath(new URL('../../../build/Release/ringjail.node', import.meta.url));

/** Runs a program that has `compile(...sources)`, a native set. */
const runProgram = (source: string) => {
  const program = `const { PatternSet } = require(${JSON.stringify(addon)});
    const compile = (...sources) => new PatternSet(sources, new Uint32Array(sources.length), true, true);
    const offsets = new Int32Array(20); ${source}`;
  return run([process.execPath, '--expose-gc', '-e', program]);
};

describe('ranges that are none', () => {
  const set = compilePatterns([{ source: 'a' }]);
  const bytes = Buffer.from('aaa');
  const table: [start: number, end: number][] = [
    [-1, 2],
    [0, 4],
    [2, 1],
    [4, 4],
    [0, -1],
    [0.5, 1],
    [Number.NaN, 1],
    [0, Number.POSITIVE_INFINITY],
    [0, 2 ** 32],
    [0, 2 ** 53],
  ];
  for (const [start, end] of table) {
    it(`${start} to ${end}`, () => {
      assert.throws(() => set.search(bytes, start, end), RangeError);
      assert.throws(() => toValidUtf8(bytes, start, end), RangeError);
    });
  }

  it('empty ranges are ranges', () => {
    for (const at of [0, 3]) {
      assert.equal(set.search(bytes, at, at), undefined);
      assert.equal(toValidUtf8(bytes, at, at), undefined);
    }
    assert.equal(compilePatterns([{ source: '^$' }]).search(Buffer.alloc(0), 0, 0)?.index, 0);
  });

  it('expressions that are not there', () => {
    for (const index of [-1, 1, 0.5, Number.NaN]) assert.throws(() => set.groupNames(index), RangeError);
    assert.equal(set.search(bytes, 0, 3, 1), undefined);
    assert.throws(() => set.search(bytes, 0, 3, -1), RangeError);
    assert.throws(() => set.search(bytes, 0, 3, 0, 1.5), RangeError);
  });

  it('batches', () => {
    const one = Uint32Array.of(0);
    const three = Uint32Array.of(3);
    assert.deepEqual([...set.searchBatch(bytes, one, three, 1)], [0, 0, 1, 0, 1]);
    assert.deepEqual([...set.searchBatch(bytes, one, three, 0)], []);
    assert.throws(() => set.searchBatch(bytes, one, three, 2), RangeError);
    assert.throws(() => set.searchBatch(bytes, one, three, -1), RangeError);
    assert.throws(() => set.searchBatch(bytes, one, Uint32Array.of(4), 1), RangeError);
    assert.throws(() => set.searchBatch(bytes, three, Uint32Array.of(2), 1), RangeError);
    assert.throws(() => set.searchBatch(bytes, one, Uint32Array.of(0xffffffff), 1), RangeError);
  });
});

describe('arguments of other types', () => {
  const set = compilePatterns([{ source: 'a' }]);
  const column = new Uint32Array(1);
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  for (const [name, bytes] of Object.entries({
    undefined: undefined,
    null: null,
    text: 'aaa',
    object: {},
    view: new DataView(new ArrayBuffer(3)),
    words: new Uint16Array(3),
    shared,
  })) {
    it(name, () => {
      assert.throws(() => set.search(bytes as Buffer, 0, 1), TypeError);
      assert.throws(() => set.searchBatch(bytes as Buffer, column, column, 1), TypeError);
      assert.throws(() => toValidUtf8(bytes as Buffer, 0, 1), TypeError);
      assert.throws(() => set.searchBatch(Buffer.from('a'), bytes as unknown as Uint32Array, column, 1), TypeError);
      assert.throws(() => set.searchBatch(Buffer.from('a'), column, bytes as unknown as Uint32Array, 1), TypeError);
    });
  }

  it('numbers', () => {
    for (const value of ['0', null, undefined, {}, 0n]) {
      assert.throws(() => set.search(Buffer.from('a'), value as number, 1), TypeError);
      assert.throws(() => set.search(Buffer.from('a'), 0, value as number), TypeError);
    }
  });

  it('detached memory', () => {
    const bytes = new Uint8Array(3);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    assert.throws(() => set.search(bytes, 0, 3), RangeError);
    assert.throws(() => toValidUtf8(bytes, 0, 3), RangeError);
    assert.equal(set.search(bytes, 0, 0), undefined);
    const ends = Uint32Array.of(1);
    structuredClone(ends.buffer, { transfer: [ends.buffer] });
    assert.throws(() => set.searchBatch(Buffer.from('a'), column, ends, 1), RangeError);
  });

  it('sources', () => {
    for (const source of [undefined, null, 1, {}])
      assert.throws(() => compilePatterns([{ source: source as unknown as string }]), TypeError);
    // Half a pair is no character; as text it is U+FFFD.
    assert.equal(compilePatterns([{ source: '^\ud800$' }]).search(Buffer.from('\ufffd'), 0, 3)?.index, 0);
  });

  it('the native face itself', async () => {
    const calls = [
      'PatternSet([], new Uint32Array())',
      'new PatternSet()',
      'new PatternSet([], [])',
      "new PatternSet(['a'], new Uint32Array())",
      "new PatternSet(new Proxy(['a'], {}), new Uint32Array(1))",
      "PatternSet.prototype.search.call({}, Buffer.from('a'), 0, 1)",
      "compile('a').search()",
      "compile('a').search(Buffer.from('a'), 0, 1)",
      "compile('a').search(Buffer.from('a'), 0, 1, 0, new Int32Array(1))",
      "compile('a').search(Buffer.from('a'), 0, 1, 0, new Float64Array(9))",
      "compile('a').groupNames()",
      "compile('a').literals(1)",
    ];
    const { code, stdout, stderr } = await runProgram(`for (const call of ${JSON.stringify(calls)}) {
      try { eval(call); console.log('no error', call) } catch (error) { if (!(error instanceof TypeError || error instanceof RangeError)) console.log(call, error) } }`);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  });
});

describe('subjects', () => {
  it('invalid UTF-8 holds nothing, wherever it stands', () => {
    const set = compilePatterns([{ source: 'a' }, { source: '.' }, { source: '^|$' }]);
    for (const hex of ['61ff', 'ff61', '61c3', '61eda080', '61f4908080', '61e282', '61c0af']) {
      const bytes = Buffer.from(hex, 'hex');
      assert.equal(set.search(bytes, 0, bytes.length), undefined);
      assert.deepEqual([...set.searchBatch(bytes, Uint32Array.of(0), Uint32Array.of(bytes.length), 1)], [0, -1, 0]);
    }
    // A range may cut a character.
    assert.equal(set.search(Buffer.from('aé'), 0, 2), undefined);
    assert.equal(set.search(Buffer.from('aé'), 0, 1)?.index, 0);
  });

  it('64 MB', () => {
    const bytes = Buffer.alloc(64 << 20, 'x');
    bytes.write('needle', bytes.length - 6);
    const set = compilePatterns([{ source: 'needle$' }, { source: '^y' }]);
    assert.deepEqual(set.search(bytes, 0, bytes.length)?.offsets, Int32Array.of(bytes.length - 6, bytes.length));
    assert.equal(set.search(bytes, 0, bytes.length - 1), undefined);
  });

  it('more groups than usual', () => {
    const bytes = Buffer.from('x'.repeat(500));
    const set = compilePatterns([{ source: 'x' }, { source: `^${'(x)'.repeat(500)}$` }]);
    const hit = set.search(bytes, 0, 500, 1);
    assert.equal(hit?.offsets.length, 1002);
    assert.deepEqual(hit?.offsets.slice(-2), Int32Array.of(499, 500));
    assert.equal(set.search(bytes, 0, 500)?.offsets.length, 2);
  });
});

describe('the life of a set', () => {
  it('collected, with its memory', async () => {
    const { code, stdout } = await runProgram(`const bytes = Buffer.from('abcdef');
      const round = () => { for (let i = 0; i < 300; i++) compile('(a+)+$' + i, 'b{1,' + (i + 2) + '}').search(bytes, 0, 6, 0, offsets); global.gc(); };
      const step = (left) => { round(); if (left > 0) setImmediate(step, left - 1); else console.log(process.memoryUsage.rss() - start < 64 << 20); };
      round(); const start = process.memoryUsage.rss(); step(50);`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'true\n' });
  });

  it('what it was compiled from and what it found may be gone', async () => {
    const { code, stdout } = await runProgram(`let sources = ['a' + 'b', '(c)d']; const flags = new Uint32Array(2);
      const set = new PatternSet(sources, flags, true, true); sources.length = 0; structuredClone(flags.buffer, { transfer: [flags.buffer] }); global.gc();
      console.log(set.search(Buffer.from('xcd'), 0, 3, 0, offsets), offsets.slice(0, 4).join())`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '1 1,3,1,2\n' });
  });

  it('JavaScript that runs while the sources are read', async () => {
    const { code, stdout } = await runProgram(`const sources = ['a', 'b']; const flags = new Uint32Array(2);
      Object.defineProperty(sources, 1, { get() { sources.length = 1; structuredClone(flags.buffer, { transfer: [flags.buffer] }); return 'c'; }, configurable: true });
      console.log(new PatternSet(sources, flags, true, true).groupCounts().length);
      try { new PatternSet(Object.defineProperty(['a'], 0, { get() { throw new Error('from the getter') } }), new Uint32Array(1)) } catch (error) { console.log(error.message) }`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '2\nfrom the getter\n' });
  });

  const worker = `const { PatternSet } = require(${JSON.stringify(addon)}); const { parentPort } = require('node:worker_threads');
    const set = new PatternSet(['(a+)+$', 'x(y)'], new Uint32Array(2), true, true); const bytes = Buffer.from('a'.repeat(50) + '!xy');
    const offsets = new Int32Array(4); let found = 0; for (let i = 0; i < 20; i++) found += set.search(bytes, 0, bytes.length, 0, offsets);`;

  it('threads have sets of their own at the same time', async () => {
    const { code, stdout } = await runProgram(`const { Worker } = require('node:worker_threads'); let left = 4;
      for (let i = 0; i < 4; i++) new Worker(${JSON.stringify(`${worker} parentPort.postMessage(found + ' ' + set.limitsReached())`)}, { eval: true })
        .on('message', (message) => console.log(message));
      ${worker.replace(/const \{ PatternSet \}[^;]*;/, '').replaceAll('offsets', 'own')}`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '20 20,0\n'.repeat(4) });
  });

  it('a thread that alone has loaded the addon ends', async () => {
    const program = `const { Worker } = require('node:worker_threads');
      const start = (left) => new Worker(${JSON.stringify(worker)}, { eval: true }).on('exit', (code) => { console.log(code); if (left > 1) start(left - 1); });
      start(3);`;
    const { code, stdout, stderr } = await run([process.execPath, '-e', program]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '0\n0\n0\n', stderr: '' });
  });

  it('a thread is terminated in the middle of a search', async () => {
    const { code, stdout } = await runProgram(`const { Worker } = require('node:worker_threads');
      const thread = new Worker(${JSON.stringify(`${worker} parentPort.postMessage('there'); for (;;) set.search(bytes, 0, bytes.length, 0, offsets)`)}, { eval: true });
      thread.on('message', async () => { await thread.terminate(); console.log('terminated'); });`);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'terminated\n' });
  });

  for (const step of ["compile('a')", "compile('a').search(Buffer.from('a'), 0, 1, 0, offsets)", "try { compile('(') } catch {}"]) {
    it(`the process exits at once after: ${step}`, async () => {
      const { code, stderr } = await runProgram(`${step}; process.exit(7)`);
      assert.deepEqual({ code, stderr }, { code: 7, stderr: '' });
    });
  }
});
