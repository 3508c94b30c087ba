import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineSpool } from '../../src/cli/line-spool.ts';

const textOf = (spool: LineSpool): string => Buffer.concat([...spool.drain()].map((part) => Buffer.from(part))).toString();

describe('LineSpool', () => {
  for (const count of [0, 1, 3, 200_000]) {
    it(`${count} lines`, () => {
      const spool = new LineSpool();
      let expected = '';
      for (let index = 0; index < count; index++) {
        const line = `line ${index} with a text of its own: é`;
        spool.add(line);
        expected += `${line}\n`;
      }
      assert.equal(spool.count, count);
      assert.equal(textOf(spool), expected);
    });
  }
});
