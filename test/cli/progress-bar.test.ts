import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProgressBar } from '../../src/cli/progress-bar.ts';

describe('ProgressBar', () => {
  it('is drawn five times a second at most, and leaves nothing behind', () => {
    let nowMs = 0;
    const written: string[] = [];
    const bar = new ProgressBar({ write: (text) => written.push(text) }, () => nowMs);
    for (nowMs = 0; nowMs <= 1000; nowMs += 10) bar.update({ done: nowMs / 2, total: 1000 }, nowMs);
    assert.equal(written.length, 5);
    assert.equal(written.at(-1), `\r[${'#'.repeat(15)}${'.'.repeat(15)}] 50 %, 1000 lines, 1 s left\x1b[K`);
    bar.clear();
    assert.equal(written.at(-1), '\r\x1b[K');
  });

  it('a file that grew meanwhile', () => {
    let nowMs = 0;
    const written: string[] = [];
    const bar = new ProgressBar({ write: (text) => written.push(text) }, () => nowMs);
    nowMs = 1000;
    bar.update({ done: 20, total: 10 }, 1);
    assert.match(written[0] ?? '', /^\r\[#{30}\] 100 %, 1 lines, 0 s left/);
  });

  it('a short reading shows none', () => {
    const written: string[] = [];
    const bar = new ProgressBar({ write: (text) => written.push(text) }, () => 0);
    bar.update({ done: 5, total: 10 }, 1);
    bar.clear();
    assert.deepEqual(written, []);
  });
});
