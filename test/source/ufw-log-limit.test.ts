import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findUfwLogLimit } from '../../src/source/ufw-log-limit.ts';

/** As nft lists ufw-after-logging-input; undefined where there is no such chain. */
function limitOf(rules: readonly string[] | undefined, ufwConf = ''): string | undefined {
  const run = (command: string) => {
    assert.equal(command, 'list chain ip filter ufw-after-logging-input');
    if (rules === undefined) throw new Error('Error: No such file or directory');
    return `table ip filter {\n\tchain ufw-after-logging-input {\n${rules.map((rule) => `\t\t${rule}\n`).join('')}\t}\n}\n`;
  };
  return findUfwLogLimit(() => ({ run }), ufwConf);
}

const cure = /; the cure: sudo ufw logging high$/;
const limited = 'limit rate 3/minute burst 10 packets counter packets 0 bytes 0 log prefix "[UFW BLOCK] "';
const unlimited = 'counter packets 0 bytes 0 log prefix "[UFW BLOCK] "';

describe('findUfwLogLimit by the rules in force', () => {
  it('low and medium: limited', () => {
    assert.match(limitOf([limited]) ?? '', /3 records a minute/);
    assert.match(limitOf([limited]) ?? '', cure);
  });
  it('high: every packet', () => assert.equal(limitOf([unlimited]), undefined));
  it('a limit beside a rule without one hides nothing', () => assert.equal(limitOf([limited, unlimited]), undefined));
  it('off: no rule at all', () => {
    assert.match(limitOf([]) ?? '', /writes no log/);
    assert.match(limitOf(['counter packets 0 bytes 0 return']) ?? '', cure);
  });
  it('the rules count for more than what ufw.conf says', () => {
    assert.equal(limitOf([unlimited], 'ENABLED=yes\nLOGLEVEL=low\n'), undefined);
    assert.match(limitOf([limited], 'ENABLED=yes\nLOGLEVEL=full\n') ?? '', cure);
  });
});

describe('findUfwLogLimit by ufw.conf, where nftables shows no rules', () => {
  const cases: [string, RegExp | undefined][] = [
    ['', undefined],
    ['ENABLED=no\nLOGLEVEL=low\n', undefined],
    ['# ENABLED=yes\nLOGLEVEL=low\n', undefined],
    ['ENABLED=yes\n', /3 records a minute/],
    ['ENABLED=yes\nLOGLEVEL=low\n', /3 records a minute/],
    ['LOGLEVEL=medium\nENABLED=yes\n', /3 records a minute/],
    ['ENABLED=yes\nLOGLEVEL=off\n', /writes no log/],
    ['ENABLED=yes\nLOGLEVEL=high\n', undefined],
    ['ENABLED=yes\nLOGLEVEL=full\n', undefined],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => {
      const warning = limitOf(undefined, text);
      if (expected === undefined) assert.equal(warning, undefined);
      else assert.match(warning ?? '', expected);
    });
  }
});
