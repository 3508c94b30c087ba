import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readNetfilterHead } from '../../src/record/netfilter-head.ts';

const read = (text: string) => readNetfilterHead(Buffer.from(text, 'latin1'), 0, text.length);

// More of them than the parser remembers, and none that is nearly another.
const others = Array.from({ length: 8 }, (_, index) => `${String(index).repeat(index + 1)} IN=lo OUT= MAC= SRC=`);

describe('readNetfilterHead', () => {
  const heads = [
    '[UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=',
    'DROP IN=br0 OUT=br0 PHYSIN=veth1 PHYSOUT=veth2 MACSRC=52:54:00:ab:cd:ef MACDST=52:54:00:12:34:56 VPROTO=8100 VID=100 MACPROTO=0800 SRC=',
    'IN= OUT=eth0 SRC=',
    `${'p'.repeat(127)}IN=fifteen-bytes-0 OUT=fifteen-bytes-1 MAC=${'00:'.repeat(60)}00 SRC=`,
  ];
  for (const head of heads) {
    it(`as before it, but for one byte: ${head}`, () => {
      assert.equal(read(head)?.length, head.length);
      for (let at = 0; at < head.length; at++) {
        for (const bit of [1, 2, 4, 64]) {
          const altered = head.slice(0, at) + String.fromCharCode(head.charCodeAt(at) ^ bit) + head.slice(at + 1);
          read(head);
          const afterTwin = read(altered);
          for (const other of others) read(other);
          assert.deepEqual(afterTwin, read(altered), altered);
        }
      }
    });

    it(`cut short, after the whole: ${head}`, () => {
      const bytes = Buffer.from(head);
      read(head);
      for (let end = 0; end < head.length; end++) assert.equal(readNetfilterHead(bytes, 0, end), undefined);
    });
  }
});
