import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog, type Severity } from '../../src/core/log.ts';

const severities: readonly Severity[] = ['error', 'warning', 'notice', 'info', 'debug'];

function linesOf(threshold: Severity, forJournal: boolean, message = 'm'): string[] {
  const lines: string[] = [];
  const log = createLog({ threshold, forJournal, write: (line) => void lines.push(line) });
  for (const severity of severities) log[severity](message);
  return lines;
}

describe('the log', () => {
  for (const [index, threshold] of severities.entries()) {
    it(`at ${threshold} writes that and what is more severe`, () => assert.equal(linesOf(threshold, false).length, index + 1));
  }

  it('for people names the severity', () => {
    assert.deepEqual(linesOf('debug', false), ['error   m\n', 'warning m\n', 'notice  m\n', 'info    m\n', 'debug   m\n']);
  });

  it("for journald has sd-daemon's prefixes", () => {
    assert.deepEqual(linesOf('debug', true), ['<3>m\n', '<4>m\n', '<5>m\n', '<6>m\n', '<7>m\n']);
  });

  it('is one line a message, whatever is in it: nobody forges a second one, nor a terminal escape', () => {
    assert.deepEqual(linesOf('error', true, 'x\n<2>forged\x1b[2J'), ['<3>x\\x0a<2>forged\\x1b[2J\n']);
  });
});
