import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findMisspelledHost, guessHostPlace } from '../../src/match/missing-host.ts';

describe('guessHostPlace', () => {
  const table: [string, string | undefined][] = [
    // As two web pages show them, <HOST> eaten.
    ['reject: DATA from (.*)\\[\\]: 450.*Greylisted', 'it is likely missing after "from", inside "\\[\\]"'],
    ['named\\[\\d*\\]: client .* denied', 'it is likely missing after "client"'],
    ['^Failed password for .* from  port \\d+ by client$', 'it is likely missing after "client"'],
    ['^Failed password for .* from  port \\d+ by clients$', 'it is likely missing after "from"'],
    ['authentication failure; rhost=\\s+user=x host', 'it is likely missing after "host"'],
    ['authentication failure; rhost=\\s+user=x$', 'it is likely missing after "rhost="'],
    ['SRC= DST=1', 'it is likely missing after "SRC="'],
    ['refused connect from: ()', 'it is likely missing after "from:", inside "()"'],
    ['login by "" failed in \\(\\)', 'it is likely missing after "by", inside """"'],
    ['failed, ip  ', 'it is likely missing after "ip"'],
    // \by is a word boundary and a letter; "x(?:)" holds no empty group that an address would stand in.
    ['\\by foo(?:)', undefined],
    ['nothing to go by-the-way', undefined],
    ['', undefined],
  ];
  for (const [text, place] of table) it(JSON.stringify(text), () => assert.equal(guessHostPlace(text), place));
});

describe('findMisspelledHost', () => {
  const table: [string, string | undefined][] = [
    ['from <host>$', '<host>'],
    ['from &lt;HOST&gt;', '&lt;HOST&gt;'],
    ['from <ip>', '<ip>'],
    ['from {HOST}', '{HOST}'],
    ['from <HOST>', undefined],
    ['from <hosts>', undefined],
  ];
  for (const [text, found] of table) it(JSON.stringify(text), () => assert.equal(findMisspelledHost(text), found));
});
