import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJournalmatch } from '../../src/config/journalmatch.ts';

describe('parseJournalmatch', () => {
  const table: [string, string[][]][] = [
    ['_SYSTEMD_UNIT=sshd.service', [['_SYSTEMD_UNIT=sshd.service']]],
    ['_SYSTEMD_UNIT=sshd.service + _COMM=sshd', [['_SYSTEMD_UNIT=sshd.service'], ['_COMM=sshd']]],
    ['  A=1   B=2 + C=3  ', [['A=1', 'B=2'], ['C=3']]],
    ['"A=a b" B=\'c d\'e', [['A=a b', 'B=c de']]],
    ['A="a \\"b\\" \\x"', [['A=a "b" \\x']]],
    ['A=a\\ b', [['A=a b']]],
    ['A="" B=', [['A=', 'B=']]],
    ['A=1+2', [['A=1+2']]],
    ["A='a\\b'", [['A=a\\b']]],
  ];
  for (const [line, alternatives] of table) it(line, () => assert.deepEqual(parseJournalmatch(line), { ok: true, value: alternatives }));
});

describe('what is none', () => {
  const table: [string, RegExp][] = [
    ['sshd', /"sshd" is no FIELD=value/],
    ['a=b', /"a=b" is no FIELD=value/],
    ['A=1 +', /missing before or after "\+"/],
    ['+ A=1', /missing before or after/],
    ['A=1 + + B=1', /missing before or after/],
    ['', /missing/],
    ['A="b', /ends inside quotes/],
    ["A='b", /ends inside quotes/],
    ['A=b\\', /with a backslash/],
  ];
  for (const [line, message] of table) {
    it(line, () => {
      const parsed = parseJournalmatch(line);
      assert.ok(!parsed.ok);
      assert.match(parsed.error, message);
    });
  }
});
